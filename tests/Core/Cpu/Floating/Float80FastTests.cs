using CheckpointRestart.Core.Cpu.Floating;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu.Floating;

/// <summary>The short path gives what the general one gives, whenever it gives anything.</summary>
public class Float80FastTests
{
    private delegate bool FastOperation(ulong a, int aExponent, ulong b, int bExponent, ref ulong result, ref ushort exponent, out int status);

    [Fact]
    public void TheShortPathEqualsTheGeneralOne()
    {
        var values = new FloatValues(31);
        int taken = 0;
        for (int i = 0; i < LongRun.Cases(20_000); i++)
        {
            UInt128 first = values.NextBits(OracleFormat.Extended, values.Next());
            UInt128 second = values.NextBits(OracleFormat.Extended, first);
            var a = new Float80((ulong)first, (ushort)(first >> 64));
            var b = new Float80((ulong)second, (ushort)(second >> 64));
            FloatEnvironment env = FloatEnvironment.Default;
            taken += Check(Float80Fast.Add, a, b, Float80Arithmetic.Add(a, b, ref env), env);
            env = FloatEnvironment.Default;
            taken += Check(Float80Fast.Multiply, a, b, Float80Arithmetic.Multiply(a, b, ref env), env);
            env = FloatEnvironment.Default;
            taken += Check(Float80Fast.Divide, a, b, Float80Arithmetic.Divide(a, b, ref env), env);
            env = FloatEnvironment.Default;
            ulong narrow = Float80Convert.ToDouble(a, ref env);
            if (!Float80Fast.ToDouble(a.Significand, a.SignExponent, out ulong shortNarrow, out int status)) continue;
            Assert.Equal(narrow, shortNarrow);
            Assert.Equal(env.Flags | (env.RoundedUp ? 0x200 : 0), status);
        }

        Assert.True(taken > LongRun.Cases(20_000));
    }

    private static int Check(FastOperation operation, Float80 a, Float80 b, Float80 expected, in FloatEnvironment env)
    {
        ulong significand = a.Significand;
        ushort exponent = a.SignExponent;
        if (!operation(a.Significand, a.SignExponent, b.Significand, b.SignExponent, ref significand, ref exponent, out int status))
        {
            Assert.Equal(a, new Float80(significand, exponent));
            return 0;
        }

        Assert.Equal(expected, new Float80(significand, exponent));
        Assert.Equal(env.Flags | (env.RoundedUp ? 0x200 : 0), status);
        return 1;
    }
}
