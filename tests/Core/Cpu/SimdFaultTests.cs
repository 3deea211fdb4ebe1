using CheckpointRestart.Core.Cpu;
using Iced.Intel;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace CheckpointRestart.Core.Tests.Cpu;

/// <summary>Faults of vector instructions whose cases are too rare for random vectors.</summary>
public class SimdFaultTests
{
    const uint End = TestCpu.Data + 0x4000;

    [Theory]
    [InlineData(16, true)]
    [InlineData(15, false)]
    public void AMaskedStoreNeedsBytesThatItDoesNotChoose(uint before, bool completes)
    {
        // The mask is zero: nothing is written.
        using var cpu = new TestCpu(c =>
        {
            c.pxor(xmm1, xmm1);
            c.maskmovdqu(xmm0, xmm1);
            c.int3();
        });
        cpu.Registers.Edi = End - before;
        var trap = cpu.Run();
        Assert.Equal(completes ? 3 : 14, trap.Vector);
        if (!completes) Assert.Equal(End, trap.Address);
    }

    [Theory]
    [InlineData(0, 3, 3)]
    [InlineData(8, 3, 17)]
    [InlineData(4, 17, 17)]
    public void AlignmentChecksWantHalvesOfAMaskedStoreAndTheWholeOfAMove(uint offset, int maskedStore, int move)
    {
        Assert.Equal(maskedStore, Run(c => c.maskmovdqu(xmm0, xmm1)));
        Assert.Equal(move, Run(c => c.movups(__[edi], xmm0)));

        int Run(Action<Assembler> instruction)
        {
            using var cpu = new TestCpu(c =>
            {
                instruction(c);
                c.int3();
            });
            cpu.Registers.Edi = TestCpu.Data + offset;
            cpu.Registers.Eflags |= 0x40000;
            return cpu.Run().Vector;
        }
    }
}
