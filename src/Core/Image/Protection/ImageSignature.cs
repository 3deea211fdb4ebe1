using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CheckpointRestart.Core.Image.Protection;

/// <summary>The signature behind the last chunk of a signed image: of its header and of every chunk as it is stored, so that it can be verified without a key
/// and a chunk without those before it.</summary>
sealed class ImageSignature
{
    const int HeadBytes = 24, DigestBytes = SHA256.HashSizeInBytes;

    const uint Pss = 1, Ecdsa = 2;

    ImageSignature(byte[] digests, X509Certificate2 certificate)
    {
        Digests = digests;
        Certificate = certificate;
    }

    /// <summary>SHA-256 of each chunk, one behind the other.</summary>
    public byte[] Digests { get; }

    public X509Certificate2 Certificate { get; }

    /// <summary>True when a chunk as it is stored is the one that was signed.</summary>
    public bool Covers(long chunk, ReadOnlySpan<byte> stored) => SHA256.HashData(stored).AsSpan().SequenceEqual(Digests.AsSpan((int)chunk * DigestBytes, DigestBytes));

    /// <summary>Looks whether a certificate can sign, before anything is written.</summary>
    /// <exception cref="ProtectionException">It cannot.</exception>
    public static void Require(X509Certificate2 signer)
    {
        if (!signer.HasPrivateKey) throw new ProtectionException(ProtectionProblem.UnusableKey, $"the certificate {signer.Subject} has no private key: it verifies signatures and does not sign");
        using var rsa = signer.GetRSAPublicKey();
        using var ecdsa = signer.GetECDsaPublicKey();
        if (rsa == null && ecdsa == null) throw new ProtectionException(ProtectionProblem.UnusableKey, $"the certificate {signer.Subject} has a key that is neither RSA nor of an elliptic curve");
    }

    /// <summary>What stands behind the last chunk.</summary>
    public static byte[] Sign(ProtectionHeader header, byte[] digests, X509Certificate2 signer)
    {
        byte[] text = TextOf(header, digests, signer.RawDataMemory.Span), signature;
        uint algorithm;
        using (var rsa = signer.GetRSAPrivateKey())
        using (var ecdsa = signer.GetECDsaPrivateKey())
        {
            algorithm = rsa != null ? Pss : Ecdsa;
            signature = rsa != null ? rsa.SignData(text, HashAlgorithmName.SHA256, RSASignaturePadding.Pss) : ecdsa!.SignData(text, HashAlgorithmName.SHA256);
        }
        var certificate = signer.RawDataMemory.Span;
        var block = new byte[HeadBytes + digests.Length + 4 + certificate.Length + 4 + signature.Length + 4];
        ProtectionLimits.SignatureMagic.CopyTo(block);
        BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(8), block.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(12), algorithm);
        BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(16), digests.Length / DigestBytes);
        var rest = block.AsSpan(HeadBytes);
        digests.CopyTo(rest);
        rest = Put(Put(rest[digests.Length..], certificate), signature);
        BinaryPrimitives.WriteInt32LittleEndian(rest, block.Length);
        return block;

        static Span<byte> Put(Span<byte> to, ReadOnlySpan<byte> bytes)
        {
            BinaryPrimitives.WriteInt32LittleEndian(to, bytes.Length);
            bytes.CopyTo(to[4..]);
            return to[(4 + bytes.Length)..];
        }
    }

    /// <summary>Reads a signature, and looks whether it is the image's.</summary>
    /// <param name="read">Fills a buffer from where it has got to; gives fewer bytes at the end alone.</param>
    /// <param name="header">The image's header.</param>
    /// <param name="chunks">How many chunks there are.</param>
    /// <param name="offset">Where the signature begins.</param>
    /// <exception cref="CheckpointImageException">It is not.</exception>
    public static ImageSignature Read(Func<Memory<byte>, int> read, ProtectionHeader header, long chunks, long offset)
    {
        var head = Take(HeadBytes);
        Require(head.AsSpan().StartsWith(ProtectionLimits.SignatureMagic), "behind its last chunk a signed image has CrSigned");
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(8)), algorithm = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(12));
        Require(algorithm is Pss or Ecdsa, "a signature is of RSA-PSS (1) or ECDSA (2)");
        Require(BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(16)) == chunks && chunks <= Array.MaxLength / DigestBytes, "a signature has a digest of each chunk");
        var digests = Take((int)chunks * DigestBytes);
        var certificateBytes = Piece("a certificate");
        var signature = Piece("a signature");
        var end = Take(4);
        Require(length == HeadBytes + digests.Length + 8 + certificateBytes.Length + signature.Length + 4 && BinaryPrimitives.ReadUInt32LittleEndian(end) == length, "a signature says at both its ends how long it is");
        X509Certificate2 certificate;
        try
        {
            certificate = X509CertificateLoader.LoadCertificate(certificateBytes);
        }
        catch (CryptographicException)
        {
            throw Broken("a signature has a certificate");
        }
        if (!Verifies(certificate, algorithm, TextOf(header, digests, certificateBytes), signature))
        {
            certificate.Dispose();
            throw Broken("a signature is that of the image's contents", Errno.EIO);
        }
        return new ImageSignature(digests, certificate);

        byte[] Take(int count)
        {
            var bytes = new byte[count];
            Require(read(bytes) == count, "a signed image ends with its signature", Errno.EPIPE);
            return bytes;
        }

        byte[] Piece(string what)
        {
            uint count = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
            Require(count is > 0 and <= ProtectionLimits.MostCertificateBytes, $"{what} has 1 to 65536 bytes");
            return Take((int)count);
        }

        void Require(bool holds, string rule, Errno errno = Errno.EINVAL)
        {
            if (!holds) throw Broken(rule, errno);
        }

        CheckpointImageException Broken(string rule, Errno errno = Errno.EINVAL) => new("signature", offset, rule, errno);
    }

    /// <summary>What the signature is worth here.</summary>
    /// <exception cref="ProtectionException">Others are trusted than who signed.</exception>
    public SignatureStatus Judge(ImageAccess access)
    {
        if (access.TrustedSigners.Count == 0) return CertificateTrust.Chains(Certificate, null) ? SignatureStatus.Valid : SignatureStatus.NotTrusted;
        if (CertificateTrust.IsTrusted(Certificate, access.TrustedSigners)) return SignatureStatus.Valid;
        throw new ProtectionException(ProtectionProblem.SignerNotTrusted, $"the image is signed by {CertificateTrust.Describe(Certificate)}, who is not among those that are trusted");
    }

    static bool Verifies(X509Certificate2 certificate, uint algorithm, byte[] text, byte[] signature)
    {
        try
        {
            using var rsa = algorithm == Pss ? certificate.GetRSAPublicKey() : null;
            using var ecdsa = algorithm == Ecdsa ? certificate.GetECDsaPublicKey() : null;
            return rsa?.VerifyData(text, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pss) ?? ecdsa?.VerifyData(text, signature, HashAlgorithmName.SHA256) ?? false;
        }
        catch (Exception exception) when (exception is CryptographicException or PlatformNotSupportedException)
        {
            return false;
        }
    }

    /// <summary>What is signed.</summary>
    static byte[] TextOf(ProtectionHeader header, byte[] digests, ReadOnlySpan<byte> certificate) =>
        [.. "CheckpointRestart signature 1\n"u8, .. SHA256.HashData(header.Bytes), .. SHA256.HashData(certificate), .. SHA256.HashData(digests)];
}
