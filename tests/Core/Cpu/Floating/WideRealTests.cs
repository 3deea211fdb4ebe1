using System.Numerics;
using CheckpointRestart.Core.Cpu.Floating;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu.Floating;

/// <summary>The working precision of the transcendentals, to its last bit: results of 64 bits hardly show the lower half.</summary>
public class WideRealTests
{
    [Fact]
    public void ProductsAreTruncated()
    {
        var values = new FloatValues(31);
        for (int i = 0; i < 5000; i++)
        {
            var (a, b) = (Next(values, i), Next(values, i >> 2));
            Assert.Equal((UInt128)(((BigInteger)a * b) >> 128), WideReal.MultiplyHigh(a, b));
        }
    }

    [Fact]
    public void QuotientsAreTruncated()
    {
        var values = new FloatValues(32);
        for (int i = 0; i < 5000; i++)
        {
            var (a, b) = (WideReal.Make(i % 3 == 0, Next(values, i), 5), WideReal.Make(i % 2 == 0, Next(values, i >> 2), -9));
            var quotient = (UInt128)(((BigInteger)(WideReal.Significand(a) >> 1) << 128) / WideReal.Significand(b));
            Assert.Equal(WideReal.Make(a.Negative ^ b.Negative, quotient, a.Exponent - b.Exponent), WideReal.Divide(a, b));
        }
    }

    /// <summary>Any bits, or one of two halves is all zeros or all ones.</summary>
    static UInt128 Next(FloatValues values, int kind) => new(
        (kind & 3) switch { 1 => ulong.MaxValue, 2 => Real.Top, _ => values.Next() },
        (kind & 12) switch { 4 => ulong.MaxValue, 8 => 1, _ => values.Next() });
}
