using System.Management.Automation;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Copies files out of guests and into them: from a task or an image to the host, from the host to a task, or from one guest to another.</summary>
[Cmdlet(VerbsCommon.Copy, "CrFile", DefaultParameterSetName = FromTaskSet, SupportsShouldProcess = true), OutputType(typeof(CrFile), typeof(FileInfo), typeof(DirectoryInfo))]
public sealed partial class CopyCrFileCommand : CrCommand
{
    const string FromTaskSet = "FromTask", ToTaskSet = "ToTask", BetweenSet = "Between", FromCheckpointSet = "FromCheckpoint", CheckpointToTaskSet = "CheckpointToTask", FileSet = "File", FileToTaskSet = "FileToTask";

    ByteProgress? progress;
    long copied;

    /// <summary>Where the files are: guest paths, or with -ToTask alone host paths.</summary>
    [Parameter(Position = 0, ParameterSetName = FromTaskSet)]
    [Parameter(Position = 0, ParameterSetName = ToTaskSet)]
    [Parameter(Position = 0, ParameterSetName = BetweenSet)]
    [Parameter(Position = 0, ParameterSetName = FromCheckpointSet)]
    [Parameter(Position = 0, ParameterSetName = CheckpointToTaskSet)]
    [ArgumentCompleter(typeof(CopyPathCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Path { get; set; }

    /// <summary>The same, taken as they are.</summary>
    [Parameter(ParameterSetName = FromTaskSet)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ToTaskSet)]
    [Parameter(ParameterSetName = BetweenSet)]
    [Parameter(ParameterSetName = FromCheckpointSet)]
    [Parameter(ParameterSetName = CheckpointToTaskSet)]
    [ArgumentCompleter(typeof(CopyPathCompleter))]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string[]? LiteralPath { get; set; }

    /// <summary>Files of guests, as the drives give them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = FileSet)]
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = FileToTaskSet)]
    [ValidateNotNullOrEmpty]
    public CrFile[]? File { get; set; }

    /// <summary>Where they go: a directory that is there, or the new name of a single one.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ArgumentCompleter(typeof(CopyPathCompleter))]
    [ValidateNotNullOrEmpty]
    public string Destination { get; set; } = "";

    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = FromTaskSet)]
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = BetweenSet)]
    [ArgumentCompleter(typeof(TaskIdCompleter))]
    [TaskTransformation]
    [ValidateNotNull]
    public CrTask? FromTask { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = ToTaskSet)]
    [Parameter(Mandatory = true, ParameterSetName = BetweenSet)]
    [Parameter(Mandatory = true, ParameterSetName = CheckpointToTaskSet)]
    [Parameter(Mandatory = true, ParameterSetName = FileToTaskSet)]
    [ArgumentCompleter(typeof(TaskIdCompleter))]
    [TaskTransformation]
    [ValidateNotNull]
    public CrTask? ToTask { get; set; }

    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = FromCheckpointSet)]
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = CheckpointToTaskSet)]
    [ValidateNotNull]
    public CrCheckpoint? FromCheckpoint { get; set; }

    /// <summary>Whose files: of an image the task with this pid.</summary>
    [Parameter(ParameterSetName = FromCheckpointSet)]
    [Parameter(ParameterSetName = CheckpointToTaskSet)]
    [ValidateRange(1, int.MaxValue)]
    [ArgumentCompleter(typeof(ImagePidCompleter))]
    public int? ProcessId { get; set; }

    /// <summary>The root that an image was taken over.</summary>
    [Parameter(ParameterSetName = FromCheckpointSet)]
    [Parameter(ParameterSetName = CheckpointToTaskSet)]
    [RootTransformation]
    public CrRoot? Root { get; set; }

    [Parameter]
    public SwitchParameter Recurse { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Copies what links lead to, within the guest, in their place.</summary>
    [Parameter]
    public SwitchParameter FollowLink { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (File is null && Path is null && LiteralPath is null)
            Fail(new CrException("PathMissing", ErrorCategory.InvalidArgument, "Nothing says which files are to be copied.", "Give -Path or -LiteralPath."), null);
        if (Path is not null && LiteralPath is not null)
            Fail(new CrException("ParameterConflict", ErrorCategory.InvalidArgument, "-Path and -LiteralPath both say which files.", "Leave one of them out."), null);
        using (progress = new ByteProgress(this, "Copying files", 0)) Try(Destination, CopyAll);
    }

    void CopyAll()
    {
        var sources = new List<Source>();
        foreach (string given in LiteralPath ?? Path ?? []) Try(given, () => sources.AddRange(Find(given)));
        foreach (var file in File ?? []) sources.Add(new Source(file.File, RootOf(file.File), file.File.Name, $"{file.Path} of {file.Source}", null));
        if (sources.Count == 0) return;
        try
        {
            var (folder, name) = ToTask is null ? HostPlace(sources.Count) : GuestPlace(sources.Count);
            using (folder)
                foreach (var source in sources) Try(source.File, () => CopyOne(source, folder, name ?? source.Name));
        }
        finally
        {
            foreach (var source in sources) source.Owned?.Dispose();
        }
    }

    void CopyOne(Source source, CopyTarget folder, string name)
    {
        if (name.Length == 0) throw new CrException("NameMissing", ErrorCategory.InvalidArgument, $"A root directory has no name of its own.", "Give -Destination the path of a directory that is not there yet.");
        if (!ShouldProcess($"{source.Place} to {Destination}", "Copy file")) return;
        // What is named itself is followed, as cp does.
        var file = source.File.IsSymbolicLink ? source.Root.Follow(source.File) : source.File;
        if (file.IsDirectory && ToTask is not null && FromTask?.Machine == ToTask.Machine && (into.TrimEnd('/') + "/").StartsWith(file.Path.TrimEnd('/') + "/", StringComparison.Ordinal))
            throw new CrException("CopyIntoItself", ErrorCategory.InvalidArgument, $"{source.Place} cannot be copied into itself.", "Give a -Destination outside of it.");
        bool failed = false;
        new FileCopier(folder, new CopyOptions
        {
            Recurse = Recurse,
            Replace = Force,
            FollowLinks = FollowLink,
            Cancellation = Cancellation,
            Copied = bytes => progress!.Report(copied += bytes),
            Failed = (exception, path) =>
            {
                failed |= path == file.Path;
                WriteError(Errors.Find(exception, path)!);
            },
        }).Copy(source.Root, file, name);
        if (failed) return;
        WriteVerbose($"Copied {source.Place} as {name}; its owner {file.Facts.Uid}:{file.Facts.Gid} stays behind.");
        if (PassThru) WriteObject(Made(name));
    }

    /// <summary>What was made by a name in the directory that is copied to.</summary>
    object Made(string name)
    {
        if (ToTask is not null)
        {
            return new CrFile(LiveFile.RootOf(ToTask.Task).Find(into + "/" + name), ToTask.Label);
        }
        string full = System.IO.Path.Combine(into, name);
        return Directory.Exists(full) ? new DirectoryInfo(full) : new FileInfo(full);
    }

    /// <summary>What is copied, with the root that its links are followed from.</summary>
    sealed record Source(SeenFile File, SeenFile Root, string Name, string Place, IDisposable? Owned);

    static SeenFile RootOf(SeenFile file)
    {
        while (file.Parent is { } parent) file = parent;
        return file;
    }
}
