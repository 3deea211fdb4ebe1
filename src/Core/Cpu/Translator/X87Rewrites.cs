using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Translator.HostAssembler;
using Context = CheckpointRestart.Core.Cpu.Translator.TranslationContext;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>x87 with every exception masked, without what makers of processors compute differently (transcendental functions, remainders of all but plain numbers).</summary>
internal static unsafe class X87Rewrites
{
    /// <summary>The six exceptions' masks in the control word.</summary>
    const byte Masks = 0x3F;

    internal static void Fill(RewriteTable table)
    {
        table.Add(new Rewrite(Operation, FlagEffect.None, MayLeave: true, Units: RewriteUnits.X87),
            Code.Fadd_m32fp, Code.Fadd_m64fp, Code.Fadd_st0_sti, Code.Fadd_sti_st0, Code.Faddp_sti_st0, Code.Fiadd_m16int, Code.Fiadd_m32int,
            Code.Fmul_m32fp, Code.Fmul_m64fp, Code.Fmul_st0_sti, Code.Fmul_sti_st0, Code.Fmulp_sti_st0, Code.Fimul_m16int, Code.Fimul_m32int,
            Code.Fsub_m32fp, Code.Fsub_m64fp, Code.Fsub_st0_sti, Code.Fsub_sti_st0, Code.Fsubp_sti_st0, Code.Fisub_m16int, Code.Fisub_m32int,
            Code.Fsubr_m32fp, Code.Fsubr_m64fp, Code.Fsubr_st0_sti, Code.Fsubr_sti_st0, Code.Fsubrp_sti_st0, Code.Fisubr_m16int, Code.Fisubr_m32int,
            Code.Fdiv_m32fp, Code.Fdiv_m64fp, Code.Fdiv_st0_sti, Code.Fdiv_sti_st0, Code.Fdivp_sti_st0, Code.Fidiv_m16int, Code.Fidiv_m32int,
            Code.Fdivr_m32fp, Code.Fdivr_m64fp, Code.Fdivr_st0_sti, Code.Fdivr_sti_st0, Code.Fdivrp_sti_st0, Code.Fidivr_m16int, Code.Fidivr_m32int,
            Code.Fchs, Code.Fabs, Code.Fsqrt, Code.Frndint);
        table.Add(new Rewrite(Operation, FlagEffect.None, MayLeave: true, Units: RewriteUnits.X87),
            Code.Fld_m32fp, Code.Fld_m64fp, Code.Fld_m80fp, Code.Fld_sti, Code.Fild_m16int, Code.Fild_m32int, Code.Fild_m64int, Code.Fld1, Code.Fldz,
            Code.Fldl2t, Code.Fldl2e, Code.Fldpi, Code.Fldlg2, Code.Fldln2, Code.Fxch_st0_sti, Code.Ffree_sti, Code.Fincstp, Code.Fdecstp, Code.Fnop,
            Code.Fst_sti, Code.Fstp_sti, Code.Fcom_m32fp, Code.Fcom_m64fp, Code.Fcom_st0_sti, Code.Fcomp_m32fp, Code.Fcomp_m64fp, Code.Fcomp_st0_sti,
            Code.Fcompp, Code.Fucom_st0_sti, Code.Fucomp_st0_sti, Code.Fucompp, Code.Ficom_m16int, Code.Ficom_m32int, Code.Ficomp_m16int,
            Code.Ficomp_m32int, Code.Ftst, Code.Fxam);
        table.Add(new Rewrite(Store, FlagEffect.None, MayLeave: true, Units: RewriteUnits.X87),
            Code.Fst_m32fp, Code.Fst_m64fp, Code.Fstp_m32fp, Code.Fstp_m64fp, Code.Fstp_m80fp, Code.Fist_m16int, Code.Fist_m32int, Code.Fistp_m16int,
            Code.Fistp_m32int, Code.Fistp_m64int, Code.Fisttp_m16int, Code.Fisttp_m32int, Code.Fisttp_m64int);
        table.Add(new Rewrite(Compare, FlagEffect.Full, MayLeave: true, Units: RewriteUnits.X87), Code.Fcomi_st0_sti, Code.Fcomip_st0_sti, Code.Fucomi_st0_sti, Code.Fucomip_st0_sti);
        table.Add(new Rewrite(Conditional, FlagEffect.None, MayLeave: true, Units: RewriteUnits.X87),
            Code.Fcmovb_st0_sti, Code.Fcmove_st0_sti, Code.Fcmovbe_st0_sti, Code.Fcmovu_st0_sti, Code.Fcmovnb_st0_sti, Code.Fcmovne_st0_sti, Code.Fcmovnbe_st0_sti,
            Code.Fcmovnu_st0_sti);
        table.Add(new Rewrite(Control, FlagEffect.None, MayLeave: true, Units: RewriteUnits.X87), Code.Fnstsw_AX, Code.Fnstsw_m2byte, Code.Fnstcw_m2byte, Code.Fnclex, Code.Wait);
        table.Add(new Rewrite(Remainder, FlagEffect.None, MayLeave: true, Units: RewriteUnits.X87), Code.Fprem, Code.Fprem1);
        table.Add(new Rewrite(LoadControl, FlagEffect.None, MayLeave: true, Units: RewriteUnits.X87), Code.Fldcw_m2byte);
    }

