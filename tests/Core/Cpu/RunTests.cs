using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Memory;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu;

/// <summary>The run loop: budgets, faults in the middle, code that changes.</summary>
public class RunTests
{
    [Fact]
    public void ALoopEndsWithTheBudgetExact()
    {
        // mov ecx, 10; l: inc eax; dec ecx; jnz l; int 80h
        using var cpu = new TestCpu(0xB9, 10, 0, 0, 0, 0x40, 0x49, 0x75, 0xFC, 0xCD, 0x80);
        Assert.Equal(new Trap(TrapKind.SystemCall, Trap.Interrupt80), cpu.Run());
        Assert.Equal(10u, cpu.Registers.Eax);
        Assert.Equal(32ul, cpu.Retired);
        Assert.Equal(TestCpu.Code + 11, cpu.Registers.Eip);
    }
}
