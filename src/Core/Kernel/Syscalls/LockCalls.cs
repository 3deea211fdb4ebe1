using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Advisory locks: flock(2), and what fcntl(2) does with locks (Linux: fs/locks.c).</summary>
internal static class LockCalls
{
    internal static readonly Syscall[] Table =
    [
        new(143, "flock", Flock, Support.Full),
    ];

    const short ReadLock = 0, WriteLock = 1, Unlock = 2;
    const uint Shared = 1, Exclusive = 2, NonBlocking = 4, Release = 8;

    static Result Flock(Task task, in CallArguments a)
    {
        uint operation = a[1] & ~NonBlocking;
        if (operation is not (Shared or Exclusive or Release)) return Errno.EINVAL;
        var error = task.GetRealFile(a[0], out var file);
        if (error != Errno.None) return error;
        if (operation != Release && (file.Mode & (FMode.Read | FMode.Write)) == 0) return Errno.EBADF;
        var locks = task.Machine.Tree.Locks.Of(file.Inode);
        if (operation == Release)
        {
            locks.GiveWhole(file);
            return 0;
        }
        if (locks.TryTakeWhole(new FileLock(file, FileLockKind.Whole, operation == Exclusive, 0, long.MaxValue, task.Tgid))) return 0;
        return (a[1] & NonBlocking) != 0 ? Errno.EAGAIN : Result.Wait(locks.Freed);
    }

    /// <summary>F_GETLK, F_SETLK, F_SETLKW and their 64-bit and OFD forms.</summary>
    /// <param name="isWide">fcntl64: only it knows struct flock64.</param>
    internal static Result Control(Task task, OpenFile file, uint command, uint address, bool isWide)
    {
        if (command is not (5 or 6 or 7) && !isWide) return Errno.EINVAL;
        return command switch
        {
            5 => Get(task, file, address, isWide: false, FileLockKind.Posix),
            6 => Set(task, file, address, isWide: false, FileLockKind.Posix, waits: false),
            7 => Set(task, file, address, isWide: false, FileLockKind.Posix, waits: true),
            12 => Get(task, file, address, isWide: true, FileLockKind.Posix),
            13 => Set(task, file, address, isWide: true, FileLockKind.Posix, waits: false),
            14 => Set(task, file, address, isWide: true, FileLockKind.Posix, waits: true),
            36 => Get(task, file, address, isWide: true, FileLockKind.OpenFile),
            37 => Set(task, file, address, isWide: true, FileLockKind.OpenFile, waits: false),
            _ => Set(task, file, address, isWide: true, FileLockKind.OpenFile, waits: true),
        };
    }

    static Result Get(Task task, OpenFile file, uint address, bool isWide, FileLockKind kind)
    {
        var error = Read(task, file, address, isWide, kind, out short type, out var wanted);
        if (error != Errno.None) return error;
        if (type == Unlock) return Errno.EINVAL;
        var memory = task.AddressSpace!;
        var held = task.Machine.Tree.Locks.Of(file.Inode).FindConflict(wanted!);
        if (held == null) return memory.TryWrite(address, Unlock) ? 0 : Errno.EFAULT;
        long length = held.End == long.MaxValue ? 0 : held.End - held.Start + 1;
        if (!memory.TryWrite(address, held.IsWrite ? WriteLock : ReadLock) || !memory.TryWrite(address + 2, (short)0)) return Errno.EFAULT;
        int pid = held.Pid;
        if (isWide)
            return memory.TryWrite(address + 4, held.Start) && memory.TryWrite(address + 12, length) && memory.TryWrite(address + 20, pid) ? 0 : Errno.EFAULT;
        if (held.Start > int.MaxValue) return Errno.EOVERFLOW;
        return memory.TryWrite(address + 4, (int)held.Start) && memory.TryWrite(address + 8, (int)Math.Min(length, int.MaxValue)) && memory.TryWrite(address + 12, pid) ? 0 : Errno.EFAULT;
    }

    static Result Set(Task task, OpenFile file, uint address, bool isWide, FileLockKind kind, bool waits)
    {
        var error = Read(task, file, address, isWide, kind, out short type, out var wanted);
        if (error != Errno.None) return error;
        if ((type == ReadLock && (file.Mode & FMode.Read) == 0) || (type == WriteLock && (file.Mode & FMode.Write) == 0)) return Errno.EBADF;
        var table = task.Machine.Tree.Locks;
        var locks = table.Of(file.Inode);
        if (type == Unlock) return locks.Give(wanted!.Owner, wanted.Start, wanted.End);
        var blocker = locks.FindConflict(wanted!);
        if (blocker == null) return locks.Take(wanted!);
        if (!waits) return Errno.EAGAIN;
        if (kind == FileLockKind.Posix)
        {
            if (table.WouldDeadlock(wanted!.Owner, blocker)) return Errno.EDEADLK;
            if (task.Call.Subject is not WaitingLock waiting)
            {
                task.Call.Subject = waiting = new WaitingLock(table, wanted.Owner);
                table.Add(waiting.Wait);
            }
            waiting.Wait.Blocker = blocker.Owner;
        }
        return Result.Wait(locks.Freed);
    }

    /// <summary>struct flock or flock64. EFAULT, EINVAL, EOVERFLOW.</summary>
    static Errno Read(Task task, OpenFile file, uint address, bool isWide, FileLockKind kind, out short type, out FileLock? wanted)
    {
        wanted = null;
        var memory = task.AddressSpace!;
        long start, length;
        int pid;
        if (!memory.TryRead(address, out type) || !memory.TryRead(address + 2, out short whence)) return Errno.EFAULT;
        if (isWide)
        {
            if (!memory.TryRead(address + 4, out start) || !memory.TryRead(address + 12, out length) || !memory.TryRead(address + 20, out pid)) return Errno.EFAULT;
        }
        else
        {
            if (!memory.TryRead(address + 4, out int start32) || !memory.TryRead(address + 8, out int length32) || !memory.TryRead(address + 12, out pid)) return Errno.EFAULT;
            start = start32;
            length = length32;
        }
        if (kind == FileLockKind.OpenFile && pid != 0) return Errno.EINVAL;
        if (whence is < 0 or > 2) return Errno.EINVAL;
        long from = whence switch { 1 => file.Position, 2 => file.Inode.Size, _ => 0 };
        if (start > long.MaxValue - from) return Errno.EOVERFLOW;
        from += start;
        if (from < 0) return Errno.EINVAL;
        long end = long.MaxValue;
        if (length > 0)
        {
            if (length - 1 > long.MaxValue - from) return Errno.EOVERFLOW;
            end = from + length - 1;
        }
        else if (length < 0)
        {
            if (from + length < 0) return Errno.EINVAL;
            end = from - 1;
            from += length;
        }
        if (type is < 0 or > 2) return Errno.EINVAL;
        wanted = kind == FileLockKind.Posix
            ? new FileLock(task.Files!, kind, type == WriteLock, from, end, task.Tgid)
            : new FileLock(file, kind, type == WriteLock, from, end, -1);
        return Errno.None;
    }

}

/// <summary>What a waiting call takes out of the table of who waits for whom, however it ends.</summary>
internal sealed partial class WaitingLock(LockTable table, object owner) : ICallSubject
{
    public LockWait Wait { get; private set; } = new() { Owner = owner };

    public void Leave() => table.Remove(Wait);
}
