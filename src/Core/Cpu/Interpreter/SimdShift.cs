using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>MMX and SSE2 shifts, by an immediate or by the low 64 bits of a register or memory operand.</summary>
internal static unsafe class SimdShift
{
    private interface IShift
    {
        static abstract Vector128<byte> Compute(Vector128<byte> value, ulong count);
    }

    internal static void Register(HandlerTable table)
    {
        Add<LeftWord>(table, Code.Psllw_mm_mmm64, Code.Psllw_mm_imm8, Code.Psllw_xmm_xmmm128, Code.Psllw_xmm_imm8);
        Add<LeftDouble>(table, Code.Pslld_mm_mmm64, Code.Pslld_mm_imm8, Code.Pslld_xmm_xmmm128, Code.Pslld_xmm_imm8);
        Add<LeftQuad>(table, Code.Psllq_mm_mmm64, Code.Psllq_mm_imm8, Code.Psllq_xmm_xmmm128, Code.Psllq_xmm_imm8);
        Add<RightWord>(table, Code.Psrlw_mm_mmm64, Code.Psrlw_mm_imm8, Code.Psrlw_xmm_xmmm128, Code.Psrlw_xmm_imm8);
        Add<RightDouble>(table, Code.Psrld_mm_mmm64, Code.Psrld_mm_imm8, Code.Psrld_xmm_xmmm128, Code.Psrld_xmm_imm8);
        Add<RightQuad>(table, Code.Psrlq_mm_mmm64, Code.Psrlq_mm_imm8, Code.Psrlq_xmm_xmmm128, Code.Psrlq_xmm_imm8);
        Add<SignedWord>(table, Code.Psraw_mm_mmm64, Code.Psraw_mm_imm8, Code.Psraw_xmm_xmmm128, Code.Psraw_xmm_imm8);
        Add<SignedDouble>(table, Code.Psrad_mm_mmm64, Code.Psrad_mm_imm8, Code.Psrad_xmm_xmmm128, Code.Psrad_xmm_imm8);
        table.Add(Code.Pslldq_xmm_imm8, &ByImmediate<LeftBytes>);
        table.Add(Code.Psrldq_xmm_imm8, &ByImmediate<RightBytes>);
    }

    private static void Add<T>(HandlerTable table, Code mmx, Code mmxImmediate, Code xmm, Code xmmImmediate) where T : IShift
    {
        table.Add(mmx, &Simd.MmxRegister<ByOperand<T>>, &Simd.MmxMemory<ByOperand<T>>);
        table.Add(xmm, &Simd.PackedRegister<ByOperand<T>>, &Simd.PackedMemory<ByOperand<T>>);
        table.Add(mmxImmediate, &MmxByImmediate<T>);
        table.Add(xmmImmediate, &ByImmediate<T>);
    }

    private static void ByImmediate<T>(CpuState* s, Op* op) where T : IShift
    {
        ref Vector128<byte> value = ref Simd.Xmm(s, op->A);
        value = T.Compute(value, (byte)op->Immediate);
    }

    private static void MmxByImmediate<T>(CpuState* s, Op* op) where T : IShift
    {
        X87Stack.Wait(s, op);
        ulong result = T.Compute(Simd.Mmx(s, op->A), (byte)op->Immediate).AsUInt64().ToScalar();
        Simd.EnterMmx(s);
        Simd.SetMmx(s, op->A, result);
    }

    private readonly struct ByOperand<T> : IPackedOperation where T : IShift
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) =>
            T.Compute(destination, source.AsUInt64().ToScalar());
    }

    private readonly struct LeftWord : IShift
    {
        public static Vector128<byte> Compute(Vector128<byte> value, ulong count) => count > 15 ? default : (value.AsUInt16() << (int)count).AsByte();
    }

    private readonly struct LeftDouble : IShift
    {
        public static Vector128<byte> Compute(Vector128<byte> value, ulong count) => count > 31 ? default : (value.AsUInt32() << (int)count).AsByte();
    }

    private readonly struct LeftQuad : IShift
    {
        public static Vector128<byte> Compute(Vector128<byte> value, ulong count) => count > 63 ? default : (value.AsUInt64() << (int)count).AsByte();
    }

    private readonly struct RightWord : IShift
    {
        public static Vector128<byte> Compute(Vector128<byte> value, ulong count) => count > 15 ? default : (value.AsUInt16() >> (int)count).AsByte();
    }

    private readonly struct RightDouble : IShift
    {
        public static Vector128<byte> Compute(Vector128<byte> value, ulong count) => count > 31 ? default : (value.AsUInt32() >> (int)count).AsByte();
    }

    private readonly struct RightQuad : IShift
    {
        public static Vector128<byte> Compute(Vector128<byte> value, ulong count) => count > 63 ? default : (value.AsUInt64() >> (int)count).AsByte();
    }

    private readonly struct SignedWord : IShift
    {
        public static Vector128<byte> Compute(Vector128<byte> value, ulong count) => (value.AsInt16() >> (int)Math.Min(count, 15)).AsByte();
    }

    private readonly struct SignedDouble : IShift
    {
        public static Vector128<byte> Compute(Vector128<byte> value, ulong count) => (value.AsInt32() >> (int)Math.Min(count, 31)).AsByte();
    }

    private readonly struct LeftBytes : IShift
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Compute(Vector128<byte> value, ulong count)
        {
            ulong low = value.AsUInt64().GetElement(0), high = value.AsUInt64().GetElement(1);
            int bits = (int)count * 8;
            if (count == 0) return value;
            if (count > 15) return default;
            return (bits >= 64 ? Vector128.Create(0, low << (bits - 64)) : Vector128.Create(low << bits, high << bits | low >> (64 - bits))).AsByte();
        }
    }

    private readonly struct RightBytes : IShift
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Compute(Vector128<byte> value, ulong count)
        {
            ulong low = value.AsUInt64().GetElement(0), high = value.AsUInt64().GetElement(1);
            int bits = (int)count * 8;
            if (count == 0) return value;
            if (count > 15) return default;
            return (bits >= 64 ? Vector128.Create(high >> (bits - 64), 0) : Vector128.Create(low >> bits | high << (64 - bits), high >> bits)).AsByte();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<byte> Vector(UInt128 bits) => Vector128.Create((ulong)bits, (ulong)(bits >> 64)).AsByte();
}
