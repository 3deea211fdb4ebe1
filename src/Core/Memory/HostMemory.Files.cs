using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace CheckpointRestart.Core.Memory;

/// <content>Memory files, and mappings with a protection and at a place of one's own: Linux on 64 bits.</content>
internal static unsafe partial class HostMemory
{
    internal const int None = 0, Read = 1, ReadWrite = 3, ReadExecute = 5;

    internal const int MapShared = 1, MapPrivate = 2, MapFixed = 0x10, MapAnonymous = 0x20, MapNoReserve = 0x4000, MapPopulate = 0x8000;

    const int CloseOnExec = 1, PunchHole = 3;

    /// <summary>A file that lies in memory; nothing of it exists before it is touched.</summary>
    /// <param name="name">For whoever looks at the process.</param>
    /// <param name="bytes">Its length.</param>
    /// <returns>The descriptor, or -1 where the host gives none: the P/Invoke's error tells why.</returns>
    internal static int CreateFile(string name, long bytes)
    {
        if (!OperatingSystem.IsLinux()) return -1;
        int descriptor = CreateMemory(name, CloseOnExec);
        return descriptor >= 0 && SetLength(descriptor, checked((nint)bytes)) == 0 ? descriptor : -1;
    }

    /// <summary>Gives a file's range back to the host; it reads as zeros afterwards.</summary>
    internal static void Punch(int descriptor, long offset, long bytes)
    {
        if (OperatingSystem.IsLinux()) _ = Allocate(descriptor, PunchHole, checked((nint)offset), checked((nint)bytes));
    }

    /// <summary>mmap(2).</summary>
    /// <returns>The first byte, or -1.</returns>
    internal static byte* Map(void* address, ulong bytes, int protection, int flags, int descriptor, long offset) => OperatingSystem.IsWindows() ? (byte*)-1
        : (byte*)MemoryMap(address, checked((nuint)bytes), protection, flags, descriptor, checked((nint)offset));

    /// <summary>munmap(2).</summary>
    internal static void Unmap(void* address, ulong bytes)
    {
        if (!OperatingSystem.IsWindows()) _ = MemoryUnmap(address, checked((nuint)bytes));
    }

    /// <summary>mprotect(2).</summary>
    /// <returns>False when the host refuses.</returns>
    internal static bool TryProtect(void* address, ulong bytes, int protection) => !OperatingSystem.IsWindows() && Protect(address, checked((nuint)bytes), protection) == 0;

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CreateMemory(string name, uint flags);

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    private static partial int SetLength(int descriptor, nint length);

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int Allocate(int descriptor, int mode, nint offset, nint length);

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(void* address, nuint length, int protection);
}
