using System.Buffers.Binary;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>MOV, LEA, MOVZX, MOVSX, CBW and its kin, BSWAP, MOVBE, XLAT.</summary>
internal static unsafe class MoveOps
{
    internal static void Register(HandlerTable table)
    {
        table.Add(Code.Mov_rm8_r8, &RegisterRegister<W8>, &MemoryRegister<W8>);
        table.Add(Code.Mov_rm16_r16, &RegisterRegister<W16>, &MemoryRegister<W16>);
        table.Add(Code.Mov_rm32_r32, &RegisterRegister<W32>, &MemoryRegister<W32>);
        table.Add(Code.Mov_r8_rm8, &RegisterRegister<W8>, &RegisterMemory<W8>);
        table.Add(Code.Mov_r16_rm16, &RegisterRegister<W16>, &RegisterMemory<W16>);
        table.Add(Code.Mov_r32_rm32, &RegisterRegister<W32>, &RegisterMemory<W32>);
        table.Add(Code.Mov_r8_imm8, &RegisterImmediate<W8>);
        table.Add(Code.Mov_r16_imm16, &RegisterImmediate<W16>);
        table.Add(Code.Mov_r32_imm32, &RegisterImmediate<W32>);
        table.Add(Code.Mov_rm8_imm8, &RegisterImmediate<W8>, &MemoryImmediate<W8>);
        table.Add(Code.Mov_rm16_imm16, &RegisterImmediate<W16>, &MemoryImmediate<W16>);
        table.Add(Code.Mov_rm32_imm32, &RegisterImmediate<W32>, &MemoryImmediate<W32>);
        table.Add(Code.Mov_AL_moffs8, &RegisterMemory<W8>);
        table.Add(Code.Mov_AX_moffs16, &RegisterMemory<W16>);
        table.Add(Code.Mov_EAX_moffs32, &RegisterMemory<W32>);
        table.Add(Code.Mov_moffs8_AL, &MemoryRegister<W8>);
        table.Add(Code.Mov_moffs16_AX, &MemoryRegister<W16>);
        table.Add(Code.Mov_moffs32_EAX, &MemoryRegister<W32>);

        table.Add(Code.Lea_r16_m, null, &LoadAddress<W16>);
        table.Add(Code.Lea_r32_m, null, &LoadAddress<W32>);

        table.Add(Code.Movzx_r16_rm8, &ZeroRegister<W16, W8>, &ZeroMemory<W16, W8>);
        table.Add(Code.Movzx_r32_rm8, &ZeroRegister<W32, W8>, &ZeroMemory<W32, W8>);
        table.Add(Code.Movzx_r16_rm16, &ZeroRegister<W16, W16>, &ZeroMemory<W16, W16>);
        table.Add(Code.Movzx_r32_rm16, &ZeroRegister<W32, W16>, &ZeroMemory<W32, W16>);
        table.Add(Code.Movsx_r16_rm8, &SignRegister<W16, W8>, &SignMemory<W16, W8>);
        table.Add(Code.Movsx_r32_rm8, &SignRegister<W32, W8>, &SignMemory<W32, W8>);
        table.Add(Code.Movsx_r16_rm16, &SignRegister<W16, W16>, &SignMemory<W16, W16>);
        table.Add(Code.Movsx_r32_rm16, &SignRegister<W32, W16>, &SignMemory<W32, W16>);

        table.Add(Code.Cbw, &ByteToWord);
        table.Add(Code.Cwde, &WordToDouble);
        table.Add(Code.Cwd, &WordToPair);
        table.Add(Code.Cdq, &DoubleToPair);

        table.Add(Code.Bswap_r16, &SwapBytes16);
        table.Add(Code.Bswap_r32, &SwapBytes32);
        table.Add(Code.Movbe_r16_m16, null, &SwapLoad16);
        table.Add(Code.Movbe_r32_m32, null, &SwapLoad32);
        table.Add(Code.Movbe_m16_r16, null, &SwapStore16);
        table.Add(Code.Movbe_m32_r32, null, &SwapStore32);
        table.Add(Code.Xlat_m8, null, &Translate);
    }

