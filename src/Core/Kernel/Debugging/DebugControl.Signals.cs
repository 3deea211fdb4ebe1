namespace CheckpointRestart.Core.Kernel.Debugging;

/// <content>Signals: the process stops in front of their delivery, while they still wait where they were sent to.</content>
public sealed partial class DebugControl
{
    static readonly SignalSet All = ~SignalSet.Of(Signal.SIGKILL);

    readonly Dictionary<Task, Signal> reported = new(ReferenceEqualityComparer.Instance);

    /// <summary>Signals that stop the process.</summary>
    SignalSet Seen { get; set; } = All;

    /// <summary>Lets signals through without a stop.</summary>
    public void Pass(SignalSet signals) => machine.Execute(_ =>
    {
        Seen = All & ~signals;
        foreach (var thread in group.Threads)
        {
            Meet(thread);
            WakeForSignals(thread);
        }
    });

    /// <summary>A thread is new, or a signal is being delivered to it: the next of each number stops the process.</summary>
    internal void Meet(Task thread) => thread.SeenByDebugger = Seen;

    DebugStop? FindSignal()
    {
        foreach (var thread in group.Threads)
        {
            // What was let through goes first.
            if (!thread.DeliverableSignals.IsEmpty) continue;
            var waiting = thread.PendingSet & ~thread.BlockedSignals & thread.SeenByDebugger;
            if (waiting.IsEmpty) continue;
            var own = waiting & SignalSet.Synchronous;
            var signal = (own.IsEmpty ? waiting : own).First;
            reported[thread] = signal;
            return new DebugStop(DebugStopKind.Signal, thread.Pid) { Signal = signal };
        }
        return null;
    }

    /// <summary>Does with the signal that a thread was stopped for what the debugger wants.</summary>
    void Settle(Task thread, Signal signal)
    {
        if (reported.Remove(thread, out var waits) && waits != signal) Drop(thread, waits);
        if (signal == Signal.None) return;
        if (waits != signal)
        {
            machine.Record(new MachineEvent(machine.RetiredInstructions, MachineEventKind.Signal, (long)thread.Pid << 32 | (uint)signal, []));
            machine.SendSignal(thread, SignalInfo.FromTask(signal, SignalCode.User, 0));
        }
        thread.SeenByDebugger &= ~SignalSet.Of(signal);
        WakeForSignals(thread);
    }

    void Drop(Task thread, Signal signal)
    {
        if (!thread.Pending.TryTake(SignalSet.Of(signal), out _)) thread.Group.Pending.TryTake(SignalSet.Of(signal), out _);
        machine.Record(new MachineEvent(machine.RetiredInstructions, MachineEventKind.SignalDropped, (long)thread.Pid << 32 | (uint)signal, []));
    }

    void LetSignalsGo()
    {
        foreach (var thread in group.Threads)
        {
            // A trap of the debugger's own making would end a program that has no debugger any more.
            if (reported.TryGetValue(thread, out var waits) && waits == Signal.SIGTRAP) Drop(thread, waits);
            thread.SeenByDebugger = default;
            WakeForSignals(thread);
        }
        reported.Clear();
    }

    static void WakeForSignals(Task thread)
    {
        if (thread.State == TaskState.Sleeping && !thread.DeliverableSignals.IsEmpty) thread.Wake();
    }
}
