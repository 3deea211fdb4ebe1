namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>Numbers from a seed, the same for ever: recorded outcomes belong to them. SplitMix64.</summary>
internal sealed class VectorRandom(ulong seed)
{
    static readonly uint[] Edges =
        [0, 1, 2, 7, 8, 15, 16, 31, 32, 33, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFF80, 0xFFFF8000, 0xFFFFFFFE, 0xFFFFFFFF];

    ulong state = seed;

    internal ulong Next64()
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    internal uint Next() => (uint)(Next64() >> 16);

    /// <summary>0 to <paramref name="most"/> - 1.</summary>
    internal int Below(int most) => (int)(Next() % (uint)most);

    internal bool OneIn(int n) => Below(n) == 0;

    internal bool Chance(int percent) => Below(100) < percent;

    internal T Of<T>(ReadOnlySpan<T> choices) => choices[Below(choices.Length)];

    /// <summary>An edge of some width, or anything.</summary>
    internal uint Value() => Below(3) switch
    {
        0 => Edges[Below(Edges.Length)],
        1 => Next() >> Below(32),
        _ => Next(),
    };
}
