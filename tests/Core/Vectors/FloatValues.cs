using CheckpointRestart.Core.Cpu.Floating;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>Floating-point values at the edges of their formats, close to each other, and anything.</summary>
internal static class FloatValues
{
    static readonly Float80[] Extended =
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

    /// <summary>Zeros, infinities, NaNs, what is no number, and arguments that are too large.</summary>
    internal static readonly Float80[] Special =
    [
        new(0, 0), new(0, 0x8000), new(0x8000000000000000, 0x7fff), new(0x8000000000000000, 0xffff), new(0xc000000000000000, 0x7fff), new(0xc000000000001234, 0xffff), new(0xa000000000000000, 0x7fff),
        new(0x8000000000000001, 0xffff), new(0, 0x7fff), new(0x4000000000000000, 0x7fff), new(0x7fffffffffffffff, 0x3fff), new(0x7fffffffffffffff, 0xbffe),
    ];

    static readonly ulong[] Doubles =
    [
        0, 0x8000000000000000, 0x3ff0000000000000, 0xbff0000000000000, 0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000, 0xfff8000000000000, 0x7ff8000000001234,
        0x7ff0000000000001, 0xfff4000000000000, 0x7fefffffffffffff, 0xffefffffffffffff, 0x0010000000000000, 0x8010000000000000, 0x000fffffffffffff, 1, 0x8000000000000001,
        0x3fe0000000000000, 0x3ff8000000000000, 0x41dfffffffc00000, 0x41e0000000000000, 0xc1e0000000000000, 0xc1e0000000200000, 0x41dfffffffe00000, 0x47efffffe0000000, 0x47effffff0000000,
        0x3810000000000000, 0x380fffffffffffff, 0x36a0000000000000, 0x3690000000000000, 0x4330000000000001, 0x4340000000000000, 0x4000000000000000, 0x3fefffffffffffff, 0x3ff0000000000001,
    ];

    static readonly uint[] Singles =
    [
        0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7fc01234, 0x7f800001, 0xffa00000, 0x7f7fffff, 0xff7fffff, 0x00800000, 0x80800000,
        0x007fffff, 1, 0x80000001, 0x3f000000, 0x3fc00000, 0x4effffff, 0x4f000000, 0xcf000000, 0xcf000001, 0x4b000001, 0x4b800000, 0x40000000, 0x3f7fffff, 0x3f800001, 0x00400000,
    ];

    /// <summary>An 80-bit value; a previous one makes close pairs possible.</summary>
    internal static Float80 NextExtended(this VectorRandom random, Float80 previous)
    {
        int kind = random.Below(20);
        ulong bits = random.Next64();
        ushort sign = (ushort)(bits & 0x8000);
        if (kind < 4) return Extended[random.Below(Extended.Length)];
        if (kind == 4) return new Float80(random.Next64(), (ushort)random.Next64());
        if (kind == 5) return new Float80(previous.Significand ^ (1UL << random.Below(64)), (ushort)(previous.SignExponent ^ sign));
        if (kind == 6) return new Float80(Sparse(random) | Real.Top, (ushort)(((previous.SignExponent & 0x7fff) + random.Below(130) - 65) & 0x7fff | sign));
        if (kind == 7) return new Float80(random.Next64() >> random.Below(64), sign);
        if (kind == 8) return new Float80(Sparse(random) | Real.Top, (ushort)(sign | (1 + random.Below(70))));
        if (kind == 9) return new Float80(Sparse(random) | Real.Top, (ushort)(sign | (0x7ffe - random.Below(70))));
        if (kind < 13) return Float80Convert.FromInteger((long)random.Next64() >> random.Below(64));
        int range = kind < 17 ? 8 : 200;
        return new Float80((random.Chance(30) ? Sparse(random) : random.Next64()) | Real.Top, (ushort)(sign | (0x3fff + random.Below(range) - (range / 2))));
    }

    internal static ulong NextDouble(this VectorRandom random, ulong previous)
    {
        int kind = random.Below(16);
        ulong sign = random.Next64() & (1UL << 63);
        if (kind < 3) return Doubles[random.Below(Doubles.Length)];
        if (kind == 3) return random.Next64();
        if (kind == 4) return previous ^ (1UL << random.Below(52)) ^ sign;
        if (kind == 5) return sign | (random.Next64() >> (12 + random.Below(52)));
        if (kind == 6) return sign | ((ulong)(1 + random.Below(60)) << 52) | (Sparse(random) >> 12);
        if (kind == 7) return sign | ((ulong)(2046 - random.Below(60)) << 52) | (Sparse(random) >> 12);
        if (kind == 8) return sign | ((ulong)(1023 - 150 + random.Below(30)) << 52) | (Sparse(random) >> 12);
        if (kind == 9) return sign | ((ulong)(1023 + 110 + random.Below(30)) << 52) | (Sparse(random) >> 12);
        if (kind < 12) return BitConverter.DoubleToUInt64Bits((long)random.Next64() >> random.Below(64));
        return sign | ((ulong)(1023 - 4 + random.Below(kind < 14 ? 8 : 40)) << 52) | ((random.Chance(30) ? Sparse(random) : random.Next64()) >> 12);
    }

    internal static uint NextSingle(this VectorRandom random, uint previous)
    {
        int kind = random.Below(14);
        uint sign = (uint)random.Next64() & 0x80000000;
        if (kind < 3) return Singles[random.Below(Singles.Length)];
        if (kind == 3) return (uint)random.Next64();
        if (kind == 4) return previous ^ (1u << random.Below(23)) ^ sign;
        if (kind == 5) return sign | ((uint)random.Next64() >> (9 + random.Below(23)));
        if (kind == 6) return sign | ((uint)(1 + random.Below(30)) << 23) | (uint)(Sparse(random) >> 41);
        if (kind == 7) return sign | ((uint)(254 - random.Below(30)) << 23) | (uint)(Sparse(random) >> 41);
        if (kind < 10) return BitConverter.SingleToUInt32Bits((int)random.Next64() >> random.Below(32));
        return sign | ((uint)(127 - 4 + random.Below(kind < 12 ? 8 : 40)) << 23) | ((uint)random.Next64() >> 9);
    }

    /// <summary>Few or nearly all bits set, where roundings are close.</summary>
    static ulong Sparse(VectorRandom random)
    {
        ulong value = random.Next64() & random.Next64() & random.Next64() & random.Next64();
        if (random.Chance(50)) value = (1UL << random.Below(64)) | (1UL << random.Below(64));
        return random.Chance(50) ? value : ~value;
    }
}
