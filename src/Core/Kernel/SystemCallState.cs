namespace CheckpointRestart.Core.Kernel;

/// <summary>The six arguments of a system call: EBX ECX EDX ESI EDI EBP.</summary>
[System.Runtime.CompilerServices.InlineArray(6)]
public struct CallArguments
{
    uint first;
}

/// <summary>What a signal handler does to a call that it interrupts (the kernel's ERESTART* codes).</summary>
public enum Interruption
{
    /// <summary>Runs again when the handler has SA_RESTART, else EINTR (ERESTARTSYS).</summary>
    Restart,
    /// <summary>EINTR when a handler runs (ERESTARTNOHAND).</summary>
    NoHandler,
    /// <summary>EINTR when a handler runs; else goes on to the same deadline (ERESTART_RESTARTBLOCK).</summary>
    RestartBlock,
    /// <summary>EINTR whenever a signal wakes it, handler or not: also after a stop (sigtimedwait, epoll_wait, semop).</summary>
    Interrupted,
    /// <summary>Runs again whatever the handler's flags are (ERESTARTNOINTR).</summary>
    Always,
    /// <summary>Only death ends the wait (vfork).</summary>
    Killable,
}

/// <summary>How the time that is left is told when a timed call is interrupted.</summary>
public enum RemainderKind
{
    None,
    Timespec32,
    Timespec64,
    Timeval32,
}

/// <summary>The system call that a task is in: all there is to know to run it again, go on with it, or interrupt it. Plain data, no host stack.</summary>
public sealed partial class SystemCallState
{
    /// <summary>The deadline of a call that has none.</summary>
    public const long Never = long.MaxValue;

    CallArguments arguments, inner;

    /// <summary>True while the call has not returned.</summary>
    public bool IsActive { get; internal set; }

    /// <summary>The number, EAX at the trap instruction.</summary>
    public uint Number { get; internal set; }

    /// <summary>The arguments.</summary>
    public ref CallArguments Arguments => ref arguments;

    /// <summary>What a call of calls (socketcall) read from memory when it began: later changes there do not matter.</summary>
    internal ref CallArguments Inner => ref inner;

    /// <summary>Bytes moved so far by a call that goes on (read, write and the like).</summary>
    public long BytesMoved { get; internal set; }

    /// <summary>When the call ends by itself: monotonic nanoseconds, or <see cref="Never"/>.</summary>
    public long Deadline { get; internal set; } = Never;

    /// <summary>True when the handler has seen the call before: it was woken.</summary>
    public bool IsRetry { get; internal set; }

    /// <summary>True once <see cref="Deadline"/> has been set by the first run of the handler.</summary>
    public bool HasDeadline { get; internal set; }

    /// <summary>What an interruption by a handler does.</summary>
    public Interruption Interruption { get; internal set; }

    /// <summary>Where the remaining time goes on interruption; 0 for nowhere.</summary>
    public uint RemainderAddress { get; internal set; }

    /// <summary>Its layout.</summary>
    public RemainderKind Remainder { get; internal set; }

    /// <summary>Words that a handler keeps from one run to the next.</summary>
    public uint Scratch0 { get; internal set; }

    /// <summary>As <see cref="Scratch0"/>.</summary>
    public uint Scratch1 { get; internal set; }

    /// <summary>An object that a handler keeps from one run to the next: a file being opened, a child being waited for.</summary>
    public object? Subject { get; internal set; }

    /// <summary>True while a tracer looks at the call in front of its handler; number and arguments are read anew when it goes on.</summary>
    public bool IsAtEntry { get; internal set; }

    /// <summary>True once the tracer has seen the call because a filter of system calls said so.</summary>
    public bool IsFilterSeen { get; internal set; }

    /// <summary>The number of a traced task's call that has ended, until the task is back in user mode; else 0xFFFFFFFF. With an ERESTART* value in EAX it is
    /// made again when no handler runs before.</summary>
    public uint Ended { get; internal set; } = uint.MaxValue;

    /// <summary>What restart_syscall(2) goes on with; null when there is nothing.</summary>
    public RestartBlock? Block { get; internal set; }

    /// <summary>What the task waits for, in the words of /proc/pid/wchan; empty when it does not.</summary>
    public string Reason { get; internal set; } = "";

    internal void Begin(uint number, in CallArguments given)
    {
        IsActive = true;
        Number = number;
        arguments = given;
        BytesMoved = 0;
        Deadline = Never;
        HasDeadline = IsRetry = false;
        Interruption = Interruption.Restart;
        RemainderAddress = 0;
        Remainder = RemainderKind.None;
        Scratch0 = Scratch1 = 0;
        Subject = null;
        IsAtEntry = IsFilterSeen = false;
        Ended = uint.MaxValue;
        Reason = "";
    }

    /// <summary>restart_syscall(2): becomes the call that was interrupted, as one that has waited already.</summary>
    internal void Resume(RestartBlock block)
    {
        Number = block.Number;
        arguments = block.Arguments;
        Deadline = block.Deadline;
        HasDeadline = block.HasDeadline;
        RemainderAddress = block.RemainderAddress;
        Remainder = block.Remainder;
        IsRetry = true;
        Block = null;
    }

    internal void End()
    {
        IsActive = IsAtEntry = false;
        // A file that was still being opened, or what else the call holds while it waits.
        if (Subject is Files.OpenFile file) file.Release();
        else if (Subject is ICallSubject subject) subject.Leave();
        Subject = null;
        Reason = "";
        Deadline = Never;
    }
}

/// <summary>A timed call that was interrupted where its tracer could see it: restart_syscall(2) goes on to the same deadline (Linux: restart_block).</summary>
public sealed partial class RestartBlock
{
    CallArguments arguments;

    internal RestartBlock(SystemCallState call)
    {
        Number = call.Number;
        arguments = call.Arguments;
        Deadline = call.Deadline;
        HasDeadline = call.HasDeadline;
        RemainderAddress = call.RemainderAddress;
        Remainder = call.Remainder;
    }

    /// <summary>The call.</summary>
    public uint Number { get; private set; }

    /// <summary>Its arguments.</summary>
    public ref CallArguments Arguments => ref arguments;

    /// <summary>As <see cref="SystemCallState.Deadline"/>.</summary>
    public long Deadline { get; private set; }

    /// <summary>As <see cref="SystemCallState.HasDeadline"/>.</summary>
    public bool HasDeadline { get; private set; }

    /// <summary>As <see cref="SystemCallState.RemainderAddress"/>.</summary>
    public uint RemainderAddress { get; private set; }

    /// <summary>As <see cref="SystemCallState.Remainder"/>.</summary>
    public RemainderKind Remainder { get; private set; }
}

/// <summary>What a waiting call tells when a handler ends it with EINTR: a time that is left.</summary>
internal interface IInterruptible
{
    /// <summary>Writes it.</summary>
    void Interrupted(Task task);
}

/// <summary>A subject that is of one task's call.</summary>
internal interface ITaskSubject
{
    /// <summary>The task.</summary>
    Task Task { get; }
}

/// <summary>What a waiting call holds in <see cref="SystemCallState.Subject"/> and must let go of, however the call ends.</summary>
internal interface ICallSubject
{
    /// <summary>The call has ended, by success, error, interruption or death.</summary>
    void Leave();
}
