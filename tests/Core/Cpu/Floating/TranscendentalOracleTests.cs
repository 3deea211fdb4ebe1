using System.Numerics;
using CheckpointRestart.Core.Cpu.Floating;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu.Floating;

/// <summary>Transcendentals against series in 320 bits: within one unit in the last place in every rounding mode, half of one (and a trifle) to nearest.</summary>
public class TranscendentalOracleTests
{
    private const int Scale = 320;
    private static readonly BigInteger One = BigInteger.One << Scale;
    private static readonly BigInteger Ln2 = 2 * AtanhRatio(1, 3);

    /// <summary>True pi, by Machin, and the 66 bits of it that reduce arguments.</summary>
    private static readonly BigInteger Pi = 4 * ((4 * Atan(One / 5)) - Atan(One / 239));
    private static readonly BigInteger Pi66 = (Pi >> (Scale - 64)) << (Scale - 64);

    [Fact]
    public void ExponentialsAreNear() => Check(4, (values, env) =>
    {
        Float80 x = Small(values, -30, -1);
        BigInteger y = Fixed(x) * Ln2 >> Scale;
        return (x, Float80Logarithms.Exponential(x, ref env), Exp(y) - One);
    });

    [Fact]
    public void LogarithmsAreNear() => Check(4, (values, env) =>
    {
        Float80 x = Small(values, -60, 60).Magnitude;
        Float80 y = Small(values, -4, 4);
        BigInteger value = Fixed(x);
        BigInteger log = AtanhRatio(value - One, value + One) * 2;
        return (x, Float80Logarithms.Logarithm(y, x, ref env), Fixed(y) * ((log << Scale) / Ln2) >> Scale);
    });

    [Fact]
    public void LogarithmsNearOneAreNear() => Check(4, (values, env) =>
    {
        Float80 x = Small(values, -40, -3);
        Float80 y = Small(values, -4, 4);
        BigInteger value = Fixed(x);
        BigInteger log = AtanhRatio(value, (2 * One) + value) * 2;
        return (x, Float80Logarithms.LogarithmPlusOne(y, x, ref env), Fixed(y) * ((log << Scale) / Ln2) >> Scale);
    });

    [Fact]
    public void SinesAreNear() => Check(4, (values, env) =>
    {
        Float80 x = Small(values, -20, 20);
        (BigInteger sine, _) = SineAndCosine(Fixed(x));
        return (x, Float80Trigonometry.Sine(x, ref env), sine);
    });

    [Fact]
    public void CosinesAreNear() => Check(4, (values, env) =>
    {
        Float80 x = Small(values, -20, 20);
        (_, BigInteger cosine) = SineAndCosine(Fixed(x));
        return (x, Float80Trigonometry.Cosine(x, ref env), cosine);
    });

    [Fact]
    public void TangentsAreNear() => Check(4, (values, env) =>
    {
        Float80 x = Small(values, -20, 20);
        (BigInteger sine, BigInteger cosine) = SineAndCosine(Fixed(x));
        return (x, Float80Trigonometry.Tangent(x, ref env), (sine << Scale) / cosine);
    });

    /// <summary>To the last argument that is reduced, just below 2^63.</summary>
    [Fact]
    public void TrigonometryOfLargeArgumentsIsNear()
    {
        Check(4, (values, env) =>
        {
            Float80 x = Small(values, 21, 62);
            return (x, Float80Trigonometry.Sine(x, ref env), SineAndCosine(Fixed(x)).Sine);
        });
        Check(4, (values, env) =>
        {
            Float80 x = Small(values, 21, 62);
            return (x, Float80Trigonometry.Cosine(x, ref env), SineAndCosine(Fixed(x)).Cosine);
        });
        Check(4, (values, env) =>
        {
            Float80 x = Small(values, 21, 62);
            (BigInteger sine, BigInteger cosine) = SineAndCosine(Fixed(x));
            return (x, Float80Trigonometry.Tangent(x, ref env), (sine << Scale) / cosine);
        });
    }

    [Fact]
    public void ArctangentsAreNear() => Check(4, (values, env) =>
    {
        Float80 y = Small(values, -15, 15);
        Float80 x = Small(values, -15, 15);
        BigInteger height = BigInteger.Abs(Fixed(y));
        BigInteger width = BigInteger.Abs(Fixed(x));
        BigInteger angle = height <= width ? Atan((height << Scale) / width) : (Pi >> 1) - Atan((width << Scale) / height);
        if (x.IsNegative) angle = Pi - angle;
        return (y, Float80Trigonometry.Arctangent(y, x, ref env), y.IsNegative ? -angle : angle);
    });

