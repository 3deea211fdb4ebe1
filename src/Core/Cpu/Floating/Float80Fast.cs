using System.Numerics;
using System.Runtime.CompilerServices;

namespace CheckpointRestart.Core.Cpu.Floating;

/// <summary>
/// The common case without the general machinery: normal operands, normal result, round to nearest, 64 bits of precision. Each method gives false when the
/// case is not that one, and then has done nothing; a result is the same that <see cref="Float80Arithmetic"/> gives.
/// </summary>
internal static class Float80Fast
{
    /// <summary>Control word bits of precision, rounding and masks, and what they are after FNINIT.</summary>
    public const int ControlMask = 0x0f3f;
    public const int Control = 0x033f;

    /// <summary>PE, and C1 for a magnitude rounded up, as in the status word.</summary>
    private const int Inexact = 0x20;
    private const int RoundedUp = 0x200;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsNormal(ulong significand, int signExponent) =>
        (long)significand < 0 && (uint)((signExponent & 0x7fff) - 1) < 0x7ffe;

    public static bool Add(ulong a, int aExponent, ulong b, int bExponent, ref ulong result, ref ushort resultExponent, out int status)
    {
        status = 0;
        if (!IsNormal(a, aExponent) || !IsNormal(b, bExponent)) return false;
        int distance = (aExponent & 0x7fff) - (bExponent & 0x7fff);
        if (distance < 0 || (distance == 0 && a < b))
        {
            (a, b) = (b, a);
            (aExponent, bExponent) = (bExponent, aExponent);
            distance = -distance;
        }

        ulong low = 0;
        if (distance >= 64)
        {
            low = distance >= 128 ? 1 : (b >> (distance - 64)) | (distance > 64 && b << (128 - distance) != 0 ? 1UL : 0);
            b = 0;
        }
        else if (distance > 0)
        {
            low = b << (64 - distance);
            b >>= distance;
        }

        int exponent = aExponent & 0x7fff;
        ulong high;
        if (((aExponent ^ bExponent) & 0x8000) == 0)
        {
            high = a + b;
            if (high < b)
            {
                low = (low >> 1) | (high << 63) | (low & 1);
                high = (high >> 1) | Real.Top;
                exponent++;
            }
        }
        else
        {
            high = a - b - (low != 0 ? 1UL : 0);
            low = 0 - low;
            if (high == 0) return false;
            int shift = BitOperations.LeadingZeroCount(high);
            if (shift != 0)
            {
                high = (high << shift) | (low >> (64 - shift));
                low <<= shift;
                exponent -= shift;
            }
        }

        return Round(high, low, exponent, aExponent & 0x8000, ref result, ref resultExponent, out status);
    }

    public static bool Multiply(ulong a, int aExponent, ulong b, int bExponent, ref ulong result, ref ushort resultExponent, out int status)
    {
        status = 0;
        if (!IsNormal(a, aExponent) || !IsNormal(b, bExponent)) return false;
        ulong high = Math.BigMul(a, b, out ulong low);
        int exponent = (aExponent & 0x7fff) + (bExponent & 0x7fff) - Float80.Bias + 1;
        if ((long)high >= 0)
        {
            high = (high << 1) | (low >> 63);
            low <<= 1;
            exponent--;
        }

        return Round(high, low, exponent, (aExponent ^ bExponent) & 0x8000, ref result, ref resultExponent, out status);
    }

    public static bool Divide(ulong a, int aExponent, ulong b, int bExponent, ref ulong result, ref ushort resultExponent, out int status)
    {
        status = 0;
        if (!IsNormal(a, aExponent) || !IsNormal(b, bExponent)) return false;
        int exponent = (aExponent & 0x7fff) - (bExponent & 0x7fff) + Float80.Bias;
        ulong high;
        ulong remainder;
        if (a < b)
        {
            exponent--;
            high = Real.DivideWide(a, 0, b, out remainder);
        }
        else
        {
            high = Real.DivideWide(a >> 1, a << 63, b, out remainder);
        }

        bool half = remainder >= b - remainder;
        ulong rest = half ? remainder - (b - remainder) : remainder;
        return Round(high, (half ? Real.Top : 0) | (rest != 0 ? 1UL : 0), exponent, (aExponent ^ bExponent) & 0x8000, ref result, ref resultExponent, out status);
    }

    /// <summary>Widens a normal single.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool WidenSingle(uint bits, out ulong significand, out int signExponent)
    {
        int exponent = (int)(bits >> 23) & 0xff;
        significand = Real.Top | ((ulong)(bits & 0x7fffff) << 40);
        signExponent = (int)(bits >> 16 & 0x8000) | (exponent + Float80.Bias - 127);
        return (uint)(exponent - 1) < 0xfe;
    }

    /// <summary>Widens a normal double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool WidenDouble(ulong bits, out ulong significand, out int signExponent)
    {
        int exponent = (int)(bits >> 52) & 0x7ff;
        significand = Real.Top | ((bits & 0xfffffffffffff) << 11);
        signExponent = (int)(bits >> 48 & 0x8000) | (exponent + Float80.Bias - 1023);
        return (uint)(exponent - 1) < 0x7fe;
    }

    /// <summary>Narrows to the encoding of a double when that is normal.</summary>
    public static bool ToDouble(ulong a, int aExponent, out ulong result, out int status)
    {
        result = 0;
        status = 0;
        if (!IsNormal(a, aExponent)) return false;
        int exponent = (aExponent & 0x7fff) - Float80.Bias + 1023;
        if ((uint)(exponent - 1) >= 2045) return false;
        ulong lost = a & 0x7ff;
        ulong kept = (a >> 11) & 0xfffffffffffff;
        if (lost != 0)
        {
            status = Inexact;
            if (lost > 0x400 || (lost == 0x400 && (kept & 1) != 0))
            {
                // A carry out of the fraction raises the exponent field, as it should; the field stays below that of infinity.
                status |= RoundedUp;
                kept++;
            }
        }

        result = ((ulong)(aExponent & 0x8000) << 48) | (((ulong)exponent << 52) + kept);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Round(ulong high, ulong low, int exponent, int sign, ref ulong result, ref ushort resultExponent, out int status)
    {
        status = 0;
        if (low != 0)
        {
            status = Inexact;
            if (low > Real.Top || (low == Real.Top && (high & 1) != 0))
            {
                status |= RoundedUp;
                high++;
                if (high == 0)
                {
                    high = Real.Top;
                    exponent++;
                }
            }
        }

        if ((uint)(exponent - 1) >= 0x7ffe) return false;
        result = high;
        resultExponent = (ushort)(sign | exponent);
        return true;
    }
}
