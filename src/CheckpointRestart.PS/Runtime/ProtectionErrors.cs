using System.Management.Automation;
using CheckpointRestart.Core.Image.Protection;

namespace CheckpointRestart.PS.Runtime;

/// <summary>What an image's protection says, as an error record does.</summary>
static class ProtectionErrors
{
    internal static (string? Id, ErrorCategory Category, string? Advice) Of(ProtectionException problem) => problem.Problem switch
    {
        ProtectionProblem.KeyNeeded => ("ProtectionKeyNeeded", ErrorCategory.AuthenticationError, "Give the passphrase as a SecureString, or the certificate with its private key: -Protection (Read-Host -AsSecureString)."),
        ProtectionProblem.WrongKey => ("ProtectionKeyWrong", ErrorCategory.AuthenticationError, "Give the passphrase or the certificate that the image was saved with; several can be given at once."),
        ProtectionProblem.NotSigned => ("ImageNotSigned", ErrorCategory.SecurityError, "Save with -SigningCertificate, or leave -TrustedSigner out to take images of unknown origin."),
        ProtectionProblem.SignerNotTrusted => ("SignerNotTrusted", ErrorCategory.SecurityError, "Get-CrCheckpoint without -TrustedSigner shows the Signer; give its certificate, or its authority's, if you trust it."),
        _ => ("ProtectionKeyUnusable", ErrorCategory.InvalidArgument, "To protect, a certificate needs an RSA key of 2048 bits or one of an elliptic curve; to open or to sign, its private key as well."),
    };
}
