namespace CheckpointRestart.Core.Kernel;

/// <content>What a task knows of signals.</content>
public sealed partial class Task
{
    /// <summary>Actions, shared within the thread group.</summary>
    public SignalHandlers Handlers { get; internal set; } = new();

    /// <summary>Blocked signals.</summary>
    public SignalSet BlockedSignals { get; internal set; }

    /// <summary>The mask to come back to once a call that swapped it (sigsuspend, ppoll) has ended.</summary>
    public SignalSet? SavedMask { get; internal set; }

    /// <summary>Signals sent to this task alone.</summary>
    public PendingSignals Pending { get; }

    /// <summary>sigaltstack(2): base, bytes and SS_* flags.</summary>
    public AlternateStack SignalStack { get; internal set; } = new(0, 0, AlternateStack.Disabled);

    /// <summary>Signals that wait and are not blocked.</summary>
    public SignalSet DeliverableSignals => (Pending.Set | Group.Pending.Set) & ~BlockedSignals & ~SeenByDebugger;

    /// <summary>Signals that wait although they are not blocked: a debugger outside wants to see them first.</summary>
    internal SignalSet SeenByDebugger { get; set; }

    /// <summary>Signals that wait, for this task or its group.</summary>
    public SignalSet PendingSet => Pending.Set | Group.Pending.Set;

    /// <summary>True when something is to be done before the task goes on in user mode.</summary>
    internal bool HasSignalWork => !DeliverableSignals.IsEmpty || Injected != null || Trace is { HasWork: true };

    /// <summary>True when the task is about to be ended from outside: calls that move many bytes break off then, since one may take seconds.</summary>
    internal bool IsBeingKilled => Machine.IsStopping || Group.IsBeingKilled;

    /// <summary>Changes the mask; SIGKILL and SIGSTOP stay out of it.</summary>
    internal void SetMask(SignalSet mask) => BlockedSignals = mask & ~SignalSet.Unblockable;

    /// <summary>Swaps the mask for the time of one call.</summary>
    internal void SwapMask(SignalSet mask)
    {
        SavedMask ??= BlockedSignals;
        SetMask(mask);
    }

    internal void RestoreMask()
    {
        if (SavedMask is not { } mask) return;
        SavedMask = null;
        BlockedSignals = mask;
    }
}

/// <summary>stack_t.</summary>
/// <param name="Base">Lowest address.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Flags">SS_DISABLE, SS_AUTODISARM.</param>
public readonly record struct AlternateStack(uint Base, uint Size, uint Flags)
{
    public const uint OnStack = 1, Disabled = 2, AutoDisarm = 0x80000000;

    /// <summary>True when a stack pointer lies on it.</summary>
    public bool Contains(uint stackPointer) => (Flags & (Disabled | AutoDisarm)) == 0 && stackPointer > Base && stackPointer - Base <= Size;
}
