using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>One form of an instruction: a code, with or without a memory operand, with a repeat prefix or none.</summary>
internal sealed record VectorForm(Code Code, bool Memory, RepeatPrefix Repeat = RepeatPrefix.None)
{
    const int CaseLimit = 64;

    internal string Name => Code + (Memory ? " mem" : "") + (Repeat == RepeatPrefix.None ? "" : " " + Repeat);

    /// <summary>Case number <paramref name="index"/>, the same for ever.</summary>
    internal VectorCase MakeCase(int index)
    {
        for (int attempt = 0; attempt < CaseLimit; attempt++)
        {
            var random = new VectorRandom(Seed(Name) + (ulong)(index * CaseLimit + attempt) * 0x1234567);
            if (new VectorBuilder(this, random).TryBuild(out var made)) return made;
        }
        throw new InvalidOperationException($"no case for {Name}");
    }

    static ulong Seed(string text)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in text) hash = (hash ^ c) * 1099511628211;
        return hash;
    }
}

internal enum RepeatPrefix
{
    None,
    Repe,
    Repne,
}
