using CheckpointRestart.Core.Cpu.Floating;
using CheckpointRestart.Core.Tests.Cpu.Vectors;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu.Floating;

/// <summary>SSE arithmetic on singles and doubles against exact rational arithmetic, in every rounding mode.</summary>
public class BinaryOracleTests
{
    public static TheoryData<string, int> Modes()
    {
        var data = new TheoryData<string, int>();
        foreach (string operation in new[] { "add", "sub", "mul", "div", "sqrt", "narrow" })
        {
            for (int rounding = 0; rounding < 4; rounding++) data.Add(operation, rounding);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void DoublesAreTheExactResultRoundedOnce(string operation, int rounding)
    {
        var values = new VectorValues(1000 + (ulong)rounding);
        Compare<Binary64>(operation, (Rounding)rounding, new OracleFormat(53, -1022, 1023), values.NextDouble);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void SinglesAreTheExactResultRoundedOnce(string operation, int rounding)
    {
        if (operation == "narrow") return;
        var values = new VectorValues(2000 + (ulong)rounding);
        Compare<Binary32>(operation, (Rounding)rounding, new OracleFormat(24, -126, 127), previous => values.NextSingle((uint)previous));
    }

    private static void Compare<T>(string operation, Rounding rounding, OracleFormat format, Func<ulong, ulong> next) where T : IBinaryFormat
    {
        for (int done = 0; done < Float80OracleTests.Cases;)
        {
            ulong a = next(0);
            ulong b = next(a);
            if (operation == "sqrt") a &= ~Binary<T>.SignMask;
            if (!IsNumber<T>(a) || !IsNumber<T>(b)) continue;
            done++;
            var env = new FloatEnvironment { Rounding = rounding, Masks = FloatFlags.All };
            Rational x = Rational.Of(Binary<T>.Unpack(a));
            Rational y = Rational.Of(Binary<T>.Unpack(b));
            (ulong result, Rational exact) = operation switch
            {
                "add" => (Binary<T>.Add(a, b, ref env), x + y),
                "sub" => (Binary<T>.Subtract(a, b, ref env), x - y),
                "mul" => (Binary<T>.Multiply(a, b, ref env), x * y),
                "div" => (Binary<T>.Divide(a, b, ref env), x / y),
                "sqrt" => (Binary<T>.SquareRoot(a, ref env), x),
                _ => (Binary<T>.ConvertTo<Binary32>(a, ref env), x),
            };
            if (exact.Numerator.IsZero)
            {
                Assert.Equal(rounding == Rounding.Down ? Binary<T>.SignMask : 0, result);
                continue;
            }

            OracleFormat target = operation == "narrow" ? new OracleFormat(24, -126, 127) : format;
            var expected = target.Round(exact, rounding, operation == "sqrt");
            if (operation == "narrow") Float80OracleTests.CheckBinary<Binary32>(expected, exact.Numerator.Sign < 0, result);
            else Float80OracleTests.CheckBinary<T>(expected, exact.Numerator.Sign < 0, result);
            Assert.Equal(expected.Flags, env.Flags & ~FloatFlags.Denormal);
        }
    }

    private static bool IsNumber<T>(ulong a) where T : IBinaryFormat => Binary<T>.Class(a) is FloatClass.Normal or FloatClass.Denormal;
}
