using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Translator.HostAssembler;
using Context = CheckpointRestart.Core.Cpu.Translator.TranslationContext;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <content>x87: its registers to the host and back, and remainders.</content>
internal static unsafe partial class HostStubs
{
    /// <summary>The state's registers are physical, the image's count from the top.</summary>
    static void WriteLoadX87(HostAssembler assembler)
    {
        const int Image = Context.ToImage;
        int alone = assembler.NewLabel();
        assembler.Load64(R9, R13, Context.ToState);
        assembler.Memory(0x0FAE, 3, R13, -1, 0, Image + 0x18);
        assembler.CompareMemory(R13, Context.ToVectorsLoaded, 0);
        assembler.JumpIf(HostCondition.Equal, alone);
        for (int i = 0; i < 8; i++) assembler.Memory(0x0F29, i, R13, -1, 0, Image + 0xA0 + i * 16);
        assembler.Place(alone);
        assembler.Memory(0x0FB6, R14, R9, -1, 0, CpuState.TopOffset);
        assembler.Memory(0x0FB7, R8, R9, -1, 0, CpuState.FcwOffset + 2);
        assembler.Shift(4, R14, 11);
        assembler.Alu(HostAlu.Or, R8, R14);
        assembler.Shift(4, R8, 16);
        assembler.Memory(0x0FB7, R14, R9, -1, 0, CpuState.FcwOffset);
        assembler.Alu(HostAlu.Or, R8, R14);
        assembler.Store(R13, Image, R8);
        assembler.Memory(0x0FB6, R14, R9, -1, 0, CpuState.TopOffset - 1);
        assembler.Store64(R13, Image + 4, R14);
        assembler.StoreImmediate(R13, Image + 0xC, 0);
        assembler.StoreImmediate(R13, Image + 0x10, 0);
        assembler.StoreImmediate(R13, Image + 0x14, 0);
        assembler.Memory(0x0FB6, R14, R9, -1, 0, CpuState.TopOffset);
        assembler.Shift(4, R14, 4);
        for (int i = 0; i < 8; i++)
        {
            assembler.Lea(R8, R14, -1, 0, i * 16);
            assembler.AluImmediate(HostAlu.And, R8, 0x70);
            assembler.Memory(0x0F28, Scratch, R9, R8, 0, CpuState.X87Offset);
            assembler.Memory(0x0F29, Scratch, R13, -1, 0, Image + 0x20 + i * 16);
        }
        assembler.Memory(0x0FAE, 1, R13, -1, 0, Image);
        assembler.StoreImmediate(R13, Context.ToX87Loaded, 1);
        assembler.Return();
    }

    static void WriteRemainder(HostAssembler assembler, Code code)
    {
        const int Image = Context.ToImage, Status = Image + 4, Tags = Image + 8, Operand = Image + 32;
        const int Incomplete = 0x400;
        int refused = assembler.NewLabel(), done = assembler.NewLabel();
        // The tags of ST0 and ST1 are 0 for plain numbers. All exceptions being masked, FNSTENV masks none.
        assembler.Memory(0xD9, 6, R13, -1, 0, Image);
        assembler.Memory(0x0FB7, R8, R13, -1, 0, Tags);
        assembler.Move(R14, R8);
        assembler.Shift(4, R14, 16);
        assembler.Alu(HostAlu.Or, R8, R14);
        assembler.Load(R14, R13, Status);
        assembler.Shift(5, R14, 11);
        assembler.AluImmediate(HostAlu.And, R14, 7);
        var exchange = Instruction.Create(Code.Xchg_rm32_r32, Register.ECX, Register.R14D);
        Encode(assembler, exchange);
        foreach (int _ in (int[])[0, 1]) Encode(assembler, Instruction.Create(Code.Shr_rm32_CL, Register.R8D, Register.CL));
        Encode(assembler, exchange);
        assembler.AluImmediate(HostAlu.And, R8, 0xF);
        assembler.JumpIf(HostCondition.NotEqual, refused);
        // FSTP and FLD: there is no FST of 80 bits.
        assembler.Memory(0xDB, 7, R13, -1, 0, Operand);
        assembler.Memory(0xDB, 5, R13, -1, 0, Operand);
        Encode(assembler, Instruction.Create(code));
        assembler.Memory(0xDD, 7, R13, -1, 0, Status);
        assembler.TestMemory(R13, Status, Incomplete);
        assembler.JumpIf(HostCondition.Equal, done);
        Encode(assembler, Instruction.Create(Code.Fstp_sti, Register.ST0));
        assembler.Memory(0xDB, 5, R13, -1, 0, Operand);
        assembler.Place(refused);
        assembler.MoveImmediate(R14, 1);
        assembler.Return();
        assembler.Place(done);
        assembler.MoveImmediate(R14, 0);
        assembler.Return();
    }

    /// <summary>R9 is the state. Afterwards the host's x87 is as the ABI has it.</summary>
    static void WriteSaveX87(HostAssembler assembler)
    {
        const int Image = Context.ToImage;
        assembler.Memory(0x0FAE, 0, R13, -1, 0, Image);
        assembler.WriteByte(0xDB);
        assembler.WriteByte(0xE3);
        assembler.Load(R8, R13, Image);
        assembler.Move(R14, R8);
        assembler.Shift(5, R14, 27);
        assembler.AluImmediate(HostAlu.And, R14, 7);
        // TOP is kept beside the status word.
        assembler.AluImmediate(HostAlu.And, R8, ~(0x3800 << 16));
        assembler.Store(R9, CpuState.FcwOffset, R8);
        assembler.Memory(0x0FB6, R8, R13, -1, 0, Image + 4);
        assembler.Memory(0x88, R8, R9, -1, 0, CpuState.TopOffset - 1);
        assembler.Memory(0x88, R14, R9, -1, 0, CpuState.TopOffset);
        assembler.Shift(4, R14, 4);
        for (int i = 0; i < 8; i++)
        {
            assembler.Lea(R8, R14, -1, 0, i * 16);
            assembler.AluImmediate(HostAlu.And, R8, 0x70);
            assembler.Memory(0x0F28, Scratch, R13, -1, 0, Image + 0x20 + i * 16);
            assembler.Memory(0x0F29, Scratch, R9, R8, 0, CpuState.X87Offset);
        }
        assembler.StoreImmediate(R13, Context.ToX87Loaded, 0);
    }
}
