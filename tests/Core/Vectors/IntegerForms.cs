using CheckpointRestart.Core.Cpu;
using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>The integer forms that have recorded outcomes: all that have a handler, less those that depend on selectors or on the kernel.</summary>
internal static class IntegerForms
{
    /// <summary>Tested by hand instead: segments, far transfers, traps, privilege, what tells of the processor.</summary>
    static readonly Mnemonic[] Elsewhere =
    [
        Mnemonic.Int, Mnemonic.Int1, Mnemonic.Int3, Mnemonic.Into, Mnemonic.Sysenter, Mnemonic.Cpuid, Mnemonic.Rdtsc, Mnemonic.Rdtscp,
        Mnemonic.Lds, Mnemonic.Les, Mnemonic.Lss, Mnemonic.Lfs, Mnemonic.Lgs, Mnemonic.Lar, Mnemonic.Lsl, Mnemonic.Verr, Mnemonic.Verw,
        Mnemonic.Sldt, Mnemonic.Str, Mnemonic.Smsw, Mnemonic.Sgdt, Mnemonic.Sidt, Mnemonic.Iret, Mnemonic.Iretd, Mnemonic.Retf,
        Mnemonic.In, Mnemonic.Out, Mnemonic.Insb, Mnemonic.Insw, Mnemonic.Insd, Mnemonic.Outsb, Mnemonic.Outsw, Mnemonic.Outsd,
        Mnemonic.Cli, Mnemonic.Sti, Mnemonic.Hlt, Mnemonic.Clts, Mnemonic.Invd, Mnemonic.Wbinvd, Mnemonic.Invlpg, Mnemonic.Rdmsr, Mnemonic.Wrmsr,
        Mnemonic.Rdpmc, Mnemonic.Sysexit, Mnemonic.Lgdt, Mnemonic.Lidt, Mnemonic.Lldt, Mnemonic.Ltr, Mnemonic.Lmsw,
        Mnemonic.Reservednop, Mnemonic.Cldemote, Mnemonic.Prefetchit0, Mnemonic.Prefetchit1, Mnemonic.Endbr32, Mnemonic.Endbr64, Mnemonic.Rdsspd, Mnemonic.Prefetch, Mnemonic.Prefetchw, Mnemonic.Prefetchwt1,
        Mnemonic.Prefetchnta, Mnemonic.Prefetcht0, Mnemonic.Prefetcht1, Mnemonic.Prefetcht2, Mnemonic.Clflush,
        Mnemonic.Lfence, Mnemonic.Mfence, Mnemonic.Sfence, Mnemonic.Pause, Mnemonic.Nop, Mnemonic.Ldmxcsr, Mnemonic.Stmxcsr,
    ];

    internal static IReadOnlyList<VectorForm> All { get; } = [.. List()];

    /// <summary>Flags that differ among makers, or that nobody defines, after an instruction: they are not compared.</summary>
    internal static uint Undefined(VectorForm form, in VectorCase made) => form.Code.Mnemonic() switch
    {
        Mnemonic.Shl or Mnemonic.Shr or Mnemonic.Sal or Mnemonic.Sar => Adjust,
        Mnemonic.Shld or Mnemonic.Shrd => Adjust | (form.Code.ToString().Contains("16", StringComparison.Ordinal) && Count(form, made) >= 16 ? Carry | Overflow : 0),
        Mnemonic.Aaa or Mnemonic.Aas => Overflow | Sign | Zero | Parity,
        Mnemonic.Div or Mnemonic.Idiv => Carry | Parity | Adjust | Zero | Sign | Overflow,
        Mnemonic.Bsf or Mnemonic.Bsr => Carry | Parity | Adjust | Sign | Overflow,
        _ => 0,
    };

    static int Count(VectorForm form, in VectorCase made) =>
        31 & (form.Code.ToString().EndsWith("CL", StringComparison.Ordinal) ? (int)made.Gpr[1] : made.Code[(int)made.Length - 1]);

    const uint Carry = 1, Parity = 4, Adjust = 0x10, Zero = 0x40, Sign = 0x80, Overflow = 0x800;

    static unsafe List<VectorForm> List()
    {
        var forms = new List<VectorForm>();
        foreach (var code in Enum.GetValues<Code>())
        {
            var info = code.ToOpCode();
            if (!info.IsInstruction || !info.Mode32 || info.Encoding != EncodingKind.Legacy || Elsewhere.Contains(code.Mnemonic())) continue;
            bool register = HandlerTable.Instance.Find(code, memory: false) != null, memory = HandlerTable.Instance.Find(code, memory: true) != null;
            if (!register && !memory) continue;
            var kinds = Enumerable.Range(0, info.OpCount).Select(info.GetOpKind).ToArray();
            if (!kinds.All(IsInteger) || code.ToString()[0] == 'F' || code is Code.Wait or Code.Emms) continue;
            bool onlyMemory = kinds.Any(kind => kind is OpCodeOperandKind.mem or OpCodeOperandKind.mem_offs);
            bool either = kinds.Any(kind => kind is OpCodeOperandKind.r8_or_mem or OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r32_or_mem);
            if (kinds.Any(kind => kind is OpCodeOperandKind.seg_rSI or OpCodeOperandKind.es_rDI))
            {
                forms.Add(new(code, false));
                forms.Add(new(code, false, RepeatPrefix.Repe));
                forms.Add(new(code, false, RepeatPrefix.Repne));
                continue;
            }
            if (!onlyMemory) forms.Add(new(code, false));
            if (onlyMemory || either) forms.Add(new(code, true));
        }
        return forms;
    }

    static bool IsInteger(OpCodeOperandKind kind) => kind is OpCodeOperandKind.r8_reg or OpCodeOperandKind.r8_opcode
        or OpCodeOperandKind.r16_reg or OpCodeOperandKind.r16_opcode or OpCodeOperandKind.r16_rm
        or OpCodeOperandKind.r32_reg or OpCodeOperandKind.r32_opcode or OpCodeOperandKind.r32_rm
        or OpCodeOperandKind.r8_or_mem or OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r32_or_mem
        or OpCodeOperandKind.mem or OpCodeOperandKind.mem_offs
        or OpCodeOperandKind.al or OpCodeOperandKind.cl or OpCodeOperandKind.ax or OpCodeOperandKind.dx or OpCodeOperandKind.eax
        or OpCodeOperandKind.imm8 or OpCodeOperandKind.imm8_const_1 or OpCodeOperandKind.imm8sex16 or OpCodeOperandKind.imm8sex32
        or OpCodeOperandKind.imm16 or OpCodeOperandKind.imm32
        or OpCodeOperandKind.br16_1 or OpCodeOperandKind.br16_2 or OpCodeOperandKind.br32_1 or OpCodeOperandKind.br32_4
        or OpCodeOperandKind.seg_rSI or OpCodeOperandKind.es_rDI or OpCodeOperandKind.seg_rBX_al;
}
