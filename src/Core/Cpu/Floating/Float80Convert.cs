using System.Numerics;

namespace CheckpointRestart.Core.Cpu.Floating;

/// <summary>Conversions between double extended precision and the memory formats of x87 (Intel SDM 1, 8.1.2 and 8.2).</summary>
internal static class Float80Convert
{
    /// <summary>Widens a single without quieting; notes a denormal in <see cref="FloatEnvironment.SourceDenormal"/>.</summary>
    public static Float80 WidenSingle(uint bits, ref FloatEnvironment env)
    {
        ushort sign = (ushort)((bits >> 16) & 0x8000);
        int exponent = (int)(bits >> 23) & 0xff;
        ulong fraction = (ulong)(bits & 0x7fffff) << 40;
        if (exponent == 0xff) return new Float80(Real.Top | fraction, (ushort)(sign | 0x7fff));
        if (exponent != 0) return new Float80(Real.Top | fraction, (ushort)(sign | (exponent + Float80.Bias - 127)));
        return Subnormal(sign, fraction, Float80.Bias - 126, ref env);
    }

    /// <summary>Widens a double without quieting; notes a denormal in <see cref="FloatEnvironment.SourceDenormal"/>.</summary>
    public static Float80 WidenDouble(ulong bits, ref FloatEnvironment env)
    {
        ushort sign = (ushort)((bits >> 48) & 0x8000);
        int exponent = (int)(bits >> 52) & 0x7ff;
        ulong fraction = (bits & 0xfffffffffffff) << 11;
        if ((uint)(exponent - 1) < 0x7fe) return new Float80(Real.Top | fraction, (ushort)(sign | (exponent + Float80.Bias - 1023)));
        if (exponent == 0x7ff) return new Float80(Real.Top | fraction, (ushort)(sign | 0x7fff));
        return Subnormal(sign, fraction, Float80.Bias - 1022, ref env);
    }

    /// <summary>FLD of a narrower format: a signalling NaN raises IE and is quieted, a denormal raises DE.</summary>
    public static Float80 Load(Float80 widened, ref FloatEnvironment env)
    {
        if (env.SourceDenormal)
        {
            env.Raise(FloatFlags.Denormal);
            env.SourceDenormal = false;
            return widened;
        }

        if (widened.BiasedExponent == Float80.MaximumExponent && widened.Class == FloatClass.SignallingNaN)
        {
            env.Raise(FloatFlags.Invalid);
            return widened.Quieted;
        }

        return widened;
    }

    public static Float80 FromInteger(long value)
    {
        if (value == 0) return default;
        ulong magnitude = value < 0 ? (ulong)-value : (ulong)value;
        int shift = BitOperations.LeadingZeroCount(magnitude);
        return new Float80(magnitude << shift, (ushort)((value < 0 ? 0x8000 : 0) | (Float80.Bias + 63 - shift)));
    }

    public static uint ToSingle(Float80 a, ref FloatEnvironment env)
    {
        if (!a.IsNormal)
        {
            FloatClass kind = a.Class;
            uint sign = a.IsNegative ? 0x80000000 : 0;
            switch (kind)
            {
                case FloatClass.Zero: return sign;
                case FloatClass.Infinity: return sign | 0x7f800000;
                case FloatClass.Unsupported:
                    env.Raise(FloatFlags.Invalid);
                    return 0xffc00000;
                case FloatClass.QuietNaN or FloatClass.SignallingNaN:
                    if (kind == FloatClass.SignallingNaN) env.Raise(FloatFlags.Invalid);
                    return sign | 0x7fc00000 | ((uint)(a.Significand >> 40) & 0x3fffff);
                default: break;
            }
        }

        return (uint)FloatRounding.ToBinary(a.Unpack(), 24, 127, ref env);
    }

    public static ulong ToDouble(Float80 a, ref FloatEnvironment env)
    {
        if (!a.IsNormal)
        {
            FloatClass kind = a.Class;
            ulong sign = a.IsNegative ? 1UL << 63 : 0;
            switch (kind)
            {
                case FloatClass.Zero: return sign;
                case FloatClass.Infinity: return sign | 0x7ff0000000000000;
                case FloatClass.Unsupported:
                    env.Raise(FloatFlags.Invalid);
                    return 0xfff8000000000000;
                case FloatClass.QuietNaN or FloatClass.SignallingNaN:
                    if (kind == FloatClass.SignallingNaN) env.Raise(FloatFlags.Invalid);
                    return sign | 0x7ff8000000000000 | ((a.Significand >> 11) & 0x7ffffffffffff);
                default: break;
            }
        }

        return FloatRounding.ToBinary(a.Unpack(), 53, 1023, ref env);
    }

    /// <summary>FIST and FISTP to 16, 32 or 64 bits; what does not fit is invalid and gives the integer indefinite.</summary>
    public static long ToInteger(Float80 a, int bits, Rounding rounding, ref FloatEnvironment env)
    {
        long indefinite = long.MinValue >> (64 - bits);
        FloatClass kind = a.Class;
        if (kind == FloatClass.Zero) return 0;
        if (kind < FloatClass.Infinity && FloatRounding.ToInteger(a.Unpack(), rounding, out ulong magnitude, out bool inexact, out bool up))
        {
            ulong limit = 1UL << (bits - 1);
            if (magnitude < limit || (magnitude == limit && a.IsNegative))
            {
                if (inexact) env.Raise(FloatFlags.Precision);
                env.RoundedUp = up;
                return a.IsNegative ? -(long)magnitude : (long)magnitude;
            }
        }

        env.Raise(FloatFlags.Invalid);
        return indefinite;
    }

    /// <summary>FBSTP: eighteen decimal digits and a sign in ten bytes.</summary>
    public static void ToDecimal(Float80 a, Span<byte> bytes, ref FloatEnvironment env)
    {
        FloatClass kind = a.Class;
        ulong magnitude = 0;
        if (kind != FloatClass.Zero)
        {
            bool inexact = false;
            bool up = false;
            if (kind >= FloatClass.Infinity
                || !FloatRounding.ToInteger(a.Unpack(), env.Rounding, out magnitude, out inexact, out up)
                || magnitude > 999_999_999_999_999_999)
            {
                env.Raise(FloatFlags.Invalid);
                bytes[..7].Clear();
                bytes[7] = 0xc0;
                bytes[8] = bytes[9] = 0xff;
                return;
            }

            if (inexact) env.Raise(FloatFlags.Precision);
            env.RoundedUp = up;
        }

        for (int i = 0; i < 9; i++)
        {
            ulong pair = magnitude % 100;
            magnitude /= 100;
            bytes[i] = (byte)((pair / 10 << 4) | (pair % 10));
        }

        bytes[9] = a.IsNegative ? (byte)0x80 : (byte)0;
    }

    /// <summary>FBLD. Digits beyond nine, which Intel leaves undefined, count by their value.</summary>
    public static Float80 FromDecimal(ReadOnlySpan<byte> bytes)
    {
        long magnitude = 0;
        for (int i = 8; i >= 0; i--) magnitude = (magnitude * 100) + ((bytes[i] >> 4) * 10) + (bytes[i] & 15);
        Float80 value = FromInteger(magnitude);
        return (bytes[9] & 0x80) != 0 ? value.Negated : value;
    }

    private static Float80 Subnormal(ushort sign, ulong fraction, int exponent, ref FloatEnvironment env)
    {
        if (fraction == 0) return new Float80(0, sign);
        env.SourceDenormal = true;
        int shift = BitOperations.LeadingZeroCount(fraction);
        return new Float80(fraction << shift, (ushort)(sign | (exponent - shift)));
    }
}
