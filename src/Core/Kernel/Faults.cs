using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel;

/// <summary>Exceptions of the processor become signals (Linux: arch/x86/kernel/traps.c, mm/fault.c).</summary>
internal static class Faults
{
    const uint UserAccess = 4;

    public static void Raise(Task task, in Trap trap)
    {
        var registers = task.Registers!;
        if (trap is { Vector: 14, Fault: FaultKind.OutOfMemory })
        {
            OutOfMemory(task);
            return;
        }
        task.LastFault = (trap.Vector, trap.Vector == 14 ? trap.ErrorCode | UserAccess : trap.ErrorCode, trap.Vector == 14 ? trap.Address : task.LastFault.Cr2);
        Machine.Force(task, Describe(registers, trap));
    }

    /// <summary>The signal that an exception is.</summary>
    public static SignalInfo Describe(Registers registers, in Trap trap)
    {
        uint at = registers.Eip;
        return trap.Vector switch
        {
            0 => SignalInfo.Fault(Signal.SIGFPE, SignalCode.IntegerDivide, at),
            1 => Debug(registers, at),
            3 => SignalInfo.FromKernel(Signal.SIGTRAP),
            4 or 5 => SignalInfo.FromKernel(Signal.SIGSEGV),
            6 => SignalInfo.Fault(Signal.SIGILL, SignalCode.IllegalOperand, at),
            7 or 16 or 19 => SignalInfo.Fault(Signal.SIGFPE, FloatCode(registers, trap.Vector), at),
            11 or 12 => SignalInfo.FromKernel(Signal.SIGBUS),
            14 => PageFault(trap),
            17 => SignalInfo.Fault(Signal.SIGBUS, SignalCode.AddressAlign, 0),
            _ => SignalInfo.FromKernel(Signal.SIGSEGV),
        };
    }

    /// <summary>The machine has no frame left: the task dies, as the out-of-memory killer's victim.</summary>
    public static void OutOfMemory(Task task) => Machine.Force(task, SignalInfo.FromKernel(Signal.SIGKILL));

    static SignalInfo PageFault(in Trap trap) => trap.Fault switch
    {
        FaultKind.PastEnd => SignalInfo.Fault(Signal.SIGBUS, SignalCode.AddressError, trap.Address),
        FaultKind.Protection => SignalInfo.Fault(Signal.SIGSEGV, SignalCode.AccessError, trap.Address),
        _ => SignalInfo.Fault(Signal.SIGSEGV, SignalCode.MapError, trap.Address),
    };

    static SignalInfo Debug(Registers registers, uint at)
    {
        uint status = registers.GetDebug(6);
        int code = (status & 0xF) != 0 ? SignalCode.HardwareBreakpoint : (status & 1 << 14) != 0 ? SignalCode.Trace : SignalCode.Breakpoint;
        return SignalInfo.Fault(Signal.SIGTRAP, code, at);
    }

    /// <summary>Which unmasked exception it was, in the order that Linux tests (fpu__exception_code).</summary>
    static int FloatCode(Registers registers, byte vector)
    {
        Span<byte> image = stackalloc byte[512];
        registers.SaveFxsr(image);
        uint errors = vector == 19
            ? (uint)(BitConverter.ToUInt32(image[24..]) & ~(BitConverter.ToUInt32(image[24..]) >> 7))
            : (uint)(BitConverter.ToUInt16(image[2..]) & ~BitConverter.ToUInt16(image));
        return (errors & 1) != 0 ? SignalCode.FloatInvalid
            : (errors & 4) != 0 ? SignalCode.FloatDivide
            : (errors & 8) != 0 ? SignalCode.FloatOverflow
            : (errors & 0x12) != 0 ? SignalCode.FloatUnderflow
            : (errors & 0x20) != 0 ? SignalCode.FloatResult
            : 0;
    }
}
