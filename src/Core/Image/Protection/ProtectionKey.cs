using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace CheckpointRestart.Core.Image.Protection;

/// <summary>A passphrase or a certificate that an image is encrypted for, or opened with.</summary>
public abstract partial class ProtectionKey
{
    private protected ProtectionKey()
    {
    }

    /// <summary>What it is.</summary>
    public abstract ProtectionKeyKind Kind { get; }

    /// <summary>As a sentence has it; of a passphrase nothing is told.</summary>
    public abstract string Description { get; }

    /// <summary>True when it opens what it protects.</summary>
    public abstract bool CanOpen { get; }

    /// <summary>A passphrase.</summary>
    /// <exception cref="ProtectionException">It is empty.</exception>
    public static ProtectionKey FromPassphrase(ReadOnlySpan<char> passphrase)
    {
        if (passphrase.IsEmpty) throw new ProtectionException(ProtectionProblem.UnusableKey, "an empty passphrase protects nothing");
        var bytes = new byte[Encoding.UTF8.GetByteCount(passphrase)];
        Encoding.UTF8.GetBytes(passphrase, bytes);
        return new PassphraseKey(bytes);
    }

    /// <summary>A certificate: its public key is enough to protect, its private key is needed to open.</summary>
    /// <exception cref="ProtectionException">Its key is neither RSA of at least 2048 bits nor of an elliptic curve.</exception>
    public static ProtectionKey FromCertificate(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        using (var rsa = certificate.GetRSAPublicKey())
        {
            if (rsa != null) return rsa.KeySize >= 2048 ? new RsaKey(certificate) : throw Unusable(certificate, $"has an RSA key of {rsa.KeySize} bits: 2048 are the least");
        }
        using var curve = certificate.GetECDiffieHellmanPublicKey();
        return curve != null ? new CurveKey(certificate) : throw Unusable(certificate, "has a key that is neither RSA nor of an elliptic curve");
    }

    /// <summary>Itself, with what it takes to open: whoever gets the bytes has to clear them.</summary>
    /// <exception cref="ProtectionException">Its private key cannot be had.</exception>
    internal abstract (KeyForm Form, byte[] Bytes) Export();

    /// <summary>Locks a file's key for who has this one.</summary>
    internal abstract byte[] Wrap(ReadOnlySpan<byte> fileKey);

    /// <summary>Unlocks a file's key.</summary>
    /// <returns>Null when this key is not the one.</returns>
    internal abstract byte[]? TryUnwrap(ReadOnlySpan<byte> slot);

    /// <summary>What a slot of the right kind looks like.</summary>
    internal static bool IsWellFormed(ProtectionKeyKind kind, ReadOnlySpan<byte> slot) => kind switch
    {
        ProtectionKeyKind.Passphrase => slot.Length == PassphraseKey.SlotBytes && BinaryPrimitives.ReadUInt32LittleEndian(slot) is > 0 and <= ProtectionLimits.MostRounds,
        ProtectionKeyKind.Rsa => slot.Length is >= CertificateKey.NameBytes + 256 and <= CertificateKey.NameBytes + 2048,
        ProtectionKeyKind.EllipticCurve => slot.Length is > CertificateKey.NameBytes + CurveKey.LockedBytes and <= CertificateKey.NameBytes + CurveKey.LockedBytes + 1024,
        _ => true,
    };

    /// <summary>A slot as a sentence has it: what opens it.</summary>
    internal static string Describe(ProtectionKeyKind kind, ReadOnlySpan<byte> slot) => kind switch
    {
        ProtectionKeyKind.Passphrase => "a passphrase",
        ProtectionKeyKind.Rsa or ProtectionKeyKind.EllipticCurve => $"the certificate with SHA-256 {Convert.ToHexString(slot[..CertificateKey.NameBytes])}",
        _ => $"a key of kind {(int)kind}, which this version does not know",
    };

    private protected static ProtectionException Unusable(X509Certificate2 certificate, string why, Exception? inner = null) =>
        new(ProtectionProblem.UnusableKey, $"the certificate {certificate.Subject} {why}", inner);
}

/// <summary>A passphrase: PBKDF2 makes the key that locks a file's.</summary>
sealed class PassphraseKey(byte[] passphrase) : ProtectionKey
{
    const int SaltBytes = 16, Locked = sizeof(uint) + SaltBytes;

    internal const int SlotBytes = Locked + ProtectionLimits.NonceBytes + ProtectionLimits.KeyBytes + ProtectionLimits.TagBytes;

    /// <summary>Keys that took their time to make, for images that are opened more than once.</summary>
    const int MostDerived = 64;

    readonly Dictionary<string, byte[]> derived = new(StringComparer.Ordinal);

    public override ProtectionKeyKind Kind => ProtectionKeyKind.Passphrase;

    public override string Description => "a passphrase";

    public override bool CanOpen => true;

    internal override (KeyForm Form, byte[] Bytes) Export() => (KeyForm.Passphrase, [.. passphrase]);

