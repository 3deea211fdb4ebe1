namespace CheckpointRestart.Core.Cpu.Floating;

/// <summary>
/// RCPPS and RSQRTPS. Intel promises a relative error of at most 1.5 · 2^-12, and makers differ in the bits; here it is the correctly rounded value cut to 12
/// bits of fraction, to nearest. No exceptions; denormals count as zero (Intel SDM 2).
/// </summary>
internal static class Approximation
{
    private const uint Infinity = 0x7f800000;
    private const uint Sign = 0x80000000;

    public static uint Reciprocal(uint a)
    {
        uint magnitude = a & ~Sign;
        uint sign = a & Sign;
        if (magnitude > Infinity) return a | 0x400000;
        if (magnitude == Infinity) return sign;
        if (magnitude < 0x800000) return sign | Infinity;
        return sign | Cut(1.0 / BitConverter.UInt32BitsToSingle(magnitude));
    }

    public static uint ReciprocalRoot(uint a)
    {
        uint magnitude = a & ~Sign;
        uint sign = a & Sign;
        if (magnitude > Infinity) return a | 0x400000;
        if (magnitude < 0x800000) return sign | Infinity;
        if (sign != 0) return 0xffc00000;
        return magnitude == Infinity ? 0 : Cut(1.0 / Math.Sqrt(BitConverter.UInt32BitsToSingle(magnitude)));
    }

    private static uint Cut(double value)
    {
        // Round the double's fraction to 12 bits, then narrow, which is exact unless the result is tiny and becomes zero.
        ulong bits = (BitConverter.DoubleToUInt64Bits(value) + (1UL << 39)) & ~((1UL << 40) - 1);
        int exponent = (int)(bits >> 52) - 1023 + 127;
        return exponent <= 0 ? 0 : ((uint)exponent << 23) | (uint)(bits >> 29 & 0x7fffff);
    }
}