    private static void Check(int modes, Func<FloatValues, FloatEnvironment, (Float80 Input, Float80 Result, BigInteger Exact)> compute)
    {
        int cases = LongRun.Cases(2_000) / 5;
        for (int mode = 0; mode < modes; mode++)
        {
            var values = new FloatValues(900 + (ulong)mode);
            FloatEnvironment env = FloatEnvironment.Default;
            env.Rounding = (Rounding)mode;
            for (int i = 0; i < cases; i++)
            {
                (Float80 input, Float80 result, BigInteger exact) = compute(values, env);

                // Units in the last place of the result, in thousandths.
                int unit = result.BiasedExponent - Float80.Bias - 63 + Scale;
                BigInteger difference = BigInteger.Abs(Fixed(result) - exact);
                BigInteger error = unit >= 0 ? (difference * 1000) >> unit : (difference * 1000) << -unit;
                Assert.True(error <= (mode == 0 ? 500 : 1000), $"{input}: {error} thousandths off in mode {mode}");
            }
        }
    }

    private static Float80 Small(FloatValues values, int lowest, int highest) =>
        new(values.Next() | Real.Top, (ushort)((values.Next() & 0x8000) | (uint)(Float80.Bias + lowest + values.Below(highest - lowest + 1))));

    private static BigInteger Fixed(Float80 value)
    {
        if (value.Class == FloatClass.Zero) return 0;
        int shift = value.BiasedExponent - Float80.Bias - 63 + Scale;
        BigInteger magnitude = shift >= 0 ? (BigInteger)value.Significand << shift : (BigInteger)value.Significand >> -shift;
        return value.IsNegative ? -magnitude : magnitude;
    }

    private static BigInteger Exp(BigInteger x)
    {
        BigInteger sum = One;
        BigInteger term = One;
        for (int k = 1; !term.IsZero && !(term + 1).IsZero; k++)
        {
            term = (term * x >> Scale) / k;
            sum += term;
        }

        return sum;
    }

    private static BigInteger AtanhRatio(BigInteger numerator, BigInteger denominator)
    {
        // Halve the argument of the logarithm until the series is quick: log m = log(m / 2^k) + k log 2.
        BigInteger x = (numerator << Scale) / denominator;
        if (BigInteger.Abs(x) > One / 2)
        {
            BigInteger m = (denominator + numerator << Scale) / (denominator - numerator);
            int k = (int)(m.GetBitLength() - Scale - 1);
            m = k >= 0 ? m >> k : m << -k;
            BigInteger ln2 = 2 * AtanhRatio(1, 3);
            return AtanhRatio(m - One, m + One) + (k * ln2 / 2);
        }

        BigInteger square = x * x >> Scale;
        BigInteger sum = 0;
        for (int k = 0; !x.IsZero && !(x + 1).IsZero; k++)
        {
            sum += x / ((2 * k) + 1);
            x = x * square >> Scale;
        }

        return sum;
    }

    private static BigInteger Atan(BigInteger x)
    {
        if (x > One / 4)
        {
            // atan x = 2 atan(x / (1 + sqrt(1 + x²))).
            BigInteger root = SquareRoot((One << Scale) + (x * x));
            return 2 * Atan((x << Scale) / (One + root));
        }

        BigInteger square = x * x >> Scale;
        BigInteger sum = 0;
        for (int k = 0; !x.IsZero; k++)
        {
            BigInteger term = x / ((2 * k) + 1);
            sum += (k & 1) == 0 ? term : -term;
            x = x * square >> Scale;
        }

        return sum;
    }

    private static BigInteger SquareRoot(BigInteger value)
    {
        BigInteger guess = BigInteger.One << (int)((value.GetBitLength() + 1) / 2);
        while (true)
        {
            BigInteger next = (guess + (value / guess)) >> 1;
            if (next >= guess) return guess;
            guess = next;
        }
    }

    private static (BigInteger Sine, BigInteger Cosine) SineAndCosine(BigInteger x)
    {
        BigInteger quarter = Pi66 >> 1;
        BigInteger turns = BigInteger.Divide((2 * BigInteger.Abs(x)) + quarter, 2 * quarter);
        BigInteger rest = BigInteger.Abs(x) - (turns * quarter);
        BigInteger sine = 0;
        BigInteger cosine = 0;
        BigInteger term = One;
        for (int k = 0; !term.IsZero && !(term + 1).IsZero; k++)
        {
            BigInteger signed = (k & 2) == 0 ? term : -term;
            if ((k & 1) == 0) cosine += signed;
            else sine += signed;
            term = (term * rest >> Scale) / (k + 1);
        }

        (sine, cosine) = (int)(turns & 3) switch
        {
            0 => (sine, cosine),
            1 => (cosine, -sine),
            2 => (-sine, -cosine),
            _ => (-cosine, sine),
        };
        return (x.Sign < 0 ? -sine : sine, cosine);
    }
}
