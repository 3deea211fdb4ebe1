using CheckpointRestart.Core.Kernel;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>A thousand processes and five hundred threads, where the machine's limit lets them be; and numbers that come round.</summary>
public sealed class TaskLimitTests
{
    [Fact]
    public void AThousandProcessesAndFiveHundredThreadsLiveAtOnce()
    {
        var options = GuestRun.OptionsFor("many") with { MaximumTasks = 1100 };
        var run = GuestRun.Run(options, new ProgramOptions { Arguments = ["1000", "500"] });
        Assert.True(run.HasExited, run.Where);
        Assert.Equal("processes: 1000\nwaited for: 1000\nthreads: 500\n", run.Text);
    }

    [Fact]
    public void BeyondTheMachinesLimitThereAreNoMore()
    {
        var options = GuestRun.OptionsFor("many") with { MaximumTasks = 20 };
        var run = GuestRun.Run(options, new ProgramOptions { Arguments = ["1000", "500"] });
        Assert.True(run.HasExited, run.Where);
        Assert.Equal("fork: EAGAIN\nprocesses: 18\nwaited for: 18\nclone: EAGAIN\nthreads: 18\n", run.Text);
    }

    [Fact]
    public void PidsComeRoundBehindTheHighestAndPassOverThoseInUse()
    {
        using var machine = new Machine(GuestRun.OptionsFor("many"));
        machine.Execute(m => m.LastPid = Machine.MaximumPid - 3);
        var first = machine.Start(new ProgramOptions { Suspended = true });
        machine.Execute(m => Assert.Equal(Machine.MaximumPid - 1, m.AllocatePid()));
        machine.Execute(m => Assert.Equal(300, m.AllocatePid()));
        machine.Execute(m => m.LastPid = first.Pid - 1);
        machine.Execute(m => Assert.Equal(first.Pid + 1, m.AllocatePid()));
        Assert.Equal(Machine.MaximumPid - 2, first.Pid);
    }

    [Fact]
    public void ManyProcessesAreGoneWithinASecond()
    {
        StopTime.IsWithinASecond(static () =>
        {
            var machine = new Machine(GuestRun.OptionsFor("forkbomb") with { MaximumTasks = 1500 });
            machine.Start(new ProgramOptions());
            Assert.True(machine.WaitUntil(() => machine.Tasks.Count >= 1499, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
            return machine;
        }, static machine => machine.Stop());
    }
}
