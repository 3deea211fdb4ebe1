using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CheckpointRestart.Core.Cpu.Floating;
using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Interpreter.SseEnvironment;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>SSE4.1: blends, insertions and extractions; ROUND and dot products.</summary>
internal static unsafe class Sse41Move
{
    internal static void Register(HandlerTable table)
    {
        table.Add(Code.Pblendvb_xmm_xmmm128, &BlendBytes, &BlendBytesMemory);
        table.Add(Code.Blendvps_xmm_xmmm128, &BlendSingles, &BlendSinglesMemory);
        table.Add(Code.Blendvpd_xmm_xmmm128, &BlendDoubles, &BlendDoublesMemory);
        Simd.AddImmediate<BlendSinglesBy>(table, Code.Blendps_xmm_xmmm128_imm8);
        Simd.AddImmediate<BlendDoublesBy>(table, Code.Blendpd_xmm_xmmm128_imm8);
        Simd.AddImmediate<BlendWordsBy>(table, Code.Pblendw_xmm_xmmm128_imm8);
        table.Add(Code.Pextrb_r32m8_xmm_imm8, &ExtractByte, &ExtractByteMemory);
        table.Add(Code.Pextrw_r32m16_xmm_imm8, &ExtractWord, &ExtractWordMemory);
        table.Add(Code.Pextrd_rm32_xmm_imm8, &ExtractDouble, &ExtractDoubleMemory);
        table.Add(Code.Extractps_rm32_xmm_imm8, &ExtractDouble, &ExtractDoubleMemory);
        table.Add(Code.Pinsrb_xmm_r32m8_imm8, &InsertByte, &InsertByteMemory);
        table.Add(Code.Pinsrd_xmm_rm32_imm8, &InsertDouble, &InsertDoubleMemory);
        table.Add(Code.Insertps_xmm_xmmm32_imm8, &InsertSingle, &InsertSingleMemory);
        table.Add(Code.Roundps_xmm_xmmm128_imm8, &RoundSingles, &RoundSinglesMemory);
        table.Add(Code.Roundpd_xmm_xmmm128_imm8, &RoundDoubles, &RoundDoublesMemory);
        table.Add(Code.Roundss_xmm_xmmm32_imm8, &RoundSingle, &RoundSingleMemory);
        table.Add(Code.Roundsd_xmm_xmmm64_imm8, &RoundDouble, &RoundDoubleMemory);
        table.Add(Code.Dpps_xmm_xmmm128_imm8, &DotSingles, &DotSinglesMemory);
        table.Add(Code.Dppd_xmm_xmmm128_imm8, &DotDoubles, &DotDoublesMemory);
    }

    private static void BlendBytes(CpuState* s, Op* op) => Blend(s, op, Simd.Xmm(s, op->B), (s->Xmm0.AsSByte() >> 7).AsByte());

    private static void BlendBytesMemory(CpuState* s, Op* op) => Blend(s, op, Simd.ReadAligned(s, op), (s->Xmm0.AsSByte() >> 7).AsByte());

    private static void BlendSingles(CpuState* s, Op* op) => Blend(s, op, Simd.Xmm(s, op->B), (s->Xmm0.AsInt32() >> 31).AsByte());

    private static void BlendSinglesMemory(CpuState* s, Op* op) => Blend(s, op, Simd.ReadAligned(s, op), (s->Xmm0.AsInt32() >> 31).AsByte());

    private static void BlendDoubles(CpuState* s, Op* op) => Blend(s, op, Simd.Xmm(s, op->B), (s->Xmm0.AsInt64() >> 63).AsByte());

    private static void BlendDoublesMemory(CpuState* s, Op* op) => Blend(s, op, Simd.ReadAligned(s, op), (s->Xmm0.AsInt64() >> 63).AsByte());

    private static void Blend(CpuState* s, Op* op, Vector128<byte> source, Vector128<byte> mask)
    {
        Simd.Xmm(s, op->A) = Vector128.ConditionalSelect(mask, source, Simd.Xmm(s, op->A));
    }

    private static void ExtractByte(CpuState* s, Op* op) => Guest.Register(s, op->A) = ((byte*)s + op->B)[op->Immediate & 15];

    private static void ExtractByteMemory(CpuState* s, Op* op) => Guest.Write8(s, op, Guest.WriteAddress(s, op), ((byte*)s + op->B)[op->Immediate & 15]);

