using System.Runtime.CompilerServices;
using CheckpointRestart.Core.Cpu.Floating;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>MXCSR around an SSE operation, and when the host's own arithmetic gives the same (Intel SDM 1, 11.5).</summary>
internal static unsafe class SseEnvironment
{
    /// <summary>All exceptions masked, round to nearest, neither DAZ nor FTZ, and PE set already: the state in which a program computes.</summary>
    private const uint Plain = 0x1f80 | FloatFlags.Precision;
    private const uint PlainMask = 0xffc0 | FloatFlags.Precision;

    /// <summary>True when the host rounds as the guest asks, and neither flushing nor PE makes a difference: see <see cref="HostResults"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsPlain(CpuState* s) => (s->Mxcsr & PlainMask) == Plain;

    internal static FloatEnvironment Environment(CpuState* s)
    {
        uint control = s->Mxcsr;
        return new FloatEnvironment
        {
            Rounding = (Rounding)(control >> 13 & 3),
            Masks = (int)(control >> 7) & FloatFlags.All,
            DenormalsAreZero = (control & 0x40) != 0,
            FlushToZero = (control & 0x8000) != 0,
        };
    }

    /// <summary>Puts the flags into MXCSR, or raises #XM. Exceptions found before a result hide those of the result when they are unmasked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Commit(CpuState* s, Op* op, in FloatEnvironment env)
    {
        if ((env.Flags & ~env.Masks) != 0) Raise(s, op, env);
        s->Mxcsr |= (uint)env.Flags;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Raise(CpuState* s, Op* op, in FloatEnvironment env)
    {
        s->Mxcsr |= (uint)(env.Refused ? env.Flags & FloatFlags.BeforeResult : env.Flags);
        GuestFault.Raise(s, op, Vectors.SimdFault);
    }
}
