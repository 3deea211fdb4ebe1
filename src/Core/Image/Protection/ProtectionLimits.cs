namespace CheckpointRestart.Core.Image.Protection;

/// <summary>Sizes and limits of the form in which an image is encrypted or signed.</summary>
public static class ProtectionLimits
{
    /// <summary>The version of the form.</summary>
    public const ushort Version = 1;

    /// <summary>Bytes of an image that each chunk but the last carries.</summary>
    public const int ChunkBytes = 64 << 10;

    /// <summary>Keys that open one image, at most.</summary>
    public const int MostSlots = 16;

    /// <summary>Rounds of PBKDF2 that a new image asks for.</summary>
    public const int Rounds = 600_000;

    /// <summary>Rounds of PBKDF2 that a reader is willing to do.</summary>
    public const int MostRounds = 10_000_000;

    /// <summary>Bytes of the header in front of its slots.</summary>
    internal const int FixedBytes = 56;

    /// <summary>Bytes of the header, at most.</summary>
    internal const int MostHeaderBytes = 64 << 10;

    /// <summary>Bytes of a key.</summary>
    internal const int KeyBytes = 32;

    /// <summary>Bytes of AES-GCM's tag.</summary>
    internal const int TagBytes = 16;

    /// <summary>Bytes of AES-GCM's nonce.</summary>
    internal const int NonceBytes = 12;

    /// <summary>Bytes in front of a chunk.</summary>
    internal const int PrefixBytes = 4;

    /// <summary>Bytes of a certificate, and of a signature, at most.</summary>
    internal const int MostCertificateBytes = 64 << 10;

    /// <summary>The bit of a chunk's prefix that says that it is the last.</summary>
    internal const uint LastChunk = 1u << 31;

    /// <summary>The first bytes of a protected image.</summary>
    internal static ReadOnlySpan<byte> Magic => "CrProtec"u8;

    /// <summary>The first bytes of what is behind the last chunk of a signed image.</summary>
    internal static ReadOnlySpan<byte> SignatureMagic => "CrSigned"u8;
}

/// <summary>What is done to an image.</summary>
[Flags]
public enum ProtectionFlags
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>It can be read with a key alone, and was made by somebody who has it.</summary>
    Encrypted = 1,
    /// <summary>A signature says who made it.</summary>
    Signed = 2,
}

/// <summary>What opens an encrypted image.</summary>
public enum ProtectionKeyKind
{
    /// <summary>A passphrase.</summary>
    Passphrase = 1,
    /// <summary>A certificate for RSA.</summary>
    Rsa = 2,
    /// <summary>A certificate for elliptic curves.</summary>
    EllipticCurve = 3,
}
