using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>What an instruction does to the status flags, as the interpreter has it.</summary>
internal enum FlagEffect : byte
{
    None,
    /// <summary>Some flags stay, or all may.</summary>
    Partial,
    /// <summary>All six are new.</summary>
    Full,
}

/// <summary>Parts of the processor that have to be prepared before code uses them.</summary>
[Flags]
internal enum RewriteUnits : byte
{
    None = 0,
    Vectors = 1,
    X87 = 2,
    /// <summary>Memory by way of GS.</summary>
    Gs = 4,
}

/// <summary>How one instruction is translated.</summary>
/// <param name="Emit">Writes it; false when this form is left to the interpreter.</param>
/// <param name="Effect">What it does to the flags.</param>
/// <param name="MayLeave">It may be left to the interpreter even when it has no memory operand.</param>
/// <param name="KeepsScratch">Between finding its operand and its end it uses no scratch register.</param>
/// <param name="Units">What of the processor it uses.</param>
internal sealed record Rewrite(Rewrite.Writer Emit, FlagEffect Effect, bool MayLeave = false, bool KeepsScratch = false, RewriteUnits Units = RewriteUnits.None)
{
    internal unsafe delegate bool Writer(Emission emission, in Instruction instruction, Op* op);
}

/// <summary>The instructions that are translated: nothing that is not on these lists is ever encoded for the host.</summary>
internal sealed class RewriteTable
{
    readonly Rewrite?[] rules = new Rewrite?[IcedConstants.CodeEnumCount];

    RewriteTable()
    {
        ArithmeticRewrites.Fill(this);
        ShiftRewrites.Fill(this);
        MultiplyRewrites.Fill(this);
        MoveRewrites.Fill(this);
        StackRewrites.Fill(this);
        BranchRewrites.Fill(this);
        VectorRewrites.Fill(this);
        X87Rewrites.Fill(this);
        MmxRewrites.Fill(this);
        StringRewrites.Fill(this);
        FlagRewrites.Fill(this);
    }

    internal static RewriteTable Instance { get; } = new();

    internal Rewrite? Find(Code code) => rules[(int)code];

    /// <summary>Every instruction on the lists.</summary>
    internal IEnumerable<Code> Codes => rules.Select(static (rule, code) => (rule, code)).Where(static pair => pair.rule != null).Select(static pair => (Code)pair.code);

    internal void Add(Rewrite rule, params ReadOnlySpan<Code> codes)
    {
        foreach (var code in codes) rules[(int)code] = rule;
    }
}
