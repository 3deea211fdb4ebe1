using System.Runtime.CompilerServices;

namespace CheckpointRestart.Core.Cpu.Floating;

/// <summary>The one rounding at the end of an operation: to 80 bits under precision control, to double, to single, to integers. Tininess is found after rounding, as on every x86.</summary>
internal static class FloatRounding
{
    /// <summary>Exponent adjustment of an unmasked overflow or underflow into a register (SDM 1, 8.5.4).</summary>
    private const int Adjustment = 24576;

    /// <summary>Rounds high:low to its upper <paramref name="bits"/> bits. A carry out of the top shows as zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong RoundBits(ulong high, ulong low, int bits, Rounding rounding, bool negative, out bool inexact, out bool up)
    {
        ulong unit = 1UL << (64 - bits);
        ulong kept = high & ~(unit - 1);
        ulong lost = high & (unit - 1);
        inexact = (lost | low) != 0;
        up = false;
        if (!inexact) return kept;
        if (rounding == Rounding.Nearest)
        {
            // Compare what is lost with half a unit, ties to even.
            ulong half = bits == 64 ? Real.Top : unit >> 1;
            if (bits == 64) up = low > half || (low == half && (kept & 1) != 0);
            else up = lost > half || (lost == half && (low != 0 || (kept & unit) != 0));
        }
        else
        {
            up = rounding == (negative ? Rounding.Down : Rounding.Up);
        }

        return up ? kept + unit : kept;
    }

    /// <summary>To double extended precision with the environment's precision control.</summary>
    public static Float80 ToFloat80(in Real value, ref FloatEnvironment env)
    {
        ulong significand = RoundBits(value.High, value.Low, env.Precision, env.Rounding, value.Negative, out bool inexact, out bool up);
        int exponent = value.Exponent + Float80.Bias;
        if (significand == 0)
        {
            significand = Real.Top;
            exponent++;
        }

        int sign = value.Negative ? 0x8000 : 0;
        if ((uint)(exponent - 1) < Float80.MaximumExponent - 1)
        {
            env.RoundedUp = up;
            if (inexact) env.Flags |= FloatFlags.Precision;
            return new Float80(significand, (ushort)(sign | exponent));
        }

        if (exponent >= Float80.MaximumExponent)
        {
            env.Flags |= FloatFlags.Overflow;
            if (!env.IsMasked(FloatFlags.Overflow))
            {
                env.RoundedUp = up;
                if (inexact) env.Flags |= FloatFlags.Precision;
                exponent -= Adjustment;
                if (exponent >= Float80.MaximumExponent)
                {
                    // Too large for the adjustment too, which only FSCALE reaches.
                    env.RoundedUp = true;
                    env.Flags |= FloatFlags.Precision;
                    return Float80.Infinity(value.Negative);
                }

                return new Float80(significand, (ushort)(sign | exponent));
            }

            env.Flags |= FloatFlags.Precision;
            env.RoundedUp = OverflowsToInfinity(env.Rounding, value.Negative);
            return env.RoundedUp
                ? Float80.Infinity(value.Negative)
                : new Float80(ulong.MaxValue << (64 - env.Precision), (ushort)(sign | 0x7ffe));
        }

        if (!env.IsMasked(FloatFlags.Underflow))
        {
            env.Flags |= FloatFlags.Underflow;
            env.RoundedUp = up;
            if (inexact) env.Flags |= FloatFlags.Precision;
            exponent += Adjustment;
            if (exponent <= 0)
            {
                env.RoundedUp = false;
                env.Flags |= FloatFlags.Precision;
                return Float80.Zero(value.Negative);
            }

            return new Float80(significand, (ushort)(sign | exponent));
        }

        Denormalise(value, 1 - (value.Exponent + Float80.Bias), out ulong high, out ulong low);
        significand = RoundBits(high, low, env.Precision, env.Rounding, value.Negative, out inexact, out up);
        if (inexact) env.Flags |= FloatFlags.Underflow | FloatFlags.Precision;
        env.RoundedUp = up;

        // Rounding may reach the smallest normal number, whose exponent field is 1.
        return new Float80(significand, (ushort)(sign | ((long)significand < 0 ? 1 : 0)));
    }