    static void RegisterRegister<W>(CpuState* s, Op* op) where W : struct, IWidth => W.Set(s, op->A, W.Get(s, op->B));

    static void RegisterMemory<W>(CpuState* s, Op* op) where W : struct, IWidth => W.Set(s, op->A, W.Read(s, op, Guest.Address(s, op)));

    static void MemoryRegister<W>(CpuState* s, Op* op) where W : struct, IWidth => W.Write(s, op, Guest.WriteAddress(s, op), W.Get(s, op->B));

    static void RegisterImmediate<W>(CpuState* s, Op* op) where W : struct, IWidth => W.Set(s, op->A, op->Immediate);

    static void MemoryImmediate<W>(CpuState* s, Op* op) where W : struct, IWidth => W.Write(s, op, Guest.WriteAddress(s, op), op->Immediate);

    static void LoadAddress<W>(CpuState* s, Op* op) where W : struct, IWidth
    {
        uint offset = Guest.Offset(s, op);
        if ((op->Special & OpSpecial.Address16) != 0) offset &= 0xFFFF;
        W.Set(s, op->A, offset);
    }

    static void ZeroRegister<TTo, TFrom>(CpuState* s, Op* op) where TTo : struct, IWidth where TFrom : struct, IWidth => TTo.Set(s, op->A, TFrom.Get(s, op->B));

    static void ZeroMemory<TTo, TFrom>(CpuState* s, Op* op) where TTo : struct, IWidth where TFrom : struct, IWidth => TTo.Set(s, op->A, TFrom.Read(s, op, Guest.Address(s, op)));

    static void SignRegister<TTo, TFrom>(CpuState* s, Op* op) where TTo : struct, IWidth where TFrom : struct, IWidth => TTo.Set(s, op->A, TFrom.SignExtend(TFrom.Get(s, op->B)));

    static void SignMemory<TTo, TFrom>(CpuState* s, Op* op) where TTo : struct, IWidth where TFrom : struct, IWidth => TTo.Set(s, op->A, TFrom.SignExtend(TFrom.Read(s, op, Guest.Address(s, op))));

    static void ByteToWord(CpuState* s, Op* op) => W16.Set(s, 0, W8.SignExtend(s->Eax));

    static void WordToDouble(CpuState* s, Op* op) => s->Eax = W16.SignExtend(s->Eax);

    static void WordToPair(CpuState* s, Op* op) => W16.Set(s, 8, (uint)((short)s->Eax >> 15));

    static void DoubleToPair(CpuState* s, Op* op) => s->Edx = (uint)((int)s->Eax >> 31);

    /// <summary>BSWAP of 16 bits is undefined in the manual; processors clear the register's lower half.</summary>
    static void SwapBytes16(CpuState* s, Op* op) => W16.Set(s, op->A, 0);

    static void SwapBytes32(CpuState* s, Op* op) => W32.Set(s, op->A, BinaryPrimitives.ReverseEndianness(W32.Get(s, op->A)));

    static void SwapLoad16(CpuState* s, Op* op) => W16.Set(s, op->A, BinaryPrimitives.ReverseEndianness(Guest.Read<ushort>(s, op, Guest.Address(s, op))));

    static void SwapLoad32(CpuState* s, Op* op) => W32.Set(s, op->A, BinaryPrimitives.ReverseEndianness(Guest.Read<uint>(s, op, Guest.Address(s, op))));

    static void SwapStore16(CpuState* s, Op* op) => Guest.Write(s, op, Guest.WriteAddress(s, op), BinaryPrimitives.ReverseEndianness((ushort)W16.Get(s, op->B)));

    static void SwapStore32(CpuState* s, Op* op) => Guest.Write(s, op, Guest.WriteAddress(s, op), BinaryPrimitives.ReverseEndianness(W32.Get(s, op->B)));

    /// <summary>XLAT: the operand is [EBX + AL] with AL zero extended.</summary>
    static void Translate(CpuState* s, Op* op)
    {
        uint offset = Guest.Register(s, op->Base) + (s->Eax & 0xFF);
        uint address = op->Special == 0 ? offset : Segments.OperandAddress(s, op, offset, SegmentRights.Read);
        W8.Set(s, 0, Guest.Read<byte>(s, op, address));
    }
}
