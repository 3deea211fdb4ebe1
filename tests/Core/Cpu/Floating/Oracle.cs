using System.Numerics;
using CheckpointRestart.Core.Cpu.Floating;

namespace CheckpointRestart.Core.Tests.Cpu.Floating;

/// <summary>
/// What Intel's manuals say of an operation, in exact arithmetic that is rounded once (SDM 1, 4.8, 4.9, 8.5 and 11.5). One object follows one instruction: it is
/// given rounding, masks and the like, and gathers flags.
/// </summary>
internal sealed class Oracle(bool isX87, OracleFormat format)
{
    private const int Adjustment = 24576;

    internal Rounding Rounding { get; init; }

    internal int Masks { get; init; } = FloatFlags.All;

    /// <summary>Bits of the significand of a result: the format's, or fewer by precision control.</summary>
    internal int Precision { get; set; } = format.Precision;

    internal bool DenormalsAreZero { get; init; }

    internal bool FlushToZero { get; init; }

    internal int Flags { get; set; }

    /// <summary>The last rounding went away from zero: C1.</summary>
    internal bool RoundedUp { get; set; }

    /// <summary>An unmasked exception that comes before the result.</summary>
    internal bool Refused => (Flags & ~Masks & FloatFlags.BeforeResult) != 0;

    internal bool Faults => (Flags & ~Masks) != 0;

    /// <summary>Ends the instruction: unmasked exceptions that come before the result hide those of the result.</summary>
    internal void Settle()
    {
        if (!Refused) return;
        Flags &= FloatFlags.BeforeResult;
        RoundedUp = false;
    }

    internal Number Decode(UInt128 bits) => Flush(format.Decode(bits));

    internal Number Flush(Number a) => DenormalsAreZero && a.Denormal ? Number.Zero(a.Negative) : a;

    internal Number Add(Number a, Number b)
    {
        if (Special(a, b) is { } special) return special;
        if (a.Kind == NumberKind.Infinity && b.Kind == NumberKind.Infinity && a.Negative != b.Negative) return Invalid();
        NoteDenormal(a, b);
        if (a.Kind == NumberKind.Infinity) return a;
        if (b.Kind == NumberKind.Infinity) return b;
        if (a.Kind == NumberKind.Zero && b.Kind == NumberKind.Zero && a.Negative == b.Negative) return a;
        Exact sum = a.Value + b.Value;
        return sum.Sign == 0 ? Number.Zero(Rounding == Rounding.Down) : Round(sum);
    }

    internal Number Subtract(Number a, Number b) => Add(a, b.IsNaN ? b : b with { Negative = !b.Negative, Value = -b.Value });

    internal Number Multiply(Number a, Number b)
    {
        if (Special(a, b) is { } special) return special;
        bool infinite = a.Kind == NumberKind.Infinity || b.Kind == NumberKind.Infinity;
        bool zero = a.Kind == NumberKind.Zero || b.Kind == NumberKind.Zero;
        if (infinite && zero) return Invalid();
        NoteDenormal(a, b);
        bool negative = a.Negative != b.Negative;
        return infinite ? Number.Infinity(negative) : zero ? Number.Zero(negative) : Round(a.Value * b.Value);
    }

    internal Number Divide(Number a, Number b)
    {
        if (Special(a, b) is { } special) return special;
        bool negative = a.Negative != b.Negative;
        if (a.Kind == b.Kind && a.Kind is NumberKind.Zero or NumberKind.Infinity && a.Kind == b.Kind) return Invalid();
        if (b.Kind == NumberKind.Zero && a.Kind == NumberKind.Finite)
        {
            // Division by zero comes before the denormal operand, and hides it.
            Flags |= FloatFlags.ZeroDivide;
            return Number.Infinity(negative);
        }

        NoteDenormal(a, b);
        if (a.Kind == NumberKind.Infinity || b.Kind == NumberKind.Zero) return Number.Infinity(negative);
        if (a.Kind == NumberKind.Zero || b.Kind == NumberKind.Infinity) return Number.Zero(negative);
        return Round(a.Value / b.Value);
    }

    internal Number SquareRoot(Number a)
    {
        if (Special(a) is { } special) return special;
        if (a.Kind == NumberKind.Zero) return a;
        if (a.Negative) return Invalid();
        if (a.Kind == NumberKind.Infinity) return a;
        NoteDenormal(a);
        return Round(a.Value, root: true);
    }

    /// <summary>MINSD and MAXSD: the second operand when either is a NaN or both are zero.</summary>
    internal Number Select(Number a, Number b, FloatOrder wanted) => Compare(a, b, quiet: false) == wanted ? a : b;

