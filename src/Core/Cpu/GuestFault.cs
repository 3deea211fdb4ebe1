using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace CheckpointRestart.Core.Cpu;

/// <summary>Unwinds from a handler to <see cref="Processor.Run"/>; what happened is in the <see cref="CpuState"/>.</summary>
#pragma warning disable CA1064, MA0058 // never leaves the processor, and names a processor's fault
internal sealed class GuestFault : Exception
{
    /// <summary>Ends the instruction with a fault: nothing of it has happened.</summary>
    /// <param name="state">The registers.</param>
    /// <param name="op">The instruction.</param>
    /// <param name="vector">See <see cref="Vectors"/>.</param>
    /// <param name="code">The error code.</param>
    [DoesNotReturn, MethodImpl(MethodImplOptions.NoInlining)]
    internal static unsafe void Raise(CpuState* state, Op* op, byte vector, uint code = 0)
    {
        state->FaultOp = op;
        state->FaultVector = vector;
        state->FaultCode = code;
        state->FaultAddress = 0;
        state->FaultKind = Memory.FaultKind.None;
        throw new GuestFault();
    }

    [DoesNotReturn, MethodImpl(MethodImplOptions.NoInlining)]
    internal static unsafe void RaisePage(CpuState* state, Op* op, Memory.PageFault fault)
    {
        state->FaultOp = op;
        state->FaultVector = Vectors.PageFault;
        state->FaultCode = PageFaultCode(fault);
        state->FaultAddress = fault.Address;
        state->FaultKind = fault.Kind;
        throw new GuestFault();
    }

    /// <summary>The error code of a page fault in user mode: P 1, W/R 2, U/S 4, and with NX I/D 16.</summary>
    internal static uint PageFaultCode(Memory.PageFault fault) =>
        4u | (fault.IsPresent ? 1u : 0)
           | (fault.Access == Memory.AccessKind.Write ? 2u : 0)
           | (fault.Access == Memory.AccessKind.Fetch ? 16u : 0);
}
#pragma warning restore CA1064, MA0058

/// <summary>Exception vectors (Intel SDM volume 3, 6.3.1).</summary>
internal static class Vectors
{
    internal const byte Divide = 0, Debug = 1, Breakpoint = 3, Overflow = 4, Bound = 5, InvalidOpcode = 6, DeviceNotAvailable = 7,
        SegmentNotPresent = 11, StackSegment = 12, GeneralProtection = 13, PageFault = 14, MathFault = 16, AlignmentCheck = 17, SimdFault = 19;
}
