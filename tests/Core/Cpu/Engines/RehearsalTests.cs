using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Memory;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu.Engines;

/// <summary>The programs that are run before the first machine.</summary>
[Collection(nameof(TranslationAlone))]
public sealed class RehearsalTests
{
    [Theory]
    [InlineData(CpuEngine.Interpreter)]
    [InlineData(CpuEngine.Tables)]
    [InlineData(CpuEngine.Window)]
    public void ItRunsToItsEnd(CpuEngine engine)
    {
        if (Processor.RefusalOf(engine) != null) return;
        Assert.Equal(new Trap(TrapKind.SystemCall, Trap.Interrupt80), Rehearsal.Run(engine));
        long frames = FrameStore.InUse;
        Assert.Equal(0, KernelRehearsal.Run(engine));
        Assert.Equal(frames, FrameStore.InUse);
    }

    [Fact]
    public void ItTakesNoMachinesNumber()
    {
        using var before = new Machine(new MachineOptions());
        KernelRehearsal.Run(CpuEngine.Interpreter);
        using var after = new Machine(new MachineOptions());
        Assert.Equal(before.Id + 1, after.Id);
    }
}
