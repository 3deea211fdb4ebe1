namespace CheckpointRestart.Core.Cpu.Floating;

/// <summary>
/// FSIN, FCOS, FPTAN and FPATAN, computed in 128 bits and rounded once. Arguments are reduced exactly with the 66-bit value of pi that Intel's processors
/// use (SDM 1, 8.3.8), so that results near multiples of pi are theirs and not the mathematical ones.
/// </summary>
internal static class Float80Trigonometry
{
    /// <summary>Half of the 66-bit pi, in units of 2^-65.</summary>
    private static readonly UInt128 HalfPi66 = new(3, 0x243f6a8885a308d3);

    private static readonly UInt128 QuarterPi = new(0xc90fdaa22168c234, 0xc4c6628b80dc1cd1);
    private const int Terms = 17;

    /// <summary>2^128 / (2k(2k+1)) and 2^128 / ((2k-1)2k).</summary>
    private static readonly UInt128[] SineFactors = [.. Enumerable.Range(0, Terms + 1).Select(k => k == 0 ? UInt128.Zero : UInt128.MaxValue / (uint)(2 * k * ((2 * k) + 1)))];
    private static readonly UInt128[] CosineFactors = [.. Enumerable.Range(0, Terms + 1).Select(k => k == 0 ? UInt128.Zero : UInt128.MaxValue / (uint)(((2 * k) - 1) * 2 * k))];
    private static readonly UInt128[] OddReciprocals = [.. Enumerable.Range(0, Terms + 1).Select(k => UInt128.MaxValue / (uint)((2 * k) + 1))];

    /// <summary>atan(k/16) in units of 2^-128.</summary>
    private static readonly UInt128[] Arctangents =
    [
        UInt128.Zero,
        new(0x0ffaaddb967ef4e3, 0x6cb2792dc0e2e0d5), new(0x1fd5ba9aac2f6dc6, 0x5912f313e7d111de),
        new(0x2f72f6979cb6044d, 0x1ec2d3e207271d21), new(0x3eb6ebf25901bac5, 0x5b71e7bd7de885f9),
        new(0x4d89dcdc1faf2f34, 0xe2d5da4c693d7994), new(0x5bd86507937bc239, 0xc55190916e7f2241),
        new(0x6993bb0f308ff2db, 0x213e4af4800f389b), new(0x76b19c1586ed3da2, 0xb7f222f65e1d4681),
        new(0x832bf4a6d9867e2a, 0x4b6a09cb61a515c0), new(0x8f005d5ef7f59f9b, 0x5c835e1665c43747),
        new(0x9a2f80e671bdda20, 0x4226f8e2204ff3bc), new(0xa4bc7d1934f70924, 0x19a87f2a457dac9e),
        new(0xaeac4c38b4d8c080, 0x14725e2f3e52070a), new(0xb8053e2bc2319e73, 0xcb2da55210a4443d),
        new(0xc0ce85b8ac526640, 0x89dd62c46e92fa24), new(0xc90fdaa22168c234, 0xc4c6628b80dc1cd1),
    ];

    /// <summary>True when a finite argument is below 2^63; else the instruction sets C2 and leaves the operand.</summary>
    public static bool InRange(Float80 x) => x.BiasedExponent < Float80.Bias + 63 || x.BiasedExponent == Float80.MaximumExponent;

    public static Float80 Sine(Float80 x, ref FloatEnvironment env)
    {
        if (!Argument(x, out bool zero, ref env, out Float80 result)) return result;
        if (zero) return x;
        Real angle = Reduce(x, out int quadrant);
        Real value = (quadrant & 1) == 0 ? SineKernel(angle) : CosineKernel(angle);
        value.Negative = x.IsNegative ^ ((quadrant & 2) != 0) ^ ((quadrant & 1) == 0 && angle.Negative);
        return Finish(value, ref env);
    }

