using System.Runtime.Intrinsics;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>MMX and SSE2 integer arithmetic, comparison and logic whose lanes are independent; the bitwise operations serve ANDPS and its like too.</summary>
internal static class SimdInteger
{
    internal static void Register(HandlerTable table)
    {
        Simd.Add<AddByte>(table, Code.Paddb_mm_mmm64, Code.Paddb_xmm_xmmm128);
        Simd.Add<SubByte>(table, Code.Psubb_mm_mmm64, Code.Psubb_xmm_xmmm128);
        Simd.Add<AddUInt16>(table, Code.Paddw_mm_mmm64, Code.Paddw_xmm_xmmm128);
        Simd.Add<SubUInt16>(table, Code.Psubw_mm_mmm64, Code.Psubw_xmm_xmmm128);
        Simd.Add<AddUInt32>(table, Code.Paddd_mm_mmm64, Code.Paddd_xmm_xmmm128);
        Simd.Add<SubUInt32>(table, Code.Psubd_mm_mmm64, Code.Psubd_xmm_xmmm128);
        Simd.Add<AddUInt64>(table, Code.Paddq_mm_mmm64, Code.Paddq_xmm_xmmm128);
        Simd.Add<SubUInt64>(table, Code.Psubq_mm_mmm64, Code.Psubq_xmm_xmmm128);
        Simd.Add<AddSignedSByte>(table, Code.Paddsb_mm_mmm64, Code.Paddsb_xmm_xmmm128);
        Simd.Add<SubSignedSByte>(table, Code.Psubsb_mm_mmm64, Code.Psubsb_xmm_xmmm128);
        Simd.Add<AddSignedInt16>(table, Code.Paddsw_mm_mmm64, Code.Paddsw_xmm_xmmm128);
        Simd.Add<SubSignedInt16>(table, Code.Psubsw_mm_mmm64, Code.Psubsw_xmm_xmmm128);
        Simd.Add<AddUnsignedByte>(table, Code.Paddusb_mm_mmm64, Code.Paddusb_xmm_xmmm128);
        Simd.Add<SubUnsignedByte>(table, Code.Psubusb_mm_mmm64, Code.Psubusb_xmm_xmmm128);
        Simd.Add<AddUnsignedUInt16>(table, Code.Paddusw_mm_mmm64, Code.Paddusw_xmm_xmmm128);
        Simd.Add<SubUnsignedUInt16>(table, Code.Psubusw_mm_mmm64, Code.Psubusw_xmm_xmmm128);
        Simd.Add<EqualByte>(table, Code.Pcmpeqb_mm_mmm64, Code.Pcmpeqb_xmm_xmmm128);
        Simd.Add<GreaterSByte>(table, Code.Pcmpgtb_mm_mmm64, Code.Pcmpgtb_xmm_xmmm128);
        Simd.Add<EqualUInt16>(table, Code.Pcmpeqw_mm_mmm64, Code.Pcmpeqw_xmm_xmmm128);
        Simd.Add<GreaterInt16>(table, Code.Pcmpgtw_mm_mmm64, Code.Pcmpgtw_xmm_xmmm128);
        Simd.Add<EqualUInt32>(table, Code.Pcmpeqd_mm_mmm64, Code.Pcmpeqd_xmm_xmmm128);
        Simd.Add<GreaterInt32>(table, Code.Pcmpgtd_mm_mmm64, Code.Pcmpgtd_xmm_xmmm128);
        Simd.Add<And>(table, Code.Pand_mm_mmm64, Code.Pand_xmm_xmmm128);
        Simd.Add<And>(table, Code.Andps_xmm_xmmm128);
        Simd.Add<And>(table, Code.Andpd_xmm_xmmm128);
        Simd.Add<AndNot>(table, Code.Pandn_mm_mmm64, Code.Pandn_xmm_xmmm128);
        Simd.Add<AndNot>(table, Code.Andnps_xmm_xmmm128);
        Simd.Add<AndNot>(table, Code.Andnpd_xmm_xmmm128);
        Simd.Add<Or>(table, Code.Por_mm_mmm64, Code.Por_xmm_xmmm128);
        Simd.Add<Or>(table, Code.Orps_xmm_xmmm128);
        Simd.Add<Or>(table, Code.Orpd_xmm_xmmm128);
        Simd.Add<Xor>(table, Code.Pxor_mm_mmm64, Code.Pxor_xmm_xmmm128);
        Simd.Add<Xor>(table, Code.Xorps_xmm_xmmm128);
        Simd.Add<Xor>(table, Code.Xorpd_xmm_xmmm128);
        Simd.Add<MinByte>(table, Code.Pminub_mm_mmm64, Code.Pminub_xmm_xmmm128);
        Simd.Add<MaxByte>(table, Code.Pmaxub_mm_mmm64, Code.Pmaxub_xmm_xmmm128);
        Simd.Add<MinInt16>(table, Code.Pminsw_mm_mmm64, Code.Pminsw_xmm_xmmm128);
        Simd.Add<MaxInt16>(table, Code.Pmaxsw_mm_mmm64, Code.Pmaxsw_xmm_xmmm128);
        Simd.Add<AverageByte>(table, Code.Pavgb_mm_mmm64, Code.Pavgb_xmm_xmmm128);
        Simd.Add<AverageUInt16>(table, Code.Pavgw_mm_mmm64, Code.Pavgw_xmm_xmmm128);
        Simd.Add<MultiplyLow>(table, Code.Pmullw_mm_mmm64, Code.Pmullw_xmm_xmmm128);
    }

