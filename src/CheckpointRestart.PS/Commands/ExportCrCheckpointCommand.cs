using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>What an image is exported as.</summary>
public enum CrExportFormat
{
    /// <summary>All objects of an Extended image; pages by number, or with -IncludePages with their contents.</summary>
    Json,
    /// <summary>An ELF core file of each process, which gdb opens.</summary>
    Core,
    /// <summary>A page for a browser: tasks, memory to scale, registers, descriptors, and what differs from an earlier image.</summary>
    Html,
}

/// <summary>Writes what an image holds in a form that other programs read.</summary>
[Cmdlet(VerbsData.Export, "CrCheckpoint", SupportsShouldProcess = true, DefaultParameterSetName = InspectCommand.PathSet), OutputType(typeof(FileInfo))]
public sealed partial class ExportCrCheckpointCommand : ImageMachineCommand, IJobCommand
{
    /// <summary>The file; several processes get their pids behind its name.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string DestinationPath { get; set; } = "";

    [Parameter(Mandatory = true)]
    public CrExportFormat Format { get; set; }

    /// <summary>Only the process of this task.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    [ArgumentCompleter(typeof(ImagePidCompleter))]
    public int? ProcessId { get; set; }

    /// <summary>JSON with what the pages have; HTML with all that they have, however much that is.</summary>
    [Parameter]
    public SwitchParameter IncludePages { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Gives a job at once, in which the work goes on.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    protected override void Process(CrCheckpoint checkpoint)
    {
        switch (Format)
        {
            case CrExportFormat.Json: WriteJson(checkpoint); break;
            case CrExportFormat.Html: WriteHtml(checkpoint); break;
            default: WriteCores(checkpoint); break;
        }
    }

    void WriteJson(CrCheckpoint checkpoint)
    {
        var image = checkpoint.Checkpoint.Extended
            ?? throw new CrException("NoObjects", ErrorCategory.InvalidArgument, $"{checkpoint} is a v5 image: it has records and no objects.", "Convert-CrCheckpoint -Format Extended makes an image with objects of it.");
        Write(DestinationPath, checkpoint.ToString(), stream => ImageJson.Write(image, stream, IncludePages, Cancellation));
    }

    void WriteCores(CrCheckpoint checkpoint)
    {
        var processes = checkpoint.Tasks.Where(task => task.ProcessId == task.ThreadGroupId && task.State is not (TaskState.Zombie or TaskState.Dead) && (ProcessId is null || task.ProcessId == ProcessId)).ToArray();
        if (processes.Length == 0) throw new CrException("TaskNotInImage", ErrorCategory.ObjectNotFound, $"{checkpoint} has no such process.", "Get-CrTask -Checkpoint lists its tasks.");
        var restored = Restorer.Restore(checkpoint.Checkpoint, Frozen);
        using var machine = restored.Machine;
        foreach (var process in processes)
        {
            Cancellation.ThrowIfCancellationRequested();
            var task = machine.Tasks.First(task => task.Pid == process.ProcessId);
            Write(processes.Length == 1 ? DestinationPath : $"{DestinationPath}.{process.ProcessId}", $"process {process} of {checkpoint}", stream => CoreDump.Save(task, stream));
        }
    }

    void Write(string given, string what, Action<Stream> write)
    {
        string path = ResolveTarget(given, Force);
        if (!ShouldProcess(what, $"Export to '{path}'")) return;
        AtomicFile.Write(path, Force, write);
        WriteObject(new FileInfo(path));
    }
}
