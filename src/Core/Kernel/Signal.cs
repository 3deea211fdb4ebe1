namespace CheckpointRestart.Core.Kernel;

/// <summary>Signal numbers of Linux/i386 (asm/signal.h). Real-time signals are 32 (SIGRTMIN of the kernel) to 64.</summary>
public enum Signal
{
    None = 0,
    SIGHUP = 1, SIGINT = 2, SIGQUIT = 3, SIGILL = 4, SIGTRAP = 5, SIGABRT = 6, SIGBUS = 7, SIGFPE = 8, SIGKILL = 9, SIGUSR1 = 10,
    SIGSEGV = 11, SIGUSR2 = 12, SIGPIPE = 13, SIGALRM = 14, SIGTERM = 15, SIGSTKFLT = 16, SIGCHLD = 17, SIGCONT = 18, SIGSTOP = 19,
    SIGTSTP = 20, SIGTTIN = 21, SIGTTOU = 22, SIGURG = 23, SIGXCPU = 24, SIGXFSZ = 25, SIGVTALRM = 26, SIGPROF = 27, SIGWINCH = 28,
    SIGIO = 29, SIGPWR = 30, SIGSYS = 31,
    RealTimeFirst = 32,
    Last = 64,
}

/// <summary>A set of signals: bit n-1 is signal n.</summary>
public readonly record struct SignalSet(ulong Bits)
{
    /// <summary>Signals that can be neither caught nor blocked.</summary>
    public static readonly SignalSet Unblockable = Of(Signal.SIGKILL) | Of(Signal.SIGSTOP);

    /// <summary>Signals that stop a task by default.</summary>
    public static readonly SignalSet Stops = Of(Signal.SIGSTOP) | Of(Signal.SIGTSTP) | Of(Signal.SIGTTIN) | Of(Signal.SIGTTOU);

    /// <summary>Signals that an instruction of the task itself raises; they are taken before others.</summary>
    public static readonly SignalSet Synchronous =
        Of(Signal.SIGSEGV) | Of(Signal.SIGBUS) | Of(Signal.SIGILL) | Of(Signal.SIGTRAP) | Of(Signal.SIGFPE) | Of(Signal.SIGSYS);

    static readonly SignalSet IgnoredByDefault = Of(Signal.SIGCHLD) | Of(Signal.SIGCONT) | Of(Signal.SIGWINCH) | Of(Signal.SIGURG);

    static readonly SignalSet CoreDumps =
        Of(Signal.SIGQUIT) | Of(Signal.SIGILL) | Of(Signal.SIGTRAP) | Of(Signal.SIGABRT) | Of(Signal.SIGFPE) | Of(Signal.SIGSEGV)
        | Of(Signal.SIGBUS) | Of(Signal.SIGSYS) | Of(Signal.SIGXCPU) | Of(Signal.SIGXFSZ);

    /// <summary>The set of one signal.</summary>
    public static SignalSet Of(Signal signal) => new(1ul << ((int)signal - 1));

    /// <summary>What happens to <paramref name="signal"/> when nobody asked for something else (signal(7)).</summary>
    public static DefaultAction DefaultOf(Signal signal) =>
        IgnoredByDefault.Contains(signal) ? DefaultAction.Ignore
        : Stops.Contains(signal) ? DefaultAction.Stop
        : CoreDumps.Contains(signal) ? DefaultAction.Core
        : DefaultAction.Terminate;

    /// <summary>True when the signal is in the set.</summary>
    public bool Contains(Signal signal) => (Bits >> ((int)signal - 1) & 1) != 0;

    /// <summary>True when the set is empty.</summary>
    public bool IsEmpty => Bits == 0;

    /// <summary>The lowest signal of the set, or None.</summary>
    public Signal First => Bits == 0 ? Signal.None : (Signal)(System.Numerics.BitOperations.TrailingZeroCount(Bits) + 1);

    public static SignalSet operator |(SignalSet a, SignalSet b) => new(a.Bits | b.Bits);

    public static SignalSet operator &(SignalSet a, SignalSet b) => new(a.Bits & b.Bits);

    public static SignalSet operator ~(SignalSet a) => new(~a.Bits);

    public static SignalSet BitwiseOr(SignalSet left, SignalSet right) => left | right;

    public static SignalSet BitwiseAnd(SignalSet left, SignalSet right) => left & right;

    public static SignalSet OnesComplement(SignalSet set) => ~set;

    /// <inheritdoc/>
    public override string ToString() => $"{Bits:x16}";
}

/// <summary>What the kernel does with a signal that has no handler.</summary>
public enum DefaultAction
{
    Terminate,
    Core,
    Ignore,
    Stop,
}