    private readonly struct AddByte : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => destination + source;
    }

    private readonly struct SubByte : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => destination - source;
    }

    private readonly struct AddUInt16 : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => (destination.AsUInt16() + source.AsUInt16()).AsByte();
    }

    private readonly struct SubUInt16 : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => (destination.AsUInt16() - source.AsUInt16()).AsByte();
    }

    private readonly struct AddUInt32 : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => (destination.AsUInt32() + source.AsUInt32()).AsByte();
    }

    private readonly struct SubUInt32 : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => (destination.AsUInt32() - source.AsUInt32()).AsByte();
    }

    private readonly struct AddUInt64 : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => (destination.AsUInt64() + source.AsUInt64()).AsByte();
    }

    private readonly struct SubUInt64 : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => (destination.AsUInt64() - source.AsUInt64()).AsByte();
    }

    private readonly struct AddSignedSByte : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.AddSaturate(destination.AsSByte(), source.AsSByte()).AsByte();
    }

    private readonly struct SubSignedSByte : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.SubtractSaturate(destination.AsSByte(), source.AsSByte()).AsByte();
    }

    private readonly struct AddSignedInt16 : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.AddSaturate(destination.AsInt16(), source.AsInt16()).AsByte();
    }

    private readonly struct SubSignedInt16 : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.SubtractSaturate(destination.AsInt16(), source.AsInt16()).AsByte();
    }

    private readonly struct AddUnsignedByte : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.AddSaturate(destination.AsByte(), source.AsByte()).AsByte();
    }

    private readonly struct SubUnsignedByte : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.SubtractSaturate(destination.AsByte(), source.AsByte()).AsByte();
    }

    private readonly struct AddUnsignedUInt16 : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.AddSaturate(destination.AsUInt16(), source.AsUInt16()).AsByte();
    }

    private readonly struct SubUnsignedUInt16 : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.SubtractSaturate(destination.AsUInt16(), source.AsUInt16()).AsByte();
    }

    private readonly struct EqualByte : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.Equals(destination.AsByte(), source.AsByte()).AsByte();
    }

    private readonly struct GreaterSByte : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.GreaterThan(destination.AsSByte(), source.AsSByte()).AsByte();
    }

    private readonly struct EqualUInt16 : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.Equals(destination.AsUInt16(), source.AsUInt16()).AsByte();
    }

    private readonly struct GreaterInt16 : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.GreaterThan(destination.AsInt16(), source.AsInt16()).AsByte();
    }

    private readonly struct EqualUInt32 : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.Equals(destination.AsUInt32(), source.AsUInt32()).AsByte();
    }

    private readonly struct GreaterInt32 : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.GreaterThan(destination.AsInt32(), source.AsInt32()).AsByte();
    }

    private readonly struct And : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => destination & source;
    }

    private readonly struct AndNot : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => ~destination & source;
    }

    private readonly struct Or : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => destination | source;
    }

    private readonly struct Xor : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => destination ^ source;
    }

    private readonly struct MinByte : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.Min(destination, source);
    }

    private readonly struct MaxByte : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.Max(destination, source);
    }

    private readonly struct MinInt16 : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.Min(destination.AsInt16(), source.AsInt16()).AsByte();
    }

    private readonly struct MaxInt16 : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Vector128.Max(destination.AsInt16(), source.AsInt16()).AsByte();
    }

    private readonly struct AverageByte : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => (destination | source) - (((destination ^ source) >> 1) & Vector128.Create((byte)0x7f));
    }

    private readonly struct AverageUInt16 : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => ((destination | source).AsUInt16() - ((destination ^ source).AsUInt16() >> 1)).AsByte();
    }

    private readonly struct MultiplyLow : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => (destination.AsInt16() * source.AsInt16()).AsByte();
    }
}
