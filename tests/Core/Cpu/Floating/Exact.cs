using System.Numerics;
using CheckpointRestart.Core.Cpu.Floating;

namespace CheckpointRestart.Core.Tests.Cpu.Floating;

/// <summary>A rational number, Numerator / Denominator · 2^Exponent, without any rounding; the denominator is positive.</summary>
internal readonly record struct Exact(BigInteger Numerator, BigInteger Denominator, int Exponent)
{
    internal static Exact Zero => Of(0);

    internal int Sign => Numerator.Sign;

    internal Exact Magnitude => this with { Numerator = BigInteger.Abs(Numerator) };

    internal static Exact Of(BigInteger value, int exponent = 0) => new(value, 1, exponent);

    public static Exact operator -(Exact a) => a with { Numerator = -a.Numerator };

    public static Exact operator +(Exact a, Exact b)
    {
        int exponent = Math.Min(a.Exponent, b.Exponent);
        BigInteger left = (a.Numerator * b.Denominator) << (a.Exponent - exponent);
        BigInteger right = (b.Numerator * a.Denominator) << (b.Exponent - exponent);
        return new(left + right, a.Denominator * b.Denominator, exponent);
    }

    public static Exact operator -(Exact a, Exact b) => a + -b;

    public static Exact operator *(Exact a, Exact b) => new(a.Numerator * b.Numerator, a.Denominator * b.Denominator, a.Exponent + b.Exponent);

    public static Exact operator /(Exact a, Exact b)
    {
        BigInteger denominator = a.Denominator * b.Numerator;
        BigInteger numerator = a.Numerator * b.Denominator;
        return denominator.Sign < 0 ? new(-numerator, -denominator, a.Exponent - b.Exponent) : new(numerator, denominator, a.Exponent - b.Exponent);
    }

    /// <summary>floor(log2 |value|) of a value other than zero.</summary>
    internal int Binade()
    {
        BigInteger numerator = BigInteger.Abs(Numerator);
        int guess = (int)(numerator.GetBitLength() - Denominator.GetBitLength());
        bool below = guess >= 0 ? numerator < Denominator << guess : numerator << -guess < Denominator;
        return (below ? guess - 1 : guess) + Exponent;
    }

    /// <summary>
    /// |value| / 2^<paramref name="quantum"/>, or the square root of |value| over that, as an integer by rounding control; <paramref name="direction"/> is the
    /// sign of what the rounding added to the magnitude, 0 when exact.
    /// </summary>
    internal BigInteger Quantise(int quantum, Rounding rounding, bool root, out int direction)
    {
        BigInteger numerator = BigInteger.Abs(Numerator);
        BigInteger denominator = Denominator;
        int shift = Exponent - (root ? 2 * quantum : quantum);
        if (shift >= 0) numerator <<= shift;
        else denominator <<= -shift;

        BigInteger whole = BigInteger.DivRem(numerator, denominator, out BigInteger rest);
        if (root)
        {
            whole = SquareRoot(whole);
            rest = numerator - (whole * whole * denominator);
        }

        direction = 0;
        if (rest.IsZero) return whole;
        BigInteger middle = (2 * whole) + 1;
        int half = root ? (4 * numerator).CompareTo(middle * middle * denominator) : (2 * rest).CompareTo(denominator);
        bool up = rounding switch
        {
            Rounding.Nearest => half > 0 || (half == 0 && !whole.IsEven),
            Rounding.Down => Sign < 0,
            Rounding.Up => Sign > 0,
            _ => false,
        };
        direction = up ? 1 : -1;
        return up ? whole + 1 : whole;
    }

    /// <summary>The nearest integer by rounding control, with its sign.</summary>
    internal BigInteger ToInteger(Rounding rounding, out int direction)
    {
        BigInteger whole = Quantise(0, rounding, root: false, out direction);
        return Sign < 0 ? -whole : whole;
    }

    internal static BigInteger SquareRoot(BigInteger value)
    {
        if (value.IsZero) return value;
        BigInteger guess = BigInteger.One << (int)((value.GetBitLength() + 1) / 2);
        while (true)
        {
            BigInteger next = (guess + (value / guess)) >> 1;
            if (next >= guess) return guess;
            guess = next;
        }
    }
}
