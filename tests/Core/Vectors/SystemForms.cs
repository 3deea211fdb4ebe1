using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>The forms of segment loads, far transfers, traps, and what user mode may not do.</summary>
internal static class SystemForms
{
    const int Full = 200, Some = 100, Few = 40, VeryFew = 10;

    /// <summary>They load or look at a selector.</summary>
    static readonly Mnemonic[] Selectors =
    [
        Mnemonic.Lds, Mnemonic.Les, Mnemonic.Lss, Mnemonic.Lfs, Mnemonic.Lgs, Mnemonic.Lar, Mnemonic.Lsl, Mnemonic.Verr, Mnemonic.Verw, Mnemonic.Iret, Mnemonic.Iretd, Mnemonic.Retf,
    ];

    static readonly Mnemonic[] Traps = [Mnemonic.Int, Mnemonic.Int3, Mnemonic.Into, Mnemonic.Ud0, Mnemonic.Ud1, Mnemonic.Ud2];

    /// <summary>Linux does these for the program where the processor forbids them (UMIP): what they give is the same on every machine.</summary>
    static readonly Mnemonic[] Emulated = [Mnemonic.Sgdt, Mnemonic.Sidt, Mnemonic.Smsw];

    static readonly Mnemonic[] Privileged =
    [
        Mnemonic.In, Mnemonic.Out, Mnemonic.Insb, Mnemonic.Insw, Mnemonic.Insd, Mnemonic.Outsb, Mnemonic.Outsw, Mnemonic.Outsd, Mnemonic.Cli, Mnemonic.Sti, Mnemonic.Hlt, Mnemonic.Clts,
        Mnemonic.Invd, Mnemonic.Wbinvd, Mnemonic.Invlpg, Mnemonic.Rdmsr, Mnemonic.Wrmsr, Mnemonic.Rdpmc, Mnemonic.Sysexit, Mnemonic.Lgdt, Mnemonic.Lidt, Mnemonic.Lldt, Mnemonic.Ltr, Mnemonic.Lmsw,
    ];

    /// <summary>True for a code of this family.</summary>
    internal static bool Contains(Code code) => IsSelector(code) || Traps.Contains(code.Mnemonic()) || Emulated.Contains(code.Mnemonic()) || IsPrivileged(code);

    /// <summary>It is there to raise #UD.</summary>
    internal static bool IsUndefined(Code code) => code.Mnemonic() is Mnemonic.Ud0 or Mnemonic.Ud1 or Mnemonic.Ud2;

    /// <summary>It needs privilege 0, or rights to ports.</summary>
    internal static bool IsPrivileged(Code code) => Privileged.Contains(code.Mnemonic()) || code is Code.Mov_r32_cr or Code.Mov_cr_r32 or Code.Mov_r32_dr or Code.Mov_dr_r32;

    /// <summary>Its result goes where the kernel writes for it: a fault of that is the kernel's.</summary>
    internal static bool IsEmulated(Code code) => Emulated.Contains(code.Mnemonic());

    internal static IEnumerable<VectorForm> Of(Code code)
    {
        var info = code.ToOpCode();
        var kinds = Enumerable.Range(0, info.OpCount).Select(info.GetOpKind).ToArray();
        bool onlyMemory = kinds.Any(kind => kind is OpCodeOperandKind.mem or OpCodeOperandKind.seg_rSI or OpCodeOperandKind.es_rDI);
        bool either = kinds.Any(kind => kind is OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r32_or_mem);
        int count = IsPrivileged(code) || Traps.Contains(code.Mnemonic()) ? Few : Full;
        if (!onlyMemory)
        {
            yield return new(code, Count: count);
            yield return new(code, FormTraits.Code16, Count: Some);
            // Processors differ in how much of UD0 and UD1 they fetch.
            if (!IsUndefined(code)) yield return new(code, FormTraits.Edge, Count: VeryFew);
            if (!IsEmulated(code)) yield return new(code, FormTraits.Step, Count: Few);
            if (info.IsStackInstruction) yield return new(code, FormTraits.Segmented, Count: count);
        }
        if (!onlyMemory && !either) yield break;
        yield return new(code, FormTraits.Memory, Count: count);
        if (IsEmulated(code)) yield break;
        yield return new(code, FormTraits.Memory | FormTraits.Segmented, Count: Math.Min(count, Some));
        yield return new(code, FormTraits.Memory | FormTraits.Segmented | FormTraits.Code16, Count: Math.Min(count, Some));
        yield return new(code, FormTraits.Memory | FormTraits.Aligned, Count: Few);
        yield return new(code, FormTraits.Memory | FormTraits.Step, Count: Few);
    }

    static bool IsSelector(Code code)
    {
        var info = code.ToOpCode();
        return Selectors.Contains(code.Mnemonic()) || code is Code.Jmp_m1616 or Code.Jmp_m1632 or Code.Call_m1616 or Code.Call_m1632
            || Enumerable.Range(0, info.OpCount).Any(i => info.GetOpKind(i) is OpCodeOperandKind.seg_reg or OpCodeOperandKind.farbr2_2 or OpCodeOperandKind.farbr4_2
                or OpCodeOperandKind.es or OpCodeOperandKind.cs or OpCodeOperandKind.ss or OpCodeOperandKind.ds or OpCodeOperandKind.fs or OpCodeOperandKind.gs);
    }
}
