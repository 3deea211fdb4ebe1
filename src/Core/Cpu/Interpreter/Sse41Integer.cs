using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>SSE4.1 integers (and PCMPGTQ): more widths of comparison, minimum, multiplication, extension; PHMINPOSUW, MPSADBW, PTEST.</summary>
internal static unsafe class Sse41Integer
{
    internal static void Register(HandlerTable table)
    {
        Simd.Add<EqualQuads>(table, Code.Pcmpeqq_xmm_xmmm128);
        Simd.Add<GreaterQuads>(table, Code.Pcmpgtq_xmm_xmmm128);
        Simd.Add<MinSByte>(table, Code.Pminsb_xmm_xmmm128);
        Simd.Add<MinInt32>(table, Code.Pminsd_xmm_xmmm128);
        Simd.Add<MinUInt16>(table, Code.Pminuw_xmm_xmmm128);
        Simd.Add<MinUInt32>(table, Code.Pminud_xmm_xmmm128);
        Simd.Add<MaxSByte>(table, Code.Pmaxsb_xmm_xmmm128);
        Simd.Add<MaxInt32>(table, Code.Pmaxsd_xmm_xmmm128);
        Simd.Add<MaxUInt16>(table, Code.Pmaxuw_xmm_xmmm128);
        Simd.Add<MaxUInt32>(table, Code.Pmaxud_xmm_xmmm128);
        Simd.Add<MultiplyLowDoubles>(table, Code.Pmulld_xmm_xmmm128);
        Simd.Add<MultiplySigned>(table, Code.Pmuldq_xmm_xmmm128);
        Simd.Add<PackUnsignedDoubles>(table, Code.Packusdw_xmm_xmmm128);
        table.Add(Code.Pmovsxbw_xmm_xmmm64, &Simd.PackedRegister<SignByteToWord>, &Extend64<SignByteToWord>);
        table.Add(Code.Pmovsxbd_xmm_xmmm32, &Simd.PackedRegister<SignByteToDouble>, &Extend32<SignByteToDouble>);
        table.Add(Code.Pmovsxbq_xmm_xmmm16, &Simd.PackedRegister<SignByteToQuad>, &Extend16<SignByteToQuad>);
        table.Add(Code.Pmovsxwd_xmm_xmmm64, &Simd.PackedRegister<SignWordToDouble>, &Extend64<SignWordToDouble>);
        table.Add(Code.Pmovsxwq_xmm_xmmm32, &Simd.PackedRegister<SignWordToQuad>, &Extend32<SignWordToQuad>);
        table.Add(Code.Pmovsxdq_xmm_xmmm64, &Simd.PackedRegister<SignDoubleToQuad>, &Extend64<SignDoubleToQuad>);
        table.Add(Code.Pmovzxbw_xmm_xmmm64, &Simd.PackedRegister<ZeroByteToWord>, &Extend64<ZeroByteToWord>);
        table.Add(Code.Pmovzxbd_xmm_xmmm32, &Simd.PackedRegister<ZeroByteToDouble>, &Extend32<ZeroByteToDouble>);
        table.Add(Code.Pmovzxbq_xmm_xmmm16, &Simd.PackedRegister<ZeroByteToQuad>, &Extend16<ZeroByteToQuad>);
        table.Add(Code.Pmovzxwd_xmm_xmmm64, &Simd.PackedRegister<ZeroWordToDouble>, &Extend64<ZeroWordToDouble>);
        table.Add(Code.Pmovzxwq_xmm_xmmm32, &Simd.PackedRegister<ZeroWordToQuad>, &Extend32<ZeroWordToQuad>);
        table.Add(Code.Pmovzxdq_xmm_xmmm64, &Simd.PackedRegister<ZeroDoubleToQuad>, &Extend64<ZeroDoubleToQuad>);
        Simd.Add<MinimumPosition>(table, Code.Phminposuw_xmm_xmmm128);
        Simd.AddImmediate<MultipleDifferences>(table, Code.Mpsadbw_xmm_xmmm128_imm8);
        table.Add(Code.Ptest_xmm_xmmm128, &Test, &TestMemory);
        table.Add(Code.Movntdqa_xmm_m128, null, &LoadAligned);
    }

    private static void LoadAligned(CpuState* s, Op* op) => Simd.Xmm(s, op->A) = Simd.ReadAligned(s, op);

    private static void Extend64<T>(CpuState* s, Op* op) where T : IPackedOperation => Extend<T>(s, op, Guest.Read64(s, op, Guest.Address(s, op)));

    private static void Extend32<T>(CpuState* s, Op* op) where T : IPackedOperation => Extend<T>(s, op, Guest.Read32(s, op, Guest.Address(s, op)));

    private static void Extend16<T>(CpuState* s, Op* op) where T : IPackedOperation => Extend<T>(s, op, Guest.Read16(s, op, Guest.Address(s, op)));

