using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Memory;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>Programs that take all they can get stay within the machine's limits, and the machine stays stoppable.</summary>
public sealed class MisbehaviourTests
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("fault", 139)]
    [InlineData("stackoverflow", 139)]
    [InlineData("jumpzero", 139)]
    [InlineData("writecode", 139)]
    public void A_program_that_breaks_itself_dies_alone(string guest, int exit)
    {
        var run = GuestRun.Own(guest);
        Assert.Null(run.Failure);
        Assert.Equal(exit, run.ExitCode);
    }

    [Fact]
    public void All_memory_is_at_most_the_machines()
    {
        long before = FrameStore.InUse;
        var options = GuestRun.OptionsFor("mapall") with { MemoryLimit = 32 << 20 };
        using (var machine = new Machine(options))
        {
            var task = machine.Start(new ProgramOptions());
            Assert.True(machine.WaitForExit(task, Soon, TestContext.Current.CancellationToken));
            Assert.Null(machine.Failure);
            Assert.Equal(137, task.ExitCode);
            Assert.True(machine.Account.Used <= machine.Account.Limit);
        }
        Assert.InRange(FrameStore.InUse, 0, before + 100_000);
    }

    [Fact]
    public void Address_space_without_touching_it_ends_with_ENOMEM()
    {
        var run = GuestRun.Own("mapall", "untouched");
        Assert.Equal(0, run.ExitCode);
        Assert.EndsWith("ENOMEM\n", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Forking_ends_at_the_limit_and_the_machine_stops_within_a_second()
    {
        using var machine = new Machine(GuestRun.OptionsFor("forkbomb") with { MaximumTasks = 40 });
        machine.Start(new ProgramOptions());
        Assert.True(machine.WaitUntil(() => machine.Tasks.Count >= 39, Soon, TestContext.Current.CancellationToken));
        Assert.InRange(machine.Tasks.Count, 1, 40);
        long before = Environment.TickCount64;
        machine.Stop();
        Assert.InRange(Environment.TickCount64 - before, 0, 1000);
        Assert.Null(machine.Failure);
    }

    [Fact]
    public void A_file_grows_to_the_limit()
    {
        var options = GuestRun.OptionsFor("bigfile");
        var run = GuestRun.Run(options with { Root = options.Root with { OverlayLimit = 4 << 20 } }, new ProgramOptions());
        Assert.Equal(0, run.ExitCode);
        Assert.EndsWith("ENOSPC\n", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Output_that_nobody_reads_makes_the_writer_wait()
    {
        using var machine = new Machine(GuestRun.OptionsFor("flood") with { StreamLimit = 1 << 20 });
        var task = machine.Start(new ProgramOptions());
        Assert.True(machine.WaitUntil(() => machine.Streams.IsFull(StreamKind.Output), Soon, TestContext.Current.CancellationToken));
        Assert.True(machine.WaitUntil(() => task.State == TaskState.Sleeping, Soon, TestContext.Current.CancellationToken));
        Assert.Equal("write", task.BlockedCall?.Reason);
        ulong before = machine.RetiredInstructions;
        Assert.True(machine.Streams.TakeAll(StreamKind.Output).Length > 0);
        Assert.True(machine.WaitUntil(() => machine.RetiredInstructions > before, Soon, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Nobody_gets_out_of_the_root()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the root is made by a shell script");
        var run = GuestRun.Run(
            new MachineOptions { Root = new RootOptions { HostDirectory = GuestRoot.Directory } },
            new ProgramOptions { FilePath = "/guests/escape", Arguments = ["guest-root-marker", Path.Combine(GuestFiles.Repository, "LICENSE")] });
        Assert.DoesNotContain("ESCAPED", run.Text, StringComparison.Ordinal);
        Assert.EndsWith("contained\n", run.Text, StringComparison.Ordinal);
        Assert.Equal(0, run.ExitCode);
    }
}
