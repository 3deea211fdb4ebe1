using System.Numerics;

namespace CheckpointRestart.Core.Tests.Cpu.Floating;

/// <summary>Random and edge encodings of a format from a seed, many of them where roundings, overflows and underflows are close.</summary>
internal sealed class FloatValues(ulong seed)
{
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

    internal UInt128 NextBits(OracleFormat format, UInt128 previous)
    {
        switch (Below(16))
        {
            case 0: return Edge(format, Below(EdgeCount));
            case 1: return Edge(format, Below(EdgeCount));
            case 2: return new UInt128(Next(), Next()) & ((format.SignBit << 1) - 1);
            case 3: return previous ^ (UInt128.One << Below(format.Stored)) ^ (Chance(50) ? format.SignBit : 0);
            case 4: return Make(format, Field(format, previous) + Below(2 * format.Precision) - format.Precision);
            case 5: return Make(format, Below(format.Precision + 2));
            case 6: return Make(format, Largest(format) - 1 - Below(format.Precision + 2));

            // The other factor, divisor or scale of a result at either end of the range.
            case 7: return Make(format, Bias(format) + (Chance(50) ? 1 : -1) * (Largest(format) - Field(format, previous)) + Below(9) - 4);
            case 8: return Make(format, Math.Abs(Field(format, previous) - Bias(format)) + Below(9) - 4);
            case 9: return Make(format, (2 * Bias(format)) - Field(format, previous) - Bias(format) + Below(2 * format.Precision) - format.Precision);
            case 10: return Integer(format);
            case 11: return Integer(format);
            default: return Make(format, Bias(format) + Below(Chance(50) ? 8 : 160) - 4);
        }
    }

    /// <summary>A whole number, or one with few bits behind the point.</summary>
    private UInt128 Integer(OracleFormat format)
    {
        long value = (long)Next() >> Below(64);
        if (value == 0) return 0;
        int shift = Below(4) - (Chance(50) ? 3 : 0);
        var magnitude = BigInteger.Abs(value);
        int cut = Math.Max((int)magnitude.GetBitLength() - format.Precision, 0);
        return format.Encode(Number.Of(Exact.Of((value < 0 ? -1 : 1) * (magnitude >> cut), cut + shift)));
    }

    /// <summary>Number of edges, their negatives included.</summary>
    internal const int EdgeCount = 64;

    /// <summary>Zero, the ends of the denormals and of the normal numbers, infinity, NaNs, no numbers at all, one and its neighbours, powers of two where integers end.</summary>
    internal static UInt128 Edge(OracleFormat format, int index)
    {
        ulong top = format.Stored == 64 ? 1UL << 63 : 0;
        ulong all = (ulong)((UInt128.One << format.Stored) - 1);
        ulong quiet = 1UL << (format.Precision - 2);
        int largest = Largest(format);
        int bias = Bias(format);
        (int field, ulong significand) = (index >> 1) switch
        {
            0 => (0, 0UL),
            1 => (0, 1UL),
            2 => (0, all >> (top == 0 ? 0 : 1)),
            3 => (0, top | all),
            4 => (0, top | (quiet >> 1)),
            5 => (1, top),
            6 => (1, top | 1),
            7 => (1, top | all),
            8 => (2, top),
            9 => (largest - 1, top | all),
            10 => (largest - 1, top),
            11 => (largest, top),
            12 => (largest, top | quiet),
            13 => (largest, top | quiet | 0x1234),
            14 => (largest, top | 1),
            15 => (largest, top | (quiet - 1)),
            16 => (largest, top | all),
            17 => (largest, 0UL),
            18 => (largest, quiet >> 1),
            19 => (bias, all >> 1),
            20 => (bias, top),
            21 => (bias, top | 1),
            22 => (bias - 1, top | all),
            23 => (bias - 1, top),
            24 => (bias + 1, top),
            25 => (bias + 1, top | quiet),
            26 => (bias + 31, top),
            27 => (bias + 30, top | all),
            28 => (bias + 15, top),
            29 => (bias + 63, top),
            30 => (bias + 62, top | all),
            _ => (bias + format.Precision - 1, top | 1),
        };
        return ((UInt128)field << format.Stored) | significand | ((index & 1) != 0 ? format.SignBit : 0);
    }

    private UInt128 Make(OracleFormat format, int field)
    {
        field = Math.Clamp(field, 0, Largest(format) - 1);
        ulong significand = Significand(format.Precision);
        if (format.Stored != 64) significand &= (1UL << format.Stored) - 1;
        else if (field == 0) significand >>= 1;
        return ((UInt128)field << format.Stored) | significand | (Chance(50) ? format.SignBit : 0);
    }

    /// <summary>With the integer bit on top: any, short (whose products, quotients and roots are exact or ties), or nearly a power of two.</summary>
    private ulong Significand(int precision)
    {
        ulong top = 1UL << (precision - 1);
        ulong bits = Next() >> (64 - precision);
        ulong shortened = bits & ~((1UL << Below(precision)) - 1);
        ulong sparse = (1UL << Below(precision)) | (1UL << Below(precision));
        ulong value = Below(6) switch
        {
            0 => shortened,
            1 => sparse,
            2 => ~sparse & (top - 1),
            3 => Square(precision),
            _ => bits,
        };
        return value | top;
    }

    /// <summary>The square of a short number, as near the top as it goes.</summary>
    private ulong Square(int precision)
    {
        ulong root = (Next() >> (64 - (precision / 2))) | 1;
        ulong square = root * root;
        return square << (BitOperations.LeadingZeroCount(square) - (64 - precision));
    }

    private static int Field(OracleFormat format, UInt128 bits) => (int)((bits & (format.SignBit - 1)) >> format.Stored);

    private static int Largest(OracleFormat format) => format.Maximum - format.Minimum + 2;

    private static int Bias(OracleFormat format) => format.Maximum;
}