    internal FloatOrder Compare(Number a, Number b, bool quiet)
    {
        if (a.Kind >= NumberKind.Quiet || b.Kind >= NumberKind.Quiet)
        {
            if (!quiet || a.Kind > NumberKind.Quiet || b.Kind > NumberKind.Quiet) Flags |= FloatFlags.Invalid;
            return FloatOrder.Unordered;
        }

        NoteDenormal(a, b);
        return (FloatOrder)(1 + Ordinal(a, b));
    }

    /// <summary>FRNDINT and ROUNDSD; only the former heeds denormals.</summary>
    internal Number ToIntegral(Number a, Rounding rounding, bool silent)
    {
        if (Special(a) is { } special) return special;
        if (a.Kind != NumberKind.Finite) return a;
        if (isX87) NoteDenormal(a);
        BigInteger whole = a.Value.ToInteger(rounding, out int direction);
        if (direction != 0 && !silent) Flags |= FloatFlags.Precision;
        RoundedUp = direction > 0;
        return whole.IsZero ? Number.Zero(a.Negative) : Number.Of(Exact.Of(whole));
    }

    /// <summary>To a signed integer within ±limit, the negative one included when asked; null stands for what does not fit, which is invalid.</summary>
    internal BigInteger? ToInteger(Number a, BigInteger lowest, BigInteger highest, Rounding rounding)
    {
        if (a.Kind <= NumberKind.Finite)
        {
            BigInteger whole = a.Value.ToInteger(rounding, out int direction);
            if (whole >= lowest && whole <= highest)
            {
                if (direction != 0) Flags |= FloatFlags.Precision;
                RoundedUp = direction > 0;
                return whole;
            }
        }

        Flags |= FloatFlags.Invalid;
        return null;
    }

    /// <summary>To another format. SSE notes a denormal source, and so does loading into an x87 register; storing from one does not.</summary>
    internal Number Convert(Number a, OracleFormat target, bool notesDenormal)
    {
        if (Special(a) is { } special) return special;
        if (a.Kind != NumberKind.Finite) return a;
        if (notesDenormal) NoteDenormal(a);
        return Round(a.Value, target, target.Precision);
    }

    /// <summary>ST(0) · 2^trunc(ST(1)).</summary>
    internal Number Scale(Number a, Number b)
    {
        if (Special(a, b) is { } special) return special;
        if (b.Kind == NumberKind.Infinity)
        {
            if (b.Negative ? a.Kind == NumberKind.Infinity : a.Kind == NumberKind.Zero) return Invalid();
            NoteDenormal(a);
            return b.Negative ? Number.Zero(a.Negative) : Number.Infinity(a.Negative);
        }

        NoteDenormal(a, b);
        if (a.Kind != NumberKind.Finite) return a;
        BigInteger amount = b.Value.Sign == 0 ? 0 : b.Value.Binade() > 40 ? b.Value.Sign * (BigInteger.One << 40) : b.Value.ToInteger(Rounding.Zero, out _);
        amount = BigInteger.Max(-200_000, BigInteger.Min(200_000, amount));
        return Round(a.Value with { Exponent = a.Value.Exponent + (int)amount });
    }

    /// <summary>FPREM and FPREM1; the quotient is null when the reduction was a partial one, of a dividend 64 or more binades above.</summary>
    internal Number Remainder(Number a, Number b, bool nearest, out BigInteger? quotient)
    {
        quotient = 0;
        if (Special(a, b) is { } special) return special;
        if (a.Kind == NumberKind.Infinity || b.Kind == NumberKind.Zero) return Invalid();
        NoteDenormal(a, b);
        if (a.Kind == NumberKind.Zero) return a;
        if (b.Kind == NumberKind.Infinity) return Round(a.Value);
        int distance = a.Value.Binade() - b.Value.Binade();
        Exact unit = b.Value;
        if (distance >= 64)
        {
            quotient = null;
            int reduced = (distance % 32) + 32;
            unit = unit with { Exponent = unit.Exponent + distance - reduced };
        }

        // A dividend far below the divisor goes in zero times.
        BigInteger times = distance < -2 ? 0 : (a.Value / unit).ToInteger(nearest && distance < 64 ? Rounding.Nearest : Rounding.Zero, out _);
        if (quotient != null) quotient = BigInteger.Abs(times);
        Exact rest = distance < -2 ? a.Value : a.Value - (unit * Exact.Of(times));
        return rest.Sign == 0 ? Number.Zero(a.Negative) : Round(rest);
    }

    /// <summary>FXTRACT: exponent and significand.</summary>
    internal (Number Exponent, Number Significand) Extract(Number a)
    {
        if (Special(a) is { } special) return (special, special);
        if (a.Kind == NumberKind.Infinity) return (Number.Infinity(false), a);
        if (a.Kind == NumberKind.Zero)
        {
            Flags |= FloatFlags.ZeroDivide;
            return (Number.Infinity(true), a);
        }

        NoteDenormal(a);
        int binade = a.Value.Binade();
        return (Number.Of(Exact.Of(binade)), Number.Of(a.Value with { Exponent = a.Value.Exponent - binade }));
    }

