using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Commands;

public sealed partial class ImportCrCheckpointCommand
{
    /// <summary>What opens -PagesFrom when that is encrypted: a passphrase or a certificate, or several of which one fits.</summary>
    [Parameter]
    [ProtectionTransformation]
    [ValidateNotNullOrEmpty]
    public CrProtectionKey[]? Protection { get; set; }

    /// <summary>Takes -PagesFrom only when one of these has signed it, or somebody whom one of them certifies.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public X509Certificate2[]? TrustedSigner { get; set; }
}
