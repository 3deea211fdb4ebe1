using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>What a form is beyond its code.</summary>
[Flags]
internal enum FormTraits
{
    None,
    /// <summary>The operand that may be a register or memory is memory.</summary>
    Memory = 1,
    /// <summary>16-bit addressing (a 67 prefix).</summary>
    Address16 = 2,
    /// <summary>Segment registers hold selectors with bases, limits and restrictions; segment prefixes.</summary>
    Segmented = 4,
    Lock = 8,
    /// <summary>F3 before a string instruction.</summary>
    Rep = 16,
    /// <summary>F2 before a string instruction.</summary>
    Repne = 32,
    /// <summary>EFLAGS.AC is set, and operands are often unaligned.</summary>
    Aligned = 64,
    /// <summary>EFLAGS.TF is set.</summary>
    Step = 128,
    /// <summary>In a 16-bit code segment.</summary>
    Code16 = 256,
    /// <summary>An operand of x87 is zero, infinite, denormal, no number, out of range, or not there: what comes out is no matter of last bits.</summary>
    Special = 512,
    /// <summary>LOCK before what may not be locked.</summary>
    Unlockable = 1024,
    /// <summary>The code goes to the end of its page, or beyond it, where nothing is.</summary>
    Edge = 8192,
    /// <summary>15 bytes long by prefixes that mean nothing, or 16, which is too long.</summary>
    Long = 4096,
    /// <summary>Operands are often equal, complements, zero or a single bit, and often cross pages.</summary>
    Alike = 2048,
}

/// <summary>How the x87 unit rounds in all cases of a form.</summary>
/// <param name="Rounding">0 to 3, the control word's RC.</param>
/// <param name="Precision">24, 53 or 64 bits; 0 for any.</param>
internal readonly record struct FloatMode(int Rounding, int Precision)
{
    static readonly string[] Roundings = ["nearest", "down", "up", "zero"];

    public override string ToString() => Roundings[Rounding] + (Precision == 0 ? "" : " " + Precision);
}

/// <summary>One form of an instruction that has vectors: a code, what its operand is, prefixes, and a mode.</summary>
internal sealed record VectorForm(Code Code, FormTraits Traits = FormTraits.None, FloatMode? Mode = null, int Count = 200)
{
    /// <summary>A choice that cannot be encoded is made anew, so often.</summary>
    const int Attempts = 100;

    /// <summary>Its name in the recorded file, and the seed of its cases.</summary>
    internal string Name => Code + (Traits == FormTraits.None ? "" : " " + Traits) + (Mode == null ? "" : " " + Mode);

    internal bool Has(FormTraits trait) => (Traits & trait) != 0;

    /// <summary>Case number <paramref name="index"/>, the same for ever.</summary>
    internal VectorState MakeCase(int index)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            var random = new VectorRandom(Seed(Name) + ((ulong)((index * Attempts) + attempt) * 0x1234567));
            if (new CaseBuilder(this, random).TryBuild(out var made)) return made;
        }
        throw new InvalidOperationException($"no case for {Name}");
    }

    /// <summary>A state in which nothing is special, with INT3 to run.</summary>
    internal static VectorState Blank()
    {
        var blank = new VectorState
        {
            Place = VectorLayout.CodeStart,
            Eip = VectorLayout.Code + VectorLayout.CodeStart,
            Eflags = 0x202,
            Cs = VectorLayout.FlatCode,
            Ss = VectorLayout.FlatData,
            Ds = VectorLayout.FlatData,
            Es = VectorLayout.FlatData,
        };
        blank.Gpr[4] = VectorLayout.StackMiddle;
        FloatCases.Blank(blank.Fx);
        return blank;
    }

    static ulong Seed(string text)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in text) hash = (hash ^ c) * 1099511628211;
        return hash;
    }
}
