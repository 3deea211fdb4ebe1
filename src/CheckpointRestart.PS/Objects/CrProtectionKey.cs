using System.Runtime.InteropServices;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using CheckpointRestart.Core.Image.Protection;

namespace CheckpointRestart.PS.Objects;

/// <summary>What an image is encrypted for, or opened with: a passphrase or a certificate.</summary>
public sealed class CrProtectionKey
{
    CrProtectionKey(ProtectionKey key, string description)
    {
        Key = key;
        Description = description;
    }

    /// <summary>Passphrase, Rsa or EllipticCurve.</summary>
    public ProtectionKeyKind Kind => Key.Kind;

    /// <summary>A certificate's subject; of a passphrase nothing is told.</summary>
    public string Description { get; }

    internal ProtectionKey Key { get; }

    /// <exception cref="ProtectionException">It is empty.</exception>
    internal static CrProtectionKey Of(SecureString passphrase) => WithText(passphrase, static text => new CrProtectionKey(ProtectionKey.FromPassphrase(text), "a passphrase"));

    /// <exception cref="ProtectionException">Its key can protect nothing.</exception>
    internal static CrProtectionKey Of(X509Certificate2 certificate) => new(ProtectionKey.FromCertificate(certificate), certificate.Subject);

    internal delegate T TextUser<out T>(ReadOnlySpan<char> text);

    /// <summary>Uses a secure string's text, which is wiped afterwards.</summary>
    internal static T WithText<T>(SecureString secret, TextUser<T> use)
    {
        var text = new char[secret.Length];
        nint clear = Marshal.SecureStringToGlobalAllocUnicode(secret);
        try
        {
            Marshal.Copy(clear, text, 0, text.Length);
            return use(text);
        }
        finally
        {
            Marshal.ZeroFreeGlobalAllocUnicode(clear);
            Array.Clear(text);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Description;
}
