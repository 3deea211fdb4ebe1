using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Checkpoint;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>Programs that take all they can get, break themselves or try to get out stay within the machine's limits; the machine can be
/// stopped at any moment and gives back all that it had.</summary>
public sealed class HostileGuestTests
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public void A_loop_is_stopped_at_once()
    {
        StopTime.IsWithinASecond(() =>
        {
            var machine = new Machine(GuestRun.OptionsFor("spin"));
            machine.Start(new ProgramOptions());
            Assert.True(machine.WaitUntil(() => machine.RetiredInstructions > 10_000, Soon, TestContext.Current.CancellationToken));
            return machine;
        }, Stop);
    }

    [Theory]
    [InlineData("fault")]
    [InlineData("stackoverflow")]
    [InlineData("jumpzero")]
    [InlineData("writecode")]
    public void A_program_that_breaks_itself_dies_alone(string guest)
    {
        using var machine = new Machine(GuestRun.OptionsFor(guest));
        var bystander = machine.Start(new ProgramOptions { Suspended = true });
        var run = GuestRun.Finish(machine, machine.Start(new ProgramOptions()));
        Assert.Null(run.Failure);
        Assert.Equal(139, run.ExitCode);
        Assert.False(bystander.HasExited);
        Stop(machine);
    }

    [Fact]
    public void All_memory_is_at_most_the_machines()
    {
        using var machine = new Machine(GuestRun.OptionsFor("mapall") with { MemoryLimit = 32 << 20 });
        var task = machine.Start(new ProgramOptions());
        Assert.True(machine.WaitForExit(task, Soon, TestContext.Current.CancellationToken));
        Assert.Equal(137, task.ExitCode);
        Stop(machine);
    }

    [Fact]
    public void A_machine_is_stopped_while_it_takes_memory()
    {
        StopTime.IsWithinASecond(() =>
        {
            var machine = new Machine(GuestRun.OptionsFor("mapall") with { MemoryLimit = 1L << 30 });
            machine.Start(new ProgramOptions());
            Assert.True(machine.WaitUntil(() => machine.Account.Used > 1000, Soon, TestContext.Current.CancellationToken));
            return machine;
        }, Stop);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("zero")]
    [InlineData("random")]
    [InlineData("pages")]
    [InlineData("fork")]
    [InlineData("iovec")]
    [InlineData("poll")]
    [InlineData("copy")]
    [InlineData("mincore")]
    public void The_longest_calls_do_not_keep_a_machine(string part)
    {
        StopTime.IsWithinASecond(() =>
        {
            var machine = new Machine(GuestRun.OptionsFor("longcalls") with { MemoryLimit = 1000L << 20 });
            machine.Start(new ProgramOptions { Arguments = [part] });
            Assert.True(machine.Streams.WaitForOutput(StreamKind.Output, Soon, TestContext.Current.CancellationToken));
            // In the middle of the first call, which also has to find its memory.
            Thread.Sleep(20);
            return machine;
        }, Stop);
    }

    [Fact]
    public void Address_space_without_touching_it_ends_with_ENOMEM()
    {
        var run = GuestRun.Own("mapall", "untouched");
        Assert.Equal(0, run.ExitCode);
        Assert.EndsWith("ENOMEM\n", run.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(40, 1 << 30)]
    [InlineData(512, 4 << 20)]
    public void Forking_ends_at_the_limit(int tasks, long memory)
    {
        using var machine = new Machine(GuestRun.OptionsFor("forkbomb") with { MaximumTasks = tasks, MemoryLimit = memory });
        var first = machine.Start(new ProgramOptions());
        bool IsAtLimit() => machine.Tasks.Count >= tasks - 1 || machine.Account.Used > machine.Account.Limit * 9 / 10 || first.HasExited;
        Assert.True(machine.WaitUntil(IsAtLimit, Soon, TestContext.Current.CancellationToken));
        ulong then = machine.RetiredInstructions;
        Assert.True(machine.WaitUntil(() => machine.RetiredInstructions > then + 1_000_000, Soon, TestContext.Current.CancellationToken));
        Assert.InRange(machine.Tasks.Count, 1, tasks - 1);
        Stop(machine);
    }

    [Fact]
    public void A_file_grows_to_the_limit()
    {
        var options = GuestRun.OptionsFor("bigfile");
        using var machine = new Machine(options with { Root = options.Root with { OverlayLimit = 4 << 20 } });
        var run = GuestRun.Finish(machine, machine.Start(new ProgramOptions()));
        Assert.Equal(0, run.ExitCode);
        Assert.EndsWith("ENOSPC\n", run.Text, StringComparison.Ordinal);
        Stop(machine);
    }

    [Fact]
    public void Output_that_nobody_reads_makes_the_writer_wait_at_16_MiB()
    {
        using var machine = new Machine(GuestRun.OptionsFor("flood"));
        var task = machine.Start(new ProgramOptions());
        bool IsHeldUp() => task.State == TaskState.Sleeping && machine.Streams.IsFull(StreamKind.Output) && machine.State == MachineState.Idle;
        Assert.True(machine.WaitUntil(IsHeldUp, Soon, TestContext.Current.CancellationToken));
        Assert.Equal("write", task.BlockedCall?.Reason);
        ulong before = machine.RetiredInstructions;
        Assert.InRange(machine.Streams.TakeAll(StreamKind.Output).Length, 16 << 20, (16 << 20) + 4096);
        Assert.True(machine.WaitUntil(() => machine.RetiredInstructions > before, Soon, TestContext.Current.CancellationToken));
        Stop(machine);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Nobody_gets_out_of_the_root(bool writable)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the root is made by a shell script");
        string root = GuestSession.NewRoot();
        string secret = root + "-secret";
        try
        {
            File.WriteAllText(secret, "HOSTSECRET\n");
            using var machine = new Machine(new MachineOptions { Root = new RootOptions { HostDirectory = root, Writable = writable } });
            var run = GuestRun.Finish(machine, machine.Start(new ProgramOptions { FilePath = "/guests/escape", Arguments = ["guest-root-marker", secret] }));
            Assert.DoesNotContain("ESCAPED", run.Text, StringComparison.Ordinal);
            Assert.EndsWith("contained\n", run.Text, StringComparison.Ordinal);
            Assert.Equal(0, run.ExitCode);
            Assert.Equal("HOSTSECRET\n", File.ReadAllText(secret));
            Stop(machine);
        }
        finally
        {
            File.Delete(secret);
            Directory.Delete(root, recursive: true);
        }
    }

    [Theory]
    [InlineData("deadlock", 2)]
    [InlineData("stopped", 11)]
    public void What_nobody_can_get_out_of_is_ended_from_outside(string part, int tasks)
    {
        using var machine = new Machine(GuestRun.OptionsFor("limits"));
        machine.Start(new ProgramOptions { Arguments = [part] });
        machine.EndInput();
        Assert.True(machine.WaitUntil(() => machine.State == MachineState.Idle && machine.Tasks.Count == tasks, Soon, TestContext.Current.CancellationToken));
        string said = System.Text.Encoding.UTF8.GetString(machine.Streams.TakeAll(StreamKind.Output));
        Assert.Equal(part == "deadlock" ? "there\n" : "held: 10\nanother: 0\nthere\n", said);
        Assert.Equal(tasks, machine.Tasks.Count);
        Assert.Equal(part == "deadlock" ? 0 : 10, machine.Tasks.Count(static task => task.State == TaskState.Stopped));
        Stop(machine);
    }

    [Fact]
    public void Ten_thousand_descriptors_are_watched_at_once()
    {
        using var machine = new Machine(GuestRun.OptionsFor("limits"));
        var run = GuestRun.Finish(machine, machine.Start(new ProgramOptions { Arguments = ["descriptors"] }));
        Assert.True(run.HasExited, run.Where);
        Assert.Equal("setrlimit: 0\nhighest: 10003\nmore: 6\nthen: EMFILE\nquiet: 0\nready: 1429\nfirst: 9999\ngone: 0\n", run.Text);
        Stop(machine);
    }

    /// <summary>Stops a machine that is within its limits, and sees that nothing of it stays behind.</summary>
    static void Stop(Machine machine)
    {
        Assert.Null(machine.Failure);
        Assert.InRange(machine.Account.Used, 0, machine.Account.Limit);
        machine.Stop();
        Assert.Equal(MachineState.Stopped, machine.State);
        Assert.Equal(0, machine.Account.Used);
    }
}
