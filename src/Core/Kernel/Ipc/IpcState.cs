namespace CheckpointRestart.Core.Kernel.Ipc;

/// <summary>All objects of System V of a machine, and their limits (Linux: struct ipc_namespace).</summary>
public sealed partial class IpcState
{
    /// <summary>Bytes of kernel memory that semaphores and messages may take; beyond it ENOMEM.</summary>
    internal const long MemoryLimit = 64 << 20;

    /// <summary>SHMMAX and SHMALL of a 32-bit kernel.</summary>
    const uint SharedMemoryMost = uint.MaxValue - (1 << 24);

    public IpcRegistry<SharedSegment> SharedMemory { get; } = new(4096);

    public IpcRegistry<SemaphoreSet> Semaphores { get; } = new(32000);

    public IpcRegistry<MessageQueue> MessageQueues { get; } = new(32000);

    /// <summary>shmmax: bytes of one segment.</summary>
    public uint SegmentLimit { get; internal set; } = SharedMemoryMost;

    /// <summary>shmall: pages of all segments.</summary>
    public uint SegmentPagesLimit { get; internal set; } = SharedMemoryMost;

    /// <summary>Pages of all segments.</summary>
    public ulong SegmentPages { get; internal set; }

    /// <summary>Semaphores a set, in all sets, and operations a call: SEMMSL, SEMMNS, SEMOPM.</summary>
    public (int InSet, int Total, int Operations) SemaphoreLimits { get; internal set; } = (32000, 1024000000, 500);

    /// <summary>Semaphores of all sets.</summary>
    public int SemaphoreCount { get; internal set; }

    /// <summary>msgmax: bytes of one message.</summary>
    public uint MessageLimit { get; internal set; } = 8192;

    /// <summary>msgmnb: bytes of a new queue.</summary>
    public uint QueueLimit { get; internal set; } = 16384;

    /// <summary>Bytes of kernel memory taken.</summary>
    internal long Memory { get; set; }

    internal bool TryCharge(long bytes)
    {
        if (Memory + bytes > MemoryLimit) return false;
        Memory += bytes;
        return true;
    }

    /// <summary>The machine ends: frees the frames of segments that nobody has attached.</summary>
    internal void Dispose()
    {
        foreach (var segment in SharedMemory.Objects.Values) segment.Free();
    }
}
