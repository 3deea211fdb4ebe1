using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CheckpointRestart.Core.Image.Protection;

/// <summary>What a key is as bytes.</summary>
enum KeyForm
{
    /// <summary>UTF-8.</summary>
    Passphrase = 1,
    /// <summary>DER, without a private key.</summary>
    Certificate = 2,
    /// <summary>PKCS #12 without a password, with its private key.</summary>
    PrivateKey = 3,
}

/// <content>Keys as bytes, for another process of the same user.</content>
public abstract partial class ProtectionKey
{
    /// <summary>A key from <see cref="Export()"/>.</summary>
    /// <exception cref="InvalidDataException">The bytes are none.</exception>
    internal static ProtectionKey Import(KeyForm form, byte[] bytes) => form == KeyForm.Passphrase ? new PassphraseKey([.. bytes]) : FromCertificate(CertificateOf(form, bytes));

    /// <summary>A certificate with its private key, where it has one here.</summary>
    /// <exception cref="ProtectionException">The key cannot be had.</exception>
    internal static (KeyForm Form, byte[] Bytes) Export(X509Certificate2 certificate)
    {
        if (!certificate.HasPrivateKey) return (KeyForm.Certificate, certificate.RawData);
        try
        {
            return (KeyForm.PrivateKey, certificate.Export(X509ContentType.Pkcs12));
        }
        catch (CryptographicException kept)
        {
            throw Unusable(certificate, $"has a private key that its store does not give to another process: {kept.Message}", kept);
        }
    }

    /// <summary>The certificate of <see cref="Export(X509Certificate2)"/>.</summary>
    /// <exception cref="InvalidDataException">The bytes are none.</exception>
    internal static X509Certificate2 CertificateOf(KeyForm form, byte[] bytes)
    {
        try
        {
            return form switch
            {
                KeyForm.Certificate => X509CertificateLoader.LoadCertificate(bytes),
                // Exportable: the process may have to give it on.
                KeyForm.PrivateKey => X509CertificateLoader.LoadPkcs12(bytes, null, X509KeyStorageFlags.Exportable),
                _ => throw new InvalidDataException("a key is of a kind that is not known"),
            };
        }
        catch (CryptographicException broken)
        {
            throw new InvalidDataException($"a certificate did not come whole: {broken.Message}", broken);
        }
    }
}
