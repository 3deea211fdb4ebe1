using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Commands;

/// <summary>A cmdlet that opens images, whichever way it is called.</summary>
public abstract class OpeningCommand : CrCommand
{
    /// <summary>What opens an encrypted image: a passphrase or a certificate, or several of which one fits.</summary>
    [Parameter]
    [ProtectionTransformation]
    [ValidateNotNullOrEmpty]
    public CrProtectionKey[]? Protection { get; set; }

    /// <summary>Takes only images that one of these has signed, or somebody whom one of them certifies.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public X509Certificate2[]? TrustedSigner { get; set; }

    /// <summary>Opens an image file with what the parameters say.</summary>
    private protected Checkpoint OpenImage(string path) => OpenImage(path, Protection, TrustedSigner);
}
