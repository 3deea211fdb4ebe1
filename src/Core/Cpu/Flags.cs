using System.Numerics;
using System.Runtime.CompilerServices;

namespace CheckpointRestart.Core.Cpu;

/// <summary>The six status flags, kept as a result and a vector of carries from which each flag falls out with an instruction or two.</summary>
/// <remarks>
/// <see cref="CpuState.FlagResult"/> is the last result, sign extended to 32 bits: ZF is result = 0, SF its bit 31, PF the parity of its low byte.
/// <see cref="CpuState.FlagCarries"/>: bit 31 CF, bit 30 CF xor OF (the carry into the sign bit), bit 3 AF; for combinations that no result has:
/// bit 0 inverts SF, bits 8 to 15 are xored into the low byte before PF is taken.
/// </remarks>
internal static unsafe class Flags
{
    internal const uint Carry = 1, Parity = 4, Adjust = 0x10, Zero = 0x40, Sign = 0x80, Trap = 0x100, Interrupt = 0x200, Direction = 0x400,
        Overflow = 0x800, IoPrivilege = 0x3000, NestedTask = 0x4000, Resume = 0x10000, Virtual8086 = 0x20000, AlignmentCheck = 0x40000, Identification = 0x200000;

    /// <summary>CF PF AF ZF SF OF.</summary>
    internal const uint Status = Carry | Parity | Adjust | Zero | Sign | Overflow;

    /// <summary>What user mode can change: the status flags, TF, DF, NT, RF?, AC, ID.</summary>
    internal const uint UserWritable = Status | Trap | Direction | NestedTask | AlignmentCheck | Identification;

    /// <summary>Bit 1 and IF.</summary>
    internal const uint Fixed = 2 | Interrupt;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Cf(CpuState* s) => (int)s->FlagCarries < 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint CfBit(CpuState* s) => s->FlagCarries >> 31;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Of(CpuState* s) => (int)(s->FlagCarries ^ (s->FlagCarries << 1)) < 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Zf(CpuState* s) => s->FlagResult == 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Sf(CpuState* s) => (int)(s->FlagResult ^ (s->FlagCarries << 31)) < 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Af(CpuState* s) => (s->FlagCarries & 8) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Pf(CpuState* s) => (BitOperations.PopCount((s->FlagResult ^ (s->FlagCarries >> 8)) & 0xFF) & 1) == 0;

    /// <summary>SF xor OF.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Less(CpuState* s)
    {
        uint carries = s->FlagCarries;
        return (int)(s->FlagResult ^ (carries << 31) ^ carries ^ (carries << 1)) < 0;
    }

    /// <summary>Flags of a result without carries: OF = CF = AF = 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void SetLogic(CpuState* s, uint signExtendedResult)
    {
        s->FlagResult = signExtendedResult;
        s->FlagCarries = 0;
    }

    /// <summary>Sets CF and leaves the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void SetCf(CpuState* s, bool on)
    {
        uint carries = s->FlagCarries;
        uint flip = (uint)((carries >> 31) ^ (on ? 1u : 0)) * 0xC0000000u;
        s->FlagCarries = carries ^ flip;
    }

    /// <summary>Sets CF and OF and leaves the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void SetCfOf(CpuState* s, uint cf, uint of) =>
        s->FlagCarries = (s->FlagCarries & 0x3FFFFFFF) | (cf << 31) | ((cf ^ of) << 30);

    /// <summary>The six flags as EFLAGS has them.</summary>
    internal static uint GetStatus(CpuState* s) =>
        (Cf(s) ? Carry : 0) | (Pf(s) ? Parity : 0) | (Af(s) ? Adjust : 0) | (Zf(s) ? Zero : 0) | (Sf(s) ? Sign : 0) | (Of(s) ? Overflow : 0);

    /// <summary>Sets the six flags from EFLAGS.</summary>
    internal static void SetStatus(CpuState* s, uint eflags)
    {
        uint cf = eflags & 1, of = eflags >> 11 & 1, sf = eflags >> 7 & 1;
        uint result = (eflags & Zero) != 0 ? 0 : 0x01u;
        bool even = (BitOperations.PopCount(result) & 1) == 0;
        bool wantEven = (eflags & Parity) != 0;
        s->FlagResult = result;
        s->FlagCarries = (cf << 31) | ((cf ^ of) << 30) | ((eflags & Adjust) >> 1) | sf | (even != wantEven ? 0x100u : 0);
    }

    internal static uint Get(CpuState* s) => s->SystemFlags | GetStatus(s);

    /// <summary>Sets EFLAGS as user mode may: others than <see cref="UserWritable"/> stay.</summary>
    internal static void SetUser(CpuState* s, uint eflags)
    {
        SetStatus(s, eflags);
        s->SystemFlags = (s->SystemFlags & ~UserWritable) | (eflags & UserWritable & ~Status) | Fixed;
        s->Event |= CpuEvent.Mode;
    }
}
