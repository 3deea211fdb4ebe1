using System.Buffers.Binary;
using CheckpointRestart.Core.Cpu;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu;

/// <summary>FSIN, FCOS, FSINCOS and FPTAN take arguments below 2^63 in magnitude; from there on they set C2 and change nothing (Intel SDM volume 2).</summary>
public class X87RangeTests
{
    const ushort C2 = 0x400;
    const int Exponent62 = 0x403D, Exponent63 = 0x403E, Negative = 0x8000;

    [Theory]
    [InlineData(0xFE)]
    [InlineData(0xFF)]
    [InlineData(0xFB)]
    [InlineData(0xF2)]
    public void ArgumentsAreReducedBelowTwoToThe63(int opcode)
    {
        Assert.Equal((false, true), Run(opcode, 0x8000000000000000, Exponent62));
        Assert.Equal((false, true), Run(opcode, ulong.MaxValue, Exponent62));
        Assert.Equal((false, true), Run(opcode, ulong.MaxValue, Exponent62 | Negative));
        Assert.Equal((true, false), Run(opcode, 0x8000000000000000, Exponent63));
        Assert.Equal((true, false), Run(opcode, 0x8000000000000000, Exponent63 | Negative));
        Assert.Equal((true, false), Run(opcode, ulong.MaxValue, 0x7FFE));
    }

    static (bool OutOfRange, bool Changed) Run(int opcode, ulong significand, int signExponent)
    {
        using var cpu = new TestCpu(0xDB, 0x2D, 0x00, 0x00, 0x00, 0x09, 0xD9, (byte)opcode); // FLD m80 [Data]
        Span<byte> value = stackalloc byte[10];
        BinaryPrimitives.WriteUInt64LittleEndian(value, significand);
        BinaryPrimitives.WriteUInt16LittleEndian(value[8..], (ushort)signExponent);
        cpu.Memory.Write(TestCpu.Data, value);
        Assert.Equal(TrapKind.None, cpu.Run(2).Kind);
        byte[] image = new byte[512];
        cpu.Registers.SaveFxsr(image);
        ushort status = BinaryPrimitives.ReadUInt16LittleEndian(image.AsSpan(2));
        return ((status & C2) != 0, !value.SequenceEqual(image.AsSpan(32, 10)));
    }
}
