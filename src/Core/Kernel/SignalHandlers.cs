namespace CheckpointRestart.Core.Kernel;

/// <summary>SA_* flags (asm/signal.h of x86).</summary>
[Flags]
public enum SignalActionFlags : uint
{
    None = 0,
    NoChildStop = 0x00000001,
    NoChildWait = 0x00000002,
    SignalInfo = 0x00000004,
    ExposeTagBits = 0x00000800,
    Restorer = 0x04000000,
    OnStack = 0x08000000,
    Restart = 0x10000000,
    NoDefer = 0x40000000,
    ResetHandler = 0x80000000,
}

/// <summary>k_sigaction of i386: what happens to one signal.</summary>
/// <param name="Handler">0 is the default, 1 ignores, else the address of the handler.</param>
/// <param name="Flags">SA_*.</param>
/// <param name="Restorer">Where the handler returns to, with SA_RESTORER.</param>
/// <param name="Mask">Blocked while the handler runs.</param>
public readonly record struct SignalAction(uint Handler, SignalActionFlags Flags, uint Restorer, SignalSet Mask)
{
    public const uint Default = 0, Ignore = 1;
}

/// <summary>The table of actions, shared by the tasks of a thread group and with CLONE_SIGHAND (Linux: sighand_struct).</summary>
public sealed partial class SignalHandlers
{
    readonly SignalAction[] actions = new SignalAction[65];

    /// <summary>Tasks that share the table.</summary>
    public int Users { get; set; } = 1;

    /// <summary>Woken when a signal begins to wait for a task that uses this table (signalfd_wqh).</summary>
    public Files.WaitQueue Arrivals { get; } = new() { IsOfSignals = true };

    /// <summary>The action of a signal, 1 to 64.</summary>
    public SignalAction this[Signal signal]
    {
        get => actions[(int)signal];
        set => actions[(int)signal] = value;
    }

    /// <summary>True when the signal would do nothing: ignored, or not handled and ignored by default.</summary>
    public bool Ignores(Signal signal) => actions[(int)signal].Handler switch
    {
        SignalAction.Ignore => true,
        SignalAction.Default => SignalSet.DefaultOf(signal) == DefaultAction.Ignore,
        _ => false,
    };

    /// <summary>A copy of its own, as fork(2) makes.</summary>
    public SignalHandlers Copy()
    {
        var copy = new SignalHandlers();
        actions.CopyTo(copy.actions, 0);
        return copy;
    }

    /// <summary>execve(2): handlers become the default, what is ignored stays so.</summary>
    public void ResetForExec()
    {
        for (int i = 1; i < actions.Length; i++)
            actions[i] = new(actions[i].Handler == SignalAction.Ignore ? SignalAction.Ignore : SignalAction.Default, 0, 0, default);
    }
}
