using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>MMX and SSE2 multiplication that widens or adds up lanes: PMULHW, PMULHUW, PMADDWD, PMULUDQ, PSADBW.</summary>
internal static class SimdMultiply
{
    internal static void Register(HandlerTable table)
    {
        Simd.Add<HighSigned>(table, Code.Pmulhw_mm_mmm64, Code.Pmulhw_xmm_xmmm128);
        Simd.Add<HighUnsigned>(table, Code.Pmulhuw_mm_mmm64, Code.Pmulhuw_xmm_xmmm128);
        Simd.Add<AddPairs>(table, Code.Pmaddwd_mm_mmm64, Code.Pmaddwd_xmm_xmmm128);
        Simd.Add<Double>(table, Code.Pmuludq_mm_mmm64, Code.Pmuludq_xmm_xmmm128);
        Simd.Add<AbsoluteDifferences>(table, Code.Psadbw_mm_mmm64, Code.Psadbw_xmm_xmmm128);
    }

    private readonly struct HighSigned : IPackedOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source)
        {
            (Vector128<int> a0, Vector128<int> a1) = Vector128.Widen(destination.AsInt16());
            (Vector128<int> b0, Vector128<int> b1) = Vector128.Widen(source.AsInt16());
            return Vector128.Narrow((a0 * b0) >> 16, (a1 * b1) >> 16).AsByte();
        }
    }

    private readonly struct HighUnsigned : IPackedOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source)
        {
            (Vector128<uint> a0, Vector128<uint> a1) = Vector128.Widen(destination.AsUInt16());
            (Vector128<uint> b0, Vector128<uint> b1) = Vector128.Widen(source.AsUInt16());
            return Vector128.Narrow((a0 * b0) >> 16, (a1 * b1) >> 16).AsByte();
        }
    }

    private readonly struct AddPairs : IPackedOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source)
        {
            // Each 32-bit lane holds two words: the lower one sign extended by shifting up and down.
            Vector128<int> a = destination.AsInt32();
            Vector128<int> b = source.AsInt32();
            return (((a << 16 >> 16) * (b << 16 >> 16)) + ((a >> 16) * (b >> 16))).AsByte();
        }
    }

    private readonly struct Double : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source)
        {
            var low = Vector128.Create(0xffffffffUL);
            return ((destination.AsUInt64() & low) * (source.AsUInt64() & low)).AsByte();
        }
    }

    private readonly struct AbsoluteDifferences : IPackedOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source)
        {
            Vector128<byte> difference = Vector128.Max(destination, source) - Vector128.Min(destination, source);
            (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(difference);
            return Vector128.Create((ulong)Vector128.Sum(low), Vector128.Sum(high)).AsByte();
        }
    }
}