    private static void ExtractWord(CpuState* s, Op* op) => Guest.Register(s, op->A) = ((ushort*)((byte*)s + op->B))[op->Immediate & 7];

    private static void ExtractWordMemory(CpuState* s, Op* op) => Guest.Write16(s, op, Guest.WriteAddress(s, op), ((ushort*)((byte*)s + op->B))[op->Immediate & 7]);

    private static void ExtractDouble(CpuState* s, Op* op) => Guest.Register(s, op->A) = ((uint*)((byte*)s + op->B))[op->Immediate & 3];

    private static void ExtractDoubleMemory(CpuState* s, Op* op) => Guest.Write32(s, op, Guest.WriteAddress(s, op), ((uint*)((byte*)s + op->B))[op->Immediate & 3]);

    private static void InsertByte(CpuState* s, Op* op) => ((byte*)s + op->A)[op->Immediate & 15] = (byte)Guest.Register(s, op->B);

    private static void InsertByteMemory(CpuState* s, Op* op)
    {
        byte value = Guest.Read8(s, op, Guest.Address(s, op));
        ((byte*)s + op->A)[op->Immediate & 15] = value;
    }

    private static void InsertDouble(CpuState* s, Op* op) => ((uint*)((byte*)s + op->A))[op->Immediate & 3] = Guest.Register(s, op->B);

    private static void InsertDoubleMemory(CpuState* s, Op* op)
    {
        uint value = Guest.Read32(s, op, Guest.Address(s, op));
        ((uint*)((byte*)s + op->A))[op->Immediate & 3] = value;
    }

    private static void InsertSingle(CpuState* s, Op* op) => InsertSingle(s, op, ((uint*)((byte*)s + op->B))[op->Immediate >> 6 & 3]);

    private static void InsertSingleMemory(CpuState* s, Op* op) => InsertSingle(s, op, Guest.Read32(s, op, Guest.Address(s, op)));

    private static void InsertSingle(CpuState* s, Op* op, uint value)
    {
        var lanes = (uint*)((byte*)s + op->A);
        lanes[op->Immediate >> 4 & 3] = value;
        for (int i = 0; i < 4; i++)
        {
            if ((op->Immediate >> i & 1) != 0) lanes[i] = 0;
        }
    }

    private static void RoundSingles(CpuState* s, Op* op) => RoundSingles(s, op, Simd.Xmm(s, op->B));

    private static void RoundSinglesMemory(CpuState* s, Op* op) => RoundSingles(s, op, Simd.ReadAligned(s, op));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RoundSingles(CpuState* s, Op* op, Vector128<byte> source)
    {
        FloatEnvironment env = Environment(s);
        Vector128<uint> result = default;
        for (int i = 0; i < 4; i++) result = result.WithElement(i, (uint)Round<Binary32>(op, source.AsUInt32()[i], ref env));
        Commit(s, op, env);
        Simd.Xmm(s, op->A) = result.AsByte();
    }

    private static void RoundDoubles(CpuState* s, Op* op) => RoundDoubles(s, op, Simd.Xmm(s, op->B));

    private static void RoundDoublesMemory(CpuState* s, Op* op) => RoundDoubles(s, op, Simd.ReadAligned(s, op));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RoundDoubles(CpuState* s, Op* op, Vector128<byte> source)
    {
        FloatEnvironment env = Environment(s);
        ulong low = Round<Binary64>(op, source.AsUInt64()[0], ref env);
        ulong high = Round<Binary64>(op, source.AsUInt64()[1], ref env);
        Commit(s, op, env);
        Simd.Xmm(s, op->A) = Vector128.Create(low, high).AsByte();
    }

    private static void RoundSingle(CpuState* s, Op* op) => RoundSingle(s, op, Simd.Low32(s, op->B));

    private static void RoundSingleMemory(CpuState* s, Op* op) => RoundSingle(s, op, Guest.Read32(s, op, Guest.Address(s, op)));

    private static void RoundSingle(CpuState* s, Op* op, uint source)
    {
        FloatEnvironment env = Environment(s);
        ulong result = Round<Binary32>(op, source, ref env);
        Commit(s, op, env);
        Simd.Low32(s, op->A) = (uint)result;
    }

    private static void RoundDouble(CpuState* s, Op* op) => RoundDouble(s, op, Simd.Low(s, op->B));

    private static void RoundDoubleMemory(CpuState* s, Op* op) => RoundDouble(s, op, Guest.Read64(s, op, Guest.Address(s, op)));

