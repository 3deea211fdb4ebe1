namespace CheckpointRestart.Core.Cpu.Floating;

/// <summary>
/// F2XM1, FYL2X and FYL2XP1, computed in 128 bits and rounded once, so that they are within one unit in the last place, monotonic, and the same on every host.
/// They heed rounding control and not precision control.
/// </summary>
internal static class Float80Logarithms
{
    private static readonly Real Ln2 = new() { High = 0xb17217f7d1cf79ab, Low = 0xc9e3b39803f2f6af, Exponent = -1 };
    private static readonly Real Log2E = new() { High = 0xb8aa3b295c17f0bb, Low = 0xbe87fed0691d3e88, Exponent = 0 };
    private static readonly UInt128 Half = UInt128.One << 127;

    /// <summary>2^128 / n.</summary>
    private static readonly UInt128[] Reciprocals = [.. Enumerable.Range(0, 64).Select(n => n < 2 ? UInt128.MaxValue : UInt128.MaxValue / (uint)n)];

    private const int ExponentialTerms = 33;
    private const int LogarithmTerms = 26;

    /// <summary>Significand of the square root of two.</summary>
    private const ulong RootOfTwo = 0xb504f333f9de6484;

    /// <summary>2^x - 1. Outside -1..1, where Intel leaves it undefined, the operand stays.</summary>
    public static Float80 Exponential(Float80 x, ref FloatEnvironment env)
    {
        if (!Float80Arithmetic.Operand(x, out FloatClass kind, ref env, out Float80 result)) return result;
        if (kind == FloatClass.Zero) return x;
        if (kind == FloatClass.Infinity) return x.IsNegative ? Float80.One.Negated : x;
        if (!Float80Arithmetic.DenormalOperand(kind, FloatClass.Normal, ref env)) return default;
        Real value = x.Unpack();
        if (value.Exponent >= 0)
        {
            // Processors report PE here too, also for the exact results at -1 and 1.
            env.Raise(FloatFlags.Precision);
            return x.IsNegative && value.Exponent == 0 && value.High == Real.Top ? new Float80(Real.Top, 0x8000 | (Float80.Bias - 1)) : x;
        }

        Real y = WideReal.Multiply(value, Ln2);
        UInt128 fraction = WideReal.Fraction(y);
        UInt128 series = Half;
        for (int k = ExponentialTerms; k >= 2; k--)
        {
            UInt128 term = WideReal.MultiplyHigh(WideReal.MultiplyHigh(fraction, Reciprocals[k]), series);
            series = value.Negative ? Half - term : Half + term;
        }

        return Finish(WideReal.Multiply(y, WideReal.Make(false, series, 0)), ref env);
    }

    /// <summary>y · log2(x).</summary>
    public static Float80 Logarithm(Float80 y, Float80 x, ref FloatEnvironment env)
    {
        if (!Float80Arithmetic.Operands(y, x, out FloatClass factor, out FloatClass kind, ref env, out Float80 result)) return result;
        if (kind == FloatClass.Zero)
        {
            if (factor == FloatClass.Zero) return Float80Arithmetic.Invalid(ref env);
            if (factor != FloatClass.Infinity) env.Raise(FloatFlags.ZeroDivide);
            return Float80.Infinity(!y.IsNegative);
        }

        if (x.IsNegative) return Float80Arithmetic.Invalid(ref env);
        if (kind == FloatClass.Infinity)
        {
            if (factor == FloatClass.Zero) return Float80Arithmetic.Invalid(ref env);
            return Float80Arithmetic.DenormalOperand(factor, kind, ref env) ? Float80.Infinity(y.IsNegative) : default;
        }

        Real value = x.Unpack();
        bool isOne = value.Exponent == 0 && value.High == Real.Top;
        bool below = value.Exponent < 0;
        if (factor == FloatClass.Infinity)
        {
            if (isOne) return Float80Arithmetic.Invalid(ref env);
            return Float80Arithmetic.DenormalOperand(factor, kind, ref env) ? Float80.Infinity(y.IsNegative ^ below) : default;
        }

        if (!Float80Arithmetic.DenormalOperand(factor, kind, ref env)) return default;
        if (isOne || factor == FloatClass.Zero) return Float80.Zero(y.IsNegative ^ below);
        return Scaled(y, value, ref env);
    }

