using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace CheckpointRestart.Core.Files;

/// <summary>The Linux system calls behind <see cref="LinuxHostRoot"/>, through the C library of a 64-bit host.</summary>
internal static unsafe partial class LinuxCalls
{
    public const int ReadOnly = 0;
    public const int ReadWrite = 2;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;
    public const int NoControllingTty = 0x100;
    public const int NonBlock = 0x800;
    public const int CloseOnExec = 0x80000;
    public const int PathOnly = 0x200000;
    public const int SymlinkNoFollow = 0x100;
    public const int EmptyPath = 0x1000;
    public const int RemoveDirectory = 0x200;
    public const uint RenameExchange = 2;
    public const uint BasicStats = 0x7FF;
    public const uint SizeAndModifyTime = 0x240;

    // The order of these two differs between the architectures of asm-generic and ARM.
    public static readonly int Directory = IsArm ? 0x4000 : 0x10000;
    public static readonly int NoFollow = IsArm ? 0x8000 : 0x20000;

    const int Openat2Number = 437;
    const ulong ResolveNoMagicLinks = 2, ResolveNoSymlinks = 4, ResolveBeneath = 8;

    static bool IsArm => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;

    [StructLayout(LayoutKind.Sequential)]
    struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public struct Statx
    {
        [FieldOffset(16)] public uint Links;
        [FieldOffset(20)] public uint Uid;
        [FieldOffset(24)] public uint Gid;
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(40)] public ulong Size;
        [FieldOffset(112)] public long ModifySeconds;
        [FieldOffset(120)] public uint ModifyNanoseconds;
        [FieldOffset(128)] public uint RepresentedMajor;
        [FieldOffset(132)] public uint RepresentedMinor;
        [FieldOffset(136)] public uint DeviceMajor;
        [FieldOffset(140)] public uint DeviceMinor;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct HostTimespec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    /// <summary>openat2 that follows no link and never leaves the directory.</summary>
    [SupportedOSPlatform("linux")]
    public static int OpenBeneath(int directory, byte[] path, int flags, uint mode)
    {
        var how = new OpenHow
        {
            Flags = (uint)flags,
            Mode = (flags & Create) != 0 ? mode : 0,
            Resolve = ResolveBeneath | ResolveNoSymlinks | ResolveNoMagicLinks,
        };
        fixed (byte* name = path) return (int)SystemCall(Openat2Number, directory, name, &how, (nuint)sizeof(OpenHow));
    }

    public static Errno LastError => (Errno)Marshal.GetLastPInvokeError();

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint directory, byte* path, OpenHow* how, nuint size);

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    public static partial int Open(byte[] path, int flags, uint mode);

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    public static partial int OpenAt(int directory, byte[] name, int flags, uint mode);

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    public static partial int StatAt(int directory, byte[] name, int flags, uint mask, out Statx data);

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    public static partial int StatHandle(SafeFileHandle file, byte[] name, int flags, uint mask, out Statx data);

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "fdopendir", SetLastError = true)]
    public static partial nint OpenDirectoryStream(int descriptor);

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "readdir", SetLastError = true)]
    public static partial byte* ReadDirectoryStream(nint stream);

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "closedir", SetLastError = true)]
    public static partial int CloseDirectoryStream(nint stream);

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "readlinkat", SetLastError = true)]
    public static partial nint ReadLinkAt(int directory, byte[] name, byte[] buffer, nuint size);

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true)]
    public static partial int MakeDirectoryAt(int directory, byte[] name, uint mode);

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "mkfifoat", SetLastError = true)]
    public static partial int MakeFifoAt(int directory, byte[] name, uint mode);

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "symlinkat", SetLastError = true)]
    public static partial int SymlinkAt(byte[] target, int directory, byte[] name);

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "linkat", SetLastError = true)]
    public static partial int LinkAt(int oldDirectory, byte[] oldName, int newDirectory, byte[] newName, int flags);

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true)]
    public static partial int UnlinkAt(int directory, byte[] name, int flags);

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true)]
    public static partial int RenameAt(int oldDirectory, byte[] oldName, int newDirectory, byte[] newName, uint flags);

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    public static partial int ChangeMode(int descriptor, uint mode);

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "utimensat", SetLastError = true)]
    public static partial int SetTimesAt(int directory, byte[] name, HostTimespec* times, int flags);
}
