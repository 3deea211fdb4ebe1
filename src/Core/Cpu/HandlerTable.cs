using Iced.Intel;

namespace CheckpointRestart.Core.Cpu;

/// <summary>Ties each form of instruction to its handler. A family adds its lines in a Register method that <see cref="Create"/> calls.</summary>
internal sealed unsafe class HandlerTable
{
    readonly nint[] registerForms = new nint[IcedConstants.CodeEnumCount];
    readonly nint[] memoryForms = new nint[IcedConstants.CodeEnumCount];
    readonly nint[] repeatedForms = new nint[IcedConstants.CodeEnumCount];
    readonly OpTraits[] traits = new OpTraits[IcedConstants.CodeEnumCount];

    /// <summary>The one table of the process.</summary>
    internal static HandlerTable Instance { get; } = Create();

    static HandlerTable Create()
    {
        var table = new HandlerTable();
        Interpreter.Families.Register(table);
        return table;
    }

    /// <summary>One handler for every operand form.</summary>
    internal void Add(Code code, delegate*<CpuState*, Op*, void> handler, OpTraits trait = OpTraits.None) => Add(code, handler, handler, trait);

    /// <summary>A handler for the form without, and one for the form with a memory operand; null where there is no such form.</summary>
    internal void Add(Code code, delegate*<CpuState*, Op*, void> register, delegate*<CpuState*, Op*, void> memory, OpTraits trait = OpTraits.None)
    {
        if (registerForms[(int)code] != 0 || memoryForms[(int)code] != 0) throw new InvalidOperationException($"{code} has two handlers");
        registerForms[(int)code] = (nint)register;
        memoryForms[(int)code] = (nint)memory;
        traits[(int)code] = trait;
    }

    /// <summary>A string instruction: alone, and with REP, REPE or REPNE, which ends its block.</summary>
    internal void AddString(Code code, delegate*<CpuState*, Op*, void> once, delegate*<CpuState*, Op*, void> repeated)
    {
        Add(code, once);
        repeatedForms[(int)code] = (nint)repeated;
    }

    /// <summary>The handler of a string instruction with a REP prefix, or null.</summary>
    internal delegate*<CpuState*, Op*, void> FindRepeated(Code code) => (delegate*<CpuState*, Op*, void>)repeatedForms[(int)code];

    /// <summary>The handler of a form, or null when there is none: then the instruction raises #UD.</summary>
    internal delegate*<CpuState*, Op*, void> Find(Code code, bool memory) =>
        (delegate*<CpuState*, Op*, void>)(memory ? memoryForms : registerForms)[(int)code];

    internal OpTraits Traits(Code code) => traits[(int)code];
}

/// <summary>Numbers of Iced that it keeps to itself.</summary>
static class IcedConstants
{
    internal const int CodeEnumCount = (int)Code.VEX_Vsm3rnds2_xmm_xmm_xmmm128_imm8 + 1;
}
