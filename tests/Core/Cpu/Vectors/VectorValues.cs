using CheckpointRestart.Core.Cpu.Floating;

namespace CheckpointRestart.Core.Tests.Cpu.Vectors;

/// <summary>Random and edge values from a seed, the same for ever: recorded outcomes depend on them.</summary>
internal sealed class VectorValues(ulong seed)
{
    private static readonly Float80[] Extended =
    [
        new(0, 0), new(0, 0x8000), new(0x8000000000000000, 0x3fff), new(0x8000000000000000, 0xbfff), new(0x8000000000000000, 0x7fff), new(0x8000000000000000, 0xffff),
        new(0xc000000000000000, 0x7fff), new(0xc000000000000000, 0xffff), new(0xc000000000001234, 0x7fff), new(0xa000000000000000, 0x7fff), new(0x8000000000000001, 0xffff),
        new(0xffffffffffffffff, 0x7ffe), new(0xffffffffffffffff, 0xfffe), new(0x8000000000000000, 1), new(0xffffffffffffffff, 1), new(1, 0), new(0x7fffffffffffffff, 0),
        new(0x8000000000000000, 0), new(0xffffffffffffffff, 0x8000), new(0x4000000000000000, 0x8000), new(0, 0x7fff), new(0x4000000000000000, 0x7fff), new(0x7fffffffffffffff, 0x3fff),
        new(1, 0x4000), new(0x8000000000000000, 0x4000), new(0xffffffffffffffff, 0x3ffe), new(0x8000000000000001, 0x3fff), new(0xc000000000000000, 0x3fff), new(0x8000000000000000, 0x3ffe),
        new(0xffffff0000000000, 0x3fff), new(0xffffff8000000000, 0x3fff), new(0xfffffffffffff800, 0x3fff), new(0xfffffffffffffc00, 0x3fff), new(0x8000000000000000, 0x403e),
        new(0xffffffffffffffff, 0x403d), new(0x8000000000000000, 0xc03e), new(0x8000000000000000, 0xc01e), new(0xffffffff00000000, 0x401d), new(0x8000000000000000, 0xc00e),
        new(0xc90fdaa22168c235, 0x4000), new(0xc90fdaa22168c235, 0x3fff), new(0xb504f333f9de6484, 0x3ffe), new(0x95f619980c4336f7, 0x3ffd),
    ];

    private static readonly ulong[] Doubles =
    [
        0, 0x8000000000000000, 0x3ff0000000000000, 0xbff0000000000000, 0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000, 0xfff8000000000000, 0x7ff8000000001234,
        0x7ff0000000000001, 0xfff4000000000000, 0x7fefffffffffffff, 0xffefffffffffffff, 0x0010000000000000, 0x8010000000000000, 0x000fffffffffffff, 1, 0x8000000000000001,
        0x3fe0000000000000, 0x3ff8000000000000, 0x41dfffffffc00000, 0x41e0000000000000, 0xc1e0000000000000, 0xc1e0000000200000, 0x41dfffffffe00000, 0x47efffffe0000000, 0x47effffff0000000,
        0x3810000000000000, 0x380fffffffffffff, 0x36a0000000000000, 0x3690000000000000, 0x4330000000000001, 0x4340000000000000, 0x4000000000000000, 0x3fefffffffffffff, 0x3ff0000000000001,
    ];

    private static readonly uint[] Singles =
    [
        0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7fc01234, 0x7f800001, 0xffa00000, 0x7f7fffff, 0xff7fffff, 0x00800000, 0x80800000,
        0x007fffff, 1, 0x80000001, 0x3f000000, 0x3fc00000, 0x4effffff, 0x4f000000, 0xcf000000, 0xcf000001, 0x4b000001, 0x4b800000, 0x40000000, 0x3f7fffff, 0x3f800001, 0x00400000,
    ];

    private ulong state = seed;

