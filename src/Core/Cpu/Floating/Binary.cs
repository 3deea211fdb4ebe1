using System.Runtime.CompilerServices;

namespace CheckpointRestart.Core.Cpu.Floating;

/// <summary>An IEEE interchange format.</summary>
internal interface IBinaryFormat
{
    static abstract int FractionBits { get; }

    static abstract int Bias { get; }

    static abstract int Width { get; }
}

internal readonly struct Binary32 : IBinaryFormat
{
    public static int FractionBits => 23;

    public static int Bias => 127;

    public static int Width => 32;
}

internal readonly struct Binary64 : IBinaryFormat
{
    public static int FractionBits => 52;

    public static int Bias => 1023;

    public static int Width => 64;
}

/// <summary>
/// Arithmetic on singles and doubles as SSE does it, on their encodings (Intel SDM 1, 11.5): flags as in MXCSR, DAZ and FTZ, and the first operand's NaN
/// before the second's.
/// </summary>
internal static class Binary<T> where T : IBinaryFormat
{
    public static ulong SignMask => 1UL << (T.Width - 1);

    public static ulong FractionMask => (1UL << T.FractionBits) - 1;

    public static ulong Quiet => 1UL << (T.FractionBits - 1);

    public static ulong InfinityBits => (ulong)((2 * T.Bias) + 1) << T.FractionBits;

    /// <summary>The NaN that a masked invalid operation gives.</summary>
    public static ulong Indefinite => SignMask | InfinityBits | Quiet;

    public static bool IsNegative(ulong a) => (a & SignMask) != 0;

    public static bool IsNaN(ulong a) => (a & ~SignMask) > InfinityBits;

    public static FloatClass Class(ulong a)
    {
        ulong magnitude = a & ~SignMask;
        if (magnitude == 0) return FloatClass.Zero;
        if (magnitude <= FractionMask) return FloatClass.Denormal;
        if (magnitude < InfinityBits) return FloatClass.Normal;
        if (magnitude == InfinityBits) return FloatClass.Infinity;
        return (magnitude & Quiet) != 0 ? FloatClass.QuietNaN : FloatClass.SignallingNaN;
    }

    public static Real Unpack(ulong a)
    {
        ulong fraction = a & FractionMask;
        int exponent = (int)((a & ~SignMask) >> T.FractionBits);
        if (exponent == 0) return Real.FromInteger(IsNegative(a), fraction, 1 - T.Bias - T.FractionBits);
        return new Real
        {
            Negative = IsNegative(a),
            High = Real.Top | (fraction << (63 - T.FractionBits)),
            Exponent = exponent - T.Bias,
        };
    }

    public static ulong Round(in Real value, ref FloatEnvironment env) => FloatRounding.ToBinary(value, T.FractionBits + 1, T.Bias, ref env);

    public static ulong Add(ulong a, ulong b, ref FloatEnvironment env)
    {
        if (!Operands(ref a, ref b, out FloatClass left, out FloatClass right, ref env, out ulong result)) return result;
        if (left == FloatClass.Infinity)
        {
            if (right == FloatClass.Infinity && IsNegative(a) != IsNegative(b)) return Invalid(ref env);
            DenormalOperand(left, right, ref env);
            return a;
        }

        DenormalOperand(left, right, ref env);
        if (right == FloatClass.Infinity) return b;
        if (left == FloatClass.Zero && right == FloatClass.Zero)
        {
            return IsNegative(a) == IsNegative(b) ? a : env.Rounding == Rounding.Down ? SignMask : 0;
        }

        if (left == FloatClass.Zero) return Round(Unpack(b), ref env);
        if (right == FloatClass.Zero) return Round(Unpack(a), ref env);
        if (Real.Add(Unpack(a), Unpack(b), out Real sum)) return Round(sum, ref env);
        return env.Rounding == Rounding.Down ? SignMask : 0;
    }

    public static ulong Subtract(ulong a, ulong b, ref FloatEnvironment env) => IsNaN(b) ? Add(a, b, ref env) : Add(a, b ^ SignMask, ref env);

