namespace CheckpointRestart.Core.Cpu.Floating;

/// <summary>Outcome of a comparison.</summary>
internal enum FloatOrder
{
    Less,
    Equal,
    Greater,
    Unordered,
}

/// <summary>FCOM, FUCOM, FTST and their relatives.</summary>
internal static class Float80Compare
{
    /// <summary>Compares; a quiet NaN raises IE unless <paramref name="quiet"/>.</summary>
    public static FloatOrder Compare(Float80 a, Float80 b, bool quiet, ref FloatEnvironment env)
    {
        FloatClass left = a.Class;
        FloatClass right = b.Class;
        if (left >= FloatClass.QuietNaN || right >= FloatClass.QuietNaN)
        {
            if (!quiet || left > FloatClass.QuietNaN || right > FloatClass.QuietNaN) env.Raise(FloatFlags.Invalid);
            return FloatOrder.Unordered;
        }

        Float80Arithmetic.DenormalOperand(left, right, ref env);
        if (left == FloatClass.Zero && right == FloatClass.Zero) return FloatOrder.Equal;
        if (left == FloatClass.Zero) return b.IsNegative ? FloatOrder.Greater : FloatOrder.Less;
        if (a.IsNegative != b.IsNegative || right == FloatClass.Zero) return a.IsNegative ? FloatOrder.Less : FloatOrder.Greater;

        int order = Magnitude(a, b);
        if (order == 0) return FloatOrder.Equal;
        return (order < 0) != a.IsNegative ? FloatOrder.Less : FloatOrder.Greater;
    }

    private static int Magnitude(Float80 a, Float80 b)
    {
        // A denormal has the scale of exponent field 1, so that with it a pseudo-denormal compares as the number that it is.
        int left = Math.Max(a.BiasedExponent, 1);
        int right = Math.Max(b.BiasedExponent, 1);
        return left != right ? left.CompareTo(right) : a.Significand.CompareTo(b.Significand);
    }
}
