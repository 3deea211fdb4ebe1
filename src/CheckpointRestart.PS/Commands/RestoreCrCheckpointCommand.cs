using System.Collections;
using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Editing;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Makes machines from checkpoints, and gives their tasks.</summary>
[Cmdlet(VerbsData.Restore, "CrCheckpoint", SupportsShouldProcess = true, DefaultParameterSetName = InspectCommand.PathSet), OutputType(typeof(CrTask))]
public sealed partial class RestoreCrCheckpointCommand : MachineCommand, IJobCommand
{
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InspectCommand.CheckpointSet)]
    [ValidateNotNullOrEmpty]
    public CrCheckpoint[]? Checkpoint { get; set; }

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = InspectCommand.PathSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Path { get; set; }

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = InspectCommand.LiteralPathSet)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string[]? LiteralPath { get; set; }

    /// <summary>The host file of a program that was started without a root.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? FilePath { get; set; }

    [Parameter]
    [ValidateRange(1, 10000)]
    public int Count { get; set; } = 1;

    /// <summary>Gives each copy other random bytes.</summary>
    [Parameter]
    public SwitchParameter Reseed { get; set; }

    /// <summary>Takes files of the root as they are now.</summary>
    [Parameter]
    public SwitchParameter AllowChangedFiles { get; set; }

    /// <summary>Reads and checks all pages before the machine runs.</summary>
    [Parameter]
    public SwitchParameter Eager { get; set; }

    /// <summary>Gives a job at once, in which the work goes on.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <summary>What is otherwise in the task that was saved: registers, memory, descriptors, environment, name.</summary>
    [Parameter]
    [ValidateNotNull]
    public IDictionary? Set { get; set; }

    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        CheckChanges();
        CheckBinding();
        RequireOneRoot(Root, FilePath);
        if (InputText is not null && InputPath is not null)
            Fail(new CrException("ParameterConflict", ErrorCategory.InvalidArgument, "-InputText and -InputPath are both standard input.", "Leave one of the parameters out."), null);
    }

    protected override void ProcessRecord()
    {
        if (GoesToJob()) return;
        foreach (var checkpoint in Checkpoint ?? []) Restore(checkpoint);
        RestoreFromStream();
        ForEachFile(LiteralPath, Path, path =>
        {
            using var opened = OpenImage(path, Protection, TrustedSigner);
            Restore(new CrCheckpoint(opened, null));
        });
    }

    void Restore(CrCheckpoint checkpoint)
    {
        using var copies = Count > 1 && checkpoint.Checkpoint.Extended is not null ? new ImageCopies(checkpoint.Checkpoint) : null;
        for (int copy = 0; copy < Count; copy++)
        {
            Cancellation.ThrowIfCancellationRequested();
            if (!ShouldProcess(checkpoint.Label, "Restore")) return;
            if (!Try(checkpoint, () => WriteObject(RestoreOne(checkpoint.Checkpoint, copy, copies), enumerateCollection: true))) return;
        }
    }

    /// <returns>The task that was saved, and the others that its machine has.</returns>
    CrTask[] RestoreOne(Checkpoint checkpoint, int copy, ImageCopies? copies)
    {
        var root = RootFrom(FilePath is null ? null : ResolveProgram(FilePath)) ?? checkpoint.Machine?.Root;
        var options = new RestoreOptions
        {
            Root = root,
            Machine = Apply(Restorer.MachineOf(checkpoint)),
            Suspended = true,
            AllowChangedFiles = AllowChangedFiles,
            Bind = Targets,
            HostName = HostNameOf(copy),
            Eager = Eager,
            Copies = copies,
            Reseed = Reseed ? Seed + (ulong)copy + 1 : Has(nameof(Seed)) && checkpoint.Format == CheckpointFormat.Extended ? Seed : null,
        };
        var task = Restorer.Restore(checkpoint, options);
        try
        {
            if (Set is not null)
                foreach (var change in ChangeTable.Parse(Set, task.Pid)) LiveEditor.Apply(task, change);
            StreamBinding.Apply(task, InputPath, OutputPath, ErrorPath);
            Publish(task.Machine);
            if (KeepStateHash) StateHash.RecordAtExit(task.Machine);
            var restored = Registry.Add(Registry.Add(task.Machine, root), task, null, []);
            SendInput(restored);
            var all = Registry.Tasks().Where(other => other.Machine == restored.Machine && other != restored).Prepend(restored).ToArray();
            if (!Suspended) task.Machine.Thaw(task);
            Tell($"{restored.Machine} goes on from {checkpoint.Path ?? "memory"} with {all.Length} tasks at instruction {restored.Machine.Instructions:n0}; {restored.Machine.PendingPages:n0} pages are read when they are needed.");
            return all;
        }
        catch
        {
            Registry.Remove(task.Machine);
            throw;
        }
    }

    void CheckChanges()
    {
        try
        {
            if (Set is not null) ChangeTable.Parse(Set, 1);
        }
        catch (CrException exception)
        {
            Fail(exception, Set);
        }
    }

    void SendInput(CrTask task)
    {
        if (InputText is null) return;
        var bytes = Encoding.GetBytes(InputText);
        var kernel = task.Machine.Kernel;
        if (bytes.Length > kernel.Streams.Limit - kernel.Streams.Unread(StreamKind.Input)) throw InputTooLong(task);
        kernel.SendInput(bytes, default, Cancellation);
    }
}
