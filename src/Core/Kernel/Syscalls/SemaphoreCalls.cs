using System.Runtime.InteropServices;
using CheckpointRestart.Core.Kernel.Ipc;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Semaphores of System V: semget(2), semop(2), semtimedop(2), semctl(2) (Linux: ipc/sem.c).</summary>
internal static class SemaphoreCalls
{
    internal static readonly Syscall[] Table =
    [
        new(393, "semget", Get, Support.Full),
        new(394, "semctl", Control, Support.Full),
        new(420, "semtimedop_time64", OperateLong, Support.Full),
    ];

    const uint GetPid = 11, GetValue = 12, GetAll = 13, GetWaiting = 14, GetZeroWaiting = 15, SetValue = 16, SetAll = 17, StatIndex = 18, InfoUsed = 19, StatAny = 20;
    const int OperationSize = 6;

    internal static Result Get(Task task, in CallArguments a)
    {
        var state = task.Machine.Ipc;
        int count = (int)a[1];
        if (count < 0 || count > state.SemaphoreLimits.InSet) return Errno.EINVAL;
        return state.Semaphores.Get(task, (int)a[0], a[2], Make, set => count > set.Values.Length ? Errno.EINVAL : Errno.None);

        (SemaphoreSet?, Errno) Make()
        {
            if (count == 0) return (null, Errno.EINVAL);
            if ((long)state.SemaphoreCount + count > state.SemaphoreLimits.Total || state.Semaphores.Objects.Count >= state.Semaphores.Limit) return (null, Errno.ENOSPC);
            if (!state.TryCharge(SemaphoreSet.Cost(count))) return (null, Errno.ENOMEM);
            state.SemaphoreCount += count;
            return (new SemaphoreSet(count), Errno.None);
        }
    }

    static Result OperateLong(Task task, in CallArguments a) => Operate(task, (int)a[0], a[1], a[2], a[3], RemainderKind.Timespec64);

    /// <summary>semtimedop(2); a timeout address of 0 waits without end. No wait of it is ever restarted.</summary>
    internal static Result Operate(Task task, int id, uint address, uint count, uint timeout, RemainderKind layout)
    {
        if (task.Call.Subject is SemaphoreWaiter waiting)
        {
            if (waiting.Outcome is { } outcome) return outcome;
            if (task.IsPastDeadline) return Errno.EAGAIN;
            return Result.Wait(null, Interruption.Interrupted);
        }
        long time = SystemCallState.Never;
        if (timeout != 0)
        {
            var bad = TimeAbi.Read(task, timeout, layout, out time);
            if (bad != Errno.None) return bad;
        }
        var state = task.Machine.Ipc;
        if (id < 0 || count == 0) return Errno.EINVAL;
        if (count > state.SemaphoreLimits.Operations) return Errno.E2BIG;
        var operations = new SemaphoreOperation[count];
        var bytes = new byte[count * OperationSize];
        if (!task.AddressSpace!.Read(address, bytes)) return Errno.EFAULT;
        for (int i = 0; i < operations.Length; i++)
        {
            var words = MemoryMarshal.Cast<byte, short>(bytes.AsSpan(i * OperationSize, OperationSize));
            operations[i] = new((ushort)words[0], words[1], words[2]);
        }
        var error = state.Semaphores.Find(id, out var set);
        if (error != Errno.None) return error;
        if (Array.Exists(operations, operation => operation.Number >= set.Values.Length)) return Errno.EFBIG;
        bool alters = Array.Exists(operations, static operation => operation.Change != 0);
        if (!set.Allows(task, alters ? IpcControl.WriteRight : IpcControl.ReadRight)) return Errno.EACCES;
        short[]? adjustments = null;
        if (Array.Exists(operations, static operation => (operation.Flags & SemaphoreOperation.Undo) != 0))
        {
            adjustments = (task.SemaphoreUndo ??= new()).AdjustmentsOf(set, state);
            if (adjustments == null) return Errno.ENOMEM;
        }
        return Perform(task, set, operations, adjustments, alters, time);
    }

    static Result Perform(Task task, SemaphoreSet set, SemaphoreOperation[] operations, short[]? adjustments, bool alters, long time)
    {
        var error = set.Perform(operations, adjustments, task.Tgid, out var blocking);
        if (error == Errno.None)
        {
            set.OperationTime = IpcControl.Seconds(task);
            if (alters) set.Update(set.OperationTime);
            return 0;
        }
        if (error != Errno.EAGAIN || (blocking!.Value.Flags & SemaphoreOperation.NoWait) != 0) return error;
        if (time != SystemCallState.Never) task.SetDeadline(TimerCalls.After(task.Machine.Clock.Now, time));
        if (task.IsPastDeadline) return Errno.EAGAIN;
        var waiter = new SemaphoreWaiter(task, set, operations, adjustments, blocking.Value);
        waiter.Enter();
        task.Call.Subject = waiter;
        return Result.Wait(null, Interruption.Interrupted);
    }

