namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Times in guest memory: timespec and timeval with 32-bit, timespec with 64-bit seconds.</summary>
internal static class TimeAbi
{
    /// <summary>Reads a length of time or a point in time as nanoseconds.</summary>
    /// <returns>None; EFAULT; EINVAL when negative or with a fraction beyond a second.</returns>
    public static Errno Read(Task task, uint address, RemainderKind layout, out long nanoseconds)
    {
        nanoseconds = 0;
        long seconds, fraction;
        var memory = task.AddressSpace!;
        if (layout == RemainderKind.Timespec64)
        {
            if (!memory.TryRead(address, out seconds) || !memory.TryRead(address + 8, out int low)) return Errno.EFAULT;
            // The upper half of the nanoseconds is padding for 32-bit callers.
            fraction = low;
        }
        else
        {
            if (!memory.TryRead(address, out int seconds32) || !memory.TryRead(address + 4, out int fraction32)) return Errno.EFAULT;
            seconds = seconds32;
            fraction = fraction32;
        }
        long scale = layout == RemainderKind.Timeval32 ? 1000 : 1;
        if (seconds < 0 || fraction < 0 || fraction >= TimeConversions.Second / scale) return Errno.EINVAL;
        nanoseconds = TimeConversions.FromTimespec(seconds, fraction * scale);
        return Errno.None;
    }

    /// <summary>Reads an itimerspec or itimerval: the interval, then the value.</summary>
    public static Errno ReadPair(Task task, uint address, RemainderKind layout, out long interval, out long value)
    {
        value = 0;
        var error = Read(task, address, layout, out interval);
        return error != Errno.None ? error : Read(task, address + SizeOf(layout), layout, out value);
    }

    /// <summary>Writes an itimerspec or itimerval. False on a fault.</summary>
    public static bool WritePair(Task task, uint address, RemainderKind layout, long interval, long value) =>
        Write(task, address, layout, interval) && Write(task, address + SizeOf(layout), layout, value);

    static uint SizeOf(RemainderKind layout) => layout == RemainderKind.Timespec64 ? 16u : 8u;

    /// <summary>Writes nanoseconds. False on a fault.</summary>
    public static bool Write(Task task, uint address, RemainderKind layout, long nanoseconds)
    {
        var time = TimeConversions.ToTimespec(nanoseconds);
        var memory = task.AddressSpace!;
        return layout switch
        {
            RemainderKind.Timespec64 => memory.TryWrite(address, time.Seconds) && memory.TryWrite(address + 8, (long)time.Nanoseconds),
            RemainderKind.Timeval32 => memory.TryWrite(address, (int)time.Seconds) && memory.TryWrite(address + 4, (int)(time.Nanoseconds / 1000)),
            _ => memory.TryWrite(address, (int)time.Seconds) && memory.TryWrite(address + 4, (int)time.Nanoseconds),
        };
    }
}
