using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>MOV, LEA, MOVZX, MOVSX, XCHG, CMOVcc, BSWAP, MOVBE, XLAT.</summary>
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
    }

    static void RegisterRegister<W>(CpuState* s, Op* op) where W : struct, IWidth => W.Set(s, op->A, W.Get(s, op->B));

    static void RegisterMemory<W>(CpuState* s, Op* op) where W : struct, IWidth => W.Set(s, op->A, W.Read(s, op, Guest.Address(s, op)));

    static void MemoryRegister<W>(CpuState* s, Op* op) where W : struct, IWidth => W.Write(s, op, Guest.WriteAddress(s, op), W.Get(s, op->B));
}
