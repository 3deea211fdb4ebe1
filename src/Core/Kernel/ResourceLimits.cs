namespace CheckpointRestart.Core.Kernel;

/// <summary>RLIMIT_* of i386 (asm-generic/resource.h).</summary>
public enum Resource
{
    CpuTime = 0, FileSize = 1, Data = 2, Stack = 3, Core = 4, ResidentSet = 5, Processes = 6, OpenFiles = 7,
    LockedMemory = 8, AddressSpace = 9, Locks = 10, PendingSignals = 11, MessageQueues = 12, Nice = 13, RealTimePriority = 14, RealTimeTime = 15,
}

/// <summary>A soft and a hard limit; all bits set is none.</summary>
public readonly record struct ResourceLimit(ulong Current, ulong Maximum)
{
    public const ulong Infinity = ulong.MaxValue;
}

/// <summary>The limits of a thread group.</summary>
public sealed partial class ResourceLimits
{
    /// <summary>Number of resources.</summary>
    public const int Count = 16;

    readonly ResourceLimit[] limits = new ResourceLimit[Count];

    /// <summary>What a program begins with.</summary>
    public ResourceLimits(MachineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Array.Fill(limits, new(ResourceLimit.Infinity, ResourceLimit.Infinity));
        this[Resource.Stack] = new(8 << 20, ResourceLimit.Infinity);
        this[Resource.Core] = new(0, ResourceLimit.Infinity);
        this[Resource.Processes] = new((ulong)options.MaximumTasks, (ulong)options.MaximumTasks);
        this[Resource.OpenFiles] = new((ulong)Math.Min(options.Descriptors, options.MaximumDescriptors), (ulong)options.MaximumDescriptors);
        this[Resource.LockedMemory] = new(8 << 20, 8 << 20);
        this[Resource.PendingSignals] = new(PendingSignals.Limit, PendingSignals.Limit);
        this[Resource.MessageQueues] = new(819200, 819200);
        this[Resource.Nice] = this[Resource.RealTimePriority] = new(0, 0);
    }

    ResourceLimits(ResourceLimits other) => other.limits.CopyTo(limits, 0);

    /// <summary>One limit.</summary>
    public ResourceLimit this[Resource resource]
    {
        get => limits[(int)resource];
        set => limits[(int)resource] = value;
    }

    /// <summary>A copy, as fork(2) makes.</summary>
    public ResourceLimits Copy() => new(this);
}
