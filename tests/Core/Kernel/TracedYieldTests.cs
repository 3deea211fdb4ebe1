using CheckpointRestart.Core.Kernel;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>A traced task that gives up its turn in a call that it was stopped at, under each clock.</summary>
public sealed class TracedYieldTests
{
    [Theory]
    [InlineData(ClockKind.Real)]
    [InlineData(ClockKind.Virtual)]
    public void SchedYieldAtAStop(ClockKind clock)
    {
        var run = GuestRun.Run(GuestRun.OptionsFor("yields") with { Clock = clock }, new ProgramOptions());
        Assert.Null(run.Failure);
        Assert.Equal("stops: 200\nstatus: 1792\n", run.Text);
    }
}
