using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using CheckpointRestart.Core.Checkpoint.Schedules;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <content>Who can open the images, and who signs them.</content>
public sealed partial class RegisterCrCheckpointScheduleCommand
{
    /// <summary>Encrypts the images for passphrases and certificates, each of which opens them.</summary>
    [Parameter]
    [ProtectionTransformation]
    [ValidateNotNullOrEmpty]
    public CrProtectionKey[]? Protection { get; set; }

    /// <summary>Signs the images; the certificate has its private key.</summary>
    [Parameter]
    [ValidateNotNull]
    public X509Certificate2? SigningCertificate { get; set; }

    ScheduleGuard guard = ScheduleGuard.None;

    void CheckProtection()
    {
        guard = GuardOf(Protection, SigningCertificate);
        if (!guard.CanOpen && (AutoRestart || Supervised || FullEvery > 1))
            Fail(new CrException("ProtectionKeyUnusable", ErrorCategory.InvalidArgument, $"-{(AutoRestart ? nameof(AutoRestart) : Supervised ? nameof(Supervised) : nameof(FullEvery))} takes images that can be opened here, and no certificate has its private key.",
                "Give -Protection a passphrase or a certificate with its private key as well, or leave the parameter out."), null);
        if (Supervised) RequireExportable(guard);
    }
}
