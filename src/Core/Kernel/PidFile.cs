using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel;

/// <summary>A pidfd: a process, whatever becomes of its number. Readable once the process has ended (pidfd_open(2)).</summary>
public sealed partial class PidFile : AnonymousFile
{
    internal PidFile(ThreadGroup process, OpenFlags flags) : base(process.Machine.Tree, "[pidfd]", flags) => Process = process;

    /// <summary>The process.</summary>
    public ThreadGroup Process { get; }

    /// <summary>True for O_NONBLOCK: waitid(2) then gives EAGAIN rather than wait.</summary>
    public bool IsPolling => IsNonBlocking;

    /// <inheritdoc/>
    public override WaitQueue? Readable => Process.Ended;

    /// <inheritdoc/>
    public override PollEvents Poll() => Process.IsZombie ? PollEvents.In | PollEvents.ReadNormal : 0;

    /// <summary>The pid, or -1 once the process has been waited for: what /proc/self/fdinfo shows.</summary>
    public int Pid => Process.Leader.State == TaskState.Dead ? -1 : Process.Id;
}