    internal override byte[] Wrap(ReadOnlySpan<byte> fileKey)
    {
        var slot = new byte[SlotBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(slot, ProtectionLimits.Rounds);
        RandomNumberGenerator.Fill(slot.AsSpan(sizeof(uint), SaltBytes + ProtectionLimits.NonceBytes));
        var rest = slot.AsSpan(Locked);
        using var aes = Cipher(slot);
        aes.Encrypt(rest[..ProtectionLimits.NonceBytes], fileKey, rest.Slice(ProtectionLimits.NonceBytes, ProtectionLimits.KeyBytes), rest[(ProtectionLimits.NonceBytes + ProtectionLimits.KeyBytes)..]);
        return slot;
    }

    internal override byte[]? TryUnwrap(ReadOnlySpan<byte> slot)
    {
        var key = new byte[ProtectionLimits.KeyBytes];
        var rest = slot[Locked..];
        using var aes = Cipher(slot);
        try
        {
            aes.Decrypt(rest[..ProtectionLimits.NonceBytes], rest.Slice(ProtectionLimits.NonceBytes, ProtectionLimits.KeyBytes), rest[(ProtectionLimits.NonceBytes + ProtectionLimits.KeyBytes)..], key);
            return key;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    AesGcm Cipher(ReadOnlySpan<byte> slot)
    {
        string asked = Convert.ToHexString(slot[..Locked]);
        lock (derived)
        {
            if (!derived.TryGetValue(asked, out var key))
            {
                int rounds = (int)BinaryPrimitives.ReadUInt32LittleEndian(slot);
                key = Rfc2898DeriveBytes.Pbkdf2(passphrase, slot.Slice(sizeof(uint), SaltBytes), rounds, HashAlgorithmName.SHA256, ProtectionLimits.KeyBytes);
                if (derived.Count == MostDerived) derived.Clear();
                derived.Add(asked, key);
            }
            return new AesGcm(key, ProtectionLimits.TagBytes);
        }
    }
}

/// <summary>A certificate; a slot begins with the SHA-256 that names it.</summary>
abstract class CertificateKey(X509Certificate2 certificate) : ProtectionKey
{
    internal const int NameBytes = SHA256.HashSizeInBytes;

    public override string Description => $"the certificate {CertificateTrust.Describe(certificate)}";

    public override bool CanOpen => certificate.HasPrivateKey;

    internal override (KeyForm Form, byte[] Bytes) Export() => Export(certificate);

    protected X509Certificate2 Certificate => certificate;

    protected byte[] Name { get; } = SHA256.HashData(certificate.RawDataMemory.Span);

    internal override byte[]? TryUnwrap(ReadOnlySpan<byte> slot)
    {
        if (!slot[..NameBytes].SequenceEqual(Name)) return null;
        if (!certificate.HasPrivateKey) throw Unusable(certificate, "is the right one but has no private key here: it protects images and does not open them");
        try
        {
            return Unlock(slot[NameBytes..]);
        }
        catch (Exception exception) when (exception is CryptographicException or PlatformNotSupportedException)
        {
            return null;
        }
    }

    protected abstract byte[] Unlock(ReadOnlySpan<byte> locked);
}

/// <summary>RSA: the file's key under OAEP with SHA-256.</summary>
sealed class RsaKey(X509Certificate2 certificate) : CertificateKey(certificate)
{
    public override ProtectionKeyKind Kind => ProtectionKeyKind.Rsa;

    internal override byte[] Wrap(ReadOnlySpan<byte> fileKey)
    {
        using var rsa = Certificate.GetRSAPublicKey()!;
        return [.. Name, .. rsa.Encrypt(fileKey, RSAEncryptionPadding.OaepSHA256)];
    }

    protected override byte[] Unlock(ReadOnlySpan<byte> locked)
    {
        using var rsa = Certificate.GetRSAPrivateKey()!;
        var key = rsa.Decrypt(locked, RSAEncryptionPadding.OaepSHA256);
        return key.Length == ProtectionLimits.KeyBytes ? key : throw new CryptographicException("The key has another length.");
    }
}

/// <summary>An elliptic curve: the file's key under one that an ephemeral key of the same curve and the certificate's agree on.</summary>
sealed class CurveKey(X509Certificate2 certificate) : CertificateKey(certificate)
{
    internal const int LockedBytes = ProtectionLimits.KeyBytes + ProtectionLimits.TagBytes;

    public override ProtectionKeyKind Kind => ProtectionKeyKind.EllipticCurve;

    internal override byte[] Wrap(ReadOnlySpan<byte> fileKey)
    {
        using var own = Certificate.GetECDiffieHellmanPublicKey()!;
        using var ephemeral = ECDiffieHellman.Create(own.ExportParameters(includePrivateParameters: false).Curve);
        var point = ephemeral.ExportSubjectPublicKeyInfo();
        var locked = new byte[LockedBytes];
        using var aes = Cipher(ephemeral.DeriveRawSecretAgreement(own.PublicKey), point);
        // The key is used this once.
        aes.Encrypt(new byte[ProtectionLimits.NonceBytes], fileKey, locked.AsSpan(0, ProtectionLimits.KeyBytes), locked.AsSpan(ProtectionLimits.KeyBytes));
        return [.. Name, .. point, .. locked];
    }

    protected override byte[] Unlock(ReadOnlySpan<byte> locked)
    {
        var point = locked[..^LockedBytes];
        using var own = Certificate.GetECDiffieHellmanPrivateKey()!;
        using var ephemeral = ECDiffieHellman.Create();
        ephemeral.ImportSubjectPublicKeyInfo(point, out int read);
        if (read != point.Length) throw new CryptographicException("Something follows the public key.");
        using var aes = Cipher(own.DeriveRawSecretAgreement(ephemeral.PublicKey), point);
        var key = new byte[ProtectionLimits.KeyBytes];
        aes.Decrypt(new byte[ProtectionLimits.NonceBytes], locked.Slice(point.Length, ProtectionLimits.KeyBytes), locked[(point.Length + ProtectionLimits.KeyBytes)..], key);
        return key;
    }

    AesGcm Cipher(byte[] agreed, ReadOnlySpan<byte> point)
    {
        byte[] about = [.. "CheckpointRestart key slot 1"u8, .. Name, .. SHA256.HashData(point)];
        return new AesGcm(HKDF.DeriveKey(HashAlgorithmName.SHA256, agreed, ProtectionLimits.KeyBytes, salt: [], info: about), ProtectionLimits.TagBytes);
    }
}
