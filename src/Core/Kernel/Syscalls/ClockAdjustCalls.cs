using System.Buffers.Binary;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>How well the clock is disciplined: adjtimex(2), clock_adjtime(2). It can be asked; nothing adjusts it.</summary>
internal static class ClockAdjustCalls
{
    internal static readonly Syscall[] Table =
    [
        new(124, "adjtimex", Adjust, Support.Partial, "tells the state, unsynchronised; EPERM for a change: the machine's clock is not adjusted"),
        new(343, "clock_adjtime", AdjustClock, Support.Partial, "as adjtimex"),
        new(405, "clock_adjtime64", AdjustClockLong, Support.Partial, "as adjtimex"),
    ];

    const int Unsynchronised = 0x40, UnknownError = 16_000_000, TimeConstant = 2, Precision = 1, Tolerance = 32_768_000, TickLength = 10_000;
    const int TimeError = 5;

    static Result Adjust(Task task, in CallArguments a) => Tell(task, a[0], isWide: false);

    static Result AdjustClock(Task task, in CallArguments a) => AdjustClock(task, a, isWide: false);

    static Result AdjustClockLong(Task task, in CallArguments a) => AdjustClock(task, a, isWide: true);

    static Result AdjustClock(Task task, in CallArguments a, bool isWide)
    {
        var error = ClockCalls.Check(a[0], out _);
        if (error != Errno.None) return error;
        return a[0] == 0 ? Tell(task, a[1], isWide) : Errno.EOPNOTSUPP;
    }

    /// <summary>struct timex of i386, or with 64-bit members.</summary>
    static Result Tell(Task task, uint address, bool isWide)
    {
        int size = isWide ? 208 : 128, word = isWide ? 8 : 4;
        Span<byte> timex = stackalloc byte[208];
        timex = timex[..size];
        if (!task.AddressSpace!.Read(address, timex)) return Errno.EFAULT;
        // ADJ_OFFSET_SS_READ is the one mode that changes nothing.
        if (BinaryPrimitives.ReadUInt32LittleEndian(timex) is not (0 or 0xA001)) return Errno.EPERM;
        timex[4..].Clear();
        var now = TimeConversions.ToTimespec(task.Machine.Clock.Realtime);
        long[] members = [0, 0, UnknownError, UnknownError, Unsynchronised, TimeConstant, Precision, Tolerance, now.Seconds, now.Nanoseconds / 1000, TickLength];
        for (int index = 0; index < members.Length; index++) BinaryPrimitives.WriteInt32LittleEndian(timex[((index + 1) * word)..], (int)members[index]);
        if (isWide) BinaryPrimitives.WriteInt64LittleEndian(timex[72..], now.Seconds);
        return task.AddressSpace.Write(address, timex) ? TimeError : Errno.EFAULT;
    }
}
