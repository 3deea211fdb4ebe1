using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>PACK, PUNPCK, PSHUF, SHUFP, UNPCKP: lanes change their places.</summary>
internal static unsafe class SimdShuffle
{
    internal static void Register(HandlerTable table)
    {
        AddPack<PackSignedWords>(table, Code.Packsswb_mm_mmm64, Code.Packsswb_xmm_xmmm128);
        AddPack<PackUnsignedWords>(table, Code.Packuswb_mm_mmm64, Code.Packuswb_xmm_xmmm128);
        AddPack<PackSignedDoubles>(table, Code.Packssdw_mm_mmm64, Code.Packssdw_xmm_xmmm128);
        AddUnpack<LowBytes, HighBytes>(table, Code.Punpcklbw_mm_mmm32, Code.Punpcklbw_xmm_xmmm128, Code.Punpckhbw_mm_mmm64, Code.Punpckhbw_xmm_xmmm128);
        AddUnpack<LowWords, HighWords>(table, Code.Punpcklwd_mm_mmm32, Code.Punpcklwd_xmm_xmmm128, Code.Punpckhwd_mm_mmm64, Code.Punpckhwd_xmm_xmmm128);
        AddUnpack<LowDoubles, HighDoubles>(table, Code.Punpckldq_mm_mmm32, Code.Punpckldq_xmm_xmmm128, Code.Punpckhdq_mm_mmm64, Code.Punpckhdq_xmm_xmmm128);
        Simd.Add<LowQuads>(table, Code.Punpcklqdq_xmm_xmmm128);
        Simd.Add<HighQuads>(table, Code.Punpckhqdq_xmm_xmmm128);
        Simd.Add<LowDoubles>(table, Code.Unpcklps_xmm_xmmm128);
        Simd.Add<HighDoubles>(table, Code.Unpckhps_xmm_xmmm128);
        Simd.Add<LowQuads>(table, Code.Unpcklpd_xmm_xmmm128);
        Simd.Add<HighQuads>(table, Code.Unpckhpd_xmm_xmmm128);

        table.Add(Code.Pshufw_mm_mmm64_imm8, &Simd.MmxRegisterImmediate<ShuffleLowWords>, &Simd.MmxMemoryImmediate<ShuffleLowWords>);
        Simd.AddImmediate<ShuffleDoubles>(table, Code.Pshufd_xmm_xmmm128_imm8);
        Simd.AddImmediate<ShuffleLowWords>(table, Code.Pshuflw_xmm_xmmm128_imm8);
        Simd.AddImmediate<ShuffleHighWords>(table, Code.Pshufhw_xmm_xmmm128_imm8);
        Simd.AddImmediate<ShuffleSingles>(table, Code.Shufps_xmm_xmmm128_imm8);
        Simd.AddImmediate<ShufflePair>(table, Code.Shufpd_xmm_xmmm128_imm8);
    }

    private static void AddPack<T>(HandlerTable table, Code mmx, Code xmm) where T : IPackedOperation
    {
        table.Add(mmx, &Simd.MmxRegister<Joined<T>>, &Simd.MmxMemory<Joined<T>>);
        Simd.Add<T>(table, xmm);
    }

    private static void AddUnpack<TLow, THigh>(HandlerTable table, Code mmxLow, Code xmmLow, Code mmxHigh, Code xmmHigh)
        where TLow : IPackedOperation
        where THigh : IPackedOperation
    {
        table.Add(mmxLow, &Simd.MmxRegister<TLow>, &MmxMemory32<TLow>);
        table.Add(mmxHigh, &Simd.MmxRegister<UpperHalf<TLow>>, &Simd.MmxMemory<UpperHalf<TLow>>);
        Simd.Add<TLow>(table, xmmLow);
        Simd.Add<THigh>(table, xmmHigh);
    }

    private static void MmxMemory32<T>(CpuState* s, Op* op) where T : IPackedOperation
    {
        X87Stack.Wait(s, op);
        ulong source = Guest.Read32(s, op, Guest.Address(s, op));
        ulong result = T.Compute(Simd.Mmx(s, op->A), Vector128.CreateScalar(source).AsByte()).AsUInt64().ToScalar();
        Simd.EnterMmx(s);
        Simd.SetMmx(s, op->A, result);
    }

    private static Vector128<byte> Lows(Vector128<byte> a, Vector128<byte> b) =>
        Vector128.Create(a.AsUInt64().ToScalar(), b.AsUInt64().ToScalar()).AsByte();

