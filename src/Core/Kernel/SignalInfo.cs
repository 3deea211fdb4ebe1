using System.Buffers.Binary;

namespace CheckpointRestart.Core.Kernel;

/// <summary>si_code values (asm-generic/siginfo.h).</summary>
public static class SignalCode
{
    public const int User = 0, Kernel = 0x80, Queue = -1, Timer = -2, ThreadKill = -6;
    public const int IllegalOperand = 2;
    public const int IntegerDivide = 1, IntegerOverflow = 2, FloatDivide = 3, FloatOverflow = 4, FloatUnderflow = 5, FloatResult = 6, FloatInvalid = 7;
    public const int MapError = 1, AccessError = 2;
    public const int BoundError = 3;
    public const int AddressAlign = 1, AddressError = 2;
    public const int Breakpoint = 1, Trace = 2, HardwareBreakpoint = 4;
    public const int ChildExited = 1, ChildKilled = 2, ChildDumped = 3, ChildTrapped = 4, ChildStopped = 5, ChildContinued = 6;
}

/// <summary>siginfo_t of i386: number, errno, code, and the union as five words (pid, uid, value | address | pid, uid, status, utime, stime).</summary>
public struct SignalInfo
{
    /// <summary>Bytes of a siginfo_t.</summary>
    public const int Size = 128;

    public Signal Signal;
    public int ErrorNumber;
    public int Code;
    public uint Field0, Field1, Field2, Field3, Field4;

    /// <summary>The timer that sent it, which goes on when the signal is taken.</summary>
    internal Events.PosixTimer? Timer;

    /// <summary>Which setting of the timer it belongs to.</summary>
    internal uint TimerGeneration;

    /// <summary>True for what F_SETSIG and O_ASYNC send: POLL_IN to POLL_HUP with band and descriptor.</summary>
    internal readonly bool IsInput => Code is >= 1 and <= 6 && (Signal == Signal.SIGIO || Signal >= Signal.RealTimeFirst);

    /// <summary>Raised by kill(2) or by the kernel on behalf of a task.</summary>
    public static SignalInfo FromTask(Signal signal, int code, int pid, int uid = 0) =>
        new() { Signal = signal, Code = code, Field0 = (uint)pid, Field1 = (uint)uid };

    /// <summary>Raised by the kernel itself.</summary>
    public static SignalInfo FromKernel(Signal signal) => new() { Signal = signal, Code = SignalCode.Kernel };

    /// <summary>Raised by an instruction.</summary>
    public static SignalInfo Fault(Signal signal, int code, uint address) => new() { Signal = signal, Code = code, Field0 = address };

    /// <summary>Writes the 128 bytes that a guest sees.</summary>
    public readonly void Write(Span<byte> to)
    {
        to[..Size].Clear();
        BinaryPrimitives.WriteInt32LittleEndian(to, (int)Signal);
        BinaryPrimitives.WriteInt32LittleEndian(to[4..], ErrorNumber);
        BinaryPrimitives.WriteInt32LittleEndian(to[8..], Code);
        BinaryPrimitives.WriteUInt32LittleEndian(to[12..], Field0);
        BinaryPrimitives.WriteUInt32LittleEndian(to[16..], Field1);
        BinaryPrimitives.WriteUInt32LittleEndian(to[20..], Field2);
        BinaryPrimitives.WriteUInt32LittleEndian(to[24..], Field3);
        BinaryPrimitives.WriteUInt32LittleEndian(to[28..], Field4);
    }

    /// <summary>Reads what a guest gave to rt_sigqueueinfo(2).</summary>
    public static SignalInfo Read(ReadOnlySpan<byte> from) => new()
    {
        Signal = (Signal)BinaryPrimitives.ReadInt32LittleEndian(from),
        ErrorNumber = BinaryPrimitives.ReadInt32LittleEndian(from[4..]),
        Code = BinaryPrimitives.ReadInt32LittleEndian(from[8..]),
        Field0 = BinaryPrimitives.ReadUInt32LittleEndian(from[12..]),
        Field1 = BinaryPrimitives.ReadUInt32LittleEndian(from[16..]),
        Field2 = BinaryPrimitives.ReadUInt32LittleEndian(from[20..]),
        Field3 = BinaryPrimitives.ReadUInt32LittleEndian(from[24..]),
        Field4 = BinaryPrimitives.ReadUInt32LittleEndian(from[28..]),
    };
}
