namespace CheckpointRestart.Core.Cpu.Floating;

/// <summary>
/// Add, subtract, multiply, divide and square root on 80-bit operands (Intel SDM 1, 8.3 and 4.9). A caller looks at
/// <see cref="FloatEnvironment.Refused"/> before it stores the result.
/// </summary>
internal static class Float80Arithmetic
{
    public static Float80 Add(Float80 a, Float80 b, ref FloatEnvironment env)
    {
        if (!(a.IsNormal && b.IsNormal && !env.SourceDenormal))
        {
            if (!Operands(a, b, out FloatClass left, out FloatClass right, ref env, out Float80 result)) return result;
            if (left == FloatClass.Infinity)
            {
                if (right == FloatClass.Infinity && a.IsNegative != b.IsNegative) return Invalid(ref env);
                return DenormalOperand(left, right, ref env) ? a : default;
            }

            if (!DenormalOperand(left, right, ref env)) return default;
            if (right == FloatClass.Infinity) return b;
            if (left == FloatClass.Zero && right == FloatClass.Zero)
            {
                if (a.IsNegative == b.IsNegative) return a;
                return Float80.Zero(env.Rounding == Rounding.Down);
            }

            if (left == FloatClass.Zero) return FloatRounding.ToFloat80(b.Unpack(), ref env);
            if (right == FloatClass.Zero) return FloatRounding.ToFloat80(a.Unpack(), ref env);
        }

        return Real.Add(a.Unpack(), b.Unpack(), out Real sum)
            ? FloatRounding.ToFloat80(sum, ref env)
            : Float80.Zero(env.Rounding == Rounding.Down);
    }

    public static Float80 Subtract(Float80 a, Float80 b, ref FloatEnvironment env)
    {
        // A NaN keeps its sign, so it is not simply the sum with a negated operand.
        return a.IsNaN || b.IsNaN ? Add(a, b, ref env) : Add(a, b.Negated, ref env);
    }

    public static Float80 Multiply(Float80 a, Float80 b, ref FloatEnvironment env)
    {
        if (!(a.IsNormal && b.IsNormal && !env.SourceDenormal))
        {
            if (!Operands(a, b, out FloatClass left, out FloatClass right, ref env, out Float80 result)) return result;
            bool negative = a.IsNegative ^ b.IsNegative;
            if (left == FloatClass.Infinity || right == FloatClass.Infinity)
            {
                if (left == FloatClass.Zero || right == FloatClass.Zero) return Invalid(ref env);
                return DenormalOperand(left, right, ref env) ? Float80.Infinity(negative) : default;
            }

            if (!DenormalOperand(left, right, ref env)) return default;
            if (left == FloatClass.Zero || right == FloatClass.Zero) return Float80.Zero(negative);
        }

        return FloatRounding.ToFloat80(Real.Multiply(a.Unpack(), b.Unpack()), ref env);
    }

    public static Float80 Divide(Float80 a, Float80 b, ref FloatEnvironment env)
    {
        if (!(a.IsNormal && b.IsNormal && !env.SourceDenormal))
        {
            if (!Operands(a, b, out FloatClass left, out FloatClass right, ref env, out Float80 result)) return result;
            bool negative = a.IsNegative ^ b.IsNegative;
            if (left == FloatClass.Infinity)
            {
                if (right == FloatClass.Infinity) return Invalid(ref env);
                return DenormalOperand(left, right, ref env) ? Float80.Infinity(negative) : default;
            }

            if (right == FloatClass.Zero)
            {
                if (left == FloatClass.Zero) return Invalid(ref env);
                env.Raise(FloatFlags.ZeroDivide);
                return Float80.Infinity(negative);
            }

            if (!DenormalOperand(left, right, ref env)) return default;
            if (right == FloatClass.Infinity || left == FloatClass.Zero) return Float80.Zero(negative);
        }

        return FloatRounding.ToFloat80(Real.Divide(a.Unpack(), b.Unpack()), ref env);
    }

    public static Float80 SquareRoot(Float80 a, ref FloatEnvironment env)
    {
        if (!Operand(a, out FloatClass kind, ref env, out Float80 result)) return result;
        if (kind == FloatClass.Zero) return a;
        if (a.IsNegative) return Invalid(ref env);
        if (kind == FloatClass.Infinity) return a;
        if (!DenormalOperand(kind, FloatClass.Normal, ref env)) return default;
        return FloatRounding.ToFloat80(Real.SquareRoot(a.Unpack()), ref env);
    }

    /// <summary>FRNDINT: to an integer in the same format.</summary>
    public static Float80 RoundToInteger(Float80 a, ref FloatEnvironment env)
    {
        if (!Operand(a, out FloatClass kind, ref env, out Float80 result)) return result;
        if (kind is FloatClass.Zero or FloatClass.Infinity) return a;
        if (!DenormalOperand(kind, FloatClass.Normal, ref env)) return default;
        Real value = a.Unpack();
        if (value.Exponent >= 63) return a;
        FloatRounding.ToInteger(value, env.Rounding, out ulong magnitude, out bool inexact, out bool up);
        if (inexact) env.Raise(FloatFlags.Precision);
        env.RoundedUp = up;
        if (magnitude == 0) return Float80.Zero(a.IsNegative);
        Real rounded = Real.FromInteger(a.IsNegative, magnitude, 0);
        return new Float80(rounded.High, (ushort)((a.SignExponent & 0x8000) | (rounded.Exponent + Float80.Bias)));
    }

    public static Float80 Invalid(ref FloatEnvironment env)
    {
        env.Raise(FloatFlags.Invalid);
        return Float80.Indefinite;
    }

    /// <summary>Deals with NaNs and unsupported encodings; false when the result is thereby known.</summary>
    internal static bool Operands(Float80 a, Float80 b, out FloatClass left, out FloatClass right, ref FloatEnvironment env, out Float80 result)
    {
        left = a.Class;
        right = b.Class;
        result = default;
        if (left < FloatClass.QuietNaN && right < FloatClass.QuietNaN) return true;
        if (left == FloatClass.Unsupported || right == FloatClass.Unsupported)
        {
            result = Invalid(ref env);
            return false;
        }

        if (left == FloatClass.SignallingNaN || right == FloatClass.SignallingNaN) env.Raise(FloatFlags.Invalid);
        result = Float80.ChooseNaN(a, b);
        return false;
    }

    /// <summary>As <see cref="Operands"/> for one operand.</summary>
    internal static bool Operand(Float80 a, out FloatClass kind, ref FloatEnvironment env, out Float80 result)
    {
        kind = a.Class;
        result = default;
        if (kind < FloatClass.QuietNaN) return true;
        if (kind == FloatClass.Unsupported)
        {
            result = Invalid(ref env);
            return false;
        }

        if (kind == FloatClass.SignallingNaN) env.Raise(FloatFlags.Invalid);
        result = a.Quieted;
        return false;
    }

    /// <summary>Raises DE for a denormal operand; false when that is unmasked and ends the operation.</summary>
    internal static bool DenormalOperand(FloatClass left, FloatClass right, ref FloatEnvironment env)
    {
        if (left != FloatClass.Denormal && right != FloatClass.Denormal && !env.SourceDenormal) return true;
        env.Raise(FloatFlags.Denormal);
        return env.IsMasked(FloatFlags.Denormal);
    }
}
