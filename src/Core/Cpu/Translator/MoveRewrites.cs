using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Translator.HostAssembler;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>MOV MOVZX MOVSX LEA XCHG BSWAP CMOVcc SETcc, sign extensions of EAX, NOP.</summary>
internal static unsafe class MoveRewrites
{
    internal static void Fill(RewriteTable table)
    {
        table.Add(new Rewrite(Move, FlagEffect.None, KeepsScratch: true),
            Code.Mov_rm8_r8, Code.Mov_rm16_r16, Code.Mov_rm32_r32, Code.Mov_r8_rm8, Code.Mov_r16_rm16, Code.Mov_r32_rm32, Code.Mov_AL_moffs8, Code.Mov_AX_moffs16,
            Code.Mov_EAX_moffs32, Code.Mov_moffs8_AL, Code.Mov_moffs16_AX, Code.Mov_moffs32_EAX, Code.Mov_r8_imm8, Code.Mov_r16_imm16, Code.Mov_r32_imm32,
            Code.Mov_rm8_imm8, Code.Mov_rm16_imm16, Code.Mov_rm32_imm32, Code.Movzx_r16_rm8, Code.Movzx_r32_rm8, Code.Movzx_r32_rm16, Code.Movsx_r16_rm8,
            Code.Movsx_r32_rm8, Code.Movsx_r32_rm16);
        table.Add(new Rewrite(Plain, FlagEffect.None),
            Code.Cbw, Code.Cwde, Code.Cwd, Code.Cdq, Code.Bswap_r32, Code.Xchg_r16_AX, Code.Xchg_r32_EAX);
        table.Add(new Rewrite(Nothing, FlagEffect.None), Code.Nopw, Code.Nopd, Code.Nop_rm16, Code.Nop_rm32, Code.Endbr32, Code.Prefetcht0_m8, Code.Prefetcht1_m8, Code.Prefetcht2_m8, Code.Prefetchnta_m8);
        table.Add(new Rewrite(Address, FlagEffect.None), Code.Lea_r16_m, Code.Lea_r32_m);
        table.Add(new Rewrite(Exchange, FlagEffect.None), Code.Xchg_rm8_r8, Code.Xchg_rm16_r16, Code.Xchg_rm32_r32);
        table.Add(new Rewrite(Conditional, FlagEffect.None),
            Code.Cmovo_r16_rm16, Code.Cmovno_r16_rm16, Code.Cmovb_r16_rm16, Code.Cmovae_r16_rm16, Code.Cmove_r16_rm16, Code.Cmovne_r16_rm16,
            Code.Cmovbe_r16_rm16, Code.Cmova_r16_rm16, Code.Cmovs_r16_rm16, Code.Cmovns_r16_rm16, Code.Cmovp_r16_rm16, Code.Cmovnp_r16_rm16,
            Code.Cmovl_r16_rm16, Code.Cmovge_r16_rm16, Code.Cmovle_r16_rm16, Code.Cmovg_r16_rm16, Code.Cmovo_r32_rm32, Code.Cmovno_r32_rm32,
            Code.Cmovb_r32_rm32, Code.Cmovae_r32_rm32, Code.Cmove_r32_rm32, Code.Cmovne_r32_rm32, Code.Cmovbe_r32_rm32, Code.Cmova_r32_rm32,
            Code.Cmovs_r32_rm32, Code.Cmovns_r32_rm32, Code.Cmovp_r32_rm32, Code.Cmovnp_r32_rm32, Code.Cmovl_r32_rm32, Code.Cmovge_r32_rm32,
            Code.Cmovle_r32_rm32, Code.Cmovg_r32_rm32, Code.Seto_rm8, Code.Setno_rm8, Code.Setb_rm8, Code.Setae_rm8, Code.Sete_rm8, Code.Setne_rm8,
            Code.Setbe_rm8, Code.Seta_rm8, Code.Sets_rm8, Code.Setns_rm8, Code.Setp_rm8, Code.Setnp_rm8, Code.Setl_rm8, Code.Setge_rm8,
            Code.Setle_rm8, Code.Setg_rm8);
    }