    /// <summary>To an IEEE format of <paramref name="bits"/> bits of significand; returns its encoding. An unmasked overflow or underflow gives no meaningful result.</summary>
    public static ulong ToBinary(in Real value, int bits, int bias, ref FloatEnvironment env)
    {
        ulong significand = RoundBits(value.High, value.Low, bits, env.Rounding, value.Negative, out bool inexact, out bool up);
        int exponent = value.Exponent + bias;
        if (significand == 0)
        {
            significand = Real.Top;
            exponent++;
        }

        int fraction = bits - 1;
        int maximum = (2 * bias) + 1;
        ulong sign = value.Negative ? 1UL << (fraction + (bias == 1023 ? 11 : 8)) : 0;
        if ((uint)(exponent - 1) < (uint)(maximum - 1))
        {
            env.RoundedUp = up;
            if (inexact) env.Flags |= FloatFlags.Precision;
            return sign | ((ulong)exponent << fraction) | ((significand << 1) >> (64 - fraction));
        }

        if (exponent >= maximum)
        {
            env.Flags |= FloatFlags.Overflow;
            if (!env.IsMasked(FloatFlags.Overflow))
            {
                env.RoundedUp = up;
                if (inexact) env.Flags |= FloatFlags.Precision;
                return 0;
            }

            env.Flags |= FloatFlags.Precision;
            env.RoundedUp = OverflowsToInfinity(env.Rounding, value.Negative);
            ulong infinity = sign | ((ulong)maximum << fraction);
            return env.RoundedUp ? infinity : infinity - 1;
        }

        if (!env.IsMasked(FloatFlags.Underflow))
        {
            env.Flags |= FloatFlags.Underflow;
            env.RoundedUp = up;
            if (inexact) env.Flags |= FloatFlags.Precision;
            return 0;
        }

        if (env.FlushToZero)
        {
            env.Flags |= FloatFlags.Underflow | FloatFlags.Precision;
            return sign;
        }

        Denormalise(value, 1 - (value.Exponent + bias), out ulong high, out ulong low);
        significand = RoundBits(high, low, bits, env.Rounding, value.Negative, out inexact, out up);
        if (inexact) env.Flags |= FloatFlags.Underflow | FloatFlags.Precision;
        env.RoundedUp = up;
        return sign | (significand >> (63 - fraction));
    }

    /// <summary>To an integer by rounding control; false when its magnitude does not fit 64 bits.</summary>
    public static bool ToInteger(in Real value, Rounding rounding, out ulong magnitude, out bool inexact, out bool up)
    {
        magnitude = 0;
        inexact = false;
        up = false;
        if (value.Exponent > 63) return false;
        ulong whole;
        ulong fraction;
        if (value.Exponent == 63)
        {
            whole = value.High;
            fraction = value.Low;
        }
        else if (value.Exponent >= 0)
        {
            whole = value.High >> (63 - value.Exponent);
            fraction = (value.High << (value.Exponent + 1)) | (value.Low != 0 ? 1UL : 0);
        }
        else
        {
            whole = 0;
            int shift = -1 - value.Exponent;
            fraction = shift == 0 ? value.High | (value.Low != 0 ? 1UL : 0)
                : shift > 62 ? 1 : (value.High >> shift) | ((value.High << (64 - shift)) | value.Low) switch { 0 => 0UL, _ => 1UL };
        }

        inexact = fraction != 0;
        if (inexact)
        {
            up = rounding switch
            {
                Rounding.Nearest => fraction > Real.Top || (fraction == Real.Top && (whole & 1) != 0),
                Rounding.Down => value.Negative,
                Rounding.Up => !value.Negative,
                _ => false,
            };
        }

        magnitude = up ? whole + 1 : whole;
        return !up || magnitude != 0;
    }

    private static bool OverflowsToInfinity(Rounding rounding, bool negative) =>
        rounding == Rounding.Nearest || rounding == (negative ? Rounding.Down : Rounding.Up);

    private static void Denormalise(in Real value, int shift, out ulong high, out ulong low)
    {
        if (shift >= 128)
        {
            high = 0;
            low = 1;
        }
        else if (shift >= 64)
        {
            ulong lost = value.Low | (shift == 64 ? 0 : value.High << (128 - shift));
            high = 0;
            low = (value.High >> (shift - 64)) | (lost != 0 ? 1UL : 0);
        }
        else if (shift > 0)
        {
            high = value.High >> shift;
            low = (value.High << (64 - shift)) | (value.Low >> shift) | (value.Low << (64 - shift) != 0 ? 1UL : 0);
        }
        else
        {
            high = value.High;
            low = value.Low;
        }
    }
}
