using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>Moves between MMX, XMM, general registers and memory, masks and words of them, EMMS.</summary>
internal static unsafe class SimdMove
{
    internal static void Register(HandlerTable table)
    {
        foreach (Code code in new[] { Code.Movaps_xmm_xmmm128, Code.Movapd_xmm_xmmm128, Code.Movdqa_xmm_xmmm128 }) table.Add(code, &Move, &LoadAligned);
        foreach (Code code in new[] { Code.Movaps_xmmm128_xmm, Code.Movapd_xmmm128_xmm, Code.Movdqa_xmmm128_xmm }) table.Add(code, &Move, &StoreAligned);
        foreach (Code code in new[] { Code.Movups_xmm_xmmm128, Code.Movupd_xmm_xmmm128, Code.Movdqu_xmm_xmmm128 }) table.Add(code, &Move, &Load);
        foreach (Code code in new[] { Code.Movups_xmmm128_xmm, Code.Movupd_xmmm128_xmm, Code.Movdqu_xmmm128_xmm }) table.Add(code, &Move, &Store);
        foreach (Code code in new[] { Code.Movntps_m128_xmm, Code.Movntpd_m128_xmm, Code.Movntdq_m128_xmm }) table.Add(code, null, &StoreAligned);
        table.Add(Code.Lddqu_xmm_m128, null, &Load);

        table.Add(Code.Movss_xmm_xmmm32, &MoveSingle, &Load32);
        table.Add(Code.Movss_xmmm32_xmm, &MoveSingle, &Store32);
        table.Add(Code.Movsd_xmm_xmmm64, &MoveDouble, &Load64);
        table.Add(Code.Movsd_xmmm64_xmm, &MoveDouble, &Store64);
        table.Add(Code.Movq_xmm_xmmm64, &MoveQuad, &Load64);
        table.Add(Code.Movq_xmmm64_xmm, &MoveQuad, &Store64);
        table.Add(Code.Movd_xmm_rm32, &FromGeneral, &Load32);
        table.Add(Code.Movd_rm32_xmm, &ToGeneral, &Store32);

        table.Add(Code.Movlps_xmm_m64, null, &LoadLow);
        table.Add(Code.Movlpd_xmm_m64, null, &LoadLow);
        table.Add(Code.Movhps_xmm_m64, null, &LoadHigh);
        table.Add(Code.Movhpd_xmm_m64, null, &LoadHigh);
        table.Add(Code.Movlps_m64_xmm, null, &Store64);
        table.Add(Code.Movlpd_m64_xmm, null, &Store64);
        table.Add(Code.Movhps_m64_xmm, null, &StoreHigh);
        table.Add(Code.Movhpd_m64_xmm, null, &StoreHigh);
        table.Add(Code.Movhlps_xmm_xmm, &HighToLow);
        table.Add(Code.Movlhps_xmm_xmm, &LowToHigh);

        table.Add(Code.Movq_mm_mmm64, &MmxMove, &MmxLoad);
        table.Add(Code.Movq_mmm64_mm, &MmxMove, &MmxStore);
        table.Add(Code.Movntq_m64_mm, null, &MmxStore);
        table.Add(Code.Movd_mm_rm32, &MmxFromGeneral, &MmxLoad32);
        table.Add(Code.Movd_rm32_mm, &MmxToGeneral, &MmxStore32);
        table.Add(Code.Movq2dq_xmm_mm, &MmxToXmm);
        table.Add(Code.Movdq2q_mm_xmm, &XmmToMmx);
        table.Add(Code.Emms, &Empty);

        table.Add(Code.Movmskps_r32_xmm, &MaskSingles);
        table.Add(Code.Movmskpd_r32_xmm, &MaskDoubles);
        table.Add(Code.Pmovmskb_r32_xmm, &MaskBytes);
        table.Add(Code.Pmovmskb_r32_mm, &MaskMmxBytes);
        table.Add(Code.Pinsrw_xmm_r32m16_imm8, &InsertWord, &InsertWordMemory);
        table.Add(Code.Pinsrw_mm_r32m16_imm8, &MmxInsertWord, &MmxInsertWordMemory);
        table.Add(Code.Pextrw_r32_xmm_imm8, &ExtractWord);
        table.Add(Code.Pextrw_r32_mm_imm8, &MmxExtractWord);
        table.Add(Code.Maskmovdqu_rDI_xmm_xmm, &StoreMasked);
        table.Add(Code.Maskmovq_rDI_mm_mm, &MmxStoreMasked);
    }

