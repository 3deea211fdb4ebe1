using System.Numerics;
using CheckpointRestart.Core.Cpu.Floating;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu.Floating;

/// <summary>RCPPS and RSQRTPS: within Intel's bound for every significand, and the same bits for ever, since makers differ and images hold the results.</summary>
public class ApproximationTests
{
    private const int One = 127 << 23;

    /// <summary>All significands in the long run, otherwise every seventh.</summary>
    private static readonly uint Step = LongRun.Cases(7) == 7 ? 7u : 1;

    [Fact]
    public void EveryReciprocalIsWithinTheBound()
    {
        for (uint fraction = 0; fraction < 1 << 23; fraction += Step)
        {
            uint result = Approximation.Reciprocal(One | fraction);

            // |x · r - 1| in units of 2^-46, where 1.5 · 2^-12 is 1.5 · 2^34; r is in 1/2..1.
            long product = (long)((1 << 23) | fraction) * Scaled(result);
            if (Math.Abs(product - (1L << 46)) > 3L << 33) Assert.Fail($"1/{fraction:x6}");
        }
    }

    [Fact]
    public void EveryReciprocalRootIsWithinTheBound()
    {
        // |x · r² - 1| stays within twice the bound of r, less a trifle of its square.
        Int128 bound = ((Int128)1 << 70) / 1366;
        for (int binade = 0; binade < 2; binade++)
        {
            for (uint fraction = 0; fraction < 1 << 23; fraction += Step)
            {
                uint result = Approximation.ReciprocalRoot((uint)((127 + binade) << 23) | fraction);
                long root = Scaled(result);
                long number = (long)((1 << 23) | fraction) << binade;
                Int128 product = (Int128)(root * root) * number;
                if (Int128.Abs(product - ((Int128)1 << 69)) > bound) Assert.Fail($"{binade} {fraction:x6}");
            }
        }
    }

    [Fact]
    public void ResultsOfOtherBinadesAreTheSameScaled()
    {
        var values = new FloatValues(4);
        for (int i = 0; i < 20_000; i++)
        {
            uint fraction = (uint)values.Next() & 0x7fffff;
            int exponent = values.Below(250) - 125;
            uint sign = (uint)values.Next() & 0x80000000;
            uint x = sign | (uint)((exponent + 127) << 23) | fraction;
            Assert.Equal(sign | (Approximation.Reciprocal(One | fraction) - (uint)(exponent << 23)), Approximation.Reciprocal(x));
            uint parity = (uint)(exponent & 1) << 23;
            Assert.Equal(Approximation.ReciprocalRoot((One + parity) | fraction) - (uint)((exponent >> 1) << 23), Approximation.ReciprocalRoot(x & 0x7fffffff));
        }
    }

    [Theory]
    [InlineData(0x00000000u, 0x7f800000u, 0x7f800000u)]
    [InlineData(0x80000000u, 0xff800000u, 0xff800000u)]
    [InlineData(0x007fffffu, 0x7f800000u, 0x7f800000u)]
    [InlineData(0x80000001u, 0xff800000u, 0xff800000u)]
    [InlineData(0x7f800000u, 0x00000000u, 0x00000000u)]
    [InlineData(0xff800000u, 0x80000000u, 0xffc00000u)]
    [InlineData(0x7fc12345u, 0x7fc12345u, 0x7fc12345u)]
    [InlineData(0xff812345u, 0xffc12345u, 0xffc12345u)]
    [InlineData(0x3f800000u, 0x3f800000u, 0x3f800000u)]
    [InlineData(0xbf800000u, 0xbf800000u, 0xffc00000u)]
    [InlineData(0x40800000u, 0x3e800000u, 0x3f000000u)]
    [InlineData(0x00800000u, 0x7e800000u, 0x5f000000u)]
    [InlineData(0x7e800000u, 0x00800000u, 0x20000000u)]
    [InlineData(0x7e800c01u, 0x00000000u, 0x1ffff000u)]
    [InlineData(0x7f7fffffu, 0x00000000u, 0x1f800000u)]
    [InlineData(0xfe900000u, 0x80000000u, 0xffc00000u)]
    public void SpecialValuesAreIntels(uint x, uint reciprocal, uint root)
    {
        Assert.Equal(reciprocal, Approximation.Reciprocal(x));
        Assert.Equal(root, Approximation.ReciprocalRoot(x));
    }

    [Fact]
    public void TheBitsNeverChange()
    {
        uint hash = 2166136261;
        for (uint x = 0; x < 0xffff0000; x += 65521)
        {
            hash = (hash ^ Approximation.Reciprocal(x)) * 16777619;
            hash = (hash ^ Approximation.ReciprocalRoot(x)) * 16777619;
        }

        Assert.Equal(2283219325u, hash);
    }

    /// <summary>A single from 1/2 up to and with 1, in units of 2^-23.</summary>
    private static long Scaled(uint bits)
    {
        int exponent = (int)(bits >> 23) - 127;
        Assert.InRange(exponent, -1, 0);
        long significand = (1 << 23) | (bits & 0x7fffff);
        Assert.True(exponent == -1 || BitOperations.IsPow2(significand));
        return exponent == 0 ? significand : significand >> 1;
    }
}
