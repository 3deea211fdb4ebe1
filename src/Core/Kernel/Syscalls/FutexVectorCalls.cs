using CheckpointRestart.Core.Kernel.Futexes;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>futex_waitv(2): waits for the first of several words.</summary>
internal static class FutexVectorCalls
{
    internal static readonly Syscall[] Table = [new(449, "futex_waitv", WaitVector, Support.Full)];

    const uint Most = FutexGroup.Most, EntrySize = 24, Size32 = 2;

    static Result WaitVector(Task task, in CallArguments a)
    {
        if (task.Call.Subject is FutexGroup group)
        {
            int woken = group.Woken;
            return woken >= 0 ? woken : task.IsPastDeadline ? Errno.ETIMEDOUT : Result.Wait(null);
        }
        if (a[2] != 0 || a[1] == 0 || a[1] > Most || a[0] == 0) return Errno.EINVAL;
        if (a[3] != 0)
        {
            if (a[4] > 1) return Errno.EINVAL;
            var error = TimeAbi.Read(task, a[3], RemainderKind.Timespec64, out long time);
            if (error != Errno.None) return error;
            if (time != SystemCallState.Never) task.SetDeadline(a[4] == 0 ? time - task.Machine.Clock.RealtimeOffset : time);
        }
        return Begin(task, a[0], a[1]);
    }

    static Result Begin(Task task, uint address, uint count)
    {
        var memory = task.AddressSpace!;
        var entries = new (uint Value, uint Address, bool IsPrivate)[count];
        for (uint i = 0; i < count; i++)
        {
            uint at = address + i * EntrySize;
            if (!memory.TryRead(at, out ulong value) || !memory.TryRead(at + 8, out ulong word) || !memory.TryRead(at + 16, out uint flags)
                || !memory.TryRead(at + 20, out uint reserved)) return Errno.EFAULT;
            if ((flags & ~(Size32 | FutexOperation.Private)) != 0 || reserved != 0 || (flags & Size32) == 0) return Errno.EINVAL;
            entries[i] = ((uint)value, word > uint.MaxValue ? uint.MaxValue & ~3u : (uint)word, (flags & FutexOperation.Private) != 0);
        }
        var waiters = new FutexWaiter[count];
        for (int i = 0; i < count; i++)
        {
            var error = FutexKey.Get(memory, entries[i].Address, entries[i].IsPrivate, write: false, out var key);
            if (error != Errno.None) return error;
            waiters[i] = new FutexWaiter(task, key, FutexTable.AnyBits);
        }
        foreach (var (value, word, _) in entries)
        {
            if (!memory.TryRead(word, out uint now)) return Errno.EFAULT;
            if (now != value) return Errno.EAGAIN;
        }
        if (task.IsPastDeadline) return Errno.ETIMEDOUT;
        foreach (var waiter in waiters) task.Machine.Futexes.Add(waiter);
        task.Call.Subject = new FutexGroup(task, waiters);
        return Result.Wait(null);
    }
}
