using System.Numerics;

namespace CheckpointRestart.Core.Cpu.Floating;

/// <summary>Arithmetic on reals with all 128 bits of significand, truncated: the working precision of the transcendental functions.</summary>
internal static class WideReal
{
    public static UInt128 MultiplyHigh(UInt128 a, UInt128 b)
    {
        ulong aHigh = (ulong)(a >> 64);
        ulong aLow = (ulong)a;
        ulong bHigh = (ulong)(b >> 64);
        ulong bLow = (ulong)b;
        ulong high = Math.BigMul(aHigh, bHigh, out ulong low);
        ulong cross1 = Math.BigMul(aHigh, bLow, out ulong cross1Low);
        ulong cross2 = Math.BigMul(aLow, bHigh, out ulong cross2Low);
        ulong carry = Math.BigMul(aLow, bLow, out _);
        UInt128 middle = (UInt128)cross1Low + cross2Low + carry;
        return new UInt128(high, low) + cross1 + cross2 + (ulong)(middle >> 64);
    }

    public static UInt128 Significand(in Real a) => new(a.High, a.Low);

    /// <summary>significand / 2^127 · 2^exponent, normalised; the significand is not zero.</summary>
    public static Real Make(bool negative, UInt128 significand, int exponent)
    {
        int shift = (int)UInt128.LeadingZeroCount(significand);
        significand <<= shift;
        return new Real { Negative = negative, High = (ulong)(significand >> 64), Low = (ulong)significand, Exponent = exponent - shift };
    }

    public static Real Multiply(in Real a, in Real b) =>
        Make(a.Negative ^ b.Negative, MultiplyHigh(Significand(a), Significand(b)), a.Exponent + b.Exponent + 1);

    public static Real Divide(in Real a, in Real b)
    {
        // Two digits of 64 bits by Knuth's algorithm D; the dividend is halved so that the quotient is below one.
        UInt128 rest = Significand(a) >> 1;
        UInt128 divisor = Significand(b);
        ulong digit1 = Digit(ref rest, divisor);
        ulong digit0 = Digit(ref rest, divisor);
        return Make(a.Negative ^ b.Negative, new UInt128(digit1, digit0), a.Exponent - b.Exponent);
    }

    /// <summary>Sum; the caller knows that the exponents differ when the signs do.</summary>
    public static Real Add(in Real a, in Real b)
    {
        bool swap = a.Exponent < b.Exponent;
        Real large = swap ? b : a;
        Real small = swap ? a : b;
        int distance = large.Exponent - small.Exponent;
        UInt128 top = Significand(large);
        UInt128 addend = distance > 127 ? UInt128.Zero : Significand(small) >> distance;
        if (large.Negative == small.Negative)
        {
            UInt128 sum = top + addend;
            return sum < top
                ? Make(large.Negative, (sum >> 1) | (UInt128.One << 127), large.Exponent + 1)
                : Make(large.Negative, sum, large.Exponent);
        }

        return Make(large.Negative, top - addend, large.Exponent);
    }

    /// <summary>A real below one as a fraction of 2^128.</summary>
    public static UInt128 Fraction(in Real a) => a.Exponent < -128 ? UInt128.Zero : Significand(a) >> (-1 - a.Exponent);

    /// <summary>Marks as inexact, so that every rounding mode sees that something follows.</summary>
    public static Real Inexact(Real a)
    {
        a.Low |= 1;
        return a;
    }

    /// <summary>floor(rest · 2^64 / divisor) where rest is below the divisor; leaves the remainder.</summary>
    private static ulong Digit(ref UInt128 rest, UInt128 divisor)
    {
        ulong high = (ulong)(rest >> 64);
        ulong next = (ulong)rest;
        ulong divisorHigh = (ulong)(divisor >> 64);
        ulong divisorLow = (ulong)divisor;
        ulong digit;
        if (high >= divisorHigh) digit = ulong.MaxValue;
        else digit = Real.DivideWide(high, next, divisorHigh, out _);

        // rest·2^64 - digit·divisor, in 192 bits of which the upper 64 show the sign.
        while (true)
        {
            ulong product2 = Math.BigMul(digit, divisorHigh, out ulong product1);
            ulong carry = Math.BigMul(digit, divisorLow, out ulong product0);
            product1 += carry;
            if (product1 < carry) product2++;
            var upper = new UInt128(product2, product1);
            if (upper < rest || (upper == rest && product0 == 0))
            {
                UInt128 difference = rest - upper;
                rest = (difference << 64) - product0;
                return digit;
            }

            digit--;
        }
    }

    /// <summary>Integers that are not zero.</summary>
    public static Real FromInteger(long value) =>
        Real.FromInteger(long.IsNegative(value), (ulong)Math.Abs(value), 0);
}
