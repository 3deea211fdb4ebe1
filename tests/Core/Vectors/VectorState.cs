using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>All that a program in user mode can see, with some code, before or after it ran: struct state of the guest oracle.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VectorState
{
    internal const int CodeSize = 384, FxSize = 288, DataSize = 512, StackSize = 256, EdgeSize = 64;

    /// <summary><see cref="Trap"/> of a case that did not end.</summary>
    internal const uint GivenUp = 255;

    internal GprArray Gpr;
    /// <summary>Offset in CS. Where a case starts, and where it ended: at the INT3 that ended it, at the instruction that faulted, behind one that trapped.</summary>
    internal uint Eip;
    internal uint Eflags;
    /// <summary>Of an outcome: the vector that ended it, 3 for the INT3 behind the code.</summary>
    internal uint Trap;
    internal uint Error;
    /// <summary>CR2 of a page fault, else 0.</summary>
    internal uint Address;
    internal uint Signal;
    internal uint SignalCode;
    /// <summary>Of a case: bytes of <see cref="Code"/>.</summary>
    internal uint Length;
    internal ushort Es, Cs, Ss, Ds, Fs, Gs;
    /// <summary>Of a case: offset of <see cref="Code"/> in its page; what goes beyond the page is not there.</summary>
    internal ushort Place;
    internal ushort Unused;
    /// <summary>The part of an FXSAVE image that is used outside 64-bit mode.</summary>
    internal FxArray Fx;
    internal CodeArray Code;
    /// <summary>Around the border between the two pages of data.</summary>
    internal DataArray Data;
    internal EdgeArray DataLow, DataHigh;
    internal StackArray Stack;
    internal EdgeArray StackLow, StackHigh;

    [InlineArray(8)]
    internal struct GprArray { uint first; }

    [InlineArray(FxSize)]
    internal struct FxArray { byte first; }

    [InlineArray(CodeSize)]
    internal struct CodeArray { byte first; }

    [InlineArray(DataSize)]
    internal struct DataArray { byte first; }

    [InlineArray(StackSize)]
    internal struct StackArray { byte first; }

    [InlineArray(EdgeSize)]
    internal struct EdgeArray { byte first; }

    internal static readonly int OutcomeStart = (int)Marshal.OffsetOf<VectorState>(nameof(Fx));

    /// <summary>The state as bytes: how it goes to the oracle and back.</summary>
    internal static Span<byte> Bytes(ref VectorState state) => MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref state, 1));

    /// <summary>Wipes what is no outcome: the code, what processors leave undefined or fill differently.</summary>
    internal static void Normalise(ref VectorState state, in OutcomeMask mask)
    {
        state.Length = state.Place = state.Unused = 0;
        ((Span<byte>)state.Code).Clear();
        Span<byte> fx = state.Fx;
        ref ushort status = ref Unsafe.As<byte, ushort>(ref fx[2]);
        status &= (ushort)~mask.Status;
        // Opcode and pointers of the last instruction: makers keep them differently. What MXCSR could hold is the processor's.
        fx[5..24].Clear();
        fx[28..32].Clear();
        for (int i = 0; i < 8; i++) fx.Slice(42 + (16 * i), 6).Clear();
        if (mask.Length > 0) ((Span<byte>)state.Data).Slice(mask.Start, mask.Length).Clear();
    }

    /// <summary>CRC-32C of a normalised outcome.</summary>
    internal static uint Hash(ref VectorState state)
    {
        uint hash = uint.MaxValue;
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(Bytes(ref state))) hash = BitOperations.Crc32C(hash, word);
        return hash;
    }

    public readonly override string ToString() =>
        $"eax {Gpr[0]:x8} ecx {Gpr[1]:x8} edx {Gpr[2]:x8} ebx {Gpr[3]:x8} esp {Gpr[4]:x8} ebp {Gpr[5]:x8} esi {Gpr[6]:x8} edi {Gpr[7]:x8} eip {Eip:x8} eflags {Eflags:x5}"
        + $" es {Es:x2} cs {Cs:x2} ss {Ss:x2} ds {Ds:x2} fs {Fs:x2} gs {Gs:x2} trap {Trap} error {Error:x} cr2 {Address:x} signal {Signal} code {SignalCode}";
}

/// <summary>What of an outcome is not compared.</summary>
/// <param name="Status">Bits of the x87 status word.</param>
/// <param name="Start">First byte of <see cref="VectorState.Data"/> that is not compared.</param>
/// <param name="Length">Bytes of it.</param>
internal readonly record struct OutcomeMask(ushort Status = 0, int Start = 0, int Length = 0);
