using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>System calls, traps, instructions that do nothing, and those that user mode may not use.</summary>
internal static unsafe class SystemOps
{
    internal static void Register(HandlerTable table)
    {
        table.Add(Code.Int_imm8, &Interrupt, OpTraits.EndsBlock);
        table.Add(Code.Int3, &Breakpoint, OpTraits.EndsBlock);
        table.Add(Code.Int1, &DebugTrap, OpTraits.EndsBlock);
        table.Add(Code.Into, &Overflow, OpTraits.EndsBlock);
        table.Add(Code.Sysenter, &SysEnter, OpTraits.EndsBlock);
        table.Add(Code.Bound_r16_m1616, null, &Bound<W16>);
        table.Add(Code.Bound_r32_m3232, null, &Bound<W32>);
        foreach (var code in Nothing) table.Add(code, &DoNothing);
        foreach (var code in FlushLine) table.Add(code, null, &TouchLine);
        foreach (var code in Privileged) table.Add(code, &Protected, OpTraits.EndsBlock);
    }

    static readonly Code[] Nothing =
    [
        Code.Nopw, Code.Nopd, Code.Nop_rm16, Code.Nop_rm32, Code.Pause, Code.Endbr32, Code.Endbr64, Code.Rdsspd_r32,
        Code.Reservednop_rm16_r16_0F0D, Code.Reservednop_rm32_r32_0F0D, Code.Reservednop_rm16_r16_0F18, Code.Reservednop_rm32_r32_0F18,
        Code.Reservednop_rm16_r16_0F19, Code.Reservednop_rm32_r32_0F19, Code.Reservednop_rm16_r16_0F1A, Code.Reservednop_rm32_r32_0F1A,
        Code.Reservednop_rm16_r16_0F1B, Code.Reservednop_rm32_r32_0F1B, Code.Reservednop_rm16_r16_0F1C, Code.Reservednop_rm32_r32_0F1C,
        Code.Reservednop_rm16_r16_0F1D, Code.Reservednop_rm32_r32_0F1D, Code.Reservednop_rm16_r16_0F1E, Code.Reservednop_rm32_r32_0F1E,
        Code.Reservednop_rm16_r16_0F1F, Code.Reservednop_rm32_r32_0F1F,
        Code.Prefetch_m8, Code.Prefetchw_m8, Code.Prefetchwt1_m8, Code.Prefetchreserved3_m8, Code.Prefetchreserved4_m8,
        Code.Prefetchreserved5_m8, Code.Prefetchreserved6_m8, Code.Prefetchreserved7_m8,
        Code.Prefetchit0_m8, Code.Prefetchit1_m8, Code.Cldemote_m8,
        Code.Prefetchnta_m8, Code.Prefetcht0_m8, Code.Prefetcht1_m8, Code.Prefetcht2_m8,
        Code.Lfence, Code.Lfence_E9, Code.Lfence_EA, Code.Lfence_EB, Code.Lfence_EC, Code.Lfence_ED, Code.Lfence_EE, Code.Lfence_EF,
        Code.Mfence, Code.Mfence_F1, Code.Mfence_F2, Code.Mfence_F3, Code.Mfence_F4, Code.Mfence_F5, Code.Mfence_F6, Code.Mfence_F7,
        Code.Sfence, Code.Sfence_F9, Code.Sfence_FA, Code.Sfence_FB, Code.Sfence_FC, Code.Sfence_FD, Code.Sfence_FE, Code.Sfence_FF,
    ];

    static readonly Code[] FlushLine = [Code.Clflush_m8];

