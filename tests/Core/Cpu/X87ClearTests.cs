using System.Buffers.Binary;
using CheckpointRestart.Core.Cpu;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu;

/// <summary>FNCLEX clears the exceptions, SF, ES and B of the status word, and nothing else (Intel SDM volume 2).</summary>
public class X87ClearTests
{
    [Fact]
    public void OnlyWhatTellsOfExceptionsIsCleared()
    {
        using var cpu = new TestCpu(0xDB, 0xE2);
        byte[] image = new byte[512];
        cpu.Registers.SaveFxsr(image);
        BinaryPrimitives.WriteUInt16LittleEndian(image, 0x340); // all unmasked
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(2), 0xFFFF);
        cpu.Registers.RestoreFxsr(image);
        Assert.Equal(TrapKind.None, cpu.Run(1).Kind);
        cpu.Registers.SaveFxsr(image);
        Assert.Equal(0x7F00, BinaryPrimitives.ReadUInt16LittleEndian(image.AsSpan(2)));
    }
}
