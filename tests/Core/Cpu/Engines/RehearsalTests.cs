using CheckpointRestart.Core.Cpu;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu.Engines;

/// <summary>The program that is run before the first machine.</summary>
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
    }
}