    private static void RoundDouble(CpuState* s, Op* op, ulong source)
    {
        FloatEnvironment env = Environment(s);
        ulong result = Round<Binary64>(op, source, ref env);
        Commit(s, op, env);
        Simd.Low(s, op->A) = result;
    }

    /// <summary>The immediate: rounding in bits 0 and 1, bit 2 takes that of MXCSR instead, bit 3 suppresses PE.</summary>
    private static ulong Round<T>(Op* op, ulong value, ref FloatEnvironment env) where T : IBinaryFormat
    {
        Rounding rounding = (op->Immediate & 4) != 0 ? env.Rounding : (Rounding)(op->Immediate & 3);
        return Binary<T>.ToIntegral(value, rounding, (op->Immediate & 8) != 0, ref env);
    }

    private static void DotSingles(CpuState* s, Op* op) => DotSingles(s, op, Simd.Xmm(s, op->B).AsUInt32());

    private static void DotSinglesMemory(CpuState* s, Op* op) => DotSingles(s, op, Simd.ReadAligned(s, op).AsUInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void DotSingles(CpuState* s, Op* op, Vector128<uint> source)
    {
        Vector128<uint> destination = Simd.Xmm(s, op->A).AsUInt32();
        FloatEnvironment env = Environment(s);
        ulong* products = stackalloc ulong[4];
        for (int i = 0; i < 4; i++) products[i] = (op->Immediate >> (4 + i) & 1) != 0 ? Binary<Binary32>.Multiply(destination[i], source[i], ref env) : 0;
        Commit(s, op, env);
        ulong low = Binary<Binary32>.Add(products[0], products[1], ref env);
        ulong high = Binary<Binary32>.Add(products[2], products[3], ref env);
        Commit(s, op, env);
        uint sum = (uint)Binary<Binary32>.Add(low, high, ref env);
        Commit(s, op, env);
        Vector128<uint> result = default;
        for (int i = 0; i < 4; i++) result = result.WithElement(i, (op->Immediate >> i & 1) != 0 ? sum : 0);
        Simd.Xmm(s, op->A) = result.AsByte();
    }

    private static void DotDoubles(CpuState* s, Op* op) => DotDoubles(s, op, Simd.Xmm(s, op->B).AsUInt64());

    private static void DotDoublesMemory(CpuState* s, Op* op) => DotDoubles(s, op, Simd.ReadAligned(s, op).AsUInt64());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void DotDoubles(CpuState* s, Op* op, Vector128<ulong> source)
    {
        Vector128<ulong> destination = Simd.Xmm(s, op->A).AsUInt64();
        FloatEnvironment env = Environment(s);
        ulong low = (op->Immediate & 0x10) != 0 ? Binary<Binary64>.Multiply(destination[0], source[0], ref env) : 0;
        ulong high = (op->Immediate & 0x20) != 0 ? Binary<Binary64>.Multiply(destination[1], source[1], ref env) : 0;
        Commit(s, op, env);
        ulong sum = Binary<Binary64>.Add(low, high, ref env);
        Commit(s, op, env);
        Simd.Xmm(s, op->A) = Vector128.Create((op->Immediate & 1) != 0 ? sum : 0, (op->Immediate & 2) != 0 ? sum : 0).AsByte();
    }

    private readonly struct BlendSinglesBy : IPackedImmediate
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source, byte immediate)
        {
            Vector128<int> mask = Vector128.Equals(Vector128.Create((int)immediate) & Vector128.Create(1, 2, 4, 8), Vector128<int>.Zero);
            return Vector128.ConditionalSelect(mask.AsByte(), destination, source);
        }
    }

    private readonly struct BlendDoublesBy : IPackedImmediate
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source, byte immediate)
        {
            Vector128<long> mask = Vector128.Equals(Vector128.Create((long)immediate) & Vector128.Create(1L, 2L), Vector128<long>.Zero);
            return Vector128.ConditionalSelect(mask.AsByte(), destination, source);
        }
    }

    private readonly struct BlendWordsBy : IPackedImmediate
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source, byte immediate)
        {
            Vector128<short> mask = Vector128.Equals(Vector128.Create((short)immediate) & Vector128.Create((short)1, 2, 4, 8, 16, 32, 64, 128), Vector128<short>.Zero);
            return Vector128.ConditionalSelect(mask.AsByte(), destination, source);
        }
    }
}
