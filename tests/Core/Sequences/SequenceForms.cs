using CheckpointRestart.Core.Tests.Vectors;
using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Sequences;

/// <summary>The forms that sequences are made of, by family.</summary>
internal static class SequenceForms
{
    internal static IReadOnlyList<string> Families { get; } = ["integer", "string", "x87", "x87-state", "mmx", "sse", "sse2", "sse4"];

    /// <summary>What tells of the machine or the time, or goes to the kernel.</summary>
    static readonly Mnemonic[] Outside =
    [
        Mnemonic.Int, Mnemonic.Int1, Mnemonic.Int3, Mnemonic.Sysenter, Mnemonic.Cpuid, Mnemonic.Rdtsc, Mnemonic.Rdtscp, Mnemonic.Sldt, Mnemonic.Str, Mnemonic.Smsw, Mnemonic.Sgdt, Mnemonic.Sidt,
        Mnemonic.Lar, Mnemonic.Lsl, Mnemonic.Verr, Mnemonic.Verw, Mnemonic.Lds, Mnemonic.Les, Mnemonic.Lfs, Mnemonic.Lgs, Mnemonic.Lss, Mnemonic.Iret, Mnemonic.Iretd, Mnemonic.Retf,
    ];

    /// <summary>Branches that cut EIP to 16 bits.</summary>
    static readonly Code[] ShortReturns = [Code.Retnw, Code.Retnw_imm16, Code.Jmp_rm16, Code.Call_rm16];

    static readonly VectorForm[][] ByFamily = [.. Families.Select(family => VectorFamilies.Of(family).Where(IsUsed).DistinctBy(form => (form.Code, form.Traits)).ToArray())];

    /// <summary>Forms that use flags.</summary>
    static readonly VectorForm[] Consumers = [.. ByFamily.SelectMany(family => family).Where(form => Reads(form.Code))];

    /// <summary>Forms that change how the floating-point units work.</summary>
    static readonly VectorForm[] Controls =
        [.. ByFamily.SelectMany(family => family).Where(form => form.Code.Mnemonic() is Mnemonic.Fldcw or Mnemonic.Ldmxcsr or Mnemonic.Fninit or Mnemonic.Fnclex or Mnemonic.Fincstp or Mnemonic.Fdecstp or Mnemonic.Ffree or Mnemonic.Emms)];

    /// <summary>All of them.</summary>
    internal static IEnumerable<VectorForm> All => ByFamily.SelectMany(family => family);

    internal static VectorForm Any(VectorRandom random, int family) => random.Of<VectorForm>(ByFamily[family]);

    internal static VectorForm AnyConsumer(VectorRandom random) => random.Of<VectorForm>(Consumers);

    internal static VectorForm AnyControl(VectorRandom random) => random.Of<VectorForm>(Controls);

    static bool IsUsed(VectorForm form)
    {
        const FormTraits Known = FormTraits.Memory | FormTraits.Rep | FormTraits.Repne | FormTraits.Lock;
        if ((form.Traits & ~Known) != 0 || Outside.Contains(form.Code.Mnemonic()) || ShortReturns.Contains(form.Code) || UndefinedBits.HoldsPointers(form.Code)) return false;
        if (form.Code is Code.Jmp_rm32 or Code.Call_rm32 && form.Has(FormTraits.Memory)) return false;
        var info = form.Code.ToOpCode();
        return !Enumerable.Range(0, info.OpCount).Any(i => info.GetOpKind(i) is OpCodeOperandKind.br16_1 or OpCodeOperandKind.br16_2 or OpCodeOperandKind.seg_reg or OpCodeOperandKind.farbr2_2
            or OpCodeOperandKind.farbr4_2 or OpCodeOperandKind.es or OpCodeOperandKind.cs or OpCodeOperandKind.ss or OpCodeOperandKind.ds or OpCodeOperandKind.fs or OpCodeOperandKind.gs);
    }

    static bool Reads(Code code)
    {
        var instruction = new Instruction { Code = code };
        return (instruction.RflagsRead & (RflagsBits.CF | RflagsBits.OF | RflagsBits.ZF | RflagsBits.SF | RflagsBits.PF | RflagsBits.AF)) != 0;
    }
}
