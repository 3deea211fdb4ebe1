namespace CheckpointRestart.Core.Cpu.Floating;

/// <summary>What an operand is, as the arithmetic sees it (Intel SDM 1, 4.8.3 and 8.2.2).</summary>
internal enum FloatClass
{
    Zero,
    Normal,

    /// <summary>Denormal or pseudo-denormal: raises DE, otherwise a number like any other.</summary>
    Denormal,
    Infinity,
    QuietNaN,
    SignallingNaN,

    /// <summary>Unnormal, pseudo-infinity or pseudo-NaN: invalid in every operation.</summary>
    Unsupported,
}

/// <summary>Double extended precision as registers and memory hold it: 64 bits of significand with explicit integer bit, 15 of exponent, sign.</summary>
internal readonly record struct Float80(ulong Significand, ushort SignExponent)
{
    public const int Bias = 16383;
    public const int MaximumExponent = 0x7fff;

    public static Float80 Indefinite => new(0xc000000000000000, 0xffff);
    public static Float80 One => new(Real.Top, Bias);

    public bool IsNegative => (SignExponent & 0x8000) != 0;
    public int BiasedExponent => SignExponent & 0x7fff;

    public bool IsNaN => BiasedExponent == MaximumExponent && Significand > Real.Top;

    public static Float80 Zero(bool negative) => new(0, negative ? (ushort)0x8000 : (ushort)0);

    public static Float80 Infinity(bool negative) => new(Real.Top, negative ? (ushort)0xffff : (ushort)0x7fff);

    /// <summary>Sign and exponent, then significand, in hexadecimal.</summary>
    public override string ToString() => $"{SignExponent:x4}:{Significand:x16}";

    public Float80 Negated => new(Significand, (ushort)(SignExponent ^ 0x8000));

    public Float80 Magnitude => new(Significand, (ushort)(SignExponent & 0x7fff));

    public Float80 Quieted => new(Significand | 0x4000000000000000, SignExponent);

    /// <summary>A normal number, the case that deserves a short path.</summary>
    public bool IsNormal => (long)Significand < 0 && (uint)(BiasedExponent - 1) < 0x7ffe;

    public FloatClass Class
    {
        get
        {
            int exponent = BiasedExponent;
            if (exponent == 0) return Significand == 0 ? FloatClass.Zero : FloatClass.Denormal;
            if ((long)Significand >= 0) return FloatClass.Unsupported;
            if (exponent != MaximumExponent) return FloatClass.Normal;
            if (Significand == Real.Top) return FloatClass.Infinity;
            return (Significand & 0x4000000000000000) != 0 ? FloatClass.QuietNaN : FloatClass.SignallingNaN;
        }
    }

    /// <summary>The value of a finite number other than zero.</summary>
    public Real Unpack()
    {
        int exponent = BiasedExponent;
        if (exponent == 0) return Real.FromInteger(IsNegative, Significand, 1 - Bias - 63);
        return new Real { Negative = IsNegative, High = Significand, Exponent = exponent - Bias };
    }

    /// <summary>The operand for arithmetic among x87 NaNs: quiet over signalling, then the larger significand, then the positive one (SDM table 4-7).</summary>
    public static Float80 ChooseNaN(Float80 a, Float80 b)
    {
        if (!a.IsNaN) return b.Quieted;
        if (!b.IsNaN) return a.Quieted;
        bool aQuiet = a.Class == FloatClass.QuietNaN;
        bool bQuiet = b.Class == FloatClass.QuietNaN;
        if (aQuiet != bQuiet) return aQuiet ? a : b;
        if (a.Significand != b.Significand) return (a.Significand > b.Significand ? a : b).Quieted;
        return (a.IsNegative ? b : a).Quieted;
    }
}