    public static ulong Multiply(ulong a, ulong b, ref FloatEnvironment env)
    {
        if (!Operands(ref a, ref b, out FloatClass left, out FloatClass right, ref env, out ulong result)) return result;
        ulong sign = (a ^ b) & SignMask;
        if (left == FloatClass.Infinity || right == FloatClass.Infinity)
        {
            if (left == FloatClass.Zero || right == FloatClass.Zero) return Invalid(ref env);
            DenormalOperand(left, right, ref env);
            return sign | InfinityBits;
        }

        DenormalOperand(left, right, ref env);
        if (left == FloatClass.Zero || right == FloatClass.Zero) return sign;
        return Round(Real.Multiply(Unpack(a), Unpack(b)), ref env);
    }

    public static ulong Divide(ulong a, ulong b, ref FloatEnvironment env)
    {
        if (!Operands(ref a, ref b, out FloatClass left, out FloatClass right, ref env, out ulong result)) return result;
        ulong sign = (a ^ b) & SignMask;
        if (left == FloatClass.Infinity)
        {
            if (right == FloatClass.Infinity) return Invalid(ref env);
            DenormalOperand(left, right, ref env);
            return sign | InfinityBits;
        }

        if (right == FloatClass.Zero)
        {
            if (left == FloatClass.Zero) return Invalid(ref env);
            env.Raise(FloatFlags.ZeroDivide);
            return sign | InfinityBits;
        }

        DenormalOperand(left, right, ref env);
        if (right == FloatClass.Infinity || left == FloatClass.Zero) return sign;
        return Round(Real.Divide(Unpack(a), Unpack(b)), ref env);
    }

    public static ulong SquareRoot(ulong a, ref FloatEnvironment env)
    {
        ulong none = 0;
        if (!Operands(ref a, ref none, out FloatClass kind, out _, ref env, out ulong result)) return result;
        if (kind == FloatClass.Zero) return a;
        if (IsNegative(a)) return Invalid(ref env);
        if (kind == FloatClass.Infinity) return a;
        DenormalOperand(kind, FloatClass.Zero, ref env);
        return Round(Real.SquareRoot(Unpack(a)), ref env);
    }

    /// <summary>MIN and MAX: the second operand when either is a NaN, which is invalid, or both are zero.</summary>
    public static ulong Minimum(ulong a, ulong b, ref FloatEnvironment env) => Select(a, b, FloatOrder.Less, ref env);

    public static ulong Maximum(ulong a, ulong b, ref FloatEnvironment env) => Select(a, b, FloatOrder.Greater, ref env);

    /// <summary>Compares; a quiet NaN raises IE unless <paramref name="quiet"/>.</summary>
    public static FloatOrder Compare(ulong a, ulong b, bool quiet, ref FloatEnvironment env)
    {
        Flush(ref a, env);
        Flush(ref b, env);
        FloatClass left = Class(a);
        FloatClass right = Class(b);
        if (left >= FloatClass.QuietNaN || right >= FloatClass.QuietNaN)
        {
            if (!quiet || left == FloatClass.SignallingNaN || right == FloatClass.SignallingNaN) env.Raise(FloatFlags.Invalid);
            return FloatOrder.Unordered;
        }

        DenormalOperand(left, right, ref env);
        if (left == FloatClass.Zero && right == FloatClass.Zero) return FloatOrder.Equal;

        // As sign and magnitude, so the order of negative encodings is turned round.
        long x = Ordinal(a);
        long y = Ordinal(b);
        return x < y ? FloatOrder.Less : x > y ? FloatOrder.Greater : FloatOrder.Equal;
    }

    /// <summary>To a signed integer of 32 or 64 bits; what does not fit is invalid and gives the integer indefinite.</summary>
    public static long ToInteger(ulong a, int bits, Rounding rounding, ref FloatEnvironment env)
    {
        Flush(ref a, env);
        FloatClass kind = Class(a);
        if (kind == FloatClass.Zero) return 0;
        if (kind < FloatClass.Infinity && FloatRounding.ToInteger(Unpack(a), rounding, out ulong magnitude, out bool inexact, out _))
        {
            ulong limit = 1UL << (bits - 1);
            if (magnitude < limit || (magnitude == limit && IsNegative(a)))
            {
                if (inexact) env.Raise(FloatFlags.Precision);
                return IsNegative(a) ? -(long)magnitude : (long)magnitude;
            }
        }

        env.Raise(FloatFlags.Invalid);
        return long.MinValue >> (64 - bits);
    }

