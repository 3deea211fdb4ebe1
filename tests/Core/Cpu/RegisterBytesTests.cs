using CheckpointRestart.Core.Cpu;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu;

/// <summary>What the bytes of registers say: as a debugger has them, the least significant first.</summary>
public sealed class RegisterBytesTests
{
    [Theory]
    [InlineData(0.0, "00000000000000000000")]
    [InlineData(-0.0, "80000000000000000000")]
    [InlineData(1.0, "3fff8000000000000000")]
    [InlineData(-1.5, "bfffc000000000000000")]
    [InlineData(double.MaxValue, "43fefffffffffffff800")]
    [InlineData(double.Epsilon, "3bcd8000000000000000")]
    [InlineData(double.PositiveInfinity, "7fff8000000000000000")]
    [InlineData(double.NegativeInfinity, "ffff8000000000000000")]
    public void ADoubleIsTheX87NumberOfTheSameValue(double value, string bytes)
    {
        byte[] made = RegisterBytes.FromDouble(value);
        Assert.Equal(bytes, RegisterBytes.ToHexadecimal(made));
        Assert.Equal(BitConverter.DoubleToInt64Bits(value), BitConverter.DoubleToInt64Bits(RegisterBytes.ToDouble(made)));
    }

    [Theory]
    [InlineData("4000c90fdaa22168c235", Math.PI)]
    [InlineData("3fff8000000000000001", 1.0)]
    [InlineData("7ffeffffffffffffffff", double.PositiveInfinity)]
    [InlineData("00000000000000000001", 0.0)]
    [InlineData("7fffc000000000000000", double.NaN)]
    public void WhatNoDoubleHoldsIsTheNearest(string bytes, double value)
    {
        byte[] given = Convert.FromHexString(bytes);
        Array.Reverse(given);
        Assert.Equal(value, RegisterBytes.ToDouble(given));
    }
}
