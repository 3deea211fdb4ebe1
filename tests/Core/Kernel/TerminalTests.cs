using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Terminals;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>Terminals at which the host sits.</summary>
public sealed class TerminalTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    static ProgramOptions WithTerminal(params string[] arguments) => new() { Arguments = arguments, Terminal = new WindowSize(24, 80), Suspended = true };

    static HostTerminal TerminalOf(Task task) => Machine.FindTerminal(task)!;

    static string TakeToEnd(Machine machine, Task task)
    {
        var text = new StringBuilder();
        bool ended;
        do
        {
            ended = machine.WaitForExit(task, TimeSpan.FromMilliseconds(10)) && !TerminalOf(task).IsFull;
            text.Append(Encoding.UTF8.GetString(TerminalOf(task).TakeAll()));
        }
        while (!ended && !machine.HasEnded);
        return text.ToString();
    }

    [Fact]
    public void WhatIsTypedBeforeTheStartMakesARunRepeatExactly()
    {
        var first = Run();
        Assert.Equal("hello\r\ntty 24x80\r\nready\r\ngot hello\r\nend\r\n", first.Text);
        Assert.Equal(first, Run());

        static (string Text, ulong Instructions, string Hash) Run()
        {
            using var machine = new Machine(GuestRun.OptionsFor("ttyecho", 3));
            StateHash.RecordAtExit(machine);
            var task = machine.Start(WithTerminal());
            machine.SendInput(TerminalOf(task), "hello\n\x04"u8.ToArray());
            machine.Thaw(task);
            string text = TakeToEnd(machine, task);
            return (text, machine.RetiredInstructions, StateHash.Compute(task, StateHashScope.Full));
        }
    }

    [Fact]
    public void InputIsAnEventAtItsInstruction()
    {
        using var machine = new Machine(GuestRun.OptionsFor("ttyecho", 3));
        var task = machine.Start(WithTerminal());
        var terminal = TerminalOf(task);
        machine.SendInput(terminal, "a"u8.ToArray());
        machine.Resize(terminal, new WindowSize(10, 20));
        var events = machine.Execute(static m => m.Events.ToArray());
        Assert.Equal([MachineEventKind.TerminalInput, MachineEventKind.TerminalSize], events.Select(static e => e.Kind));
        Assert.Equal("a"u8.ToArray(), events[0].Bytes);
        Assert.Equal(10L << 16 | 20, events[1].Value);
    }

    [Fact]
    public void ATerminalThatNobodyReadsHoldsTheProgramUp()
    {
        using var machine = new Machine(GuestRun.OptionsFor("counter", 3) with { StreamLimit = 4096 });
        var task = machine.Start(WithTerminal("20000", "0"));
        machine.Thaw(task);
        Assert.True(machine.WaitUntil(() => task.State == TaskState.Sleeping && TerminalOf(task).Unread == 4096, Patience));
        string text = TakeToEnd(machine, task);
        Assert.EndsWith("\r\n20000\r\n", text, StringComparison.Ordinal);
        Assert.Equal(20000, text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void InputWithoutEndDoesNotGrow()
    {
        using var machine = new Machine(GuestRun.OptionsFor("ttyecho", 3));
        var task = machine.Start(WithTerminal());
        // A line that is longer than the terminal takes loses its end, as on Linux; so all of it is taken.
        machine.SendInput(TerminalOf(task), Encoding.ASCII.GetBytes(new string('x', 100_000)), Patience);
        // Many lines fill it.
        Assert.Throws<TimeoutException>(() => machine.SendInput(TerminalOf(task), Encoding.ASCII.GetBytes(new string('\n', 100_000)), TimeSpan.FromMilliseconds(1)));
    }

    [Fact]
    public void ATerminalGoesWithItsLastProcess()
    {
        using var machine = new Machine(GuestRun.OptionsFor("ttyecho", 3));
        for (int i = 0; i < 3; i++)
        {
            var task = machine.Start(WithTerminal());
            Assert.Equal(0, TerminalOf(task).Index);
            machine.SendInput(TerminalOf(task), "\x03"u8.ToArray());
            machine.Thaw(task);
            Assert.True(machine.WaitForExit(task, Patience));
            Assert.Equal(128 + (int)Signal.SIGINT, task.ExitCode);
            Assert.True(machine.Execute(_ => TerminalOf(task).IsClosed));
        }
    }

    [Fact]
    public void AnImageCarriesNoTerminal()
    {
        using var machine = new Machine(GuestRun.OptionsFor("ttyecho", 3));
        var task = machine.Start(WithTerminal());
        var refused = Assert.Throws<CheckpointRefusedException>(() => Checkpointer.Capture(task));
        Assert.Contains("a terminal", refused.Message, StringComparison.Ordinal);
    }
}