    static Result Control(Task task, in CallArguments a) => Control(task, (int)a[0], (int)a[1], a[2] | IpcControl.Wide, a[3]);

    internal static Result Control(Task task, int id, int number, uint command, uint argument)
    {
        var state = task.Machine.Ipc;
        var memory = task.AddressSpace!;
        if (id < 0) return Errno.EINVAL;
        bool isWide = (command & IpcControl.Wide) != 0;
        command &= ~IpcControl.Wide;
        if (!isWide && command is IpcControl.Set or IpcControl.Stat or StatIndex or StatAny) return Errno.EINVAL;
        switch (command)
        {
            case IpcControl.Info or InfoUsed:
                var (inSet, total, most) = state.SemaphoreLimits;
                bool used = command == InfoUsed;
                return memory.Write(argument, IpcLayout.Of((uint)total, (uint)state.Semaphores.Limit, (uint)total, (uint)total, (uint)inSet, (uint)most, (uint)most,
                    used ? (uint)state.Semaphores.Objects.Count : 20u, SemaphoreSet.ValueMost, used ? (uint)state.SemaphoreCount : SemaphoreSet.ValueMost))
                    ? state.Semaphores.HighestIndex : Errno.EFAULT;
            case IpcControl.Stat or StatIndex or StatAny:
                return IpcControl.Describe(task, state.Semaphores, id, command != IpcControl.Stat, command == StatAny, argument, IpcLayout.Of);
            case GetAll or GetValue or GetPid or GetWaiting or GetZeroWaiting:
                return Look(task, id, number, command, argument);
            case SetAll:
                return ChangeAll(task, id, argument);
            case SetValue:
                return ChangeOne(task, id, number, (int)argument);
            case IpcControl.Set:
                var given = new byte[IpcLayout.SemaphoreSetSize];
                if (!memory.Read(argument, given)) return Errno.EFAULT;
                var error = IpcControl.FindOwned(task, state.Semaphores, id, out var set);
                return error != Errno.None ? error : IpcControl.Change(task, set, given);
            case IpcControl.Remove:
                error = IpcControl.FindOwned(task, state.Semaphores, id, out set);
                if (error != Errno.None) return error;
                state.Semaphores.Remove(set);
                state.SemaphoreCount -= set.Values.Length;
                state.Memory -= SemaphoreSet.Cost(set.Values.Length);
                set.WakeAll();
                return 0;
            default:
                return Errno.EINVAL;
        }
    }

    static Result Look(Task task, int id, int number, uint command, uint argument)
    {
        var error = task.Machine.Ipc.Semaphores.Find(id, out var set);
        if (error != Errno.None) return error;
        if (!set.Allows(task, IpcControl.ReadRight)) return Errno.EACCES;
        if (command == GetAll) return task.AddressSpace!.Write(argument, MemoryMarshal.AsBytes(set.Values.AsSpan())) ? 0 : Errno.EFAULT;
        if ((uint)number >= (uint)set.Values.Length) return Errno.EINVAL;
        return command switch
        {
            GetValue => set.Values[number],
            GetPid => set.Pids[number],
            _ => set.Count(number, forZero: command == GetZeroWaiting),
        };
    }

    static Result ChangeOne(Task task, int id, int number, int value)
    {
        if (value is < 0 or > SemaphoreSet.ValueMost) return Errno.ERANGE;
        var error = task.Machine.Ipc.Semaphores.Find(id, out var set);
        if (error != Errno.None) return error;
        if ((uint)number >= (uint)set.Values.Length) return Errno.EINVAL;
        if (!set.Allows(task, IpcControl.WriteRight)) return Errno.EACCES;
        foreach (var other in task.Machine.AllTasks) other.SemaphoreUndo?.Forget(set, number);
        set.Values[number] = (ushort)value;
        set.Pids[number] = task.Tgid;
        Changed(task, set);
        return 0;
    }

    static Result ChangeAll(Task task, int id, uint address)
    {
        var error = task.Machine.Ipc.Semaphores.Find(id, out var set);
        if (error != Errno.None) return error;
        if (!set.Allows(task, IpcControl.WriteRight)) return Errno.EACCES;
        var values = new ushort[set.Values.Length];
        if (!task.AddressSpace!.Read(address, MemoryMarshal.AsBytes(values.AsSpan()))) return Errno.EFAULT;
        if (Array.Exists(values, static value => value > SemaphoreSet.ValueMost)) return Errno.ERANGE;
        values.CopyTo(set.Values, 0);
        Array.Fill(set.Pids, task.Tgid);
        foreach (var other in task.Machine.AllTasks) other.SemaphoreUndo?.Forget(set, -1);
        Changed(task, set);
        return 0;
    }

    static void Changed(Task task, SemaphoreSet set)
    {
        set.ChangeTime = IpcControl.Seconds(task);
        set.Update(set.ChangeTime);
    }
}
