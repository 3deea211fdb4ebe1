using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CheckpointRestart.Core.Cpu.Floating;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>MXCSR around an SSE operation, and when the host's own arithmetic gives the same (Intel SDM 1, 11.5).</summary>
internal static unsafe class SseEnvironment
{
    /// <summary>All exceptions masked, round to nearest, neither DAZ nor FTZ, and PE set already: the state in which a program computes.</summary>
    private const uint Plain = 0x1f80 | FloatFlags.Precision;
    private const uint PlainMask = 0xffc0 | FloatFlags.Precision;

    /// <summary>True when a host operation on normal numbers with a normal result can change nothing but the destination.</summary>
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsNormal(double value) => (uint)((int)(BitConverter.DoubleToUInt64Bits(value) >> 52 & 0x7ff) - 1) < 0x7fe;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsNormal(float value) => (uint)((int)(BitConverter.SingleToUInt32Bits(value) >> 23 & 0xff) - 1) < 0xfe;

    /// <summary>Normal or zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsPlainNumber(double value) => value == 0 || IsNormal(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsPlainNumber(float value) => value == 0 || IsNormal(value);

    /// <summary>Ones in the lanes that are neither normal nor zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<ulong> Special(Vector128<double> value)
    {
        Vector128<ulong> largest = Vector128.Create(0x7ff0000000000000UL);
        Vector128<ulong> exponents = value.AsUInt64() & largest;
        return Vector128.Equals(exponents, largest)
            | Vector128.AndNot(Vector128.Equals(exponents, Vector128<ulong>.Zero), Vector128.Equals(value, Vector128<double>.Zero).AsUInt64());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<uint> Special(Vector128<float> value)
    {
        Vector128<uint> largest = Vector128.Create(0x7f800000u);
        Vector128<uint> exponents = value.AsUInt32() & largest;
        return Vector128.Equals(exponents, largest)
            | Vector128.AndNot(Vector128.Equals(exponents, Vector128<uint>.Zero), Vector128.Equals(value, Vector128<float>.Zero).AsUInt32());
    }
}
