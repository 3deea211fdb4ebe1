namespace CheckpointRestart.Core.Cpu.Floating;

/// <summary>FPREM, FPREM1, FSCALE and FXTRACT.</summary>
internal static class Float80Remainder
{
    /// <summary>
    /// Exact remainder of a / b; the quotient truncated (FPREM) or to nearest (FPREM1). When the exponents differ by 64 or more only a partial
    /// reduction is done, as SDM 2 describes it, and <paramref name="complete"/> is false. <paramref name="quotient"/> holds the low quotient bits.
    /// </summary>
    public static Float80 Remainder(Float80 a, Float80 b, bool nearest, out ulong quotient, out bool complete, ref FloatEnvironment env)
    {
        quotient = 0;
        complete = true;
        if (!Float80Arithmetic.Operands(a, b, out FloatClass left, out FloatClass right, ref env, out Float80 result)) return result;
        if (left == FloatClass.Infinity || right == FloatClass.Zero) return Float80Arithmetic.Invalid(ref env);
        if (!Float80Arithmetic.DenormalOperand(left, right, ref env)) return default;
        if (left == FloatClass.Zero) return a;
        if (right == FloatClass.Infinity) return left == FloatClass.Denormal ? Exact(a.Unpack(), ref env) : a;

        Real dividend = a.Unpack();
        Real divisor = b.Unpack();
        int distance = dividend.Exponent - divisor.Exponent;
        ulong rest = dividend.High;
        if (distance >= 64)
        {
            // Reduce by a multiple of the divisor that leaves a distance divisible by 32.
            complete = false;
            int step = (distance & 31) | 32;
            rest = Reduce(rest, divisor.High, step, out _);
            quotient = 0;
            return rest == 0 ? Float80.Zero(a.IsNegative) : Exact(Real.FromInteger(a.IsNegative, rest, dividend.Exponent - step - 63), ref env);
        }

        int scale = divisor.Exponent;
        if (distance < 0)
        {
            if (!nearest || distance < -1) return Exact(dividend, ref env);

            // Half of the divisor's binade below: twice the dividend against the divisor decides.
            if (dividend.High <= divisor.High) return Exact(dividend, ref env);
            quotient = 1;
            Real difference = divisor;
            difference.Negative = !dividend.Negative;
            Real.Add(dividend, difference, out Real below);
            return Exact(below, ref env);
        }

        rest = Reduce(rest, divisor.High, distance, out quotient);
        bool negative = a.IsNegative;
        if (nearest)
        {
            ulong other = divisor.High - rest;
            if (rest > other || (rest == other && (quotient & 1) != 0))
            {
                rest = other;
                negative = !negative;
                quotient++;
            }
        }

        return rest == 0 ? Float80.Zero(a.IsNegative) : Exact(Real.FromInteger(negative, rest, scale - 63), ref env);
    }

    /// <summary>ST(0) · 2^trunc(ST(1)).</summary>
    public static Float80 Scale(Float80 a, Float80 b, ref FloatEnvironment env)
    {
        if (!Float80Arithmetic.Operands(a, b, out FloatClass left, out FloatClass right, ref env, out Float80 result)) return result;
        if (right == FloatClass.Infinity)
        {
            if (left == (b.IsNegative ? FloatClass.Infinity : FloatClass.Zero)) return Float80Arithmetic.Invalid(ref env);
            if (!Float80Arithmetic.DenormalOperand(left, right, ref env)) return default;
            return b.IsNegative ? Float80.Zero(a.IsNegative) : Float80.Infinity(a.IsNegative);
        }

        if (!Float80Arithmetic.DenormalOperand(left, right, ref env)) return default;
        if (left is FloatClass.Infinity or FloatClass.Zero) return a;
        int amount = 0;
        if (right == FloatClass.Normal)
        {
            Real scale = b.Unpack();
            if (scale.Exponent > 16) amount = 0x20000;
            else if (scale.Exponent >= 0) amount = (int)(scale.High >> (63 - scale.Exponent));
            if (b.IsNegative) amount = -amount;
        }

        Real value = a.Unpack();
        value.Exponent += amount;

        // Scaling does not heed precision control.
        int precision = env.Precision;
        env.Precision = 64;
        result = FloatRounding.ToFloat80(value, ref env);
        env.Precision = precision;
        return result;
    }

    /// <summary>Splits into exponent (returned) and significand.</summary>
    public static Float80 Extract(Float80 a, out Float80 significand, ref FloatEnvironment env)
    {
        if (!Float80Arithmetic.Operand(a, out FloatClass kind, ref env, out Float80 result))
        {
            significand = result;
            return result;
        }

        significand = a;
        if (kind == FloatClass.Infinity) return Float80.Infinity(false);
        if (kind == FloatClass.Zero)
        {
            env.Raise(FloatFlags.ZeroDivide);
            return Float80.Infinity(true);
        }

        if (!Float80Arithmetic.DenormalOperand(kind, FloatClass.Normal, ref env)) return default;
        Real value = a.Unpack();
        significand = new Float80(value.High, (ushort)((a.SignExponent & 0x8000) | Float80.Bias));
        return Float80Convert.FromInteger(value.Exponent);
    }

    /// <summary>value · 2^shift modulo the divisor, both normalised significands; quotient bits come along.</summary>
    private static ulong Reduce(ulong value, ulong divisor, int shift, out ulong quotient)
    {
        quotient = 0;
        if (value >= divisor)
        {
            value -= divisor;
            quotient = 1;
        }

        while (shift > 0)
        {
            int step = Math.Min(shift, 63);
            ulong part = Real.DivideWide(value >> (64 - step), value << step, divisor, out value);
            quotient = (quotient << step) | part;
            shift -= step;
        }

        return value;
    }

    /// <summary>An exact result, which precision control does not round.</summary>
    private static Float80 Exact(in Real value, ref FloatEnvironment env)
    {
        int precision = env.Precision;
        env.Precision = 64;
        Float80 result = FloatRounding.ToFloat80(value, ref env);
        env.Precision = precision;
        return result;
    }
}
