using System.Runtime.Intrinsics.X86;
using Iced.Intel;
using Context = CheckpointRestart.Core.Cpu.Translator.TranslationContext;
using static CheckpointRestart.Core.Cpu.Translator.HostAssembler;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>SSE to SSE4.1 on XMM registers, with every exception masked. What makers of processors do differently is not here: RCPPS, RSQRTPS, DPPS, DPPD.</summary>
internal static unsafe class VectorRewrites
{
    internal static void Fill(RewriteTable table)
    {
        table.Add(new Rewrite(Vector, FlagEffect.None, MayLeave: true, KeepsScratch: true, Units: RewriteUnits.Vectors),
            Code.Addps_xmm_xmmm128, Code.Addpd_xmm_xmmm128, Code.Addss_xmm_xmmm32, Code.Addsd_xmm_xmmm64, Code.Subps_xmm_xmmm128,
            Code.Subpd_xmm_xmmm128, Code.Subss_xmm_xmmm32, Code.Subsd_xmm_xmmm64, Code.Mulps_xmm_xmmm128, Code.Mulpd_xmm_xmmm128,
            Code.Mulss_xmm_xmmm32, Code.Mulsd_xmm_xmmm64, Code.Divps_xmm_xmmm128, Code.Divpd_xmm_xmmm128, Code.Divss_xmm_xmmm32,
            Code.Divsd_xmm_xmmm64, Code.Minps_xmm_xmmm128, Code.Minpd_xmm_xmmm128, Code.Minss_xmm_xmmm32, Code.Minsd_xmm_xmmm64,
            Code.Maxps_xmm_xmmm128, Code.Maxpd_xmm_xmmm128, Code.Maxss_xmm_xmmm32, Code.Maxsd_xmm_xmmm64, Code.Sqrtps_xmm_xmmm128,
            Code.Sqrtpd_xmm_xmmm128, Code.Sqrtss_xmm_xmmm32, Code.Sqrtsd_xmm_xmmm64, Code.Addsubps_xmm_xmmm128, Code.Addsubpd_xmm_xmmm128,
            Code.Haddps_xmm_xmmm128, Code.Haddpd_xmm_xmmm128, Code.Hsubps_xmm_xmmm128, Code.Hsubpd_xmm_xmmm128, Code.Andps_xmm_xmmm128,
            Code.Andpd_xmm_xmmm128, Code.Andnps_xmm_xmmm128, Code.Andnpd_xmm_xmmm128, Code.Orps_xmm_xmmm128, Code.Orpd_xmm_xmmm128,
            Code.Xorps_xmm_xmmm128, Code.Xorpd_xmm_xmmm128, Code.Unpcklps_xmm_xmmm128, Code.Unpckhps_xmm_xmmm128, Code.Unpcklpd_xmm_xmmm128,
            Code.Unpckhpd_xmm_xmmm128, Code.Cmpps_xmm_xmmm128_imm8, Code.Cmppd_xmm_xmmm128_imm8, Code.Cmpss_xmm_xmmm32_imm8,
            Code.Cmpsd_xmm_xmmm64_imm8, Code.Shufps_xmm_xmmm128_imm8, Code.Shufpd_xmm_xmmm128_imm8, Code.Roundps_xmm_xmmm128_imm8,
            Code.Roundpd_xmm_xmmm128_imm8, Code.Roundss_xmm_xmmm32_imm8, Code.Roundsd_xmm_xmmm64_imm8, Code.Cvtdq2pd_xmm_xmmm64,
            Code.Cvtdq2ps_xmm_xmmm128, Code.Cvtpd2dq_xmm_xmmm128, Code.Cvtpd2ps_xmm_xmmm128, Code.Cvtps2dq_xmm_xmmm128, Code.Cvtps2pd_xmm_xmmm64,
            Code.Cvtsd2si_r32_xmmm64, Code.Cvtsd2ss_xmm_xmmm64, Code.Cvtsi2sd_xmm_rm32, Code.Cvtsi2ss_xmm_rm32, Code.Cvtss2sd_xmm_xmmm32,
            Code.Cvtss2si_r32_xmmm32, Code.Cvttpd2dq_xmm_xmmm128, Code.Cvttps2dq_xmm_xmmm128, Code.Cvttsd2si_r32_xmmm64, Code.Cvttss2si_r32_xmmm32);
        table.Add(new Rewrite(Vector, FlagEffect.None, MayLeave: true, KeepsScratch: true, Units: RewriteUnits.Vectors),
            Code.Lddqu_xmm_m128, Code.Movd_rm32_xmm, Code.Movd_xmm_rm32, Code.Movddup_xmm_xmmm64, Code.Movdqa_xmm_xmmm128, Code.Movdqa_xmmm128_xmm,
            Code.Movdqu_xmm_xmmm128, Code.Movdqu_xmmm128_xmm, Code.Movhlps_xmm_xmm, Code.Movhpd_m64_xmm, Code.Movhpd_xmm_m64, Code.Movhps_m64_xmm,
            Code.Movhps_xmm_m64, Code.Movlhps_xmm_xmm, Code.Movlpd_m64_xmm, Code.Movlpd_xmm_m64, Code.Movlps_m64_xmm, Code.Movlps_xmm_m64,
            Code.Movmskpd_r32_xmm, Code.Movmskps_r32_xmm, Code.Movntdq_m128_xmm, Code.Movntps_m128_xmm, Code.Movntpd_m128_xmm,
            Code.Movntdqa_xmm_m128, Code.Movq_xmm_xmmm64, Code.Movq_xmmm64_xmm, Code.Movsd_xmm_xmmm64, Code.Movsd_xmmm64_xmm, Code.Movss_xmm_xmmm32,
            Code.Movss_xmmm32_xmm, Code.Movaps_xmm_xmmm128, Code.Movaps_xmmm128_xmm, Code.Movapd_xmm_xmmm128, Code.Movapd_xmmm128_xmm,
            Code.Movups_xmm_xmmm128, Code.Movups_xmmm128_xmm, Code.Movupd_xmm_xmmm128, Code.Movupd_xmmm128_xmm, Code.Movshdup_xmm_xmmm128,
            Code.Movsldup_xmm_xmmm128, Code.Extractps_rm32_xmm_imm8, Code.Insertps_xmm_xmmm32_imm8, Code.Pextrd_rm32_xmm_imm8,
            Code.Pextrw_r32_xmm_imm8, Code.Pinsrb_xmm_r32m8_imm8, Code.Pinsrd_xmm_rm32_imm8, Code.Pinsrw_xmm_r32m16_imm8, Code.Pmovmskb_r32_xmm);
        table.Add(new Rewrite(Vector, FlagEffect.None, MayLeave: true, KeepsScratch: true, Units: RewriteUnits.Vectors),
            Code.Paddb_xmm_xmmm128, Code.Paddw_xmm_xmmm128, Code.Paddd_xmm_xmmm128, Code.Paddq_xmm_xmmm128, Code.Psubb_xmm_xmmm128,
            Code.Psubw_xmm_xmmm128, Code.Psubd_xmm_xmmm128, Code.Psubq_xmm_xmmm128, Code.Paddsb_xmm_xmmm128, Code.Paddsw_xmm_xmmm128,
            Code.Paddusb_xmm_xmmm128, Code.Paddusw_xmm_xmmm128, Code.Psubsb_xmm_xmmm128, Code.Psubsw_xmm_xmmm128, Code.Psubusb_xmm_xmmm128,
            Code.Psubusw_xmm_xmmm128, Code.Pand_xmm_xmmm128, Code.Pandn_xmm_xmmm128, Code.Por_xmm_xmmm128, Code.Pxor_xmm_xmmm128,
            Code.Pavgb_xmm_xmmm128, Code.Pavgw_xmm_xmmm128, Code.Pcmpeqb_xmm_xmmm128, Code.Pcmpeqw_xmm_xmmm128, Code.Pcmpeqd_xmm_xmmm128,
            Code.Pcmpgtb_xmm_xmmm128, Code.Pcmpgtw_xmm_xmmm128, Code.Pcmpgtd_xmm_xmmm128, Code.Pmaddwd_xmm_xmmm128, Code.Pmaxsw_xmm_xmmm128,
            Code.Pmaxub_xmm_xmmm128, Code.Pminsw_xmm_xmmm128, Code.Pminub_xmm_xmmm128, Code.Pmulhuw_xmm_xmmm128, Code.Pmulhw_xmm_xmmm128,
            Code.Pmullw_xmm_xmmm128, Code.Pmuludq_xmm_xmmm128, Code.Psadbw_xmm_xmmm128, Code.Packssdw_xmm_xmmm128, Code.Packsswb_xmm_xmmm128,
            Code.Packuswb_xmm_xmmm128, Code.Punpckhbw_xmm_xmmm128, Code.Punpckhwd_xmm_xmmm128, Code.Punpckhdq_xmm_xmmm128,
            Code.Punpckhqdq_xmm_xmmm128, Code.Punpcklbw_xmm_xmmm128, Code.Punpcklwd_xmm_xmmm128, Code.Punpckldq_xmm_xmmm128,
            Code.Punpcklqdq_xmm_xmmm128, Code.Psllw_xmm_xmmm128, Code.Pslld_xmm_xmmm128, Code.Psllq_xmm_xmmm128, Code.Psrlw_xmm_xmmm128,
            Code.Psrld_xmm_xmmm128, Code.Psrlq_xmm_xmmm128, Code.Psraw_xmm_xmmm128, Code.Psrad_xmm_xmmm128, Code.Pabsb_xmm_xmmm128,
            Code.Pabsw_xmm_xmmm128, Code.Pabsd_xmm_xmmm128, Code.Phaddw_xmm_xmmm128, Code.Phaddd_xmm_xmmm128, Code.Phaddsw_xmm_xmmm128,
            Code.Phsubw_xmm_xmmm128, Code.Phsubd_xmm_xmmm128, Code.Phsubsw_xmm_xmmm128, Code.Pmaddubsw_xmm_xmmm128, Code.Pmulhrsw_xmm_xmmm128,
            Code.Pshufb_xmm_xmmm128, Code.Psignb_xmm_xmmm128, Code.Psignw_xmm_xmmm128, Code.Psignd_xmm_xmmm128, Code.Packusdw_xmm_xmmm128,
            Code.Pcmpeqq_xmm_xmmm128, Code.Pcmpgtq_xmm_xmmm128, Code.Pmaxsb_xmm_xmmm128, Code.Pmaxsd_xmm_xmmm128, Code.Pmaxud_xmm_xmmm128,
            Code.Pmaxuw_xmm_xmmm128, Code.Pminsb_xmm_xmmm128, Code.Pminsd_xmm_xmmm128, Code.Pminud_xmm_xmmm128, Code.Pminuw_xmm_xmmm128,
            Code.Pmuldq_xmm_xmmm128, Code.Pmulld_xmm_xmmm128, Code.Phminposuw_xmm_xmmm128, Code.Psllw_xmm_imm8, Code.Pslld_xmm_imm8,
            Code.Psllq_xmm_imm8, Code.Psrlw_xmm_imm8, Code.Psrld_xmm_imm8, Code.Psrlq_xmm_imm8, Code.Psraw_xmm_imm8, Code.Psrad_xmm_imm8,
            Code.Pslldq_xmm_imm8, Code.Psrldq_xmm_imm8, Code.Pshufd_xmm_xmmm128_imm8, Code.Pshufhw_xmm_xmmm128_imm8, Code.Pshuflw_xmm_xmmm128_imm8,
            Code.Palignr_xmm_xmmm128_imm8, Code.Pblendw_xmm_xmmm128_imm8, Code.Blendps_xmm_xmmm128_imm8, Code.Blendpd_xmm_xmmm128_imm8,
            Code.Pblendvb_xmm_xmmm128, Code.Blendvpd_xmm_xmmm128, Code.Blendvps_xmm_xmmm128, Code.Pmovsxbd_xmm_xmmm32, Code.Pmovsxbq_xmm_xmmm16,
            Code.Pmovsxbw_xmm_xmmm64, Code.Pmovsxdq_xmm_xmmm64, Code.Pmovsxwd_xmm_xmmm64, Code.Pmovsxwq_xmm_xmmm32, Code.Pmovzxbd_xmm_xmmm32,
            Code.Pmovzxbq_xmm_xmmm16, Code.Pmovzxbw_xmm_xmmm64, Code.Pmovzxdq_xmm_xmmm64, Code.Pmovzxwd_xmm_xmmm64, Code.Pmovzxwq_xmm_xmmm32);
        // What the least of x64 hosts that .NET runs on need not have.
        if (Aes.IsSupported)
        {
            table.Add(new Rewrite(Vector, FlagEffect.None, MayLeave: true, KeepsScratch: true, Units: RewriteUnits.Vectors),
                Code.Aesenc_xmm_xmmm128, Code.Aesenclast_xmm_xmmm128, Code.Aesdec_xmm_xmmm128, Code.Aesdeclast_xmm_xmmm128, Code.Aesimc_xmm_xmmm128,
                Code.Aeskeygenassist_xmm_xmmm128_imm8);
        }
        if (Pclmulqdq.IsSupported) table.Add(new Rewrite(Vector, FlagEffect.None, MayLeave: true, KeepsScratch: true, Units: RewriteUnits.Vectors), Code.Pclmulqdq_xmm_xmmm128_imm8);
        table.Add(new Rewrite(Compare, FlagEffect.Full, MayLeave: true, KeepsScratch: true, Units: RewriteUnits.Vectors),
            Code.Comiss_xmm_xmmm32, Code.Ucomiss_xmm_xmmm32, Code.Comisd_xmm_xmmm64, Code.Ucomisd_xmm_xmmm64, Code.Ptest_xmm_xmmm128,
            Code.Pcmpistri_xmm_xmmm128_imm8, Code.Pcmpestri_xmm_xmmm128_imm8, Code.Pcmpistrm_xmm_xmmm128_imm8, Code.Pcmpestrm_xmm_xmmm128_imm8);
    }

    static bool Vector(Emission e, in Instruction instruction, Op* op) => TryLook(e, instruction, op) && e.TryEncode(e.Rewritten(instruction));

    static bool Compare(Emission e, in Instruction instruction, Op* op)
    {
        if (!TryLook(e, instruction, op) || !e.TryEncode(e.Rewritten(instruction))) return false;
        e.KeepHostFlags();
        return true;
    }

    static bool TryLook(Emission e, in Instruction instruction, Op* op)
    {
        e.UseVectors();
        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) != OpKind.Memory) continue;
            int size = instruction.MemorySize.GetSize();
            return e.TryLook(instruction, op, size, write: i == 0, aligned: size == 16 && !MayBeUnaligned(instruction.Mnemonic));
        }
        return true;
    }

    static bool MayBeUnaligned(Mnemonic mnemonic) => mnemonic is Mnemonic.Movdqu or Mnemonic.Movups or Mnemonic.Movupd or Mnemonic.Lddqu
        or Mnemonic.Pcmpistri or Mnemonic.Pcmpestri or Mnemonic.Pcmpistrm or Mnemonic.Pcmpestrm;
}
