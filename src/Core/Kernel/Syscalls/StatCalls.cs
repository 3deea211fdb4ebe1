using System.Buffers.Binary;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>What files are: the old, the new, the 64-bit and the extended stat family, and statfs(2).</summary>
internal static class StatCalls
{
    internal static readonly Syscall[] Table =
    [
        new(18, "oldstat", OldStat, Support.Full),
        new(28, "oldfstat", OldStatFile, Support.Full),
        new(84, "oldlstat", OldStatLink, Support.Full),
        new(99, "statfs", StatFileSystem, Support.Full),
        new(100, "fstatfs", StatFileSystemOf, Support.Full),
        new(106, "stat", Stat, Support.Full),
        new(107, "lstat", StatLink, Support.Full),
        new(108, "fstat", StatFile, Support.Full),
        new(195, "stat64", StatLong, Support.Full),
        new(196, "lstat64", StatLinkLong, Support.Full),
        new(197, "fstat64", StatFileLong, Support.Full),
        new(268, "statfs64", StatFileSystemLong, Support.Full),
        new(269, "fstatfs64", StatFileSystemOfLong, Support.Full),
        new(300, "fstatat64", StatAt, Support.Full),
        new(383, "statx", StatExtended, Support.Full),
    ];

    enum Layout
    {
        Old,
        New,
        Long,
    }

    const uint Cwd = GuestArguments.WorkingDirectory;

    static Result OldStat(Task task, in CallArguments a) => ByPath(task, Cwd, a[0], a[1], WalkFlags.None, Layout.Old);

    static Result OldStatLink(Task task, in CallArguments a) => ByPath(task, Cwd, a[0], a[1], WalkFlags.NoFollow, Layout.Old);

    static Result OldStatFile(Task task, in CallArguments a) => ByFile(task, a[0], a[1], Layout.Old);

    static Result Stat(Task task, in CallArguments a) => ByPath(task, Cwd, a[0], a[1], WalkFlags.None, Layout.New);

    static Result StatLink(Task task, in CallArguments a) => ByPath(task, Cwd, a[0], a[1], WalkFlags.NoFollow, Layout.New);

    static Result StatFile(Task task, in CallArguments a) => ByFile(task, a[0], a[1], Layout.New);

    static Result StatLong(Task task, in CallArguments a) => ByPath(task, Cwd, a[0], a[1], WalkFlags.None, Layout.Long);

    static Result StatLinkLong(Task task, in CallArguments a) => ByPath(task, Cwd, a[0], a[1], WalkFlags.NoFollow, Layout.Long);

    static Result StatFileLong(Task task, in CallArguments a) => ByFile(task, a[0], a[1], Layout.Long);

    static Result StatAt(Task task, in CallArguments a) =>
        (a[3] & ~0x1900u) != 0 ? Errno.EINVAL : ByPath(task, a[0], a[1], a[2], GuestArguments.WalkFlagsOf(a[3]), Layout.Long);

    static Result ByPath(Task task, uint directory, uint address, uint buffer, WalkFlags flags, Layout layout)
    {
        var error = task.Walk(directory, address, flags, out var dentry);
        return error != Errno.None ? error : Give(task, dentry.Inode, buffer, layout);
    }

    static Result ByFile(Task task, uint descriptor, uint buffer, Layout layout)
    {
        var error = task.GetFile(descriptor, out var file);
        return error != Errno.None ? error : Give(task, file.Inode, buffer, layout);
    }

    static Result Give(Task task, Inode inode, uint buffer, Layout layout)
    {
        var error = inode.Stat(out var data);
        if (error != Errno.None) return error;
        if (layout != Layout.Long && (data.Size > int.MaxValue || (layout == Layout.Old && data.Inode > ushort.MaxValue))) return Errno.EOVERFLOW;
        Span<byte> bytes = stackalloc byte[96];
        bytes.Clear();
        int size = layout switch
        {
            Layout.Old => FillOld(bytes, data),
            Layout.New => FillNew(bytes, data),
            _ => FillLong(bytes, data),
        };
        return task.AddressSpace!.Write(buffer, bytes[..size]) ? 0 : Errno.EFAULT;
    }

    static int FillOld(Span<byte> b, in StatData s)
    {
        U16(b, 0, s.Device);
        U16(b, 2, (uint)s.Inode);
        U16(b, 4, s.Mode);
        U16(b, 6, s.Links);
        U16(b, 8, Low(s.Uid));
        U16(b, 10, Low(s.Gid));
        U16(b, 12, s.RepresentedDevice);
        U32(b, 16, (uint)s.Size);
        U32(b, 20, (uint)s.AccessTime.Seconds);
        U32(b, 24, (uint)s.ModifyTime.Seconds);
        U32(b, 28, (uint)s.ChangeTime.Seconds);
        return 32;
    }

    static int FillNew(Span<byte> b, in StatData s)
    {
        U32(b, 0, s.Device);
        U32(b, 4, (uint)s.Inode);
        U16(b, 8, s.Mode);
        U16(b, 10, s.Links);
        U16(b, 12, Low(s.Uid));
        U16(b, 14, Low(s.Gid));
        U32(b, 16, s.RepresentedDevice);
        U32(b, 20, (uint)s.Size);
        U32(b, 24, s.BlockSize);
        U32(b, 28, (uint)s.Blocks);
        Times(b, 32, s);
        return 64;
    }

