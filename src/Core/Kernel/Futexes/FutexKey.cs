using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel.Futexes;

/// <summary>Identity of a futex: the file or shared memory and the place in it, or the address space and the address (Linux: union futex_key).</summary>
internal readonly record struct FutexKey(object Owner, ulong Offset)
{
    const ulong WithoutPrivateFlag = 1;

    /// <summary>The key of a word.</summary>
    /// <param name="memory">Whose address it is.</param>
    /// <param name="address">The word's address.</param>
    /// <param name="isPrivate">FUTEX_PRIVATE_FLAG: the word is looked up by address alone, mapped or not.</param>
    /// <param name="write">The word must be writable.</param>
    /// <param name="key">The key.</param>
    /// <returns>None, EINVAL when misaligned, EFAULT.</returns>
    public static Errno Get(AddressSpace memory, uint address, bool isPrivate, bool write, out FutexKey key)
    {
        key = default;
        if ((address & 3) != 0) return Errno.EINVAL;
        if (address >= AddressSpace.UserEnd) return Errno.EFAULT;
        if (isPrivate)
        {
            key = new(memory, address);
            return Errno.None;
        }
        if (write ? memory.WritableSpan(address, 4).IsEmpty : memory.ReadableSpan(address, 4).IsEmpty) return Errno.EFAULT;
        var region = memory.FindRegion(address)!;
        key = region is { IsShared: true, Source: { } source }
            ? new(source is MappedFile file ? file.Dentry.Inode : source, ((ulong)region.PageOffset << 12) + (address - region.Start))
            : new(memory, address | WithoutPrivateFlag);
        return Errno.None;
    }
}