    /// <summary>y · log2(x + 1). Outside the range that Intel defines it is computed all the same above x = -1; at and below that the operand stays.</summary>
    public static Float80 LogarithmPlusOne(Float80 y, Float80 x, ref FloatEnvironment env)
    {
        if (!Float80Arithmetic.Operands(y, x, out FloatClass factor, out FloatClass kind, ref env, out Float80 result)) return result;
        if (kind == FloatClass.Infinity)
        {
            if (x.IsNegative || factor == FloatClass.Zero) return Float80Arithmetic.Invalid(ref env);
            return Float80Arithmetic.DenormalOperand(factor, kind, ref env) ? Float80.Infinity(y.IsNegative) : default;
        }

        if (factor == FloatClass.Infinity)
        {
            if (kind == FloatClass.Zero) return Float80Arithmetic.Invalid(ref env);
            return Float80Arithmetic.DenormalOperand(factor, kind, ref env) ? Float80.Infinity(y.IsNegative ^ x.IsNegative) : default;
        }

        if (!Float80Arithmetic.DenormalOperand(factor, kind, ref env)) return default;
        if (kind == FloatClass.Zero || factor == FloatClass.Zero) return Float80.Zero(y.IsNegative ^ x.IsNegative);

        Real value = x.Unpack();
        if (value.Negative && value.Exponent >= 0)
        {
            env.Raise(FloatFlags.Precision);
            return x;
        }

        Real one = WideReal.FromInteger(1);
        if (value.Exponent >= -1) return Scaled(y, WideReal.Add(one, value), ref env);

        // Near one the logarithm needs all bits of x: log(1+x) = 2·atanh(x / (2+x)).
        Real ratio = WideReal.Divide(value, WideReal.Add(WideReal.FromInteger(2), value));
        return Finish(WideReal.Multiply(Logarithm(ratio), y.Unpack()), ref env);
    }

    private static Float80 Scaled(Float80 y, in Real x, ref FloatEnvironment env)
    {
        UInt128 significand = WideReal.Significand(x);
        int exponent = x.Exponent;
        if (significand == Half)
        {
            Real exact = exponent == 0 ? default : Real.Multiply(WideReal.FromInteger(exponent), y.Unpack());

            // Processors report every logarithm but that of one as inexact.
            if (exponent == 0) return Float80.Zero(y.IsNegative);
            env.Raise(FloatFlags.Precision);
            Float80 product = Round(exact, ref env);
            if (product.BiasedExponent == 0) env.Raise(FloatFlags.Underflow);
            return product;
        }

        Real ratio;
        if (x.High < RootOfTwo)
        {
            ratio = WideReal.Divide(
                WideReal.Make(false, significand - Half, 0),
                WideReal.Make(false, (significand >> 1) + (Half >> 1), 1));
        }
        else
        {
            exponent++;
            ratio = WideReal.Divide(
                WideReal.Make(true, UInt128.Zero - significand, -1),
                WideReal.Make(false, (significand >> 1) + Half, 0));
        }

        Real logarithm = Logarithm(ratio);
        if (exponent != 0) logarithm = WideReal.Add(WideReal.FromInteger(exponent), logarithm);
        return Finish(WideReal.Multiply(logarithm, y.Unpack()), ref env);
    }

    /// <summary>log2((1+s) / (1-s)) = 2·log2(e)·atanh(s) for |s| below 0.172.</summary>
    private static Real Logarithm(in Real s)
    {
        UInt128 fraction = WideReal.Fraction(s);
        UInt128 square = WideReal.MultiplyHigh(fraction, fraction);
        UInt128 series = Reciprocals[(2 * LogarithmTerms) + 1];
        for (int k = LogarithmTerms - 1; k >= 1; k--) series = Reciprocals[(2 * k) + 1] + WideReal.MultiplyHigh(square, series);
        Real sum = WideReal.Make(false, Half + (WideReal.MultiplyHigh(square, series) >> 1), 0);
        Real result = WideReal.Multiply(WideReal.Multiply(s, sum), Log2E);
        result.Exponent++;
        return result;
    }

    private static Float80 Finish(in Real value, ref FloatEnvironment env) => Round(WideReal.Inexact(value), ref env);

    private static Float80 Round(in Real value, ref FloatEnvironment env)
    {
        int precision = env.Precision;
        env.Precision = 64;
        Float80 result = FloatRounding.ToFloat80(value, ref env);
        env.Precision = precision;
        return result;
    }
}