    static int FillLong(Span<byte> b, in StatData s)
    {
        U64(b, 0, s.Device);
        U32(b, 12, (uint)s.Inode);
        U32(b, 16, s.Mode);
        U32(b, 20, s.Links);
        U32(b, 24, s.Uid);
        U32(b, 28, s.Gid);
        U64(b, 32, s.RepresentedDevice);
        U64(b, 44, (ulong)s.Size);
        U32(b, 52, s.BlockSize);
        U64(b, 56, (ulong)s.Blocks);
        Times(b, 64, s);
        U64(b, 88, s.Inode);
        return 96;
    }

    static void Times(Span<byte> b, int at, in StatData s)
    {
        U32(b, at, (uint)s.AccessTime.Seconds);
        U32(b, at + 4, s.AccessTime.Nanoseconds);
        U32(b, at + 8, (uint)s.ModifyTime.Seconds);
        U32(b, at + 12, s.ModifyTime.Nanoseconds);
        U32(b, at + 16, (uint)s.ChangeTime.Seconds);
        U32(b, at + 20, s.ChangeTime.Nanoseconds);
    }

    static Result StatExtended(Task task, in CallArguments a)
    {
        const uint reserved = 0x80000000, basicStats = 0x7FF, mountIdentity = 0x1000, howToSync = 0x6000, mountRoot = 0x2000;
        if ((a[3] & reserved) != 0 || (a[2] & ~0x7900u) != 0 || (a[2] & howToSync) == howToSync) return Errno.EINVAL;
        var error = task.Walk(a[0], a[1], GuestArguments.WalkFlagsOf(a[2]), out var dentry);
        if (error != Errno.None) return error;
        error = dentry.Inode.Stat(out var s);
        if (error != Errno.None) return error;
        Span<byte> b = stackalloc byte[256];
        b.Clear();
        U32(b, 0, basicStats | mountIdentity);
        U32(b, 4, s.BlockSize);
        var mounts = task.Machine.Tree.MountTable;
        U64(b, 8, mounts.IsMountPoint(dentry) ? mountRoot : 0);
        U32(b, 16, s.Links);
        U32(b, 20, s.Uid);
        U32(b, 24, s.Gid);
        U16(b, 28, s.Mode);
        U64(b, 32, s.Inode);
        U64(b, 40, (ulong)s.Size);
        U64(b, 48, (ulong)s.Blocks);
        U64(b, 56, mountRoot);
        Time(b, 64, s.AccessTime);
        Time(b, 96, s.ChangeTime);
        Time(b, 112, s.ModifyTime);
        U32(b, 128, FileSystem.Major(s.RepresentedDevice));
        U32(b, 132, FileSystem.Minor(s.RepresentedDevice));
        U32(b, 136, FileSystem.Major(s.Device));
        U32(b, 140, FileSystem.Minor(s.Device));
        U64(b, 144, (ulong)mounts.IdOf(dentry));
        return task.AddressSpace!.Write(a[4], b) ? 0 : Errno.EFAULT;
    }

    static void Time(Span<byte> b, int at, Timespec time)
    {
        U64(b, at, (ulong)time.Seconds);
        U32(b, at + 8, time.Nanoseconds);
    }

    static Result StatFileSystem(Task task, in CallArguments a)
    {
        var error = task.Walk(a[0], WalkFlags.None, out var dentry);
        return error != Errno.None ? error : GiveFileSystem(task, dentry.Inode, a[1], isLong: false);
    }

    static Result StatFileSystemOf(Task task, in CallArguments a)
    {
        var error = task.GetFile(a[0], out var file);
        return error != Errno.None ? error : GiveFileSystem(task, file.Inode, a[1], isLong: false);
    }

    static Result StatFileSystemLong(Task task, in CallArguments a)
    {
        if (a[1] is not (84 or 88)) return Errno.EINVAL;
        var error = task.Walk(a[0], WalkFlags.None, out var dentry);
        return error != Errno.None ? error : GiveFileSystem(task, dentry.Inode, a[2], isLong: true);
    }

    static Result StatFileSystemOfLong(Task task, in CallArguments a)
    {
        if (a[1] is not (84 or 88)) return Errno.EINVAL;
        var error = task.GetFile(a[0], out var file);
        return error != Errno.None ? error : GiveFileSystem(task, file.Inode, a[2], isLong: true);
    }

    static Result GiveFileSystem(Task task, Inode inode, uint buffer, bool isLong)
    {
        var s = task.Machine.Tree.StatFileSystem(inode);
        Span<byte> b = stackalloc byte[84];
        b.Clear();
        U32(b, 0, s.Magic);
        U32(b, 4, s.BlockSize);
        ReadOnlySpan<long> counts = [s.Blocks, s.FreeBlocks, s.FreeBlocks, s.Inodes, s.FreeInodes];
        int at = 8;
        foreach (long count in counts)
        {
            if (isLong) U64(b, at, (ulong)count);
            else U32(b, at, (uint)Math.Min(count, uint.MaxValue));
            at += isLong ? 8 : 4;
        }
        U32(b, at, s.Device);
        U32(b, at + 8, s.NameLength);
        U32(b, at + 12, s.BlockSize);
        U32(b, at + 16, s.Flags);
        return task.AddressSpace!.Write(buffer, b[..(isLong ? 84 : 64)]) ? 0 : Errno.EFAULT;
    }

    static uint Low(uint id) => id > ushort.MaxValue ? 65534 : id;

    static void U16(Span<byte> b, int at, uint value) => BinaryPrimitives.WriteUInt16LittleEndian(b[at..], (ushort)value);

    static void U32(Span<byte> b, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(b[at..], value);

    static void U64(Span<byte> b, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(b[at..], value);
}