    public static Float80 Cosine(Float80 x, ref FloatEnvironment env)
    {
        if (!Argument(x, out bool zero, ref env, out Float80 result)) return result;
        if (zero) return Float80.One;
        Real angle = Reduce(x, out int quadrant);
        Real value = (quadrant & 1) == 0 ? CosineKernel(angle) : SineKernel(angle);
        value.Negative = (quadrant & 1) == 0 ? (quadrant & 2) != 0 : ((quadrant & 2) != 0) ^ !angle.Negative;
        return Finish(value, ref env);
    }

    public static Float80 Tangent(Float80 x, ref FloatEnvironment env)
    {
        if (!Argument(x, out bool zero, ref env, out Float80 result)) return result;
        if (zero) return x;
        Real angle = Reduce(x, out int quadrant);
        Real sine = SineKernel(angle);
        Real cosine = CosineKernel(angle);

        // Far below the precision tan(x) is just above x, while the quotient of two truncated values would be just below.
        if ((quadrant & 1) == 0 && angle.Exponent < -60)
        {
            sine = angle;
            cosine = WideReal.FromInteger(1);
        }

        Real value = (quadrant & 1) == 0 ? WideReal.Divide(sine, cosine) : WideReal.Divide(cosine, sine);
        value.Negative = x.IsNegative ^ angle.Negative ^ ((quadrant & 1) != 0);
        return Finish(value, ref env);
    }

    /// <summary>The angle of the point (x, y), all four quadrants.</summary>
    public static Float80 Arctangent(Float80 y, Float80 x, ref FloatEnvironment env)
    {
        if (!Float80Arithmetic.Operands(y, x, out FloatClass height, out FloatClass width, ref env, out Float80 result)) return result;
        if (!Float80Arithmetic.DenormalOperand(height, width, ref env)) return default;
        bool negative = y.IsNegative;
        if (height == FloatClass.Infinity)
        {
            if (width != FloatClass.Infinity) return Eighths(2, negative, ref env);
            return Eighths(x.IsNegative ? 3 : 1, negative, ref env);
        }

        if (height == FloatClass.Zero || width == FloatClass.Infinity) return x.IsNegative ? Eighths(4, negative, ref env) : Float80.Zero(negative);
        if (width == FloatClass.Zero) return Eighths(2, negative, ref env);

        Real angle = ArctangentKernel(y.Magnitude.Unpack(), x.Magnitude.Unpack(), out bool complement);
        if (complement)
        {
            angle.Negative = !angle.Negative;
            angle = WideReal.Add(WideReal.Make(false, QuarterPi, 0), angle);
        }

        if (x.IsNegative)
        {
            angle.Negative = !angle.Negative;
            angle = WideReal.Add(WideReal.Make(false, QuarterPi, 1), angle);
        }

        angle.Negative = negative;
        return Finish(angle, ref env);
    }

    /// <summary>NaN, infinity and denormal checks; false when the result is thereby known.</summary>
    private static bool Argument(Float80 x, out bool zero, ref FloatEnvironment env, out Float80 result)
    {
        zero = false;
        if (!Float80Arithmetic.Operand(x, out FloatClass kind, ref env, out result)) return false;
        if (kind == FloatClass.Infinity)
        {
            result = Float80Arithmetic.Invalid(ref env);
            return false;
        }

        zero = kind == FloatClass.Zero;
        return Float80Arithmetic.DenormalOperand(kind, FloatClass.Normal, ref env);
    }

    /// <summary>|x| less a multiple of pi/2, within ±pi/4, and that multiple modulo 4.</summary>
    private static Real Reduce(Float80 x, out int quadrant)
    {
        Real value = x.Magnitude.Unpack();
        quadrant = 0;
        if (value.Exponent < -1) return value;

        // In units of 2^-65 the argument is an integer below 2^128.
        UInt128 units = (UInt128)value.High << (value.Exponent + 2);
        (UInt128 quotient, UInt128 rest) = UInt128.DivRem(units, HalfPi66);
        bool negative = rest > HalfPi66 - rest;
        if (negative)
        {
            rest = HalfPi66 - rest;
            quotient++;
        }

        quadrant = (int)(quotient & 3);
        return WideReal.Make(negative, rest, 127 - 65);
    }