    internal ulong Next()
    {
        // SplitMix64.
        ulong z = state += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

    internal int Below(int limit) => (int)(Next() % (uint)limit);

    internal bool Chance(int percent) => Below(100) < percent;

    /// <summary>An 80-bit value; a previous one makes close pairs possible.</summary>
    internal Float80 NextExtended(Float80 previous)
    {
        int kind = Below(20);
        ulong bits = Next();
        ushort sign = (ushort)(bits & 0x8000);
        if (kind < 4) return Extended[Below(Extended.Length)];
        if (kind == 4) return new Float80(Next(), (ushort)Next());
        if (kind == 5) return new Float80(previous.Significand ^ (1UL << Below(64)), (ushort)(previous.SignExponent ^ sign));
        if (kind == 6) return new Float80(Sparse() | Real.Top, (ushort)(((previous.SignExponent & 0x7fff) + Below(130) - 65) & 0x7fff | sign));
        if (kind == 7) return new Float80(Next() >> Below(64), sign);
        if (kind == 8) return new Float80(Sparse() | Real.Top, (ushort)(sign | (1 + Below(70))));
        if (kind == 9) return new Float80(Sparse() | Real.Top, (ushort)(sign | (0x7ffe - Below(70))));
        if (kind < 13) return Float80Convert.FromInteger((long)Next() >> Below(64));
        int range = kind < 17 ? 8 : 200;
        return new Float80((Chance(30) ? Sparse() : Next()) | Real.Top, (ushort)(sign | (0x3fff + Below(range) - (range / 2))));
    }

    internal ulong NextDouble(ulong previous)
    {
        int kind = Below(16);
        ulong sign = Next() & (1UL << 63);
        if (kind < 3) return Doubles[Below(Doubles.Length)];
        if (kind == 3) return Next();
        if (kind == 4) return previous ^ (1UL << Below(52)) ^ sign;
        if (kind == 5) return sign | (Next() >> (12 + Below(52)));
        if (kind == 6) return sign | ((ulong)(1 + Below(60)) << 52) | (Sparse() >> 12);
        if (kind == 7) return sign | ((ulong)(2046 - Below(60)) << 52) | (Sparse() >> 12);
        if (kind == 8) return sign | ((ulong)(1023 - 150 + Below(30)) << 52) | (Sparse() >> 12);
        if (kind == 9) return sign | ((ulong)(1023 + 110 + Below(30)) << 52) | (Sparse() >> 12);
        if (kind < 12) return BitConverter.DoubleToUInt64Bits((long)Next() >> Below(64));
        return sign | ((ulong)(1023 - 4 + Below(kind < 14 ? 8 : 40)) << 52) | ((Chance(30) ? Sparse() : Next()) >> 12);
    }

    internal uint NextSingle(uint previous)
    {
        int kind = Below(14);
        uint sign = (uint)Next() & 0x80000000;
        if (kind < 3) return Singles[Below(Singles.Length)];
        if (kind == 3) return (uint)Next();
        if (kind == 4) return previous ^ (1u << Below(23)) ^ sign;
        if (kind == 5) return sign | ((uint)Next() >> (9 + Below(23)));
        if (kind == 6) return sign | ((uint)(1 + Below(30)) << 23) | (uint)(Sparse() >> 41);
        if (kind == 7) return sign | ((uint)(254 - Below(30)) << 23) | (uint)(Sparse() >> 41);
        if (kind < 10) return BitConverter.SingleToUInt32Bits((int)Next() >> Below(32));
        return sign | ((uint)(127 - 4 + Below(kind < 12 ? 8 : 40)) << 23) | ((uint)Next() >> 9);
    }

    /// <summary>Few or nearly all bits set, where roundings are close.</summary>
    private ulong Sparse()
    {
        ulong value = Next() & Next() & Next() & Next();
        if (Chance(50)) value = (1UL << Below(64)) | (1UL << Below(64));
        return Chance(50) ? value : ~value;
    }
}
