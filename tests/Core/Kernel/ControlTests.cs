using System.Text;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>What the outside can do with a machine: stop at an instruction, freeze, feed, signal, end.</summary>
public sealed class ControlTests
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public void RunTo_stops_exactly_there_and_nowhere_else()
    {
        using var machine = new Machine(GuestRun.OptionsFor("counter"));
        var task = machine.Start(new ProgramOptions { Suspended = true });
        foreach (ulong target in (ulong[])[1, 2, 257, 100_000, 100_001, 1_234_567])
        {
            Assert.True(machine.RunTo(target, task, Soon, TestContext.Current.CancellationToken));
            Assert.Equal(target, machine.RetiredInstructions);
            Assert.Equal(MachineState.Frozen, machine.State);
            Assert.True(task.IsFrozen);
            Assert.Equal(target, task.Instructions);
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => machine.RunTo(5));
    }

    [Fact]
    public void RunTo_gives_up_when_the_program_ends_before()
    {
        using var machine = new Machine(GuestRun.OptionsFor("hello"));
        var task = machine.Start(new ProgramOptions { Suspended = true });
        Assert.False(machine.RunTo(1_000_000_000, task, Soon, TestContext.Current.CancellationToken));
        Assert.True(task.HasExited);
    }

    [Fact]
    public void A_frozen_task_does_not_run_and_goes_on_when_thawed()
    {
        using var machine = new Machine(GuestRun.OptionsFor("counter"));
        var task = machine.Start(new ProgramOptions { Arguments = ["300"] });
        machine.Freeze(task);
        ulong at = machine.RetiredInstructions;
        Thread.Sleep(50);
        Assert.Equal(at, machine.RetiredInstructions);
        machine.Thaw(task);
        var run = GuestRun.Finish(machine, task);
        Assert.Equal(string.Concat(Enumerable.Range(1, 300).Select(n => $"{n}\n")), run.Text);
    }

    [Fact]
    public void A_thawed_machine_is_not_called_frozen_before_its_first_turn()
    {
        using var machine = new Machine(GuestRun.OptionsFor("counter"));
        var task = machine.Start(new ProgramOptions { Suspended = true });
        Assert.True(machine.RunTo(1, task, Soon, TestContext.Current.CancellationToken));
        Assert.Equal(MachineState.Frozen, machine.State);
        Assert.NotEqual(MachineState.Frozen, machine.Execute(thawed =>
        {
            thawed.Thaw(task);
            return thawed.State;
        }));
    }

    [Fact]
    public void Input_arrives_in_pieces_and_ends()
    {
        using var machine = new Machine(GuestRun.OptionsFor("readblock"));
        var task = machine.Start(new ProgramOptions());
        machine.SendInput("first\n"u8.ToArray());
        Assert.True(machine.WaitUntil(() => machine.Streams.Unread(StreamKind.Output) > 0, Soon, TestContext.Current.CancellationToken));
        machine.SendInput("second\n"u8.ToArray());
        Assert.True(machine.WaitUntil(() => machine.Streams.Unread(StreamKind.Output) > 20, Soon, TestContext.Current.CancellationToken));
        machine.EndInput();
        var run = GuestRun.Finish(machine, task);
        Assert.Equal("got 6: first\ngot 7: second\nend\n", run.Text);
        Assert.Equal([MachineEventKind.Input, MachineEventKind.Input, MachineEventKind.EndOfInput], machine.Events.Select(e => e.Kind));
    }

    [Fact]
    public void A_blocked_call_is_data()
    {
        using var machine = new Machine(GuestRun.OptionsFor("readblock"));
        var task = machine.Start(new ProgramOptions());
        // The machine is idle also before the program has run at all.
        Assert.True(machine.WaitUntil(() => task.State == TaskState.Sleeping && machine.State == MachineState.Idle, Soon, TestContext.Current.CancellationToken));
        machine.Freeze();
        var call = task.BlockedCall;
        Assert.NotNull(call);
        Assert.Equal(3u, call.Number);
        Assert.Equal(0u, call.Arguments[0]);
        Assert.Equal(0, call.BytesMoved);
        Assert.Equal(3u, task.OrigEax);
        byte[] trap = new byte[2];
        machine.Execute(_ => task.AddressSpace!.Peek(task.Registers!.Eip - 2, trap));
        Assert.Equal([0xCD, 0x80], trap);
    }

    [Fact]
    public void A_frozen_task_waits_for_no_turn_whether_the_machine_had_one_or_not()
    {
        using var machine = new Machine(GuestRun.OptionsFor("counter"));
        var (first, second) = machine.Execute(m =>
        {
            // No turn comes between these.
            var one = m.Start(new ProgramOptions { Suspended = true });
            var other = m.Start(new ProgramOptions { Suspended = true });
            Assert.Empty(m.Scheduler.Waiting);
            m.Freeze();
            m.Thaw(other);
            m.Thaw(one);
            Assert.Equal([other, one], m.Scheduler.Waiting);
            m.Freeze(other);
            Assert.Equal([one], m.Scheduler.Waiting);
            return (one, other);
        });
        Assert.True(machine.WaitUntil(() => first.Instructions > 0, Soon, TestContext.Current.CancellationToken));
        Assert.Equal(0ul, second.Instructions);
        machine.Thaw(second);
        Assert.True(machine.WaitUntil(() => second.Instructions > 0, Soon, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_signal_from_outside_ends_the_program()
    {
        using var machine = new Machine(GuestRun.OptionsFor("spin"));
        var task = machine.Start(new ProgramOptions());
        machine.SendSignal(task, Signal.SIGTERM);
        Assert.True(machine.WaitForExit(task, Soon, TestContext.Current.CancellationToken));
        Assert.Equal(128 + 15, task.ExitCode);
        Assert.Empty(machine.Tasks);
    }

    [Fact]
    public void Kill_ends_a_frozen_task()
    {
        using var machine = new Machine(GuestRun.OptionsFor("spin"));
        var task = machine.Start(new ProgramOptions { Suspended = true });
        machine.Kill(task);
        Assert.True(task.HasExited);
        Assert.Equal(137, task.ExitCode);
    }

    [Fact]
    public void Stop_ends_a_spinning_machine_within_a_second()
    {
        StopTime.IsWithinASecond(static () =>
        {
            var machine = new Machine(GuestRun.OptionsFor("spin"));
            machine.Start(new ProgramOptions());
            return machine;
        }, static machine =>
        {
            machine.Stop();
            Assert.Throws<ObjectDisposedException>(() => machine.Execute(m => m.RetiredInstructions));
        });
    }

    [Fact]
    public void A_command_that_throws_throws_at_the_caller_and_harms_nobody()
    {
        using var machine = new Machine(GuestRun.OptionsFor("hello"));
        Assert.Throws<InvalidTimeZoneException>(() => machine.Execute<int>(_ => throw new InvalidTimeZoneException()));
        Assert.Equal("Hello from i386\n", GuestRun.Finish(machine, machine.Start(new ProgramOptions())).Text);
    }

    [Fact]
    public void Several_programs_share_a_machine()
    {
        using var machine = new Machine(GuestRun.OptionsFor("counter"));
        var first = machine.Start(new ProgramOptions { Arguments = ["20"], Suspended = true });
        var second = machine.Start(new ProgramOptions { Arguments = ["20"] });
        Assert.Equal(2, first.Pid);
        Assert.Equal(3, second.Pid);
        Assert.True(machine.WaitForExit(second, Soon, TestContext.Current.CancellationToken));
        Assert.False(first.HasExited);
        machine.Thaw(first);
        Assert.True(machine.WaitForExit(first, Soon, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("/missing", Errno.ENOENT, "ENOENT")]
    [InlineData("/etc", Errno.EACCES, "EACCES")]
    [InlineData("/etc/foreign", Errno.ENOEXEC, "64-bit ELF file for x86-64")]
    [InlineData("/etc/text", Errno.ENOEXEC, "is not an ELF program")]
    [InlineData("/etc/script", Errno.ENOENT, "ENOENT")]
    [InlineData("/etc/loop", Errno.ELOOP, "ELOOP")]
    public void What_cannot_be_started_is_refused_in_words(string path, Errno errno, string words)
    {
        string root = Directory.CreateTempSubdirectory("cr-start-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(root, "etc"));
            byte[] foreign = new byte[64];
            ((byte[])[0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]).CopyTo(foreign, 0);
            foreign[16] = 2;
            foreign[18] = 62;
            Write("foreign", foreign);
            Write("text", "hello\n"u8.ToArray());
            Write("script", "#! /no/such/shell -x\n"u8.ToArray());
            Write("loop", "#!/etc/loop\n"u8.ToArray());
            using var machine = new Machine(new MachineOptions { Root = new RootOptions { HostDirectory = root } });
            var refusal = Assert.Throws<ProgramException>(() => machine.Start(new ProgramOptions { FilePath = path }));
            Assert.Equal(errno, refusal.Errno);
            Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
            Assert.Empty(machine.Tasks);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }

        void Write(string name, byte[] bytes)
        {
            string file = Path.Combine(root, "etc", name);
            File.WriteAllBytes(file, bytes);
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, (UnixFileMode)0x1ED);
        }
    }

    [Fact]
    public void A_script_gets_its_interpreter_one_argument_and_its_own_name()
    {
        string root = Directory.CreateTempSubdirectory("cr-script-").FullName;
        try
        {
            File.Copy(Tests.Guests.GuestFiles.Program("env"), Path.Combine(root, "env"));
            string script = Path.Combine(root, "script");
            File.WriteAllText(script, "#!  /env   one argument \nrest\n");
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(script, (UnixFileMode)0x1ED);
            var run = GuestRun.Run(new MachineOptions { Root = new RootOptions { HostDirectory = root } }, new ProgramOptions { FilePath = "/script", Arguments = ["a"], Environment = [] });
            Assert.StartsWith("argc 4\nargv /env\nargv one argument\nargv /script\nargv a\n", run.Text, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void Standard_streams_can_be_guest_files()
    {
        string root = Directory.CreateTempSubdirectory("cr-streams-").FullName;
        try
        {
            File.Copy(Tests.Guests.GuestFiles.Program("readblock"), Path.Combine(root, "program"));
            File.WriteAllText(Path.Combine(root, "in"), "from a file\n");
            using (var machine = new Machine(new MachineOptions { Root = new RootOptions { HostDirectory = root, Writable = true } }))
            {
                var run = GuestRun.Finish(machine, machine.Start(new ProgramOptions { FilePath = "/program", InputPath = "/in", OutputPath = "/out" }));
                Assert.Empty(run.Output);
                Assert.Equal(0, run.ExitCode);
            }
            Assert.Equal("got 12: from a file\nend\n", File.ReadAllText(Path.Combine(root, "out"), Encoding.UTF8));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
