using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CheckpointRestart.Core.Image.Protection;

/// <summary>Whose certificates are taken.</summary>
static class CertificateTrust
{
    /// <summary>Whose it is, and which, as messages have it.</summary>
    public static string Describe(X509Certificate2 certificate) => $"{certificate.Subject} (SHA-256 {certificate.GetCertHashString(HashAlgorithmName.SHA256)})";

    /// <summary>True for one of those that are trusted, and for one that they certify.</summary>
    public static bool IsTrusted(X509Certificate2 certificate, IReadOnlyList<X509Certificate2> trusted) =>
        trusted.Any(known => known.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span)) || Chains(certificate, trusted);

    /// <summary>True when a chain leads to a root; nothing is downloaded or looked up.</summary>
    /// <param name="certificate">Where it begins.</param>
    /// <param name="roots">The roots; null for those of this host.</param>
    public static bool Chains(X509Certificate2 certificate, IReadOnlyList<X509Certificate2>? roots)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        if (roots != null)
        {
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            foreach (var root in roots) chain.ChainPolicy.CustomTrustStore.Add(root);
        }
        return chain.Build(certificate);
    }
}
