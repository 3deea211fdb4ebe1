using System.Buffers.Binary;
using System.Text;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Small questions: kcmp(2), ustat(2), sysfs(2), membarrier(2), pkey_alloc(2).</summary>
internal static class ComparisonCalls
{
    internal static readonly Syscall[] Table =
    [
        new(62, "ustat", FreeSpace, Support.Full),
        new(135, "sysfs", FileSystemTypes, Support.Full),
        new(349, "kcmp", Compare, Support.Partial, "KCMP_EPOLL_TFD gives EINVAL"),
        new(375, "membarrier", Barrier, Support.Full),
        new(380, "pkey_mprotect", ProtectWithKey, Support.Partial, "without a key, as mprotect; the processor has none"),
        new(381, "pkey_alloc", AllocateKey, Support.Refused, "ENOSPC: the processor has no protection keys"),
        new(382, "pkey_free", (Task _, in CallArguments _) => Errno.EINVAL, Support.Refused, "EINVAL: the processor has no protection keys"),
    ];

    /// <summary>The types of file systems, in the order of sysfs(2) and /proc/filesystems.</summary>
    internal static readonly string[] Types = ["sysfs", "tmpfs", "proc", "devtmpfs", "pipefs", "sockfs", "devpts", "mqueue", "overlay"];

    static Result FreeSpace(Task task, in CallArguments a)
    {
        foreach (var mount in task.Machine.Tree.Mounts)
        {
            if (mount.Inode.FileSystem.Device != a[0]) continue;
            var data = task.Machine.Tree.StatFileSystem(mount.Inode);
            Span<byte> bytes = stackalloc byte[20];
            bytes.Clear();
            BinaryPrimitives.WriteInt32LittleEndian(bytes, (int)Math.Min(data.FreeBlocks, int.MaxValue));
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], (uint)data.FreeInodes);
            return task.AddressSpace!.Write(a[1], bytes) ? 0 : Errno.EFAULT;
        }
        return Errno.EINVAL;
    }

    static Result FileSystemTypes(Task task, in CallArguments a)
    {
        const uint indexOf = 1, nameOf = 2, count = 3;
        switch (a[0])
        {
            case indexOf:
                var error = task.ReadPath(a[1], out string name);
                if (error != Errno.None) return error;
                int index = Array.IndexOf(Types, name);
                return index >= 0 ? index : Errno.EINVAL;
            case nameOf:
                if (a[1] >= Types.Length) return Errno.EINVAL;
                return task.AddressSpace!.Write(a[2], [.. Encoding.ASCII.GetBytes(Types[a[1]]), 0]) ? 0 : Errno.EFAULT;
            case count: return Types.Length;
            default: return Errno.EINVAL;
        }
    }

    /// <summary>kcmp: 0 when equal, else 1 or 2 for an order that stays as long as both live.</summary>
    static Result Compare(Task task, in CallArguments a)
    {
        const uint file = 0, memory = 1, files = 2, fileSystem = 3, handlers = 4, io = 5, undo = 6, epollTarget = 7;
        Task? first = task.Machine.FindTask((int)a[0]), second = task.Machine.FindTask((int)a[1]);
        if (first == null || second == null) return Errno.ESRCH;
        if (!TaskAccess.MayInspect(task, first, byRealIds: true) || !TaskAccess.MayInspect(task, second, byRealIds: true)) return Errno.EPERM;
        switch (a[2])
        {
            case file:
                if (first.Files?[(int)a[3]] is not { } one || second.Files?[(int)a[4]] is not { } other) return Errno.EBADF;
                if (ReferenceEquals(one, other)) return 0;
                var order = (one.Inode.FileSystem.Device, one.Inode.Number, a[0], a[3]).CompareTo((other.Inode.FileSystem.Device, other.Inode.Number, a[1], a[4]));
                return order < 0 ? 1 : 2;
            case memory: return Order(first.AddressSpace, second.AddressSpace, a);
            case files: return Order(first.Files, second.Files, a);
            case fileSystem: return Order(first.FileSystem, second.FileSystem, a);
            case handlers: return Order(first.Handlers, second.Handlers, a);
            // Neither kind exists: all tasks have none, which is the same none.
            case io or undo: return 0;
            case epollTarget: return Errno.EINVAL;
            default: return Errno.EINVAL;
        }
    }

    static Result Order(object? first, object? second, in CallArguments a) => ReferenceEquals(first, second) ? 0 : a[0] < a[1] ? 1 : 2;

    /// <summary>membarrier: with one processor every barrier is there already.</summary>
    static Result Barrier(Task task, in CallArguments a)
    {
        const uint query = 0, processorFlag = 1, known = 1 | 2 | 4 | 8 | 0x10 | 0x20 | 0x40 | 0x80 | 0x100, sequence = 0x80;
        const uint privateExpedited = 8, registerPrivate = 0x10, privateCore = 0x20, registerCore = 0x40, registerSequence = 0x100, globalExpedited = 2, registerGlobal = 4;
        if (a[1] != 0 && !(a[0] == sequence && a[1] == processorFlag)) return Errno.EINVAL;
        switch (a[0])
        {
            case query: return known;
            case 1 or globalExpedited: return 0;
            case registerGlobal or registerPrivate or registerCore or registerSequence:
                task.Group.MemoryBarriers |= a[0];
                return 0;
            case privateExpedited: return (task.Group.MemoryBarriers & registerPrivate) != 0 ? 0 : Errno.EPERM;
            case privateCore: return (task.Group.MemoryBarriers & registerCore) != 0 ? 0 : Errno.EPERM;
            case sequence: return (task.Group.MemoryBarriers & registerSequence) != 0 ? 0 : Errno.EPERM;
            default: return Errno.EINVAL;
        }
    }

    static Result ProtectWithKey(Task task, in CallArguments a) =>
        a[3] == uint.MaxValue ? SyscallTable.Find(125)!.Handler(task, a) : Errno.EINVAL;

    static Result AllocateKey(Task task, in CallArguments a) => a[0] != 0 || (a[1] & ~3u) != 0 ? Errno.EINVAL : Errno.ENOSPC;
}