    static bool Operation(Emission e, in Instruction instruction, Op* op) => Write(e, instruction, op, write: false);

    static bool Store(Emission e, in Instruction instruction, Op* op) => Write(e, instruction, op, write: true);

    static bool Write(Emission e, in Instruction instruction, Op* op, bool write)
    {
        e.UseX87();
        bool memory = instruction.Op0Kind == OpKind.Memory && instruction.OpCount > 0;
        if (memory)
        {
            if (op->Special != 0 || !e.TryLook(instruction, op, instruction.MemorySize.GetSize(), write)) return false;
        }
        if (instruction.Code == Code.Fstp_m80fp) e.ProbeStore(10);
        if (!e.TryEncode(e.Rewritten(instruction))) return false;
        if (memory) e.NotePointer(instruction);
        e.NoteX87(op);
        return true;
    }

    static bool Compare(Emission e, in Instruction instruction, Op* op)
    {
        e.UseX87();
        if (!e.TryEncode(e.Rewritten(instruction))) return false;
        e.NoteX87(op);
        e.KeepHostFlags();
        return true;
    }

    static bool Conditional(Emission e, in Instruction instruction, Op* op)
    {
        e.UseX87();
        if (!e.TryLoadFlags(BranchRewrites.FlagsRead(instruction)) || !e.TryEncode(e.Rewritten(instruction))) return false;
        e.NoteX87(op);
        return true;
    }

    static bool Control(Emission e, in Instruction instruction, Op* op)
    {
        // With every exception masked none can be pending.
        e.UseX87();
        if (instruction.Code == Code.Wait) return true;
        if (instruction.OpCount > 0 && instruction.Op0Kind == OpKind.Memory && !e.TryLook(instruction, op, 2, write: true)) return false;
        return e.TryEncode(e.Rewritten(instruction));
    }

    static bool Remainder(Emission e, in Instruction instruction, Op* op)
    {
        e.UseX87();
        _ = e.Scratch;
        e.HostFlags = 0;
        e.Assembler.CallOutside(instruction.Code == Code.Fprem ? HostStubs.Remainder : HostStubs.NearestRemainder);
        e.Assembler.Test(R14, R14);
        e.Assembler.JumpIf(HostCondition.NotEqual, e.InterpretHere());
        e.NoteX87(op);
        return true;
    }

    static bool LoadControl(Emission e, in Instruction instruction, Op* op)
    {
        e.UseX87();
        if (!e.TryLook(instruction, op, 2, write: false)) return false;
        e.LoadOperand(e.Scratch, 2);
        e.HostFlags = 0;
        e.Assembler.AluImmediate(HostAlu.And, e.Scratch, Masks);
        e.Assembler.AluImmediate(HostAlu.Cmp, e.Scratch, Masks);
        e.Assembler.JumpIf(HostCondition.NotEqual, e.InterpretHere());
        return e.TryEncode(e.Rewritten(instruction));
    }
}
