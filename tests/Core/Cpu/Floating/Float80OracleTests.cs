using System.Numerics;
using CheckpointRestart.Core.Cpu.Floating;
using CheckpointRestart.Core.Tests.Cpu.Vectors;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu.Floating;

/// <summary>80-bit arithmetic and conversions against exact rational arithmetic, in every rounding and precision mode.</summary>
public class Float80OracleTests
{
    internal static readonly int Cases = Environment.GetEnvironmentVariable("CR_TEST_LONG") == "1" ? 100_000 : 2_000;

    public static TheoryData<string, int, int> Modes()
    {
        var data = new TheoryData<string, int, int>();
        foreach (string operation in new[] { "add", "sub", "mul", "div", "sqrt" })
        {
            foreach (int precision in new[] { 24, 53, 64 })
            {
                for (int rounding = 0; rounding < 4; rounding++) data.Add(operation, precision, rounding);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void ArithmeticIsTheExactResultRoundedOnce(string operation, int precision, int rounding)
    {
        var values = new VectorValues((ulong)(precision * 4) + (ulong)rounding);
        var format = new OracleFormat(precision, -16382, 16383);
        for (int done = 0; done < Cases;)
        {
            Float80 a = values.NextExtended(Float80.One);
            Float80 b = values.NextExtended(a);
            if (operation == "sqrt") a = a.Magnitude;
            if (!IsFinite(a) || !IsFinite(b) || a.IsZero || b.IsZero) continue;
            done++;
            var env = new FloatEnvironment { Precision = precision, Rounding = (Rounding)rounding, Masks = FloatFlags.All };
            Rational x = Rational.Of(a.Unpack());
            Rational y = Rational.Of(b.Unpack());
            (Float80 result, Rational exact) = operation switch
            {
                "add" => (Float80Arithmetic.Add(a, b, ref env), x + y),
                "sub" => (Float80Arithmetic.Subtract(a, b, ref env), x - y),
                "mul" => (Float80Arithmetic.Multiply(a, b, ref env), x * y),
                "div" => (Float80Arithmetic.Divide(a, b, ref env), x / y),
                _ => (Float80Arithmetic.SquareRoot(a, ref env), x),
            };
            if (exact.Numerator.IsZero)
            {
                Assert.Equal(Float80.Zero(rounding == (int)Rounding.Down), result);
                continue;
            }

            var expected = format.Round(exact, (Rounding)rounding, operation == "sqrt");
            Check(operation + " " + a + " " + b, expected, exact.Numerator.Sign < 0, result);
            Assert.Equal(expected.Flags, env.Flags & ~FloatFlags.Denormal);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ConversionsAreTheExactValueRoundedOnce(int mode)
    {
        var values = new VectorValues(77 + (ulong)mode);
        var rounding = (Rounding)mode;
        for (int done = 0; done < Cases;)
        {
            Float80 a = values.NextExtended(Float80.One);
            if (!IsFinite(a) || a.IsZero) continue;
            done++;
            Rational exact = Rational.Of(a.Unpack());
            bool negative = a.IsNegative;
            FloatEnvironment env = FloatEnvironment.Default;
            env.Rounding = rounding;
            ulong asDouble = Float80Convert.ToDouble(a, ref env);
            var expected = new OracleFormat(53, -1022, 1023).Round(exact, rounding);
            CheckBinary<Binary64>(expected, negative, asDouble);
            Assert.Equal(expected.Flags, env.Flags);

            env.Flags = 0;
            uint asSingle = Float80Convert.ToSingle(a, ref env);
            expected = new OracleFormat(24, -126, 127).Round(exact, rounding);
            CheckBinary<Binary32>(expected, negative, asSingle);
            Assert.Equal(expected.Flags, env.Flags);

            env.Flags = 0;
            long asInteger = Float80Convert.ToInteger(a, 64, rounding, ref env);
            BigInteger whole = RoundToInteger(exact, rounding, out bool inexact);
            bool fits = whole >= long.MinValue && whole <= long.MaxValue;
            Assert.Equal(fits ? (long)whole : long.MinValue, asInteger);
            Assert.Equal(!fits ? FloatFlags.Invalid : inexact ? FloatFlags.Precision : 0, env.Flags);

            // Widening loses nothing.
            FloatEnvironment wide = FloatEnvironment.Default;
            if (env.Flags == 0 && fits) Assert.Equal(FloatOrder.Equal, Float80Compare.Compare(a, Float80Convert.FromInteger(asInteger), quiet: true, ref wide));
            Float80 back = Float80Convert.WidenDouble(asDouble, ref wide);
            FloatEnvironment narrow = FloatEnvironment.Default;
            Assert.Equal(asDouble, Float80Convert.ToDouble(back, ref narrow));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void RemaindersAreExact(bool nearest)
    {
        var values = new VectorValues(nearest ? 5u : 6u);
        for (int done = 0; done < Cases;)
        {
            Float80 a = values.NextExtended(Float80.One);
            Float80 b = values.NextExtended(a);
            if (!IsFinite(a) || !IsFinite(b) || a.IsZero || b.IsZero) continue;
            done++;
            FloatEnvironment env = FloatEnvironment.Default;
            Float80 result = Float80Remainder.Remainder(a, b, nearest, out ulong quotient, out bool complete, ref env);
            Rational x = Rational.Of(a.Unpack());
            Rational y = Rational.Of(b.Unpack());
            Rational ratio = x / y;
            BigInteger whole = RoundToInteger(ratio, nearest ? Rounding.Nearest : Rounding.Zero, out _);
            if (complete)
            {
                Assert.Equal((int)(BigInteger.Abs(whole) & 7), (int)(quotient & 7));
                Rational rest = x - new Rational(y.Numerator * whole, y.Denominator);
                AssertEqual(rest, result);
            }
            else
            {
                // A multiple of the divisor was taken off, and the exponent fell by 32 to 63.
                Rational taken = (x - Value(result)) / y;
                Assert.True((taken.Numerator % taken.Denominator).IsZero);
                Assert.True(result.IsZero || a.Unpack().Exponent - result.Unpack().Exponent >= 32);
            }
        }
    }

    internal static BigInteger RoundToInteger(Rational value, Rounding rounding, out bool inexact)
    {
        bool negative = value.Numerator.Sign < 0;
        var whole = BigInteger.DivRem(BigInteger.Abs(value.Numerator), value.Denominator, out BigInteger rest);
        inexact = !rest.IsZero;
        int half = (2 * rest).CompareTo(value.Denominator);
        bool up = inexact && rounding switch
        {
            Rounding.Nearest => half > 0 || (half == 0 && !whole.IsEven),
            Rounding.Down => negative,
            Rounding.Up => !negative,
            _ => false,
        };
        if (up) whole++;
        return negative ? -whole : whole;
    }

    private static bool IsFinite(Float80 a) => a.Class is FloatClass.Zero or FloatClass.Normal or FloatClass.Denormal;

    private static Rational Value(Float80 a) => a.IsZero ? new Rational(0, 1) : Rational.Of(a.Unpack());

    private static void AssertEqual(Rational expected, Float80 actual)
    {
        Rational difference = expected - Value(actual);
        Assert.True(difference.Numerator.IsZero);
    }

    private static void Check(string what, (BigInteger Significand, int Exponent, int Flags, bool Infinite) expected, bool negative, Float80 actual)
    {
        Assert.True(negative == actual.IsNegative, what);
        if (expected.Infinite)
        {
            Assert.True(actual.IsInfinity, what);
            return;
        }

        if (expected.Significand.IsZero)
        {
            Assert.True(actual.IsZero, what);
            return;
        }

        int exponent = expected.Exponent + (int)expected.Significand.GetBitLength() - 1;
        int field = Math.Max(exponent, -16382) + Float80.Bias;
        int shift = expected.Exponent - (field - Float80.Bias - 63);
        BigInteger significand = shift >= 0 ? expected.Significand << shift : expected.Significand >> -shift;
        if (significand < (BigInteger)Real.Top) field = 0;
        Assert.True(actual == new Float80((ulong)significand, (ushort)(field | (negative ? 0x8000 : 0))), what + " gave " + actual);
    }

    internal static void CheckBinary<T>((BigInteger Significand, int Exponent, int Flags, bool Infinite) expected, bool negative, ulong actual) where T : IBinaryFormat
    {
        ulong bits;
        if (expected.Infinite)
        {
            bits = Binary<T>.InfinityBits;
        }
        else
        {
            // Adding the fraction with its integer bit to the exponent field less one makes the field right for denormals too.
            int length = (int)expected.Significand.GetBitLength();
            int field = Math.Max(expected.Exponent + length - 1, 1 - T.Bias) + T.Bias;
            int shift = expected.Exponent - (field - T.Bias - T.FractionBits);
            BigInteger fraction = shift >= 0 ? expected.Significand << shift : expected.Significand >> -shift;
            bits = ((ulong)(field - 1) << T.FractionBits) + (ulong)fraction;
        }

        Assert.Equal(bits | (negative ? Binary<T>.SignMask : 0), actual);
    }
}
