namespace CheckpointRestart.Core.Cpu.Floating;

/// <summary>The six floating-point exceptions. The bit positions are those of the x87 status and control words and of MXCSR (Intel SDM 1, 4.9.1).</summary>
internal static class FloatFlags
{
    public const int Invalid = 1;
    public const int Denormal = 2;
    public const int ZeroDivide = 4;
    public const int Overflow = 8;
    public const int Underflow = 16;
    public const int Precision = 32;
    public const int All = 63;

    /// <summary>Exceptions found before a result exists: unmasked, they leave the destination alone.</summary>
    public const int BeforeResult = Invalid | Denormal | ZeroDivide;
}

/// <summary>Rounding control, encoded as in the x87 control word and in MXCSR.</summary>
internal enum Rounding
{
    Nearest = 0,
    Down = 1,
    Up = 2,
    Zero = 3,
}

/// <summary>What an operation is asked for (rounding, precision, masks) and what it found (flags, direction of rounding).</summary>
internal struct FloatEnvironment
{
    public Rounding Rounding;

    /// <summary>Bits of significand of an 80-bit result: 24, 53 or 64.</summary>
    public int Precision;

    /// <summary>A set bit masks the exception.</summary>
    public int Masks;

    /// <summary>Exceptions raised; sticky over the operations that share this environment.</summary>
    public int Flags;

    /// <summary>The result's magnitude was rounded up: what x87 shows in C1.</summary>
    public bool RoundedUp;

    /// <summary>An operand was a denormal of a narrower format, which its widened form no longer shows.</summary>
    public bool SourceDenormal;

    public bool DenormalsAreZero;
    public bool FlushToZero;

    public void Raise(int flags) => Flags |= flags;

    /// <summary>True when an unmasked exception forbids a result.</summary>
    public readonly bool Refused => (Flags & ~Masks & FloatFlags.BeforeResult) != 0;

    public readonly bool IsMasked(int flag) => (Masks & flag) != 0;
}
