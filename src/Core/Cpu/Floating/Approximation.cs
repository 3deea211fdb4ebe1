namespace CheckpointRestart.Core.Cpu.Floating;

/// <summary>
/// RCPPS and RSQRTPS. Intel promises a relative error of at most 1.5 · 2^-12, and makers differ in the bits; here it is the exact value rounded to 12 bits of
/// fraction, to nearest, the same on every host. No exceptions; denormals count as zero, and tiny results become zero (Intel SDM 2).
/// </summary>
internal static class Approximation
{
    private const uint Infinity = 0x7f800000;
    private const uint Sign = 0x80000000;
    private const uint Quiet = 0x400000;
    private const uint SmallestNormal = 0x800000;
    private const uint Indefinite = 0xffc00000;
    private const int Bias = 127;

    public static uint Reciprocal(uint a)
    {
        uint magnitude = a & ~Sign;
        uint sign = a & Sign;
        if (magnitude > Infinity) return a | Quiet;
        if (magnitude == Infinity) return sign;
        if (magnitude < SmallestNormal) return sign | Infinity;

        // m / 2^23 · 2^e becomes 2^24 / m · 2^-(e + 1), of which the first factor is in 1..2.
        ulong significand = Significand(magnitude);
        return sign | Pack((uint)(((1UL << 36) + (significand >> 1)) / significand), -1 - Exponent(magnitude));
    }

    public static uint ReciprocalRoot(uint a)
    {
        uint magnitude = a & ~Sign;
        uint sign = a & Sign;
        if (magnitude > Infinity) return a | Quiet;
        if (magnitude < SmallestNormal) return sign | Infinity;
        if (sign != 0) return Indefinite;
        if (magnitude == Infinity) return 0;

        // With an even exponent the significand is in 1..4 and its reciprocal root in 1/2..1; one more bit than needed is for rounding.
        int exponent = Exponent(magnitude);
        ulong significand = Significand(magnitude) << (exponent & 1);
        var twice = (uint)Math.Sqrt((1UL << 51) / significand);
        return Pack((twice + 1) >> 1, -1 - (exponent >> 1));
    }

    private static ulong Significand(uint magnitude) => (magnitude & 0x7fffff) | SmallestNormal;

    private static int Exponent(uint magnitude) => (int)(magnitude >> 23) - Bias;

    /// <summary>The single significand / 2^12 · 2^exponent for a significand of 2^12 to 2^13.</summary>
    private static uint Pack(uint significand, int exponent)
    {
        if (significand == 1u << 13)
        {
            significand >>= 1;
            exponent++;
        }

        int field = exponent + Bias;
        return field <= 0 ? 0 : ((uint)field << 23) | ((significand << 11) & 0x7fffff);
    }
}
