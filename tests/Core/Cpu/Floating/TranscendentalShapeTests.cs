using CheckpointRestart.Core.Cpu.Floating;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu.Floating;

/// <summary>Transcendentals are monotonic (SDM 1, 8.3.10), also where one way of computing them ends and another begins, and have the same bits on every host.</summary>
public class TranscendentalShapeTests
{
    private delegate Float80 Function(Float80 x, ref FloatEnvironment env);

    private static readonly Float80 QuarterPi = new(0xc90fdaa22168c234, 0x3ffe);
    private static readonly Float80 RootOfTwo = new(0xb504f333f9de6484, 0x3fff);

    private static readonly Dictionary<string, (Function Compute, int Lowest, int Highest, Float80[] Borders, uint Hash)> Functions = new(StringComparer.Ordinal)
    {
        ["f2xm1"] = (Float80Logarithms.Exponential, -70, -1, [Power(-1), Power(-64)], 0x829b8201),
        ["fyl2x"] = (static (Float80 x, ref FloatEnvironment env) => Float80Logarithms.Logarithm(Float80.One, x.Magnitude, ref env), -80, 80, [Power(0), Power(1), Power(-1), RootOfTwo, RootOfTwo with { SignExponent = 0x3ffe }], 0x2e1204f9),
        ["fyl2xp1"] = (static (Float80 x, ref FloatEnvironment env) => Float80Logarithms.LogarithmPlusOne(Float80.One, x, ref env), -70, -2, [Power(-1), Power(-2), new(0x95f619980c4336f7, 0x3ffd), new(0xd413cccfe7799211, 0x3ffd)], 0x6409b566),
        ["fsin"] = (Float80Trigonometry.Sine, -70, 4, [QuarterPi, Power(-1), Times(QuarterPi, 1), Times(QuarterPi, 2)], 0x2c60e81a),
        ["fcos"] = (Float80Trigonometry.Cosine, -40, 4, [QuarterPi, Power(-1), Times(QuarterPi, 1), Times(QuarterPi, 2)], 0xe96f25bd),
        ["fptan"] = (Float80Trigonometry.Tangent, -70, -1, [QuarterPi, Power(-1), Power(-60), Power(-61)], 0x64edbe04),
        ["fpatan"] = (static (Float80 y, ref FloatEnvironment env) => Float80Trigonometry.Arctangent(y, Float80.One, ref env), -70, 70, [.. Enumerable.Range(1, 40).Select(Fraction)], 0xeee7be6f),
        ["fpatan in x"] = (static (Float80 x, ref FloatEnvironment env) => Float80Trigonometry.Arctangent(Float80.One, x, ref env), -70, 70, [.. Enumerable.Range(1, 40).Select(Fraction)], 0x095cf7bd),
    };

    public static TheoryData<string> Names() => [.. Functions.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void NeighboursAreInOrder(string name)
    {
        var function = Functions[name];
        var values = new FloatValues(X87OracleTests.Seed(name));
        for (int mode = 0; mode < 4; mode++)
        {
            foreach (Float80 border in function.Borders)
            {
                CheckOrder(name, function.Compute, border, mode);
                CheckOrder(name, function.Compute, border.Negated, mode);
            }

            for (int i = LongRun.Cases(400); i > 0; i--) CheckOrder(name, function.Compute, Next(values, function.Lowest, function.Highest), mode);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void TheBitsNeverChange(string name)
    {
        var function = Functions[name];
        var values = new FloatValues(7);
        ulong hash = 14695981039346656037;
        for (int i = 0; i < 4000; i++)
        {
            FloatEnvironment env = FloatEnvironment.Default;
            env.Rounding = (Rounding)(i & 3);
            Float80 result = function.Compute(Next(values, function.Lowest, function.Highest), ref env);
            hash = (hash ^ result.Significand) * 1099511628211;
            hash = (hash ^ result.SignExponent ^ ((ulong)env.Flags << 16) ^ (env.RoundedUp ? 1UL << 32 : 0)) * 1099511628211;
        }

        Assert.Equal(function.Hash, (uint)(hash ^ (hash >> 32)));
    }

    private static void CheckOrder(string name, Function function, Float80 around, int mode)
    {
        bool rises = true;
        bool falls = true;
        Int128 previous = 0;
        Int128 start = Ordinal(around) - 10;
        for (int i = 0; i < 20; i++)
        {
            FloatEnvironment env = FloatEnvironment.Default;
            env.Rounding = (Rounding)mode;
            Int128 current = Ordinal(function(FromOrdinal(start + i), ref env));
            rises &= i == 0 || current >= previous;
            falls &= i == 0 || current <= previous;
            previous = current;
        }

        if (!rises && !falls) Assert.Fail($"{name} turns round near {around} in mode {mode}");
    }

    private static Float80 Next(FloatValues values, int lowest, int highest) =>
        new(values.Next() | Real.Top, (ushort)((values.Next() & 0x8000) | (uint)(Float80.Bias + lowest + values.Below(highest - lowest + 1))));

    private static Float80 Power(int exponent) => new(Real.Top, (ushort)(Float80.Bias + exponent));

    private static Float80 Times(Float80 a, int doublings) => a with { SignExponent = (ushort)(a.SignExponent + doublings) };

    /// <summary>Odd 32nds, where the nearest 16th changes, beyond one too.</summary>
    private static Float80 Fraction(int index)
    {
        Float80 number = Float80Convert.FromInteger((2 * index) - 1);
        return number with { SignExponent = (ushort)(number.SignExponent - 5) };
    }

    /// <summary>Position in the order of all normal numbers, signs included.</summary>
    private static Int128 Ordinal(Float80 value)
    {
        Int128 magnitude = ((Int128)value.BiasedExponent << 63) + (long)(value.Significand & long.MaxValue);
        return value.IsNegative ? -magnitude : magnitude;
    }

    private static Float80 FromOrdinal(Int128 ordinal)
    {
        Int128 magnitude = Int128.Abs(ordinal);
        return new((ulong)(magnitude & long.MaxValue) | Real.Top, (ushort)((ordinal < 0 ? 0x8000 : 0) | (int)(magnitude >> 63)));
    }
}