    private static void Extend<T>(CpuState* s, Op* op, ulong source) where T : IPackedOperation
    {
        Simd.Xmm(s, op->A) = T.Compute(default, Vector128.CreateScalar(source).AsByte());
    }

    private static void Test(CpuState* s, Op* op) => Test(s, Simd.Xmm(s, op->A), Simd.Xmm(s, op->B));

    private static void TestMemory(CpuState* s, Op* op) => Test(s, Simd.Xmm(s, op->A), Simd.ReadAligned(s, op));

    private static void Test(CpuState* s, Vector128<byte> destination, Vector128<byte> source) =>
        Flags.SetStatus(s, ((destination & source) == Vector128<byte>.Zero ? Flags.Zero : 0) | ((~destination & source) == Vector128<byte>.Zero ? Flags.Carry : 0));

    private static Vector128<uint> Clamp(Vector128<byte> doubles) =>
        Vector128.Min(Vector128.Max(doubles.AsInt32(), Vector128<int>.Zero), Vector128.Create(0xffff)).AsUInt32();

    private readonly struct MinimumPosition : IPackedOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source)
        {
            Vector128<ushort> words = source.AsUInt16();
            int best = 0;
            for (int i = 1; i < 8; i++)
            {
                if (words[i] < words[best]) best = i;
            }

            return Vector128.CreateScalar(words[best] | ((uint)best << 16)).AsByte();
        }
    }

    private readonly struct MultipleDifferences : IPackedImmediate
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source, byte immediate)
        {
            int block = (immediate & 3) * 4;
            int start = (immediate >> 2 & 1) * 4;
            Vector128<ushort> result = default;
            for (int i = 0; i < 8; i++)
            {
                int sum = 0;
                for (int j = 0; j < 4; j++) sum += Math.Abs(destination[start + i + j] - source[block + j]);
                result = result.WithElement(i, (ushort)sum);
            }

            return result.AsByte();
        }
    }

    private readonly struct SignByteToWord : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.WidenLower(source.AsSByte()).AsByte();
    }

    private readonly struct SignByteToDouble : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.WidenLower(Vector128.WidenLower(source.AsSByte())).AsByte();
    }

    private readonly struct SignByteToQuad : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.WidenLower(Vector128.WidenLower(Vector128.WidenLower(source.AsSByte()))).AsByte();
    }

    private readonly struct SignWordToDouble : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.WidenLower(source.AsInt16()).AsByte();
    }

    private readonly struct SignWordToQuad : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.WidenLower(Vector128.WidenLower(source.AsInt16())).AsByte();
    }

    private readonly struct SignDoubleToQuad : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.WidenLower(source.AsInt32()).AsByte();
    }

    private readonly struct ZeroByteToWord : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.WidenLower(source).AsByte();
    }

    private readonly struct ZeroByteToDouble : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.WidenLower(Vector128.WidenLower(source)).AsByte();
    }

    private readonly struct ZeroByteToQuad : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.WidenLower(Vector128.WidenLower(Vector128.WidenLower(source))).AsByte();
    }

    private readonly struct ZeroWordToDouble : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.WidenLower(source.AsUInt16()).AsByte();
    }

    private readonly struct ZeroWordToQuad : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.WidenLower(Vector128.WidenLower(source.AsUInt16())).AsByte();
    }

    private readonly struct ZeroDoubleToQuad : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.WidenLower(source.AsUInt32()).AsByte();
    }

    private readonly struct EqualQuads : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.Equals(destination.AsInt64(), source.AsInt64()).AsByte();
    }

    private readonly struct GreaterQuads : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.GreaterThan(destination.AsInt64(), source.AsInt64()).AsByte();
    }

    private readonly struct MinSByte : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.Min(destination.AsSByte(), source.AsSByte()).AsByte();
    }

    private readonly struct MinInt32 : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.Min(destination.AsInt32(), source.AsInt32()).AsByte();
    }

    private readonly struct MinUInt16 : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.Min(destination.AsUInt16(), source.AsUInt16()).AsByte();
    }

    private readonly struct MinUInt32 : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.Min(destination.AsUInt32(), source.AsUInt32()).AsByte();
    }

    private readonly struct MaxSByte : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.Max(destination.AsSByte(), source.AsSByte()).AsByte();
    }

    private readonly struct MaxInt32 : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.Max(destination.AsInt32(), source.AsInt32()).AsByte();
    }

    private readonly struct MaxUInt16 : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.Max(destination.AsUInt16(), source.AsUInt16()).AsByte();
    }

    private readonly struct MaxUInt32 : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.Max(destination.AsUInt32(), source.AsUInt32()).AsByte();
    }

    private readonly struct MultiplyLowDoubles : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => (destination.AsInt32() * source.AsInt32()).AsByte();
    }

    private readonly struct MultiplySigned : IPackedOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => ((destination.AsInt64() << 32 >> 32) * (source.AsInt64() << 32 >> 32)).AsByte();
    }

    private readonly struct PackUnsignedDoubles : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.Narrow(Clamp(destination), Clamp(source)).AsByte();
    }
}
