using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel.Proc;

/// <summary>Pages of a region or of a whole space by what they are (Linux: struct mem_size_stats, and the counters of mm_struct). The page of zeros counts for nothing.</summary>
internal struct MemoryUsage
{
    public long Anonymous, File, SharedMemory;
    public long SharedClean, SharedDirty, PrivateClean, PrivateDirty;
    public long ProportionalBytes, ProportionalDirtyBytes, ProportionalAnonymousBytes, ProportionalFileBytes;

    /// <summary>Proportional bytes of locked regions.</summary>
    public long Locked;

    public readonly long Resident => Anonymous + File + SharedMemory;

    public static MemoryUsage Of(AddressSpace memory)
    {
        var sum = default(MemoryUsage);
        foreach (var region in memory.Regions) sum.Add(memory, region);
        return sum;
    }

    public static MemoryUsage Of(AddressSpace memory, Vma region)
    {
        var usage = default(MemoryUsage);
        usage.Add(memory, region);
        return usage;
    }

    void Add(AddressSpace memory, Vma region)
    {
        uint end = region.End >> 12;
        for (long at = memory.NextPresent(region.Start >> 12, end); at >= 0; at = memory.NextPresent((uint)at + 1, end))
        {
            var frame = memory.GetFrame((uint)at);
            if (frame == FrameStore.Zero) continue;
            var state = memory.GetPageState((uint)at);
            bool isAnonymous = (state & PageState.Private) != 0;
            // What stands behind a region has a reference of its own.
            int mappings = Math.Max(FrameStore.ReferenceCount(frame) - (isAnonymous ? 0 : 1), 1);
            bool isDirty = (state & PageState.Dirty) != 0;
            long share = 4096 / mappings;
            if (isAnonymous) (Anonymous, ProportionalAnonymousBytes) = (Anonymous + 1, ProportionalAnonymousBytes + share);
            else if (region.Source is MappedFile { Dentry.Inode.FileSystem.Type: not "tmpfs" }) (File, ProportionalFileBytes) = (File + 1, ProportionalFileBytes + share);
            else SharedMemory++;
            ProportionalBytes += share;
            if (isDirty) ProportionalDirtyBytes += share;
            if ((region.Flags & VmFlags.Locked) != 0) Locked += share;
            if (mappings > 1) (SharedClean, SharedDirty) = isDirty ? (SharedClean, SharedDirty + 1) : (SharedClean + 1, SharedDirty);
            else (PrivateClean, PrivateDirty) = isDirty ? (PrivateClean, PrivateDirty + 1) : (PrivateClean + 1, PrivateDirty);
        }
    }
}
