using System.Numerics;

namespace CheckpointRestart.Core.Tests.Cpu.Floating;

/// <summary>What an encoding stands for.</summary>
internal enum NumberKind
{
    Zero,
    Finite,
    Infinity,
    Quiet,
    Signalling,

    /// <summary>Unnormal, pseudo-infinity, pseudo-NaN.</summary>
    Unsupported,
}

/// <summary>An encoding, decoded: its value when finite, else its significand with the integer bit on top of 64.</summary>
internal readonly record struct Number(NumberKind Kind, bool Negative, Exact Value = default, ulong Payload = 0, bool Denormal = false)
{
    internal static Number Indefinite => new(NumberKind.Quiet, true, default, 0xc000000000000000);

    internal bool IsNaN => Kind is NumberKind.Quiet or NumberKind.Signalling;

    internal Number Quieted => this with { Kind = NumberKind.Quiet, Payload = Payload | 0x4000000000000000 };

    internal static Number Zero(bool negative) => new(NumberKind.Zero, negative, Exact.Zero);

    internal static Number Infinity(bool negative) => new(NumberKind.Infinity, negative);

    internal static Number Of(Exact value) => value.Sign == 0 ? Zero(negative: false) : new(NumberKind.Finite, value.Sign < 0, value);
}

/// <summary>A format of Intel's: bits of precision, exponents of the smallest and the largest normal number, bits of the stored significand, and its width.</summary>
internal sealed record OracleFormat(int Precision, int Minimum, int Maximum, int Stored, int Width)
{
    internal static readonly OracleFormat Single = new(24, -126, 127, 23, 32);
    internal static readonly OracleFormat Double = new(53, -1022, 1023, 52, 64);
    internal static readonly OracleFormat Extended = new(64, -16382, 16383, 64, 80);

    internal UInt128 SignBit => UInt128.One << (Width - 1);

    private bool HasIntegerBit => Stored == Precision;

    internal Number Decode(UInt128 bits)
    {
        bool negative = (bits & SignBit) != 0;
        UInt128 magnitude = bits & (SignBit - 1);
        var significand = (ulong)(magnitude & ((UInt128.One << Stored) - 1));
        int field = (int)(magnitude >> Stored);
        int largest = Maximum - Minimum + 2;
        if (field == 0)
        {
            return significand == 0
                ? Number.Zero(negative)
                : new Number(NumberKind.Finite, negative, Signed(negative, significand, Minimum - Precision + 1), 0, Denormal: true);
        }

        if (HasIntegerBit && significand >> 63 == 0) return new Number(NumberKind.Unsupported, negative);
        ulong full = HasIntegerBit ? significand : significand | (1UL << Stored);
        if (field != largest) return new Number(NumberKind.Finite, negative, Signed(negative, full, Minimum - Precision + field));
        ulong payload = full << (64 - Precision);
        if (payload == 1UL << 63) return Number.Infinity(negative);
        return new Number((payload & 0x4000000000000000) != 0 ? NumberKind.Quiet : NumberKind.Signalling, negative, default, payload);
    }

    /// <summary>The encoding of a number that this format can hold.</summary>
    internal UInt128 Encode(Number number)
    {
        UInt128 sign = number.Negative ? SignBit : 0;
        UInt128 largest = (UInt128)(Maximum - Minimum + 2) << Stored;
        switch (number.Kind)
        {
            case NumberKind.Zero: return sign;
            case NumberKind.Infinity: return sign | largest | (HasIntegerBit ? 1UL << 63 : 0);
            case NumberKind.Finite: break;
            default:
                ulong payload = number.Payload >> (64 - Precision);
                return sign | largest | (HasIntegerBit ? payload : payload & ((1UL << Stored) - 1));
        }

        int binade = number.Value.Binade();
        int field = Math.Max(binade, Minimum) - Minimum + 1;
        BigInteger significand = number.Value.Quantise(field + Minimum - Precision, 0, root: false, out int direction);
        if (direction != 0 || binade > Maximum) throw new InvalidOperationException($"{number} does not fit {Width} bits");
        if (significand.GetBitLength() < Precision) field = 0;
        var stored = (UInt128)(HasIntegerBit ? significand : significand & ((BigInteger.One << Stored) - 1));
        return sign | ((UInt128)field << Stored) | stored;
    }

    private static Exact Signed(bool negative, ulong significand, int exponent) => Exact.Of(negative ? -(BigInteger)significand : significand, exponent);
}
