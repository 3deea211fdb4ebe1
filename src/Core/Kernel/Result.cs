using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel;

/// <summary>What a system call handler gives back: a value, an errno, or that it waits. Blocking is a value, never a wait on a host stack.</summary>
public readonly struct Result
{
    enum Kind : byte
    {
        Value,
        Wait,
        NoReturn,
        Pause,
    }

    readonly Kind kind;

    Result(Kind kind, int value, WaitQueue? queue, Interruption interruption)
    {
        this.kind = kind;
        Value = value;
        Queue = queue;
        Interruption = interruption;
    }

    /// <summary>What EAX becomes: the value, or -errno.</summary>
    public int Value { get; }

    internal WaitQueue? Queue { get; }

    internal Interruption Interruption { get; }

    /// <summary>True when the call waits; its handler runs again when the queue or the deadline wakes it.</summary>
    public bool IsWait => kind == Kind.Wait;

    /// <summary>True when the registers are already as they have to be (sigreturn, execve, exit, restart).</summary>
    public bool IsNoReturn => kind == Kind.NoReturn;

    /// <summary>The call does not return to the instruction behind it in the usual way.</summary>
    public static Result NoReturn { get; } = new(Kind.NoReturn, 0, null, default);

    /// <summary>The call has done a part of its work, and goes on at the task's next turn: between the parts the machine hears commands, and others run.</summary>
    public bool IsPause => kind == Kind.Pause;

    /// <summary>True when the handler runs again.</summary>
    public bool IsUnfinished => kind is Kind.Wait or Kind.Pause;

    /// <summary>Zero.</summary>
    public static Result Success => default;

    /// <summary>Waits for <paramref name="queue"/> (or those that were registered already), the call's deadline, or a signal.</summary>
    public static Result Wait(WaitQueue? queue, Interruption interruption = Interruption.Restart) => new(Kind.Wait, 0, queue, interruption);

    /// <summary>Goes on later with a call that takes long; <see cref="SystemCallState.BytesMoved"/> says how far it is.</summary>
    public static Result Pause(Interruption interruption) => new(Kind.Pause, 0, null, interruption);

    /// <summary>A value or a wait of the files floor. Values beyond 2 GiB are cut.</summary>
    public static Result From(IoResult result) =>
        result.WouldBlock ? Wait(result.Wait) : new(Kind.Value, (int)Math.Min(result.Value, int.MaxValue), null, default);

    public static Result FromErrno(Errno errno) => errno;

    public static Result FromInt32(int value) => value;

    public static Result FromUInt32(uint value) => value;

    public static implicit operator Result(Errno errno) => new(Kind.Value, -(int)errno, null, default);

    public static implicit operator Result(int value) => new(Kind.Value, value, null, default);

    public static implicit operator Result(uint value) => new(Kind.Value, (int)value, null, default);
}
