using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace CheckpointRestart.Core.Memory;

/// <summary>Zeroed memory from the host, outside the GC heap, that costs nothing until it is touched.</summary>
internal static unsafe partial class HostMemory
{
    const int MapAnonymousBsd = 0x1000;
    const int AdviseHugePage = 14, AdviseNoHugePage = 15, AdvisePopulateWrite = 23;
    const uint MemCommitReserve = 0x3000;
    const uint MemRelease = 0x8000;
    const uint PageReadWrite = 4;

    /// <summary>Reserves <paramref name="bytes"/> zeroed bytes, page aligned.</summary>
    /// <exception cref="InsufficientMemoryException">The host has no address space or memory left.</exception>
    internal static byte* Reserve(nuint bytes)
    {
        if (OperatingSystem.IsWindows())
        {
            var block = VirtualAlloc(null, bytes, MemCommitReserve, PageReadWrite);
            return block != null ? (byte*)block : throw new InsufficientMemoryException();
        }
        int flags = OperatingSystem.IsLinux()
            ? MapPrivate | MapAnonymous | MapNoReserve
            : MapPrivate | MapAnonymousBsd;
        var map = MemoryMap(null, bytes, ReadWrite, flags, -1, 0);
        return map != (void*)-1 ? (byte*)map : throw new InsufficientMemoryException();
    }

    /// <summary>As <see cref="Reserve"/>, for memory of which only single pages are touched: a host that likes to give two megabytes at once must not.</summary>
    internal static byte* ReserveSparse(nuint bytes)
    {
        byte* block = Reserve(bytes);
        if (OperatingSystem.IsLinux()) _ = Advise(block, bytes, AdviseNoHugePage);
        return block;
    }

    /// <summary>Has the host give all pages of a range at once, where it can: they would be touched one after the other soon, each with a fault of its own.</summary>
    internal static void Populate(byte* start, nuint bytes)
    {
        if (OperatingSystem.IsLinux()) _ = Advise(start, bytes, AdvisePopulateWrite);
    }

    /// <summary>Gives back what <see cref="Reserve"/> gave.</summary>
    internal static void Release(byte* block, nuint bytes)
    {
        if (block == null) return;
        if (OperatingSystem.IsWindows()) _ = VirtualFree(block, 0, MemRelease);
        else _ = MemoryUnmap(block, bytes);
    }

    /// <summary>Reserves zeroed bytes that begin at a multiple of their own length, a power of two.</summary>
    internal static byte* ReserveAligned(nuint bytes)
    {
        if (OperatingSystem.IsWindows())
        {
            var block = (byte*)NativeMemory.AlignedAlloc(bytes, bytes);
            NativeMemory.Clear(block, bytes);
            return block;
        }
        var wide = Reserve(bytes * 2);
        var start = (byte*)(((nuint)wide + bytes - 1) & ~(bytes - 1));
        if (start != wide) _ = MemoryUnmap(wide, (nuint)(start - wide));
        var tail = (nuint)(wide + bytes * 2 - (start + bytes));
        if (tail != 0) _ = MemoryUnmap(start + bytes, tail);
        return start;
    }

    /// <summary>As <see cref="ReserveAligned"/>, for memory that will be filled: the host gives it as large pages where it has such.</summary>
    internal static byte* ReserveHuge(nuint bytes)
    {
        byte* block = ReserveAligned(bytes);
        if (OperatingSystem.IsLinux()) _ = Advise(block, bytes, AdviseHugePage);
        return block;
    }

    /// <summary>Gives back what <see cref="ReserveAligned"/> gave.</summary>
    internal static void ReleaseAligned(byte* block, nuint bytes)
    {
        if (OperatingSystem.IsWindows()) NativeMemory.AlignedFree(block);
        else Release(block, bytes);
    }

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial void* MemoryMap(void* address, nuint length, int protection, int flags, int descriptor, nint offset);

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int MemoryUnmap(void* address, nuint length);

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    private static partial int Advise(void* address, nuint length, int advice);

    [SupportedOSPlatform("windows")]
    [LibraryImport("kernel32", EntryPoint = "VirtualAlloc", SetLastError = true)]
    private static partial void* VirtualAlloc(void* address, nuint size, uint type, uint protection);

    [SupportedOSPlatform("windows")]
    [LibraryImport("kernel32", EntryPoint = "VirtualFree", SetLastError = true)]
    private static partial int VirtualFree(void* address, nuint size, uint type);
}
