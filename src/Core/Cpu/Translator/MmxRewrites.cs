using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>MMX, on the x87 registers that it shares.</summary>
internal static unsafe class MmxRewrites
{
    internal static void Fill(RewriteTable table)
    {
        table.Add(new Rewrite(Operation, FlagEffect.None, MayLeave: true, Units: RewriteUnits.X87),
            Code.Movq_mm_mmm64, Code.Movq_mmm64_mm, Code.Movntq_m64_mm, Code.Movd_mm_rm32, Code.Movd_rm32_mm, Code.Emms, Code.Pmovmskb_r32_mm, Code.Pinsrw_mm_r32m16_imm8,
            Code.Pextrw_r32_mm_imm8, Code.Pabsb_mm_mmm64, Code.Pabsd_mm_mmm64, Code.Pabsw_mm_mmm64, Code.Packssdw_mm_mmm64, Code.Packsswb_mm_mmm64, Code.Packuswb_mm_mmm64,
            Code.Paddb_mm_mmm64, Code.Paddd_mm_mmm64, Code.Paddq_mm_mmm64, Code.Paddsb_mm_mmm64, Code.Paddsw_mm_mmm64, Code.Paddusb_mm_mmm64, Code.Paddusw_mm_mmm64,
            Code.Paddw_mm_mmm64, Code.Palignr_mm_mmm64_imm8, Code.Pand_mm_mmm64, Code.Pandn_mm_mmm64, Code.Pavgb_mm_mmm64, Code.Pavgw_mm_mmm64, Code.Pcmpeqb_mm_mmm64,
            Code.Pcmpeqd_mm_mmm64, Code.Pcmpeqw_mm_mmm64, Code.Pcmpgtb_mm_mmm64, Code.Pcmpgtd_mm_mmm64, Code.Pcmpgtw_mm_mmm64, Code.Phaddd_mm_mmm64, Code.Phaddsw_mm_mmm64,
            Code.Phaddw_mm_mmm64, Code.Phsubd_mm_mmm64, Code.Phsubsw_mm_mmm64, Code.Phsubw_mm_mmm64, Code.Pmaddubsw_mm_mmm64, Code.Pmaddwd_mm_mmm64, Code.Pmaxsw_mm_mmm64,
            Code.Pmaxub_mm_mmm64, Code.Pminsw_mm_mmm64, Code.Pminub_mm_mmm64, Code.Pmulhrsw_mm_mmm64, Code.Pmulhuw_mm_mmm64, Code.Pmulhw_mm_mmm64, Code.Pmullw_mm_mmm64,
            Code.Pmuludq_mm_mmm64, Code.Por_mm_mmm64, Code.Psadbw_mm_mmm64, Code.Pshufb_mm_mmm64, Code.Pshufw_mm_mmm64_imm8, Code.Psignb_mm_mmm64, Code.Psignd_mm_mmm64,
            Code.Psignw_mm_mmm64, Code.Pslld_mm_imm8, Code.Pslld_mm_mmm64, Code.Psllq_mm_imm8, Code.Psllq_mm_mmm64, Code.Psllw_mm_imm8, Code.Psllw_mm_mmm64, Code.Psrad_mm_imm8,
            Code.Psrad_mm_mmm64, Code.Psraw_mm_imm8, Code.Psraw_mm_mmm64, Code.Psrld_mm_imm8, Code.Psrld_mm_mmm64, Code.Psrlq_mm_imm8, Code.Psrlq_mm_mmm64, Code.Psrlw_mm_imm8,
            Code.Psrlw_mm_mmm64, Code.Psubb_mm_mmm64, Code.Psubd_mm_mmm64, Code.Psubq_mm_mmm64, Code.Psubsb_mm_mmm64, Code.Psubsw_mm_mmm64, Code.Psubusb_mm_mmm64,
            Code.Psubusw_mm_mmm64, Code.Psubw_mm_mmm64, Code.Punpckhbw_mm_mmm64, Code.Punpckhdq_mm_mmm64, Code.Punpckhwd_mm_mmm64, Code.Punpcklbw_mm_mmm32, Code.Punpckldq_mm_mmm32,
            Code.Punpcklwd_mm_mmm32, Code.Pxor_mm_mmm64);
    }

    static bool Operation(Emission e, in Instruction instruction, Op* op)
    {
        // While x87 registers are the host's, every exception is masked and none can be pending.
        e.UseX87();
        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) != OpKind.Memory) continue;
            int size = instruction.MemorySize.GetSize();
            if (!e.CanKeepEarly(op) || !e.TryLook(instruction, op, size, write: i == 0)) return false;
            // TOP and the tags change even when the access faults.
            if (i == 0) e.ProbeStore(size);
            else e.ProbeLoad(size);
        }
        return e.TryEncode(e.Rewritten(instruction));
    }
}
