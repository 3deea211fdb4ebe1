using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>How many descriptors a process may have, and how many files a machine.</summary>
public sealed class DescriptorLimitTests
{
    [Fact]
    public void AProcessRaisesItsLimitAsServersDo()
    {
        using var machine = new Machine(GuestRun.OptionsFor("limits"));
        var task = machine.Start(new ProgramOptions { Arguments = ["held"], Suspended = true });
        var limit = task.Group.Limits[Resource.OpenFiles];
        Assert.Equal((1024ul, 16384ul), (limit.Current, limit.Maximum));
        machine.Thaw(task);
        Assert.True(machine.WaitUntil(() => task.State == TaskState.Sleeping, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        Assert.Equal("setrlimit: 0\nhighest: 10002\nthere\n", System.Text.Encoding.UTF8.GetString(machine.Streams.TakeAll(StreamKind.Output)));
        // The descriptors, and what the kernel itself holds.
        Assert.InRange(machine.Tree.OpenFiles, 10_003, 10_010);
        machine.KillAll();
        Assert.InRange(machine.Tree.OpenFiles, 0, 5);
    }

    [Fact]
    public void BeyondWhatTheMachineWasMadeWithNobodyRaisesIt()
    {
        var run = GuestRun.Run(GuestRun.OptionsFor("limits") with { MaximumDescriptors = 5000 }, new ProgramOptions { Arguments = ["held"] });
        Assert.Equal("setrlimit: EPERM\neventfd2: EMFILE\n", run.Text);
    }

    [Fact]
    public void AllProcessesTogetherHaveALimitToo()
    {
        var run = GuestRun.Run(GuestRun.OptionsFor("limits") with { MaximumOpenFiles = 4000 }, new ProgramOptions { Arguments = ["held"] });
        // ENFILE.
        Assert.Equal("setrlimit: 0\neventfd2: -23\n", run.Text);
    }
}