    static readonly Code[] Privileged =
    [
        Code.In_AL_imm8, Code.In_AX_imm8, Code.In_EAX_imm8, Code.In_AL_DX, Code.In_AX_DX, Code.In_EAX_DX,
        Code.Out_imm8_AL, Code.Out_imm8_AX, Code.Out_imm8_EAX, Code.Out_DX_AL, Code.Out_DX_AX, Code.Out_DX_EAX,
        Code.Insb_m8_DX, Code.Insw_m16_DX, Code.Insd_m32_DX, Code.Outsb_DX_m8, Code.Outsw_DX_m16, Code.Outsd_DX_m32,
        Code.Cli, Code.Sti, Code.Hlt, Code.Clts, Code.Invd, Code.Wbinvd, Code.Invlpg_m, Code.Rdmsr, Code.Wrmsr, Code.Rdpmc,
        Code.Sysexitd, Code.Lgdt_m1632_16, Code.Lgdt_m1632, Code.Lidt_m1632_16, Code.Lidt_m1632, Code.Lldt_rm16, Code.Lldt_r32m16,
        Code.Ltr_rm16, Code.Ltr_r32m16, Code.Lmsw_rm16, Code.Lmsw_r32m16,
        Code.Mov_r32_cr, Code.Mov_cr_r32, Code.Mov_r32_dr, Code.Mov_dr_r32,
    ];

    /// <summary>The end of a block that no instruction ends.</summary>
    internal static void Continue(CpuState* s, Op* op) => s->Eip = op->Next;

    /// <summary>What the processor does not have.</summary>
    internal static void Undefined(CpuState* s, Op* op) => GuestFault.Raise(s, op, Vectors.InvalidOpcode);

    /// <summary>What needs privilege 0, and an instruction longer than 15 bytes.</summary>
    internal static void Protected(CpuState* s, Op* op) => GuestFault.Raise(s, op, Vectors.GeneralProtection);

    static void DoNothing(CpuState* s, Op* op)
    {
    }

    /// <summary>CLFLUSH faults as a read of one byte would, but goes through segments of code that may only be executed.</summary>
    static void TouchLine(CpuState* s, Op* op)
    {
        uint offset = Guest.Offset(s, op);
        _ = Guest.Read<byte>(s, op, op->Special == 0 ? offset : Segments.OperandAddress(s, op, offset, SegmentRights.None));
    }

    /// <summary>INT n: 80h is Linux's system call, 3 and 4 are the traps that user mode may raise; other gates are the kernel's own.</summary>
    static void Interrupt(CpuState* s, Op* op)
    {
        uint vector = op->Immediate & 0xFF;
        if (vector == 0x80)
        {
            s->Eip = op->Next;
            s->Event |= CpuEvent.SystemCall;
        }
        else if (vector is Vectors.Breakpoint or Vectors.Overflow)
        {
            TrapBehind(s, op, (byte)vector);
        }
        else
        {
            GuestFault.Raise(s, op, Vectors.GeneralProtection, (vector << 3) | 2);
        }
    }

    static void SysEnter(CpuState* s, Op* op)
    {
        s->Eip = op->Next;
        s->Event |= CpuEvent.SysEnter;
    }

    static void Breakpoint(CpuState* s, Op* op) => TrapBehind(s, op, Vectors.Breakpoint);

    /// <summary>INT1: DR6 gives no reason.</summary>
    static void DebugTrap(CpuState* s, Op* op)
    {
        s->Dr[6] = Breakpoints.StatusFixed;
        TrapBehind(s, op, Vectors.Debug);
    }

    static void Overflow(CpuState* s, Op* op)
    {
        if (Flags.Of(s)) TrapBehind(s, op, Vectors.Overflow);
        else s->Eip = op->Next;
    }

    static void TrapBehind(CpuState* s, Op* op, byte vector)
    {
        s->Eip = op->Next;
        s->FaultVector = vector;
        s->Event |= CpuEvent.Trap;
    }

    static void Bound<W>(CpuState* s, Op* op) where W : struct, IWidth
    {
        uint address = Guest.Address(s, op);
        int low = (int)W.SignExtend(W.Read(s, op, address)), high = (int)W.SignExtend(W.Read(s, op, address + (uint)W.Bits / 8));
        int index = (int)W.SignExtend(W.Get(s, op->A));
        if (index < low || index > high) GuestFault.Raise(s, op, Vectors.Bound);
    }
}
