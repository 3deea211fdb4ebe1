using CheckpointRestart.Core.Cpu;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace CheckpointRestart.Core.Tests.Cpu;

/// <summary>What has no vectors, for it tells of the machine: CPUID, RDTSC, RDTSCP.</summary>
public class ProcessorInstructionTests
{
    [Fact]
    public void TheTimeFillsTwoRegistersAndTheProcessorIsTheFirst()
    {
        using var cpu = new TestCpu(a =>
        {
            a.rdtsc();
            a.mov(esi, eax);
            a.mov(edi, edx);
            a.rdtscp();
            a.int3();
        });
        cpu.Registers.Ecx = cpu.Registers.Ebx = 0xFEDCBA98;
        cpu.Processor.TimeStampCounter = () => 0x1122334455667700 + cpu.Processor.RetiredInRun;
        Assert.Equal(new Trap(TrapKind.Exception, 3), cpu.Run());
        Assert.Equal((0x55667700u, 0x11223344u), (cpu.Registers.Esi, cpu.Registers.Edi));
        Assert.Equal((0x55667703u, 0x11223344u), (cpu.Registers.Eax, cpu.Registers.Edx));
        Assert.Equal((0u, 0xFEDCBA98u), (cpu.Registers.Ecx, cpu.Registers.Ebx));
        Assert.Equal(5ul, cpu.Retired);
    }

    [Theory]
    [InlineData(0u, 0u)]
    [InlineData(1u, 7u)]
    [InlineData(4u, 0u)]
    [InlineData(4u, 1u)]
    [InlineData(0x80000002u, 0u)]
    public void CpuidGivesTheModelsLeaf(uint leaf, uint part)
    {
        using var cpu = new TestCpu(a =>
        {
            a.cpuid();
            a.int3();
        });
        (cpu.Registers.Eax, cpu.Registers.Ecx, cpu.Registers.Ebx, cpu.Registers.Edx) = (leaf, part, 0xFEDCBA98, 0xFEDCBA98);
        Assert.Equal(new Trap(TrapKind.Exception, 3), cpu.Run());
        Assert.Equal(CpuModel.Maximum.Identify(leaf, part), new CpuidLeaf(cpu.Registers.Eax, cpu.Registers.Ebx, cpu.Registers.Ecx, cpu.Registers.Edx));
    }
}
