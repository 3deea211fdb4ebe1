using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Checkpoint;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>Programs whose pages come and go all the time run without a window, in which each would cost a fault of the host's; others keep theirs.</summary>
[Collection(nameof(HostMemoryAlone))]
public sealed class WindowChoiceTests
{
    [Theory]
    [InlineData("map", false)]
    [InlineData("getpid", true)]
    public void AWindowIsKeptWhereItPays(string work, bool kept)
    {
        // Whoever asks for windows by name keeps them.
        if (Processor.WindowRefusal != null || Processor.DefaultEngine != CpuEngine.Auto) return;
        using var machine = new Machine(GuestRun.OptionsFor("callcost"));
        machine.Freeze();
        var task = machine.Start(new ProgramOptions { Arguments = [work, "1000000"] });
        ulong opened = Processor.DefaultWindowAfter;
        bool HasWindow() => machine.Execute(_ => task.AddressSpace!.Window != null);

        // The choice is made between two slices.
        Assert.True(machine.RunTo(opened + 500_000, timeout: GuestSession.Patience));
        Assert.Equal(kept, HasWindow());
        // Without a window it has to run twice as long before it gets another.
        Assert.True(machine.RunTo(opened + 1_000_000, timeout: GuestSession.Patience));
        Assert.Equal(kept, HasWindow());
    }
}