    internal Number Invalid()
    {
        Flags |= FloatFlags.Invalid;
        return Number.Indefinite;
    }

    internal Number Round(Exact value, bool root = false) => Round(value, format, Precision, root);

    private Number Round(Exact value, OracleFormat target, int precision, bool root = false)
    {
        bool negative = value.Sign < 0;
        int binade = root ? value.Binade() >> 1 : value.Binade();
        BigInteger significand = value.Quantise(binade - precision + 1, Rounding, root, out int direction);
        if (significand.GetBitLength() > precision) binade++;
        int unmasked = (binade > target.Maximum ? FloatFlags.Overflow : binade < target.Minimum ? FloatFlags.Underflow : 0) & ~Masks;
        RoundedUp = direction > 0;
        if (unmasked != 0)
        {
            Flags |= unmasked | (direction != 0 ? FloatFlags.Precision : 0);
            if (!isX87) return Number.Zero(negative);
            int adjustment = unmasked == FloatFlags.Overflow ? -Adjustment : Adjustment;
            return Adjusted(Signed(negative, significand, Exponent(value, root, precision) + adjustment), binade + adjustment, target);
        }

        if (binade > target.Maximum)
        {
            Flags |= FloatFlags.Overflow | FloatFlags.Precision;
            RoundedUp = Rounding == Rounding.Nearest || Rounding == (negative ? Rounding.Down : Rounding.Up);
            return RoundedUp ? Number.Infinity(negative) : Signed(negative, (BigInteger.One << precision) - 1, target.Maximum - precision + 1);
        }

        if (binade < target.Minimum)
        {
            if (FlushToZero)
            {
                Flags |= FloatFlags.Underflow | FloatFlags.Precision;
                return Number.Zero(negative);
            }

            significand = value.Quantise(target.Minimum - precision + 1, Rounding, root, out direction);
            RoundedUp = direction > 0;
            if (direction != 0) Flags |= FloatFlags.Underflow | FloatFlags.Precision;
            return Signed(negative, significand, target.Minimum - precision + 1);
        }

        if (direction != 0) Flags |= FloatFlags.Precision;
        return Signed(negative, significand, Exponent(value, root, precision));
    }

    private static int Exponent(Exact value, bool root, int precision) => (root ? value.Binade() >> 1 : value.Binade()) - precision + 1;

    /// <summary>What an unmasked overflow or underflow leaves in an x87 register, also where FSCALE went beyond the adjustment.</summary>
    private Number Adjusted(Number result, int binade, OracleFormat target)
    {
        if (binade > target.Maximum)
        {
            Flags |= FloatFlags.Precision;
            RoundedUp = true;
            return Number.Infinity(result.Negative);
        }

        if (binade >= target.Minimum) return result;
        Flags |= FloatFlags.Precision;
        RoundedUp = false;
        return Number.Zero(result.Negative);
    }

    private static Number Signed(bool negative, BigInteger significand, int exponent) => significand.IsZero
        ? Number.Zero(negative)
        : new Number(NumberKind.Finite, negative, Exact.Of(negative ? -significand : significand, exponent));

    private static int Ordinal(Number a, Number b)
    {
        if (a.Kind == NumberKind.Infinity || b.Kind == NumberKind.Infinity) return Side(a).CompareTo(Side(b));
        return (a.Value - b.Value).Sign;
    }

    private static int Side(Number a) => a.Kind != NumberKind.Infinity ? 0 : a.Negative ? -1 : 1;

    /// <summary>The result where an operand is a NaN or no number at all.</summary>
    private Number? Special(Number a, Number? other = null)
    {
        Number b = other ?? a;
        if (a.Kind == NumberKind.Unsupported || b.Kind == NumberKind.Unsupported) return Invalid();
        if (!a.IsNaN && !b.IsNaN) return null;
        if (a.Kind == NumberKind.Signalling || b.Kind == NumberKind.Signalling) Flags |= FloatFlags.Invalid;
        if (!b.IsNaN || !a.IsNaN) return (a.IsNaN ? a : b).Quieted;
        return (isX87 ? Larger(a, b) : a).Quieted;
    }

    /// <summary>SDM 1, table 4-7: a quiet one before a signalling one, then the larger significand; between equals the positive one.</summary>
    private static Number Larger(Number a, Number b)
    {
        if (a.Kind != b.Kind) return a.Kind == NumberKind.Quiet ? a : b;
        if (a.Payload != b.Payload) return a.Payload > b.Payload ? a : b;
        return a.Negative ? b : a;
    }

    private void NoteDenormal(Number a, Number b = default)
    {
        if (a.Denormal || b.Denormal) Flags |= FloatFlags.Denormal;
    }
}
