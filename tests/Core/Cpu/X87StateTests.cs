using CheckpointRestart.Core.Cpu;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu;

/// <summary>Pending exceptions and the images of the x87 state.</summary>
public class X87StateTests
{
    [Fact]
    public void AnUnmaskedExceptionIsRaisedByTheNextWaitingInstructionAndLeavesItsPlace()
    {
        // fldcw [Data] (ZE unmasked); fldz; fld1; fdiv dword [Data+4] (0); nop; fwait
        using var cpu = new TestCpu(0xD9, 0x2D, 0, 0, 0, 9, 0xD9, 0xEE, 0xD9, 0xE8, 0xD8, 0x35, 4, 0, 0, 9, 0x90, 0x9B);
        cpu.Memory.Write(TestCpu.Data, [0x7b, 0x03, 0, 0, 0, 0, 0, 0]);
        Assert.Equal(new Trap(TrapKind.Exception, 16), cpu.Run());
        Assert.Equal(5ul, cpu.Retired);
        Assert.Equal(TestCpu.Code + 17, cpu.Registers.Eip);

        var image = new byte[108];
        cpu.Registers.SaveFsave(image);
        Assert.Equal(TestCpu.Code + 10, BitConverter.ToUInt32(image, 12));
        Assert.Equal(0x0035, BitConverter.ToUInt16(image, 18));
        Assert.Equal(TestCpu.Data + 4, BitConverter.ToUInt32(image, 20));
    }

    [Fact]
    public void ImagesRestoreWhatTheySaved()
    {
        var random = new Random(1);
        var image = new byte[512];
        random.NextBytes(image);
        using var first = new Registers();
        using var second = new Registers();
        first.RestoreFxsr(image);
        var saved = new byte[512];
        var again = new byte[512];
        first.SaveFxsr(saved);
        second.RestoreFxsr(saved);
        second.SaveFxsr(again);
        Assert.Equal(saved, again);

        var old = new byte[108];
        var oldAgain = new byte[108];
        first.SaveFsave(old);
        second.ResetFpu();
        second.RestoreFsave(old);
        second.SaveFsave(oldAgain);
        Assert.Equal(old, oldAgain);
    }

    [Fact]
    public void EveryBitOfTheStateThatIsNotANewProgramsHasToBeCarried()
    {
        using var registers = new Registers();
        var initial = new byte[512];
        var image = new byte[512];
        registers.SaveFxsr(initial);
        Assert.False(registers.UsedMath);
        int changes = 0;
        for (int bit = 0; bit < 512 * 8; bit++)
        {
            initial.CopyTo(image, 0);
            image[bit >> 3] ^= (byte)(1 << (bit & 7));
            registers.RestoreFxsr(image);
            registers.SaveFxsr(image);
            bool same = image.AsSpan().SequenceEqual(initial);
            Assert.True(registers.UsedMath == !same, $"bit {bit & 7} of byte {bit >> 3}");
            if (!same) changes++;
        }
        Assert.InRange(changes, (8 * 80) + (8 * 128) + 64, 2048);
        registers.ResetFpu();
        Assert.False(registers.UsedMath);
    }

    [Fact]
    public void AProgramThatOnlyMovesVectorsUsesThem()
    {
        // movups xmm5,[Data]
        using var cpu = new TestCpu(0x0F, 0x10, 0x2D, 0, 0, 0, 9);
        cpu.Memory.Write(TestCpu.Data, [1]);
        Assert.False(cpu.Registers.UsedMath);
        cpu.Run();
        Assert.True(cpu.Registers.UsedMath);
    }
}
