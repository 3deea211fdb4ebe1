using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using CheckpointRestart.Core.Image.Protection;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

public sealed partial class SaveCrCheckpointCommand
{
    /// <summary>Encrypts the image for passphrases and certificates, each of which opens it.</summary>
    [Parameter]
    [ProtectionTransformation]
    [ValidateNotNullOrEmpty]
    public CrProtectionKey[]? Protection { get; set; }

    /// <summary>Signs the image; the certificate has its private key.</summary>
    [Parameter]
    [ValidateNotNull]
    public X509Certificate2? SigningCertificate { get; set; }

    /// <summary>What is done to the image; null for nothing.</summary>
    ImageProtection? Wanted => Protection is null && SigningCertificate is null ? null : new ImageProtection { Keys = [.. (Protection ?? []).Select(static key => key.Key)], Signer = SigningCertificate };

    void RequireTarget()
    {
        if (Path is not null && Stream is not null)
            Fail(new CrException("ParameterConflict", ErrorCategory.InvalidArgument, "-Path and -Stream both say where the image goes.", "Leave one of the parameters out."), null);
        if (Wanted is not null && Path is null && Stream is null)
            Fail(new CrException("ParameterConflict", ErrorCategory.InvalidArgument, $"-{(Protection is null ? nameof(SigningCertificate) : nameof(Protection))} is for images in files and streams: a checkpoint in memory is not protected.", "Give a -Path or a -Stream."), null);
    }
}
