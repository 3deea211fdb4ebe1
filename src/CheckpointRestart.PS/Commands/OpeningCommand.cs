using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

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

    /// <summary>What a parameter names that takes a checkpoint, a live task, or the path of an image.</summary>
    /// <param name="given">The parameter's value.</param>
    /// <param name="format">What a live task is captured as; null for Extended.</param>
    /// <exception cref="CrException">NotComparable: it is something else.</exception>
    private protected CrCheckpoint FindCheckpoint(object given, CheckpointFormat? format)
    {
        switch (given is PSObject wrapped ? wrapped.BaseObject : given)
        {
            case CrCheckpoint checkpoint: return checkpoint;
            case CrTask task:
                Lifecycle.RequireNotFailed(task);
                return new CrCheckpoint(Checkpointer.Capture(task.Task, new CaptureOptions { Format = format ?? CheckpointFormat.Extended }), task.Id);
            case FileInfo file: return new CrCheckpoint(OpenImage(file.FullName), null);
            case string path: return new CrCheckpoint(OpenImage(ResolveExisting(path, literal: true)[0]), null);
            case var other:
                throw new CrException("NotComparable", ErrorCategory.InvalidArgument, $"'{other}' is no checkpoint, live task or path of an image.", "Get-CrCheckpoint opens images, Get-CrTask lists the tasks.");
        }
    }
}
