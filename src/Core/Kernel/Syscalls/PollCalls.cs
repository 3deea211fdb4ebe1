using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Waiting for several files: poll(2), ppoll(2), select(2), pselect(2).</summary>
internal static class PollCalls
{
    internal static readonly Syscall[] Table =
    [
        new(82, "select", SelectOld, Support.Full),
        new(142, "_newselect", Select, Support.Full),
        new(168, "poll", Poll, Support.Full),
        new(308, "pselect6", SelectMasked, Support.Full),
        new(309, "ppoll", PollMasked, Support.Full),
        new(413, "pselect6_time64", SelectMaskedLong, Support.Full),
        new(414, "ppoll_time64", PollMaskedLong, Support.Full),
    ];

    const int MaximumSelect = 1024;
    const PollEvents ReadEvents = PollEvents.In | PollEvents.ReadNormal | PollEvents.ReadBand | PollEvents.HangUp | PollEvents.Error | PollEvents.Invalid;
    const PollEvents WriteEvents = PollEvents.Out | PollEvents.WriteNormal | PollEvents.WriteBand | PollEvents.Error | PollEvents.Invalid;

    static Result Poll(Task task, in CallArguments a)
    {
        if ((int)a[2] >= 0) task.SetDeadline(task.Machine.Clock.Now + (int)a[2] * 1_000_000L);
        return Poll(task, a[0], a[1], Interruption.RestartBlock);
    }

    static Result PollMasked(Task task, in CallArguments a) => PollMasked(task, a, RemainderKind.Timespec32);

    static Result PollMaskedLong(Task task, in CallArguments a) => PollMasked(task, a, RemainderKind.Timespec64);

    static Result PollMasked(Task task, in CallArguments a, RemainderKind layout)
    {
        if (!task.Call.IsRetry)
        {
            var error = SetTimeout(task, a[2], layout);
            if (error == Errno.None && a[3] != 0) error = SwapMask(task, a[3], a[4]);
            if (error != Errno.None) return error;
        }
        return End(task, Poll(task, a[0], a[1], Interruption.NoHandler));
    }

    static Result Poll(Task task, uint address, uint count, Interruption interruption)
    {
        if (count > task.Group.Limits[Resource.OpenFiles].Current) return Errno.EINVAL;
        var memory = task.AddressSpace!;
        int ready = 0;
        for (uint i = 0; i < count; i++)
        {
            uint at = address + i * 8;
            if (!memory.TryRead(at, out int descriptor) || !memory.TryRead(at + 4, out ushort wanted)) return Fault(task);
            PollEvents events = 0;
            if (descriptor >= 0)
            {
                var file = task.Files![descriptor];
                if (file == null)
                {
                    events = PollEvents.Invalid;
                }
                else
                {
                    events = file.Poll() & ((PollEvents)wanted | PollEvents.Error | PollEvents.HangUp | PollEvents.Invalid);
                    task.WaitIn(file.Readable);
                    task.WaitIn(file.Writable);
                }
            }
            if (events != 0) ready++;
            if (!memory.TryWrite(at + 6, (ushort)events)) return Fault(task);
        }
        return ready > 0 || task.IsPastDeadline ? Done(task, ready) : Result.Wait(null, interruption);
    }

    static Result Fault(Task task)
    {
        task.LeaveQueues();
        return Errno.EFAULT;
    }

    static Result Done(Task task, int ready)
    {
        task.LeaveQueues();
        return ready;
    }

    static Result SelectOld(Task task, in CallArguments a)
    {
        CallArguments real = default;
        for (uint i = 0; i < 5; i++)
            if (!task.AddressSpace!.TryRead(a[0] + i * 4, out real[(int)i])) return Errno.EFAULT;
        return Select(task, real);
    }

    static Result Select(Task task, in CallArguments a)
    {
        if (!task.Call.IsRetry && a[4] != 0)
        {
            var error = SetTimeout(task, a[4], RemainderKind.Timeval32);
            if (error != Errno.None) return error;
        }
        return End(task, Select(task, a, Interruption.NoHandler));
    }

    static Result SelectMasked(Task task, in CallArguments a) => SelectMasked(task, a, RemainderKind.Timespec32);

