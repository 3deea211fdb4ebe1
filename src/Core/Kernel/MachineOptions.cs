using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel;

/// <summary>How a machine is made.</summary>
public sealed record MachineOptions
{
    /// <summary>What the root directory is.</summary>
    public RootOptions Root { get; init; } = new();

    /// <summary>The files of another machine with the same <see cref="Root"/>, to go on with; null to begin with what the root has.
    /// It may be disposed once the machine is made.</summary>
    public TreeSnapshot? Files { get; init; }

    /// <summary>What drives time.</summary>
    public ClockKind Clock { get; init; } = ClockKind.Real;

    /// <summary>Where random bytes come from.</summary>
    public ulong Seed { get; init; }

    /// <summary>The kernel that the guest sees; its <see cref="KernelVersion.Machine"/> is the processor's, whatever it is here.</summary>
    public KernelVersion Version { get; init; } = new();

    /// <summary>The processor that the guest sees.</summary>
    public CpuModel Cpu { get; init; } = CpuModel.Maximum;

    /// <summary>What runs the guest's code. Whatever it is, the guest sees the same.</summary>
    public CpuEngine Engine { get; init; }

    /// <summary>Executions after which code is translated; null for the usual number.</summary>
    internal int? TranslateAfter { get; init; }

    /// <summary>Instructions after which an address space gets a window; null for the usual number.</summary>
    internal ulong? WindowAfter { get; init; }

    /// <summary>True for a machine that nobody sees: it takes no number.</summary>
    internal bool IsRehearsal { get; init; }

    /// <summary>Most bytes of memory that the guest's pages may take; up to twice as many while checkpoints in memory hold pages that have been written since.</summary>
    public long MemoryLimit { get; init; } = 1L << 30;

    /// <summary>Most tasks at a time, zombies and init included; beyond it fork gives EAGAIN.</summary>
    public int MaximumTasks { get; init; } = 512;

    /// <summary>Descriptors that a process begins with leave to have: RLIMIT_NOFILE's soft limit, at most <see cref="MaximumDescriptors"/>. Beyond it EMFILE.</summary>
    public int Descriptors { get; init; } = 1024;

    /// <summary>Most descriptors that a process can give itself leave to have: RLIMIT_NOFILE's hard limit.</summary>
    public int MaximumDescriptors { get; init; } = 16384;

    /// <summary>Most open files of all processes together (/proc/sys/fs/file-max); beyond it ENFILE.</summary>
    public int MaximumOpenFiles { get; init; } = 65536;

    /// <summary>Bytes that a standard stream holds unread; then its writer waits.</summary>
    public int StreamLimit { get; init; } = MachineStreams.DefaultLimit;

    /// <summary>False leaves system calls 333 and 334 to preadv(2) and pwritev(2) alone.</summary>
    public bool GuestCheckpoint { get; init; } = true;
}