    private static Vector128<byte> Highs(Vector128<byte> a, Vector128<byte> b) =>
        Vector128.Create(a.AsUInt64()[1], b.AsUInt64()[1]).AsByte();

    /// <summary>An MMX pack is the XMM one on both operands joined.</summary>
    private readonly struct Joined<T> : IPackedOperation where T : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source)
        {
            Vector128<byte> both = Lows(destination, source);
            return T.Compute(both, both);
        }
    }

    /// <summary>The upper half of an interleaving of 64-bit operands is what MMX calls the high form.</summary>
    private readonly struct UpperHalf<T> : IPackedOperation where T : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source)
        {
            Vector128<byte> all = T.Compute(destination, source);
            return Highs(all, all);
        }
    }

    private readonly struct PackSignedWords : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) =>
            Vector128.NarrowWithSaturation(destination.AsInt16(), source.AsInt16()).AsByte();
    }

    private readonly struct PackUnsignedWords : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) =>
            Vector128.Narrow(Clamp(destination), Clamp(source));

        private static Vector128<ushort> Clamp(Vector128<byte> words) =>
            Vector128.Min(Vector128.Max(words.AsInt16(), Vector128<short>.Zero), Vector128.Create((short)255)).AsUInt16();
    }

    private readonly struct PackSignedDoubles : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) =>
            Vector128.NarrowWithSaturation(destination.AsInt32(), source.AsInt32()).AsByte();
    }

    private readonly struct LowBytes : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source)
        {
            // Widened bytes of the source move into the gaps of the destination's.
            Vector128<ushort> low = Vector128.WidenLower(destination);
            Vector128<ushort> high = Vector128.WidenLower(source);
            return (low | (high << 8)).AsByte();
        }
    }

    private readonly struct HighBytes : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) =>
            (Vector128.WidenUpper(destination) | (Vector128.WidenUpper(source) << 8)).AsByte();
    }

    private readonly struct LowWords : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) =>
            (Vector128.WidenLower(destination.AsUInt16()) | (Vector128.WidenLower(source.AsUInt16()) << 16)).AsByte();
    }

    private readonly struct HighWords : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) =>
            (Vector128.WidenUpper(destination.AsUInt16()) | (Vector128.WidenUpper(source.AsUInt16()) << 16)).AsByte();
    }

    private readonly struct LowDoubles : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) =>
            (Vector128.WidenLower(destination.AsUInt32()) | (Vector128.WidenLower(source.AsUInt32()) << 32)).AsByte();
    }

    private readonly struct HighDoubles : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) =>
            (Vector128.WidenUpper(destination.AsUInt32()) | (Vector128.WidenUpper(source.AsUInt32()) << 32)).AsByte();
    }

    private readonly struct LowQuads : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Lows(destination, source);
    }

    private readonly struct HighQuads : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Highs(destination, source);
    }

    private readonly struct ShuffleDoubles : IPackedImmediate
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source, byte immediate)
        {
            Vector128<uint> lanes = source.AsUInt32();
            return Vector128.Create(lanes[immediate & 3], lanes[immediate >> 2 & 3], lanes[immediate >> 4 & 3], lanes[immediate >> 6]).AsByte();
        }
    }

    private readonly struct ShuffleLowWords : IPackedImmediate
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source, byte immediate) =>
            Vector128.Create(Words(source.AsUInt64().ToScalar(), immediate), source.AsUInt64()[1]).AsByte();
    }

    private readonly struct ShuffleHighWords : IPackedImmediate
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source, byte immediate) =>
            Vector128.Create(source.AsUInt64().ToScalar(), Words(source.AsUInt64()[1], immediate)).AsByte();
    }

    private static ulong Words(ulong words, int order)
    {
        ulong result = 0;
        for (int i = 0; i < 4; i++) result |= (words >> (16 * (order >> (2 * i) & 3)) & 0xffff) << (16 * i);
        return result;
    }

    private readonly struct ShuffleSingles : IPackedImmediate
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source, byte immediate)
        {
            Vector128<uint> a = destination.AsUInt32();
            Vector128<uint> b = source.AsUInt32();
            return Vector128.Create(a[immediate & 3], a[immediate >> 2 & 3], b[immediate >> 4 & 3], b[immediate >> 6]).AsByte();
        }
    }

    private readonly struct ShufflePair : IPackedImmediate
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source, byte immediate) =>
            Vector128.Create(destination.AsUInt64()[immediate & 1], source.AsUInt64()[immediate >> 1 & 1]).AsByte();
    }
}
