using CheckpointRestart.Core.Cpu;

namespace CheckpointRestart.Core.Kernel.Debugging;

/// <summary>A debugger's hold on a process from outside: breakpoints, watchpoints, steps and signals, none of which the guest can see. When one of its threads
/// stops, the whole machine is frozen at that instruction; while it runs, the machine runs as it does without a debugger.</summary>
/// <remarks>Its public members are safe on any thread but the machine's; the rest belongs to that.</remarks>
public sealed partial class DebugControl : IDisposable
{
    readonly Machine machine;
    readonly ThreadGroup group;
    readonly Action<DebugStop> told;
    readonly Dictionary<Task, DebugStep> steps = new(ReferenceEqualityComparer.Instance);
    readonly List<Task> held = [];
    volatile DebugStop? stop;
    bool isDetached;
    int executions;

    readonly record struct DebugStep(ulong Begun, uint Start, uint End);

    DebugControl(Machine machine, ThreadGroup group, Action<DebugStop> told)
    {
        this.machine = machine;
        this.group = group;
        this.told = told;
        executions = group.Executions;
    }

    /// <summary>Takes hold of the process of a task, and freezes its machine.</summary>
    /// <param name="task">A task that lives.</param>
    /// <param name="told">Told of each stop but the first, on the machine's thread: it must return at once.</param>
    /// <exception cref="DebuggerPresentException">Somebody else has hold of it.</exception>
    /// <exception cref="ChangeRefusedException">ESRCH: it has ended.</exception>
    public static DebugControl Attach(Task task, Action<DebugStop> told)
    {
        ArgumentNullException.ThrowIfNull(task);
        return task.Machine.Execute(machine =>
        {
            if (task.HasExited || task.Group.Threads.Count == 0) throw new ChangeRefusedException(Errno.ESRCH, "the task has ended");
            if (task.Group.Debug != null) throw new DebuggerPresentException($"process {task.Tgid} has a debugger already");
            var made = new DebugControl(machine, task.Group, told);
            task.Group.Debug = made;
            machine.AddDebugger(made);
            foreach (var thread in task.Group.Threads) made.Meet(thread);
            machine.HaltForDebugger();
            made.stop = new DebugStop(DebugStopKind.Paused, made.PauseThread());
            return made;
        });
    }

    /// <summary>The process.</summary>
    public ThreadGroup Process => group;

    /// <summary>Why it stands still; null while it runs.</summary>
    public DebugStop? Stop => stop;

    /// <summary>True when execve(2) stops the process.</summary>
    public bool StopsAtExecution { get; set; }

    /// <summary>Freezes it where it is.</summary>
    public void Pause() => machine.Execute(_ =>
    {
        if (stop == null && !HasEnded()) Halt(new DebugStop(DebugStopKind.Paused, PauseThread()));
    });

    /// <summary>Lets threads go on; those that no order names stand still until the next stop.</summary>
    /// <exception cref="Memory.LostPagesException">The machine cannot go on.</exception>
    public void Resume(IReadOnlyList<DebugOrder> orders) => machine.Execute(_ =>
    {
        if (isDetached) return;
        machine.RequireMemory();
        var waiting = new List<Task>();
        var going = new List<Task>();
        foreach (var thread in group.Threads.ToArray())
        {
            if (Find(orders, thread) is not { } order)
            {
                waiting.Add(thread);
                continue;
            }
            Settle(thread, order.Signal);
            if (order.IsStep) steps[thread] = new DebugStep(thread.Instructions, order.RangeStart, order.RangeEnd);
            going.Add(thread);
        }
        // One instruction of the thread whose turn it is: nobody else would run meanwhile.
        bool isNext = going is [var only] && steps.ContainsKey(only) && ReferenceEquals(machine.Scheduler.Current, only) && machine.Scheduler.QuantumLeft > 0;
        if (!isNext)
        {
            foreach (var thread in waiting)
            {
                if (thread.IsHeld) continue;
                machine.Freeze(thread);
                held.Add(thread);
            }
        }
        RememberValues();
        stop = null;
        foreach (var thread in going) machine.Release(thread);
        machine.LetRun();
    });