    static bool Move(Emission e, in Instruction instruction, Op* op)
    {
        bool store = instruction.Op0Kind == OpKind.Memory;
        if (store || instruction.Op1Kind == OpKind.Memory)
        {
            if (!e.TryLook(instruction, op, instruction.MemorySize.GetSize(), write: store)) return false;
        }
        var host = e.Rewritten(instruction);
        if ((store || instruction.Op1Kind == OpKind.Memory) && ArithmeticRewrites.HasHigh(instruction)) return MoveHigh(e, instruction, host, store);
        // An address without a register has no such form here.
        host.Code = host.Code switch
        {
            Code.Mov_AL_moffs8 => Code.Mov_r8_rm8,
            Code.Mov_AX_moffs16 => Code.Mov_r16_rm16,
            Code.Mov_EAX_moffs32 => Code.Mov_r32_rm32,
            Code.Mov_moffs8_AL => Code.Mov_rm8_r8,
            Code.Mov_moffs16_AX => Code.Mov_rm16_r16,
            Code.Mov_moffs32_EAX => Code.Mov_rm32_r32,
            var code => code,
        };
        return e.TryEncode(host);
    }

    /// <summary>AH to BH have no name beside registers that only the host has.</summary>
    static bool MoveHigh(Emission e, in Instruction instruction, in Instruction host, bool store)
    {
        int value = e.IsGrouped ? R8 : e.Scratch;
        if (store)
        {
            ArithmeticRewrites.Take(e, value, instruction, 1, 1);
            e.HostFlags = 0;
            var copy = host;
            copy.Op1Register = HostStubs.Sized(value, 0);
            return e.TryEncode(copy);
        }
        int register = instruction.Op0Register - Register.AH;
        e.LoadOperand(value, 1);
        e.HostFlags &= ~(Flags.Carry | Flags.Overflow);
        e.Assembler.Shift(1, register, 8);
        if (!e.TryEncode(Instruction.Create(Code.Mov_r8_rm8, HostStubs.Sized(register, 0), HostStubs.Sized(value, 0)))) return false;
        e.Assembler.Shift(0, register, 8);
        return true;
    }

    static bool Plain(Emission e, in Instruction instruction, Op* op) => e.TryEncode(e.Rewritten(instruction));

    static bool Nothing(Emission e, in Instruction instruction, Op* op) => true;

    static bool Address(Emission e, in Instruction instruction, Op* op)
    {
        if ((op->Special & OpSpecial.Address16) != 0) return false;
        if (instruction.Code == Code.Lea_r32_m)
        {
            e.Offset(Emission.HostOf(instruction.Op0Register), instruction);
            return true;
        }
        e.Offset(R8, instruction);
        return e.TryEncode(Instruction.Create(Code.Mov_r16_rm16, Emission.Rename(instruction.Op0Register), Register.R8W));
    }

    /// <summary>With memory an exchange would lock the bus, which nobody needs.</summary>
    static bool Exchange(Emission e, in Instruction instruction, Op* op)
    {
        if (instruction.Op0Kind != OpKind.Memory) return e.TryEncode(e.Rewritten(instruction));
        int size = instruction.MemorySize.GetSize();
        if (ArithmeticRewrites.HasHigh(instruction) || !e.TryLook(instruction, op, size, write: true)) return false;
        int register = Emission.HostOf(instruction.Op1Register);
        e.LoadOperand(e.Scratch, size);
        var store = e.Rewritten(instruction);
        store.Code = size switch { 1 => Code.Mov_rm8_r8, 2 => Code.Mov_rm16_r16, _ => Code.Mov_rm32_r32 };
        if (!e.TryEncode(store)) return false;
        return e.TryEncode(Instruction.Create(size switch { 1 => Code.Mov_r8_rm8, 2 => Code.Mov_r16_rm16, _ => Code.Mov_r32_rm32 },
            HostStubs.Sized(register, ArithmeticRewrites.WidthOf(size)), HostStubs.Sized(e.Scratch, ArithmeticRewrites.WidthOf(size))));
    }

    static bool Conditional(Emission e, in Instruction instruction, Op* op)
    {
        bool store = instruction.Op0Kind == OpKind.Memory;
        if (store || (instruction.OpCount > 1 && instruction.Op1Kind == OpKind.Memory))
        {
            if (!e.TryLook(instruction, op, instruction.MemorySize.GetSize(), write: store)) return false;
        }
        return e.TryLoadFlags(BranchRewrites.FlagsRead(instruction)) && e.TryEncode(e.Rewritten(instruction));
    }
}
