using System.Management.Automation;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using CheckpointRestart.Core.Checkpoint.Moving;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Runtime.Moving;

/// <summary>What the two ends of a move have in common.</summary>
static class Link
{
    /// <summary>What is wrong with parameters that say how the other end is known; null for nothing.</summary>
    internal static CrException? Conflict(SecureString? secret, X509Certificate2? certificate, X509Certificate2[]? trusted)
    {
        if (secret is not null && certificate is not null)
            return new CrException("ParameterConflict", ErrorCategory.InvalidArgument, "-Secret and -Certificate both say how the other end is known.", "Leave one of the parameters out.");
        if (trusted is not null && certificate is null)
            return new CrException("ParameterConflict", ErrorCategory.InvalidArgument, "-TrustedCertificate needs a -Certificate of this end as well.", "Give -Certificate too.");
        if (certificate is { HasPrivateKey: false })
            return new CrException("NoPrivateKey", ErrorCategory.InvalidArgument, $"The certificate {certificate.Subject} has no private key.", "Give this end's certificate with its private key; -TrustedCertificate takes those of others.");
        return null;
    }

    internal static LinkProtection Of(SecureString? secret, X509Certificate2? certificate, X509Certificate2[]? trusted) => new()
    {
        Secret = secret is null ? null : CrProtectionKey.WithText(secret, static text => new SharedSecret(text)),
        Certificate = certificate,
        Trusted = trusted ?? [],
    };

    /// <summary>Where a token is kept unless a parameter says so; null where the user has no place.</summary>
    internal static string? NewRecordPath()
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create);
        if (home.Length == 0) return null;
        string directory = Path.Combine(home, "CheckpointRestart", "moves");
        Directory.CreateDirectory(directory);
        return Path.Combine(directory, $"{Guid.NewGuid():n}.token");
    }
}