    public static ulong FromInteger(long value, ref FloatEnvironment env) =>
        value == 0 ? 0 : Round(Real.FromInteger(value < 0, value < 0 ? (ulong)-value : (ulong)value, 0), ref env);

    /// <summary>ROUNDSD: to an integer in the same format; <paramref name="silent"/> suppresses PE.</summary>
    public static ulong ToIntegral(ulong a, Rounding rounding, bool silent, ref FloatEnvironment env)
    {
        ulong none = 0;
        if (!Operands(ref a, ref none, out FloatClass kind, out _, ref env, out ulong result)) return result;
        if (kind is FloatClass.Zero or FloatClass.Infinity) return a;
        Real value = Unpack(a);
        if (value.Exponent >= T.FractionBits) return a;
        FloatRounding.ToInteger(value, rounding, out ulong magnitude, out bool inexact, out _);
        if (inexact && !silent) env.Raise(FloatFlags.Precision);
        if (magnitude == 0) return a & SignMask;
        FloatEnvironment exact = env;
        return Round(Real.FromInteger(IsNegative(a), magnitude, 0), ref exact);
    }

    /// <summary>CVTSS2SD and CVTSD2SS.</summary>
    public static ulong ConvertTo<TTarget>(ulong a, ref FloatEnvironment env) where TTarget : IBinaryFormat
    {
        Flush(ref a, env);
        FloatClass kind = Class(a);
        ulong sign = IsNegative(a) ? Binary<TTarget>.SignMask : 0;
        switch (kind)
        {
            case FloatClass.Zero: return sign;
            case FloatClass.Infinity: return sign | Binary<TTarget>.InfinityBits;
            case FloatClass.QuietNaN or FloatClass.SignallingNaN:
                if (kind == FloatClass.SignallingNaN) env.Raise(FloatFlags.Invalid);
                ulong fraction = a & FractionMask;
                int shift = TTarget.FractionBits - T.FractionBits;
                fraction = shift > 0 ? fraction << shift : fraction >> -shift;
                return sign | Binary<TTarget>.InfinityBits | Binary<TTarget>.Quiet | fraction;
            default:
                DenormalOperand(kind, FloatClass.Zero, ref env);
                return Binary<TTarget>.Round(Unpack(a), ref env);
        }
    }

    private static ulong Select(ulong a, ulong b, FloatOrder wanted, ref FloatEnvironment env)
    {
        Flush(ref a, env);
        Flush(ref b, env);
        return Compare(a, b, quiet: false, ref env) == wanted ? a : b;
    }

    private static ulong Invalid(ref FloatEnvironment env)
    {
        env.Raise(FloatFlags.Invalid);
        return Indefinite;
    }

    private static long Ordinal(ulong a)
    {
        long magnitude = (long)(a & ~SignMask);
        return IsNegative(a) ? -magnitude : magnitude;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Flush(ref ulong a, in FloatEnvironment env)
    {
        if (env.DenormalsAreZero && (a & ~SignMask) <= FractionMask) a &= SignMask;
    }

    private static bool Operands(ref ulong a, ref ulong b, out FloatClass left, out FloatClass right, ref FloatEnvironment env, out ulong result)
    {
        Flush(ref a, env);
        Flush(ref b, env);
        left = Class(a);
        right = Class(b);
        result = 0;
        if (left < FloatClass.QuietNaN && right < FloatClass.QuietNaN) return true;
        if (left == FloatClass.SignallingNaN || right == FloatClass.SignallingNaN) env.Raise(FloatFlags.Invalid);
        result = (left >= FloatClass.QuietNaN ? a : b) | Quiet;
        return false;
    }

    private static void DenormalOperand(FloatClass left, FloatClass right, ref FloatEnvironment env)
    {
        if (left == FloatClass.Denormal || right == FloatClass.Denormal) env.Raise(FloatFlags.Denormal);
    }
}
