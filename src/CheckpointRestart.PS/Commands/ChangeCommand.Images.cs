using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Editing;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <content>Images: each becomes a new one, in memory or in a file; the old one stays as it is.</content>
public abstract partial class ChangeCommand
{
    /// <summary>The image file to make; none for a checkpoint in memory.</summary>
    [Parameter(ParameterSetName = CheckpointSet)]
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    [Parameter(ParameterSetName = ImageTaskSet)]
    [ValidateNotNullOrEmpty]
    public string? DestinationPath { get; set; }

    [Parameter(ParameterSetName = CheckpointSet)]
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    [Parameter(ParameterSetName = ImageTaskSet)]
    public SwitchParameter Force { get; set; }

    /// <summary>Where the files of the image come from, as for Restore-CrCheckpoint.</summary>
    [Parameter(ParameterSetName = CheckpointSet)]
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    [Parameter(ParameterSetName = ImageTaskSet)]
    [RootTransformation]
    public CrRoot? Root { get; set; }

    [Parameter(ParameterSetName = CheckpointSet)]
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    [Parameter(ParameterSetName = ImageTaskSet)]
    [ValidateNotNullOrEmpty]
    public string? FilePath { get; set; }

    /// <summary>What opens an encrypted image: a passphrase or a certificate, or several of which one fits.</summary>
    [Parameter]
    [ProtectionTransformation]
    [ValidateNotNullOrEmpty]
    public CrProtectionKey[]? Protection { get; set; }

    /// <summary>Takes only images that one of these has signed, or somebody whom one of them certifies.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public X509Certificate2[]? TrustedSigner { get; set; }

    string? first;

    /// <summary>Files of the root may be others than when the image was taken.</summary>
    private protected virtual bool TakesChangedFiles => false;

    void ChangeImages()
    {
        foreach (var checkpoint in Checkpoint ?? []) Try(checkpoint, () => Change(checkpoint, ProcessId));
        foreach (var task in ImageTask ?? []) Try(task, () => Change(task.Checkpoint, task.ProcessId));
        ForEachFile(LiteralPath, Path, path => Change(new CrCheckpoint(OpenImage(path, Protection, TrustedSigner), null), ProcessId));
    }

    void Change(CrCheckpoint checkpoint, int? pid)
    {
        int number = pid ?? checkpoint.ProcessId;
        if (checkpoint.Tasks.All(task => task.ProcessId != number)) throw ImageSubject.NoTask(checkpoint.Label, number);
        string? target = DestinationPath is null ? null : TargetOf(checkpoint.Label);
        if (!ShouldProcess(checkpoint.Label, target is null ? $"{Action}, in a copy in memory" : $"{Action}, in a copy '{target}'")) return;
        var edited = ImageEditor.Apply(checkpoint.Checkpoint, [ChangeOf(number)], FilesOf(Root, FilePath), TakesChangedFiles);
        if (target is not null) Checkpointer.Write(edited, target, Force, null, Cancellation);
        if (checkpoint.Format == CheckpointFormat.V5) WriteVerbose("A v5 image has no place to say that it was changed.");
        WriteObject(new CrCheckpoint(edited, checkpoint.TaskId));
    }

    string TargetOf(string source)
    {
        if (first is not null)
            throw new CrException("SeveralFilesOnePath", ErrorCategory.InvalidArgument, $"'{first}' was changed to '{DestinationPath}': '{source}' needs a path of its own.", "Change the images one by one.");
        string path = ResolveTarget(DestinationPath!, Force);
        first = source;
        return path;
    }
}
