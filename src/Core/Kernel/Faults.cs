using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel;

/// <summary>Exceptions of the processor become signals (Linux: arch/x86/kernel/traps.c, mm/fault.c).</summary>
internal static class Faults
{
    const uint PagePresent = 1, UserAccess = 4, ResumeFlag = 0x10000;

    public static void Raise(Task task, in Trap trap)
    {
        var registers = task.Registers!;
        if (trap is { Vector: 14, Fault: FaultKind.OutOfMemory })
        {
            OutOfMemory(task);
            return;
        }
        // Not the guest's doing: nothing of it happens there.
        if (trap is { Vector: 14, Fault: FaultKind.Lost }) throw task.AddressSpace!.Loss!;
        task.LastFault = (trap.Vector, trap.ErrorCode, task.LastFault.Cr2);
        if (trap.Vector == 14) task.LastFault = (14, PageFaultCode(trap), trap.Address);
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

    /// <summary>In the kernel's part every page seems present, lest a program find out about it (sanitize_error_code).</summary>
    static uint PageFaultCode(in Trap trap) => trap.ErrorCode | UserAccess | (trap.Address >= AddressSpace.UserEnd ? PagePresent : 0);

    /// <summary>What DR6 says of the last #DB (get_si_code). Behind a breakpoint on execution the instruction shall run when the handler returns (hw_breakpoint_handler).</summary>
    static SignalInfo Debug(Registers registers, uint at)
    {
        const uint step = 1 << 14, breakpoints = 15;
        uint status = registers.GetDebug(6);
        if (MetExecution(status & breakpoints, registers.GetDebug(7))) registers.Eflags |= ResumeFlag;
        int code = (status & step) != 0 ? SignalCode.Trace : (status & breakpoints) != 0 ? SignalCode.HardwareBreakpoint : SignalCode.Breakpoint;
        return SignalInfo.Fault(Signal.SIGTRAP, code, at);
    }

    static bool MetExecution(uint met, uint control)
    {
        for (int i = 0; i < 4; i++)
            if ((met >> i & 1) != 0 && (control >> (16 + i * 4) & 3) == 0) return true;
        return false;
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
