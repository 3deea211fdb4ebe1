using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CheckpointRestart.Core.Tests.Checkpoint;

/// <summary>Certificates for tests, valid for an hour.</summary>
static class Certificates
{
    /// <summary>One of an elliptic curve, with a private key that TLS takes too.</summary>
    public static X509Certificate2 New(string name, X509Certificate2? issuer = null, bool isAuthority = false)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        if (isAuthority) request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        DateTimeOffset from = DateTimeOffset.UtcNow.AddHours(-1), to = DateTimeOffset.UtcNow.AddHours(1);
        X509Certificate2 made;
        if (issuer == null)
        {
            made = request.CreateSelfSigned(from.AddHours(-1), to.AddHours(1));
        }
        else
        {
            using var issued = request.Create(issuer, from, to, [1, 2, 3]);
            made = issued.CopyWithPrivateKey(key);
        }
        using (made) return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }
}
