using System.Security.Cryptography.X509Certificates;

namespace CheckpointRestart.Core.Image.Protection;

/// <summary>What opens protected images, and whose are taken.</summary>
public sealed record ImageAccess
{
    /// <summary>Keys; one that fits is enough.</summary>
    public IReadOnlyList<ProtectionKey> Keys { get; init; } = [];

    /// <summary>When there are some, only images that one of them has signed, or somebody whom one of them certifies, are opened.</summary>
    public IReadOnlyList<X509Certificate2> TrustedSigners { get; init; } = [];
}

/// <summary>How an image that is written is protected.</summary>
public sealed record ImageProtection
{
    /// <summary>Who can open it; none leaves it readable.</summary>
    public IReadOnlyList<ProtectionKey> Keys { get; init; } = [];

    /// <summary>Whose signature it gets, a certificate with its private key; null for none.</summary>
    public X509Certificate2? Signer { get; init; }

    /// <summary>What is done.</summary>
    public ProtectionFlags Flags => (Keys.Count > 0 ? ProtectionFlags.Encrypted : ProtectionFlags.None) | (Signer != null ? ProtectionFlags.Signed : ProtectionFlags.None);
}

/// <summary>What an image's signature is worth here. One that is not its contents' is never opened.</summary>
public enum SignatureStatus
{
    /// <summary>It has none.</summary>
    NotSigned,
    /// <summary>It is the contents', and its certificate is trusted here.</summary>
    Valid,
    /// <summary>It is the contents', but nothing here says whose the certificate is.</summary>
    NotTrusted,
}

/// <summary>How an image that was opened is protected.</summary>
/// <param name="Flags">What was done to it.</param>
/// <param name="Status">What its signature is worth.</param>
/// <param name="Signer">Who has signed it; null for nobody.</param>
public sealed record ProtectionState(ProtectionFlags Flags, SignatureStatus Status, X509Certificate2? Signer)
{
    /// <summary>An image that is as it is.</summary>
    public static ProtectionState None { get; } = new(ProtectionFlags.None, SignatureStatus.NotSigned, null);
}
