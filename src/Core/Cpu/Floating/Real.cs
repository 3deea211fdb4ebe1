using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace CheckpointRestart.Core.Cpu.Floating;

/// <summary>
/// A finite number other than zero between unpacking and rounding: ±(High:Low / 2^127) · 2^Exponent with bit 127 set. The lowest bit is sticky: set when
/// anything below was lost. Operands have Low = 0; results are exact but for the sticky bit, so that one rounding follows.
/// </summary>
internal struct Real
{
    public ulong High;
    public ulong Low;
    public int Exponent;
    public bool Negative;

    public const ulong Top = 1UL << 63;

    /// <summary>|value| · 2^exponent for a significand read as an integer, normalised.</summary>
    public static Real FromInteger(bool negative, ulong magnitude, int exponent)
    {
        int shift = BitOperations.LeadingZeroCount(magnitude);
        return new Real { Negative = negative, High = magnitude << shift, Exponent = exponent + 63 - shift };
    }

    /// <summary>Sum of two operands (Low = 0); false when it is exactly zero.</summary>
    public static bool Add(in Real a, in Real b, out Real sum)
    {
        bool swap = a.Exponent < b.Exponent || (a.Exponent == b.Exponent && a.High < b.High);
        Real large = swap ? b : a;
        Real small = swap ? a : b;
        ulong high = small.High;
        ulong low = 0;
        int distance = large.Exponent - small.Exponent;
        if (distance >= 64)
        {
            low = distance >= 128 ? 1 : (high >> (distance - 64)) | (distance > 64 && high << (128 - distance) != 0 ? 1UL : 0);
            high = 0;
        }
        else if (distance > 0)
        {
            low = high << (64 - distance);
            high >>= distance;
        }

        sum = large;
        if (a.Negative == b.Negative)
        {
            ulong total = large.High + high;
            if (total < high)
            {
                sum.Low = (low >> 1) | (total << 63) | (low & 1);
                sum.High = (total >> 1) | Top;
                sum.Exponent++;
            }
            else
            {
                sum.High = total;
                sum.Low = low;
            }

            return true;
        }

        ulong difference = large.High - high - (low != 0 ? 1UL : 0);
        low = 0 - low;
        if (difference == 0)
        {
            if (low == 0) return false;
            int zeros = BitOperations.LeadingZeroCount(low);
            sum.High = low << zeros;
            sum.Low = 0;
            sum.Exponent -= 64 + zeros;
            return true;
        }

        int shift = BitOperations.LeadingZeroCount(difference);
        if (shift != 0)
        {
            difference = (difference << shift) | (low >> (64 - shift));
            low <<= shift;
            sum.Exponent -= shift;
        }

        sum.High = difference;
        sum.Low = low;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real Multiply(in Real a, in Real b)
    {
        ulong high = Math.BigMul(a.High, b.High, out ulong low);
        Real product;
        product.Negative = a.Negative ^ b.Negative;
        product.Exponent = a.Exponent + b.Exponent + 1;
        if ((long)high >= 0)
        {
            high = (high << 1) | (low >> 63);
            low <<= 1;
            product.Exponent--;
        }

        product.High = high;
        product.Low = low;
        return product;
    }

    public static Real Divide(in Real a, in Real b)
    {
        Real quotient;
        quotient.Negative = a.Negative ^ b.Negative;
        quotient.Exponent = a.Exponent - b.Exponent;
        ulong remainder;
        if (a.High < b.High)
        {
            quotient.Exponent--;
            quotient.High = DivideWide(a.High, 0, b.High, out remainder);
        }
        else
        {
            quotient.High = DivideWide(a.High >> 1, a.High << 63, b.High, out remainder);
        }

        // The next bit of the quotient, and whether anything follows it.
        bool half = remainder >= b.High - remainder;
        ulong rest = half ? remainder - (b.High - remainder) : remainder;
        quotient.Low = (half ? Top : 0) | (rest != 0 ? 1UL : 0);
        return quotient;
    }

    public static Real SquareRoot(in Real a)
    {
        Real root;
        root.Negative = false;
        root.Exponent = a.Exponent >> 1;
        bool odd = (a.Exponent & 1) != 0;
        var square = odd ? new UInt128(a.High, 0) : new UInt128(a.High >> 1, a.High << 63);

        // Host square root gives 53 bits, one Newton step the rest; the loops make it exact whatever the host rounded.
        double estimate = Math.Sqrt((double)(ulong)(square >> 64)) * 4294967296.0;
        ulong guess = estimate >= 18446744073709551615.0 ? ulong.MaxValue : Math.Max((ulong)estimate, Top);
        UInt128 guessed = (UInt128)guess * guess;
        bool below = guessed <= square;
        ulong correction = (ulong)((below ? square - guessed : guessed - square) / ((UInt128)guess << 1));
        if (below) guess = guess + correction < guess ? ulong.MaxValue : guess + correction;
        else guess -= correction;
        while ((UInt128)guess * guess > square) guess--;
        UInt128 remainder = square - ((UInt128)guess * guess);
        while (remainder > (UInt128)guess << 1)
        {
            guess++;
            remainder = square - ((UInt128)guess * guess);
        }

        root.High = guess;
        root.Low = (remainder > guess ? Top : 0) | (remainder != 0 ? 1UL : 0);
        return root;
    }

    /// <summary>(high:low) / divisor where high &lt; divisor and the divisor's top bit is set.</summary>
    public static ulong DivideWide(ulong high, ulong low, ulong divisor, out ulong remainder)
    {
#pragma warning disable SYSLIB5004 // The instruction is stable; only the .NET signature is marked as preview.
        if (X86Base.X64.IsSupported)
        {
            (ulong quotient, remainder) = X86Base.X64.DivRem(low, high, divisor);
            return quotient;
        }
#pragma warning restore SYSLIB5004
        return DivideWidePortable(high, low, divisor, out remainder);
    }

    /// <summary>Knuth's algorithm D with two digits of 32 bits.</summary>
    internal static ulong DivideWidePortable(ulong high, ulong low, ulong divisor, out ulong remainder)
    {
        ulong digit1 = divisor >> 32;
        ulong digit0 = (uint)divisor;
        ulong quotient1 = DivideStep(high, low >> 32, digit1, digit0);
        ulong middle = (high << 32) + (low >> 32) - (quotient1 * divisor);
        ulong quotient0 = DivideStep(middle, (uint)low, digit1, digit0);
        remainder = (middle << 32) + (uint)low - (quotient0 * divisor);
        return (quotient1 << 32) + quotient0;
    }

    private static ulong DivideStep(ulong high, ulong next, ulong digit1, ulong digit0)
    {
        ulong quotient = high / digit1;
        ulong rest = high - (quotient * digit1);
        while (quotient > uint.MaxValue || quotient * digit0 > (rest << 32) + next)
        {
            quotient--;
            rest += digit1;
            if (rest > uint.MaxValue) break;
        }

        return quotient;
    }
}
