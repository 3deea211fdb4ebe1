using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Commands;

public abstract partial class InspectCommand
{
    /// <summary>What opens an encrypted image: a passphrase or a certificate, or several of which one fits.</summary>
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    [ProtectionTransformation]
    [ValidateNotNullOrEmpty]
    public CrProtectionKey[]? Protection { get; set; }

    /// <summary>Takes only images that one of these has signed, or somebody whom one of them certifies.</summary>
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    [ValidateNotNullOrEmpty]
    public X509Certificate2[]? TrustedSigner { get; set; }
}