    private static void Move(CpuState* s, Op* op) => Simd.Xmm(s, op->A) = Simd.Xmm(s, op->B);

    private static void LoadAligned(CpuState* s, Op* op) => Simd.Xmm(s, op->A) = Simd.ReadAligned(s, op);

    private static void Load(CpuState* s, Op* op) => Simd.Xmm(s, op->A) = Guest.Read128(s, op, Guest.Address(s, op));

    private static void StoreAligned(CpuState* s, Op* op) => Guest.Write128(s, op, Simd.AlignedWrite(s, op), ref Simd.Xmm(s, op->B));

    private static void Store(CpuState* s, Op* op) => Guest.Write128(s, op, Guest.WriteAddress(s, op), ref Simd.Xmm(s, op->B));

    private static void MoveSingle(CpuState* s, Op* op) => Simd.Low32(s, op->A) = Simd.Low32(s, op->B);

    private static void MoveDouble(CpuState* s, Op* op) => Simd.Low(s, op->A) = Simd.Low(s, op->B);

    private static void MoveQuad(CpuState* s, Op* op) => Simd.Xmm(s, op->A) = Vector128.CreateScalar(Simd.Low(s, op->B)).AsByte();

    private static void Load32(CpuState* s, Op* op) => Simd.Xmm(s, op->A) = Vector128.CreateScalar(Guest.Read32(s, op, Guest.Address(s, op))).AsByte();

    private static void Load64(CpuState* s, Op* op) => Simd.Xmm(s, op->A) = Vector128.CreateScalar(Guest.Read64(s, op, Guest.Address(s, op))).AsByte();

    private static void Store32(CpuState* s, Op* op) => Guest.Write32(s, op, Guest.WriteAddress(s, op), Simd.Low32(s, op->B));

    private static void Store64(CpuState* s, Op* op) => Guest.Write64(s, op, Guest.WriteAddress(s, op), Simd.Low(s, op->B));

    private static void FromGeneral(CpuState* s, Op* op) => Simd.Xmm(s, op->A) = Vector128.CreateScalar(Guest.Register(s, op->B)).AsByte();

    private static void ToGeneral(CpuState* s, Op* op) => Guest.Register(s, op->A) = Simd.Low32(s, op->B);

    private static void LoadLow(CpuState* s, Op* op) => Simd.Low(s, op->A) = Guest.Read64(s, op, Guest.Address(s, op));

    private static void LoadHigh(CpuState* s, Op* op) => Simd.Low(s, op->A + 8) = Guest.Read64(s, op, Guest.Address(s, op));

    private static void StoreHigh(CpuState* s, Op* op) => Guest.Write64(s, op, Guest.WriteAddress(s, op), Simd.Low(s, op->B + 8));

    private static void HighToLow(CpuState* s, Op* op) => Simd.Low(s, op->A) = Simd.Low(s, op->B + 8);

    private static void LowToHigh(CpuState* s, Op* op) => Simd.Low(s, op->A + 8) = Simd.Low(s, op->B);

    private static void MmxMove(CpuState* s, Op* op) => SetMmx(s, op, op->A, Simd.Low(s, op->B));

    private static void MmxLoad(CpuState* s, Op* op)
    {
        X87Stack.Wait(s, op);
        SetMmx(s, op, op->A, Guest.Read64(s, op, Guest.Address(s, op)));
    }

    private static void MmxStore(CpuState* s, Op* op)
    {
        X87Stack.Wait(s, op);
        Guest.Write64(s, op, Guest.WriteAddress(s, op), Simd.Low(s, op->B));
        Simd.EnterMmx(s);
    }

    private static void MmxFromGeneral(CpuState* s, Op* op) => SetMmx(s, op, op->A, Guest.Register(s, op->B));

    private static void MmxLoad32(CpuState* s, Op* op)
    {
        X87Stack.Wait(s, op);
        SetMmx(s, op, op->A, Guest.Read32(s, op, Guest.Address(s, op)));
    }

    private static void MmxToGeneral(CpuState* s, Op* op)
    {
        X87Stack.Wait(s, op);
        Guest.Register(s, op->A) = Simd.Low32(s, op->B);
        Simd.EnterMmx(s);
    }

    private static void MmxStore32(CpuState* s, Op* op)
    {
        X87Stack.Wait(s, op);
        Guest.Write32(s, op, Guest.WriteAddress(s, op), Simd.Low32(s, op->B));
        Simd.EnterMmx(s);
    }

