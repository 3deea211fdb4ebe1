using System.Diagnostics;
using System.Text;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>All that runs in a machine is ended from outside, whatever it has come to; the machine itself goes on.</summary>
public sealed class KillAllTests
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(120);

    [Theory]
    [InlineData("forkbomb", "", 1500, "fork: EAGAIN\n", 1499)]
    [InlineData("threadbomb", "", 600, "clone: EAGAIN\n", 599)]
    [InlineData("limits", "deadlock", 512, "there\n", 2)]
    [InlineData("limits", "stopped", 512, "held: 10\nanother: 0\nthere\n", 11)]
    [InlineData("limits", "held", 512, "setrlimit: 0\nhighest: 10002\nthere\n", 1)]
    [InlineData("limits", "files", 512, "entries: 100002\none of them: 1\nnone of them: ENOENT\nthere\n", 1)]
    [InlineData("limits", "sparse", 512, "last byte: 1\nsize: 2147483648\ntakes little: 1\nin the middle: 4096\nsum: 0\nthere\n", 1)]
    [InlineData("many", "1000 500 stay", 1600, "processes: 1000\nthreads: 500\nthere\n", 1501)]
    public void EverythingEndsAndTheMachineGoesOn(string guest, string arguments, int limit, string says, int tasks)
    {
        var options = new MachineOptions { Root = new RootOptions { HostDirectory = GuestRoot.Directory }, MaximumTasks = limit, MemoryLimit = 1L << 30 };
        using var machine = new Machine(options);
        machine.EndInput();
        var first = machine.Start(new ProgramOptions { FilePath = "/guests/" + guest, Arguments = arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries) });
        var said = new StringBuilder();
        Assert.True(machine.WaitUntil(() =>
        {
            said.Append(Encoding.UTF8.GetString(machine.Streams.TakeAll(StreamKind.Output)));
            return first.HasExited || said.ToString().EndsWith(says[(says[..^1].LastIndexOf('\n') + 1)..], StringComparison.Ordinal);
        }, Soon, TestContext.Current.CancellationToken), said.ToString());
        // A bomb also tells of refusals in its children.
        Assert.StartsWith(says, said.ToString(), StringComparison.Ordinal);
        Assert.Equal(tasks, machine.Tasks.Count);
        Assert.Null(machine.Failure);

        var began = Stopwatch.StartNew();
        machine.KillAll();
        TestContext.Current.TestOutputHelper!.WriteLine($"{guest} {arguments}: {tasks} tasks were ended in {began.Elapsed.TotalSeconds:f3} s");
        Assert.InRange(began.Elapsed.TotalSeconds, 0, 20);
        Assert.Equal(137, first.ExitCode);
        Assert.Empty(machine.Tasks);

        var next = GuestRun.Finish(machine, machine.Start(new ProgramOptions { FilePath = "/guests/hello" }));
        Assert.Equal(0, next.ExitCode);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("zero")]
    [InlineData("random")]
    [InlineData("iovec")]
    [InlineData("copy")]
    [InlineData("terminal")]
    public void TheLongestCallsBreakOff(string part)
    {
        using var machine = new Machine(GuestRun.OptionsFor("longcalls") with { MemoryLimit = 1000L << 20 });
        var first = machine.Start(new ProgramOptions { Arguments = [part] });
        Assert.True(machine.Streams.WaitForOutput(StreamKind.Output, Soon, TestContext.Current.CancellationToken));
        Thread.Sleep(20);
        var began = Stopwatch.StartNew();
        machine.Freeze();
        var frozen = began.Elapsed;
        machine.Thaw();
        began.Restart();
        machine.Kill(first);
        TestContext.Current.TestOutputHelper!.WriteLine($"{part}: frozen in {frozen.TotalSeconds:f3} s, ended in {began.Elapsed.TotalSeconds:f3} s");
        Assert.InRange(began.Elapsed.TotalSeconds, 0, 20);
        Assert.True(first.HasExited);
        Assert.Empty(machine.Tasks);
    }
}
