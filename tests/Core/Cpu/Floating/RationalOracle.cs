using System.Numerics;
using CheckpointRestart.Core.Cpu.Floating;

namespace CheckpointRestart.Core.Tests.Cpu.Floating;

/// <summary>Exact rational arithmetic, rounded once: what every operation has to agree with.</summary>
internal readonly record struct Rational(BigInteger Numerator, BigInteger Denominator)
{
    internal static Rational Of(in Real value)
    {
        var significand = (BigInteger)value.High;
        if (value.Negative) significand = -significand;
        int shift = value.Exponent - 63;
        return shift >= 0 ? new Rational(significand << shift, 1) : new Rational(significand, BigInteger.One << -shift);
    }

    public static Rational operator +(Rational a, Rational b) => new((a.Numerator * b.Denominator) + (b.Numerator * a.Denominator), a.Denominator * b.Denominator);

    public static Rational operator -(Rational a, Rational b) => a + new Rational(-b.Numerator, b.Denominator);

    public static Rational operator *(Rational a, Rational b) => new(a.Numerator * b.Numerator, a.Denominator * b.Denominator);

    public static Rational operator /(Rational a, Rational b)
    {
        BigInteger denominator = a.Denominator * b.Numerator;
        BigInteger numerator = a.Numerator * b.Denominator;
        return denominator.Sign < 0 ? new Rational(-numerator, -denominator) : new Rational(numerator, denominator);
    }
}

/// <summary>A floating-point format to round to.</summary>
internal sealed record OracleFormat(int Bits, int Minimum, int Maximum)
{
    /// <summary>Rounds |value|, or the square root of it; gives significand · 2^Exponent and the flags of a masked response.</summary>
    internal (BigInteger Significand, int Exponent, int Flags, bool Infinite) Round(Rational value, Rounding rounding, bool root = false)
    {
        bool negative = value.Numerator.Sign < 0;
        BigInteger numerator = BigInteger.Abs(value.Numerator);
        BigInteger denominator = value.Denominator;
        int exponent = Magnitude(numerator, denominator);
        if (root) exponent >>= 1;

        (BigInteger free, int freeExponent, _) = At(numerator, denominator, exponent - Bits + 1, rounding, negative, root);
        bool tiny = (free.GetBitLength() + freeExponent - 1) < Minimum;
        int quantum = Math.Max(exponent, Minimum) - Bits + 1;
        (BigInteger significand, int scale, bool inexact) = At(numerator, denominator, quantum, rounding, negative, root);
        int flags = inexact ? FloatFlags.Precision : 0;
        if (tiny && inexact) flags |= FloatFlags.Underflow;
        if (significand.GetBitLength() + scale - 1 > Maximum)
        {
            bool infinite = rounding == Rounding.Nearest || rounding == (negative ? Rounding.Down : Rounding.Up);
            return ((BigInteger.One << Bits) - 1, Maximum - Bits + 1, FloatFlags.Overflow | FloatFlags.Precision, infinite);
        }

        return (significand, scale, flags, false);
    }

    private static int Magnitude(BigInteger numerator, BigInteger denominator)
    {
        int guess = (int)(numerator.GetBitLength() - denominator.GetBitLength());
        bool below = guess >= 0 ? numerator < denominator << guess : numerator << -guess < denominator;
        return below ? guess - 1 : guess;
    }

    private static (BigInteger Significand, int Exponent, bool Inexact) At(BigInteger numerator, BigInteger denominator, int quantum, Rounding rounding, bool negative, bool root)
    {
        // value / quantum as a quotient of integers, squared for a root.
        int shift = root ? 2 * quantum : quantum;
        if (shift >= 0) denominator <<= shift;
        else numerator <<= -shift;
        BigInteger whole = root ? SquareRoot(numerator / denominator) : numerator / denominator;
        BigInteger reached = root ? whole * whole * denominator : whole * denominator;
        bool inexact = reached != numerator;
        if (!inexact) return (whole, quantum, false);

        BigInteger middle = (2 * whole) + 1;
        int half = root ? (4 * numerator).CompareTo(middle * middle * denominator) : (2 * numerator).CompareTo(middle * denominator);
        bool up = rounding switch
        {
            Rounding.Nearest => half > 0 || (half == 0 && !whole.IsEven),
            Rounding.Down => negative,
            Rounding.Up => !negative,
            _ => false,
        };
        return (up ? whole + 1 : whole, quantum, true);
    }

    private static BigInteger SquareRoot(BigInteger value)
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