    static Result SelectMaskedLong(Task task, in CallArguments a) => SelectMasked(task, a, RemainderKind.Timespec64);

    static Result SelectMasked(Task task, in CallArguments a, RemainderKind layout)
    {
        if (!task.Call.IsRetry)
        {
            var error = SetTimeout(task, a[4], layout);
            if (error != Errno.None) return error;
            if (a[5] != 0)
            {
                if (!task.AddressSpace!.TryRead(a[5], out uint set) || !task.AddressSpace.TryRead(a[5] + 4, out uint size)) return Errno.EFAULT;
                if (set != 0) error = SwapMask(task, set, size);
                if (error != Errno.None) return error;
            }
        }
        return End(task, Select(task, a, Interruption.NoHandler));
    }

    static Result Select(Task task, in CallArguments a, Interruption interruption)
    {
        if ((int)a[0] < 0) return Errno.EINVAL;
        int count = (int)Math.Min(a[0], MaximumSelect);
        int words = (count + 31) / 32;
        Span<uint> sets = stackalloc uint[MaximumSelect / 32 * 6];
        sets.Clear();
        for (int kind = 0; kind < 3; kind++)
        {
            uint address = a[kind + 1];
            for (int word = 0; address != 0 && word < words; word++)
                if (!task.AddressSpace!.TryRead(address + (uint)word * 4, out sets[kind * 32 + word])) return Errno.EFAULT;
        }
        int ready = 0;
        for (int number = 0; number < count; number++)
        {
            int word = number / 32;
            uint bit = 1u << number % 32;
            bool read = (sets[word] & bit) != 0, write = (sets[32 + word] & bit) != 0, except = (sets[64 + word] & bit) != 0;
            if (!read && !write && !except) continue;
            var file = task.Files![number];
            if (file == null)
            {
                task.LeaveQueues();
                return Errno.EBADF;
            }
            var events = file.Poll();
            if (read && (events & ReadEvents) != 0) Mark(sets, 96 + word, bit, ref ready);
            if (write && (events & WriteEvents) != 0) Mark(sets, 128 + word, bit, ref ready);
            if (except && (events & PollEvents.Priority) != 0) Mark(sets, 160 + word, bit, ref ready);
            if (read || except) task.WaitIn(file.Readable);
            if (write) task.WaitIn(file.Writable);
        }
        if (ready == 0 && !task.IsPastDeadline) return Result.Wait(null, interruption);
        task.LeaveQueues();
        for (int kind = 0; kind < 3; kind++)
        {
            uint address = a[kind + 1];
            for (int word = 0; address != 0 && word < words; word++)
                if (!task.AddressSpace!.TryWrite(address + (uint)word * 4, sets[96 + kind * 32 + word])) return Errno.EFAULT;
        }
        return ready;
    }

    static void Mark(Span<uint> sets, int word, uint bit, ref int ready)
    {
        sets[word] |= bit;
        ready++;
    }

    static Errno SetTimeout(Task task, uint address, RemainderKind layout)
    {
        if (address == 0) return Errno.None;
        var error = TimeAbi.Read(task, address, layout, out long length);
        if (error != Errno.None) return error;
        if (length != SystemCallState.Never) task.SetDeadline(TimerCalls.After(task.Machine.Clock.Now, length));
        task.Call.RemainderAddress = address;
        task.Call.Remainder = layout;
        return Errno.None;
    }

    internal static Errno SwapMask(Task task, uint address, uint size)
    {
        if (size != 8) return Errno.EINVAL;
        if (!task.AddressSpace!.TryRead(address, out ulong mask)) return Errno.EFAULT;
        task.SwapMask(new(mask));
        return Errno.None;
    }

    /// <summary>The time that is left is told also when the call succeeds.</summary>
    static Result End(Task task, in Result result)
    {
        var call = task.Call;
        if (result.IsWait) return result;
        // Signals that the swapped mask let through are delivered before the old mask comes back.
        if (task.DeliverableSignals.IsEmpty) task.RestoreMask();
        if (call.Remainder == RemainderKind.None || !call.HasDeadline) return result;
        TimeAbi.Write(task, call.RemainderAddress, call.Remainder, Math.Max(call.Deadline - task.Machine.Clock.Now, 0));
        return result;
    }
}
