using System.Buffers.Binary;
using Iced.Intel;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace CheckpointRestart.Core.Tests.Cpu;

/// <summary>Which of several NaNs each element of a dot product has. What is expected was seen on a real processor.</summary>
public class DotProductTests
{
    [Theory]
    [InlineData(0x3F, new uint[] { 2, 1, 2, 1 })]
    [InlineData(0x5F, new uint[] { 1, 1, 3, 3 })]
    [InlineData(0x7F, new uint[] { 2, 1, 3, 3 })]
    [InlineData(0x9F, new uint[] { 1, 1, 4, 4 })]
    [InlineData(0xCF, new uint[] { 4, 3, 4, 3 })]
    [InlineData(0xFF, new uint[] { 2, 1, 4, 3 })]
    [InlineData(0xF5, new uint[] { 2, 0, 4, 0 })]
    public void OfSinglesByElement(byte selection, uint[] expected)
    {
        using var cpu = new TestCpu(c =>
        {
            c.movups(xmm0, __[edi]);
            c.movups(xmm1, __[edi + 16]);
            c.dpps(xmm0, xmm1, selection);
            c.movups(__[edi + 32], xmm0);
            c.int3();
        });
        for (uint i = 0; i < 4; i++)
        {
            cpu.Memory.Write(TestCpu.Data + i * 4, Bytes(0x7FC0_0001 + i));
            cpu.Memory.Write(TestCpu.Data + 16 + i * 4, Bytes(0x3F80_0000));
        }
        cpu.Registers.Edi = TestCpu.Data;
        Assert.Equal(3u, cpu.Run().Vector);
        var result = new byte[16];
        Assert.Equal(16, cpu.Memory.Peek(TestCpu.Data + 32, result));
        for (int i = 0; i < 4; i++) Assert.Equal(expected[i] == 0 ? 0 : 0x7FC0_0000 + expected[i], BinaryPrimitives.ReadUInt32LittleEndian(result.AsSpan(i * 4)));
    }

    static byte[] Bytes(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}
