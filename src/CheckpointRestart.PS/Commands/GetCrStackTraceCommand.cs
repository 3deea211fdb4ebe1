using System.Management.Automation;
using CheckpointRestart.Core.Debugging;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Gets the stack of a task: which function called which.</summary>
[Cmdlet(VerbsCommon.Get, "CrStackTrace", DefaultParameterSetName = PathSet), OutputType(typeof(CrStackFrame))]
public sealed class GetCrStackTraceCommand : InspectFilesCommand
{
    /// <summary>All threads of the process.</summary>
    [Parameter]
    public SwitchParameter AllThreads { get; set; }

    /// <summary>The most frames of a thread.</summary>
    [Parameter]
    [ValidateRange(1, StackTrace.MostFrames)]
    public int Depth { get; set; } = 256;

    private protected override void Inspect(Subject subject)
    {
        using var target = subject.Target(Files);
        using var still = target is LiveTarget live ? Stillness.Of(live.Machine) : null;
        using var trace = new StackTrace(target);
        var threads = target.Threads;
        foreach (var thread in AllThreads ? threads : threads.Where(one => one.Id == subject.ProcessId))
        {
            foreach (var frame in trace.Of(thread.Id, Depth))
            {
                Cancellation.ThrowIfCancellationRequested();
                WriteObject(new CrStackFrame(frame, thread.Id, thread.Name, subject.Label, subject.TaskId));
            }
        }
    }
}
