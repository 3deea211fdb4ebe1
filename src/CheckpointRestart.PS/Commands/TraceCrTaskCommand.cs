using System.Globalization;
using System.Management.Automation;
using CheckpointRestart.Core.Kernel.Tracing;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Shows the system calls of tasks as they make them.</summary>
[Cmdlet(VerbsDiagnostic.Trace, "CrTask", SupportsShouldProcess = true, DefaultParameterSetName = TaskSet), OutputType(typeof(CrSyscall), typeof(string))]
public sealed class TraceCrTaskCommand : TaskCommand
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>The names of tasks: -Name is that of calls.</summary>
    [Parameter(Mandatory = true, ParameterSetName = NameSet)]
    [ArgumentCompleter(typeof(TaskNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? TaskName { get => base.Name; set => base.Name = value; }

    /// <summary>Calls by name, patterns, or classes; with ! in front what is left out.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(SyscallCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public new string[]? Name { get; set; }

    /// <summary>Children and threads, too.</summary>
    [Parameter]
    public SwitchParameter Follow { get; set; }

    /// <summary>Lets frozen tasks go on once the trace stands.</summary>
    [Parameter]
    public SwitchParameter Resume { get; set; }

    /// <summary>Lines of text instead of objects.</summary>
    [Parameter]
    public SwitchParameter AsText { get; set; }

    /// <summary>Arguments as words.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <summary>Ends after so many lines.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long Count { get; set; } = long.MaxValue;

    /// <summary>Ends after so many seconds.</summary>
    [Parameter]
    [ValidateRange(0d, 2_000_000d)]
    public double Timeout { get; set; } = -1;

    /// <summary>Bytes of a string that are shown.</summary>
    [Parameter]
    [ValidateRange(0, 65536)]
    public int StringLength { get; set; } = 32;

    readonly List<CrTask> targets = [];
    long left;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        foreach (string name in Name ?? [])
            if (!SyscallFilter.IsKnown(name))
                Fail(new CrException("SyscallNotFound", ErrorCategory.ObjectNotFound, $"There is no system call, and no class of calls, with the name '{name}'.", "docs/syscalls.md lists the calls; the names complete."), name);
    }

    /// <inheritdoc/>
    protected override void Process(CrTask task)
    {
        Lifecycle.RequireNotFailed(task);
        // It may have ended just now: that is no mistake of whoever asks.
        if (task.HasExited) WriteWarning($"{Lifecycle.Sentence(task.Label)} has ended, and makes no more calls. Start-CrTask -Suspended and Trace-CrTask -Resume show a program from its first call on.");
        else targets.Add(task);
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        left = Count;
        var options = new TraceOptions { Follow = Follow, Names = SyscallFilter.For(Name), StringLength = StringLength, IsRaw = Raw };
        var traces = new List<(SyscallTrace Trace, CrMachine Machine)>();
        try
        {
            foreach (var group in targets.GroupBy(static task => task.Machine))
                Try(group.First(), () => traces.Add((SyscallTrace.Attach(group.Key.Kernel, group.Select(static task => task.Task), options), group.Key)));
            foreach (var task in targets)
                if (Resume && ShouldProcess(task.Label, "Thaw")) Try(task, () => task.Machine.Kernel.Thaw(task.Task));
            Run(traces);
        }
        finally
        {
            foreach (var (trace, _) in traces) trace.Dispose();
        }
    }

    void Run(List<(SyscallTrace Trace, CrMachine Machine)> traces)
    {
        long end = Timeout < 0 ? long.MaxValue : Environment.TickCount64 + (long)(Timeout * 1000);
        while (left > 0)
        {
            if (Cancellation.IsCancellationRequested) throw new PipelineStoppedException();
            // Looked at before the entries are: what came before the end is then there.
            bool ended = traces.All(static pair => pair.Trace.HasEnded);
            bool any = false;
            foreach (var (trace, machine) in traces) any |= Write(trace, machine);
            if (any) continue;
            if (ended || Environment.TickCount64 >= end) break;
            if (traces.Count == 1) traces[0].Trace.Wait(Pause);
            else Thread.Sleep(10);
        }
        foreach (var (trace, machine) in traces)
        {
            trace.Stop();
            Write(trace, machine);
        }
    }

    bool Write(SyscallTrace trace, CrMachine machine)
    {
        bool any = false;
        while (left > 0 && trace.TryTake(out var entry))
        {
            any = true;
            left--;
            if (AsText) WriteObject(Follow || targets.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $"{entry.Pid,-5} {entry}") : entry.ToString());
            else WriteObject(new CrSyscall(entry, machine.Id, Registry.Tasks().FirstOrDefault(task => task.MachineId == machine.Id && task.ProcessId == entry.Pid)?.Id));
        }
        return any;
    }
}