    /// <summary>Lets go of the process.</summary>
    /// <param name="runs">True: it goes on; false: it stays as it is.</param>
    public void Detach(bool runs)
    {
        if (machine.HasEnded) return;
        try
        {
            machine.Execute(_ =>
            {
                if (isDetached) return;
                Leave();
                if (!runs) return;
                foreach (var thread in group.Threads) machine.Release(thread);
                machine.LetRun();
            });
        }
        catch (ObjectDisposedException)
        {
            // The machine ended meanwhile.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Detach(runs: false);

    static DebugOrder? Find(IReadOnlyList<DebugOrder> orders, Task thread)
    {
        foreach (var order in orders)
            if (order.ThreadId == 0 || order.ThreadId == thread.Pid) return order;
        return null;
    }

    int PauseThread() => machine.Scheduler.Current is { } current && ReferenceEquals(current.Group, group) ? current.Pid : group.Threads.Count > 0 ? group.Threads[0].Pid : group.Id;

    /// <summary>Looks, before each turn of the machine, for what ends the run without an instruction.</summary>
    /// <returns>True when it has.</returns>
    internal bool Look()
    {
        if (stop != null || HasEnded()) return false;
        if (group.Executions != executions) return HasExecuted();
        return FindSignal() is { } signalled ? Halt(signalled) : FindChange() is { } changed && Halt(changed);
    }

    /// <summary>True when a thread that is about to go on in user mode is where the debugger wants to see it: it does not go on.</summary>
    internal bool StopsAt(Task thread)
    {
        if (stop != null)
        {
            // Somebody else thawed the machine: this process waits for its debugger.
            machine.HaltForDebugger();
            return true;
        }
        // What a system call has written that has just returned.
        if (FindChange() is { } changed) return Halt(changed with { ThreadId = thread.Pid });
        uint eip = thread.Registers!.Eip;
        if (steps.TryGetValue(thread, out var step) && thread.Instructions > step.Begun && !(eip >= step.Start && eip < step.End))
            return Halt(new DebugStop(DebugStopKind.Stepped, thread.Pid));
        return Stops?.Contains(thread.Registers.LinearEip) == true && Halt(new DebugStop(DebugStopKind.Breakpoint, thread.Pid));
    }

    /// <summary>True when a thread goes by single instructions.</summary>
    internal bool IsStepping(Task thread) => steps.ContainsKey(thread);

    /// <summary>The machine ends, or goes back to where this process is another one.</summary>
    internal void Lose() => End(new DebugStop(DebugStopKind.Gone, group.Id));

    /// <summary>True when the process has ended, of which the debugger is told.</summary>
    bool HasEnded()
    {
        if (!group.IsZombie && group.Threads.Count > 0) return false;
        End(new DebugStop(DebugStopKind.Exited, group.Id) { Status = group.ExitStatus });
        return true;
    }

    bool HasExecuted()
    {
        executions = group.Executions;
        steps.Clear();
        ClearPoints();
        if (!StopsAtExecution) return false;
        return Halt(new DebugStop(DebugStopKind.Executed, group.Leader.Pid) { Path = group.Executable?.FullPath() ?? "" });
    }

    bool Halt(DebugStop reason)
    {
        ReleaseHeld();
        steps.Clear();
        stop = reason;
        machine.HaltForDebugger();
        told(reason);
        return true;
    }

    void End(DebugStop reason)
    {
        Leave();
        stop = reason;
        told(reason);
    }

    void Leave()
    {
        isDetached = true;
        steps.Clear();
        ReleaseHeld();
        ClearPoints();
        LetSignalsGo();
        group.Debug = null;
        machine.RemoveDebugger(this);
    }

    void ReleaseHeld()
    {
        foreach (var thread in held)
            if (!thread.HasExited) machine.Release(thread);
        held.Clear();
    }
}