    private static Real SineKernel(in Real angle)
    {
        UInt128 fraction = WideReal.Fraction(angle);
        UInt128 square = WideReal.MultiplyHigh(fraction, fraction);
        UInt128 series = UInt128.MaxValue;
        for (int k = Terms; k >= 1; k--) series = UInt128.MaxValue - WideReal.MultiplyHigh(WideReal.MultiplyHigh(square, SineFactors[k]), series);
        return WideReal.Multiply(angle, WideReal.Make(false, series, -1));
    }

    private static Real CosineKernel(in Real angle)
    {
        UInt128 fraction = WideReal.Fraction(angle);
        UInt128 square = WideReal.MultiplyHigh(fraction, fraction);
        UInt128 series = UInt128.MaxValue;
        for (int k = Terms; k >= 1; k--) series = UInt128.MaxValue - WideReal.MultiplyHigh(WideReal.MultiplyHigh(square, CosineFactors[k]), series);
        return WideReal.Make(false, series, -1);
    }

    /// <summary>atan of the smaller over the larger of y and x, both positive; complement tells that y was the larger.</summary>
    private static Real ArctangentKernel(Real y, Real x, out bool complement)
    {
        complement = y.Exponent > x.Exponent || (y.Exponent == x.Exponent && y.High > x.High);
        Real small = complement ? x : y;
        Real large = complement ? y : x;
        int distance = large.Exponent - small.Exponent;
        int step = 0;
        Real ratio;
        if (distance <= 6)
        {
            // The nearest sixteenth, from the quotient in halves of one.
            var halves = (int)(((UInt128)small.High << 5 >> distance) / large.High);
            step = (halves + 1) >> 1;
        }

        if (step == 0)
        {
            ratio = WideReal.Divide(small, large);
        }
        else
        {
            // atan(a) = atan(c) + atan((a - c) / (1 + a·c)) with c = step / 16; numerator and denominator are exact.
            UInt128 unit = (UInt128)large.High << 58;
            UInt128 part = ((UInt128)small.High << 58) >> distance;
            UInt128 left = part << 4;
            UInt128 right = unit * (uint)step;
            if (left == right) return WideReal.Make(false, Arctangents[step], -1);
            bool below = left < right;
            ratio = WideReal.Divide(
                WideReal.Make(below, below ? right - left : left - right, 0),
                WideReal.Make(false, (unit << 4) + (part * (uint)step), 0));
        }

        UInt128 fraction = WideReal.Fraction(ratio);
        UInt128 square = WideReal.MultiplyHigh(fraction, fraction);
        UInt128 series = OddReciprocals[Terms];
        for (int k = Terms - 1; k >= 0; k--) series = OddReciprocals[k] - WideReal.MultiplyHigh(square, series);
        Real angle = WideReal.Multiply(ratio, WideReal.Make(false, series, -1));
        return step == 0 ? angle : WideReal.Add(WideReal.Make(false, Arctangents[step], -1), angle);
    }

    /// <summary>Eighths of a turn: pi/4 times a small count, rounded.</summary>
    private static Float80 Eighths(int count, bool negative, ref FloatEnvironment env)
    {
        Real angle = WideReal.Make(false, QuarterPi, count == 4 ? 1 : count == 2 ? 0 : -1);
        if (count == 3) angle = WideReal.Add(angle, WideReal.Make(false, QuarterPi, 0));
        angle.Negative = negative;
        return Finish(angle, ref env);
    }

    private static Float80 Finish(in Real value, ref FloatEnvironment env)
    {
        int precision = env.Precision;
        env.Precision = 64;
        Float80 result = FloatRounding.ToFloat80(WideReal.Inexact(value), ref env);
        env.Precision = precision;
        return result;
    }
}