    private static void MmxToXmm(CpuState* s, Op* op)
    {
        X87Stack.Wait(s, op);
        Simd.Xmm(s, op->A) = Simd.Mmx(s, op->B);
        Simd.EnterMmx(s);
    }

    private static void XmmToMmx(CpuState* s, Op* op) => SetMmx(s, op, op->A, Simd.Low(s, op->B));

    private static void SetMmx(CpuState* s, Op* op, int register, ulong value)
    {
        X87Stack.Wait(s, op);
        Simd.EnterMmx(s);
        Simd.SetMmx(s, register, value);
    }

    private static void Empty(CpuState* s, Op* op)
    {
        X87Stack.Wait(s, op);
        Simd.EnterMmx(s);
        s->Tags = 0;
    }

    private static void MaskSingles(CpuState* s, Op* op) => Guest.Register(s, op->A) = Simd.Xmm(s, op->B).AsSingle().ExtractMostSignificantBits();

    private static void MaskDoubles(CpuState* s, Op* op) => Guest.Register(s, op->A) = Simd.Xmm(s, op->B).AsDouble().ExtractMostSignificantBits();

    private static void MaskBytes(CpuState* s, Op* op) => Guest.Register(s, op->A) = Simd.Xmm(s, op->B).ExtractMostSignificantBits();

    private static void MaskMmxBytes(CpuState* s, Op* op)
    {
        X87Stack.Wait(s, op);
        Guest.Register(s, op->A) = Simd.Mmx(s, op->B).ExtractMostSignificantBits();
        Simd.EnterMmx(s);
    }

    private static void InsertWord(CpuState* s, Op* op) => ((ushort*)((byte*)s + op->A))[op->Immediate & 7] = (ushort)Guest.Register(s, op->B);

    private static void InsertWordMemory(CpuState* s, Op* op)
    {
        ushort value = Guest.Read16(s, op, Guest.Address(s, op));
        ((ushort*)((byte*)s + op->A))[op->Immediate & 7] = value;
    }

    private static void MmxInsertWord(CpuState* s, Op* op) => MmxInsertWord(s, op, (ushort)Guest.Register(s, op->B));

    private static void MmxInsertWordMemory(CpuState* s, Op* op)
    {
        X87Stack.Wait(s, op);
        MmxInsertWord(s, op, Guest.Read16(s, op, Guest.Address(s, op)));
    }

    private static void MmxInsertWord(CpuState* s, Op* op, ushort value)
    {
        int shift = (int)(op->Immediate & 3) * 16;
        SetMmx(s, op, op->A, (Simd.Low(s, op->A) & ~(0xffffUL << shift)) | ((ulong)value << shift));
    }

    private static void ExtractWord(CpuState* s, Op* op) => Guest.Register(s, op->A) = ((ushort*)((byte*)s + op->B))[op->Immediate & 7];

    private static void MmxExtractWord(CpuState* s, Op* op)
    {
        X87Stack.Wait(s, op);
        Guest.Register(s, op->A) = ((ushort*)((byte*)s + op->B))[op->Immediate & 3];
        Simd.EnterMmx(s);
    }

    private static void StoreMasked(CpuState* s, Op* op) => StoreMasked(s, op, Simd.Xmm(s, op->B), Simd.Xmm(s, op->C).ExtractMostSignificantBits(), 16);

    /// <summary>The registers are MMX's even when the store then faults.</summary>
    private static void MmxStoreMasked(CpuState* s, Op* op)
    {
        X87Stack.Wait(s, op);
        Simd.EnterMmx(s);
        StoreMasked(s, op, Simd.Mmx(s, op->B), Simd.Mmx(s, op->C).ExtractMostSignificantBits(), 8);
    }

    /// <summary>Writes the chosen bytes at DS:EDI. All bytes must be writable, chosen or not: Intel leaves that to the processor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreMasked(CpuState* s, Op* op, Vector128<byte> value, uint mask, int size)
    {
        uint offset = (op->Special & OpSpecial.Address16) != 0 ? s->Edi & 0xffff : s->Edi;
        uint start = op->Special == 0 ? offset : Segments.Linear(s, op, op->Segment, offset, (uint)size, SegmentRights.Write);
        Guest.CheckWrite(s, op, start, size);
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int at = BitOperations.TrailingZeroCount(rest);
            Guest.Write8(s, op, start + (uint)at, value[at]);
        }
    }
}
