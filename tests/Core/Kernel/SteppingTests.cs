using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Symbols;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>Steps of one task end where they should, and are the same run as one without steps.</summary>
public sealed class SteppingTests
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    static Machine Start(string guest, out Task task, params string[] arguments)
    {
        var machine = new Machine(GuestRun.OptionsFor(guest, seed: 3));
        task = machine.Start(new ProgramOptions { Arguments = arguments, Suspended = true });
        return machine;
    }

    static uint Eip(Task task) => task.Machine.Execute(_ => task.Registers!.Eip);

    static uint Place(Task task, string symbol) => SymbolMap.Of(task).Find(symbol)!.Value;

    public static TheoryData<string, string[]> Programs => new()
    {
        { "stepper", [] },
        { "counter", ["20", "300"] },
        { "fpu", ["3"] },
        { "waiter", ["exit"] },
        { "sleeper", ["3", "10"] },
        { "sig", [] },
        { "twothreads", ["exit"] },
        { "vforker", ["exit"] },
    };

    /// <summary>The state after steps of every kind is that of a run in one piece to the same count.</summary>
    [Theory, MemberData(nameof(Programs))]
    public void Steps_leave_the_state_that_one_run_leaves(string guest, string[] arguments)
    {
        var random = new Random(5);
        using var machine = Start(guest, out var task, arguments);
        machine.EndInput();
        // The same run, somewhat further: it knows where the program will come to.
        using var ahead = Start(guest, out var scout, arguments);
        ahead.EndInput();
        for (int round = 0; round < 25; round++)
        {
            for (int i = 0; i < 20 && !task.HasExited; i++)
            {
                switch (random.Next(4))
                {
                    case 0: machine.StepOver(task, Soon, Token); break;
                    case 1:
                        ulong from = Math.Max(ahead.RetiredInstructions, machine.RetiredInstructions);
                        if (!scout.HasExited && ahead.RunTo(from + (ulong)random.Next(1, 2000), scout, Soon, Token)) machine.StepTask(task, StepGoal.At(Eip(scout)), Soon, Token);
                        break;
                    case 2: machine.StepTask(task, StepGoal.Count((ulong)random.Next(1, 300)), Soon, Token); break;
                    default: machine.StepTask(task, StepGoal.Count(1), Soon, Token); break;
                }
            }
            if (task.HasExited) break;
            using var whole = Start(guest, out var other, arguments);
            whole.EndInput();
            Assert.True(whole.RunTo(machine.RetiredInstructions, other, Soon, Token));
            // A step may end before the kernel has done what comes next without an instruction: waking, and a handler's frame.
            if (other.Call.IsActive != task.Call.IsActive) continue;
            Assert.Equal(StateHash.Compute(whole, StateHashScope.Full), StateHash.Compute(machine, StateHashScope.Full));
        }
    }

    [Fact]
    public void One_step_is_one_instruction_and_leaves_all_frozen()
    {
        using var machine = Start("stepper", out var task);
        uint start = Eip(task);
        Assert.Equal(StepEnd.Reached, machine.StepTask(task, StepGoal.Count(1), Soon, Token));
        Assert.Equal(start + 2, Eip(task));
        Assert.Equal(1ul, task.Instructions);
        Assert.True(task.IsFrozen);
        Assert.Equal(MachineState.Frozen, machine.State);
        Assert.Equal(StepEnd.Reached, machine.StepTask(task, StepGoal.Count(1), Soon, Token));
        Assert.Equal(Place(task, "main"), Eip(task));
    }

    [Fact]
    public void An_iteration_of_a_repeated_instruction_is_a_step_and_over_is_all_of_them()
    {
        using var machine = Start("stepper", out var task);
        uint copy = Place(task, "main+0x21");
        Assert.Equal(StepEnd.Reached, machine.StepTask(task, StepGoal.At(copy), Soon, Token));
        ulong before = task.Instructions;
        machine.StepTask(task, StepGoal.Count(2), Soon, Token);
        Assert.Equal(copy, Eip(task));
        Assert.Equal(4u, machine.Execute(_ => task.Registers!.Ecx));
        // The next arrival at a place is the next iteration.
        Assert.Equal(StepEnd.Reached, machine.StepTask(task, StepGoal.At(copy), Soon, Token));
        Assert.Null(machine.Processor.StopAddress);
        Assert.Equal(3u, machine.Execute(_ => task.Registers!.Ecx));
        Assert.Equal(StepEnd.Reached, machine.StepOver(task, Soon, Token));
        Assert.Equal(copy + 2, Eip(task));
        Assert.Equal(before + 6, task.Instructions);
    }

    [Fact]
    public void Over_a_call_comes_back_to_its_own_frame()
    {
        using var machine = Start("stepper", out var task);
        uint recursive = Place(task, "factorial+7"), behind = recursive + 5;
        for (uint value = 5; value > 2; value--)
        {
            Assert.Equal(StepEnd.Reached, machine.StepTask(task, StepGoal.At(recursive), Soon, Token));
            Assert.Equal(value - 1, machine.Execute(_ => task.Registers!.Eax));
        }
        // Deeper calls pass the same return address first.
        uint stack = machine.Execute(_ => task.Registers!.Esp);
        Assert.Equal(StepEnd.Reached, machine.StepOver(task, Soon, Token));
        Assert.Equal((behind, stack, 2u), machine.Execute(_ => (task.Registers!.Eip, task.Registers!.Esp, task.Registers!.Eax)));
    }

    [Fact]
    public void An_instruction_that_faults_is_no_step_the_handlers_first_one_is()
    {
        using var machine = Start("stepper", out var task);
        uint handler = Place(task, "on_illegal");
        Assert.Equal(StepEnd.Reached, machine.StepTask(task, StepGoal.At(Place(task, "main+0x3f")), Soon, Token));
        ulong before = task.Instructions;
        Assert.Equal(StepEnd.Reached, machine.StepTask(task, StepGoal.Count(1), Soon, Token));
        Assert.Equal(handler + 5, Eip(task));
        Assert.Equal(before + 1, task.Instructions);
    }

    [Fact]
    public void Over_a_system_call_waits_for_its_end()
    {
        using var machine = Start("sleeper", out var task, "3", "10");
        // The program sleeps by the virtual clock, so each call ends by itself.
        int calls = 0;
        byte[] next = new byte[2];
        while (calls < 10)
        {
            machine.Execute(_ => task.AddressSpace!.Peek(task.Registers!.Eip, next));
            bool isCall = next is [0xCD, 0x80];
            ulong before = task.Instructions;
            Assert.Equal(StepEnd.Reached, isCall ? machine.StepOver(task, Soon, Token) : machine.StepTask(task, StepGoal.Count(1), Soon, Token));
            Assert.Equal(before + 1, task.Instructions);
            Assert.False(isCall && task.Call.IsActive);
            if (isCall) calls++;
        }
    }

    [Fact]
    public void A_task_that_nothing_will_wake_ends_the_step()
    {
        using var machine = Start("readblock", out var task);
        Assert.Equal(StepEnd.Waits, machine.StepTask(task, StepGoal.Count(1_000_000), Soon, Token));
        Assert.Equal(3u, task.OrigEax);
        Assert.Equal(MachineState.Frozen, machine.State);
        ulong at = task.Instructions;
        Assert.Equal(StepEnd.Waits, machine.StepOver(task, Soon, Token));
        machine.SendInput("x\n"u8.ToArray(), Soon, Token);
        Assert.Equal(StepEnd.Reached, machine.StepOver(task, Soon, Token));
        Assert.Equal((at, 2u, uint.MaxValue), (task.Instructions, machine.Execute(_ => task.Registers!.Eax), task.OrigEax));
    }

    [Fact]
    public void A_task_that_ends_ends_the_step()
    {
        using var machine = Start("stepper", out var task);
        Assert.Equal(StepEnd.Ended, machine.StepTask(task, StepGoal.Count(1_000_000), Soon, Token));
        Assert.Equal(3, task.ExitCode);
        Assert.Equal(StepEnd.Ended, machine.StepTask(task, StepGoal.Count(1), Soon, Token));
    }

    [Fact]
    public void The_instruction_that_ends_a_task_can_be_the_last_step()
    {
        using var whole = Start("stepper", out var first);
        whole.StepTask(first, StepGoal.Count(1_000_000), Soon, Token);
        using var machine = Start("stepper", out var task);
        Assert.Equal(StepEnd.Reached, machine.StepTask(task, StepGoal.Count(first.Instructions), Soon, Token));
        Assert.True(task.HasExited);
    }

    [Fact]
    public void A_step_that_takes_too_long_stops_where_it_is()
    {
        using var machine = Start("spin", out var task);
        Assert.Equal(StepEnd.TimedOut, machine.StepTask(task, StepGoal.At(4), TimeSpan.FromMilliseconds(30), Token));
        Assert.True(task.IsFrozen);
        using var cancel = new CancellationTokenSource(30);
        Assert.ThrowsAny<OperationCanceledException>(() => machine.StepTask(task, StepGoal.Count(1ul << 60), Soon, cancel.Token));
        ulong at = machine.Execute(m => m.RetiredInstructions);
        Thread.Sleep(20);
        Assert.Equal(at, machine.RetiredInstructions);
        Assert.Equal(StepEnd.Reached, machine.StepTask(task, StepGoal.Count(5), Soon, Token));
        Assert.Equal(at + 5, machine.RetiredInstructions);
    }

    [Fact]
    public void A_call_is_over_when_it_is_whoever_else_runs_meanwhile()
    {
        using var machine = new Machine(new MachineOptions { Root = new RootOptions { HostDirectory = Path.Combine(GuestFiles.Directory, "bin") }, Clock = ClockKind.Virtual });
        var task = machine.Start(new ProgramOptions { FilePath = "/sleeper", Arguments = ["2", "1"], Suspended = true });
        machine.Freeze();
        machine.Start(new ProgramOptions { FilePath = "/spin" });
        while (!task.Call.IsActive) Assert.Equal(StepEnd.Reached, machine.StepTask(task, StepGoal.Count(1), Soon, Token));
        ulong at = task.Instructions, before = machine.RetiredInstructions;
        Assert.Equal(StepEnd.Reached, machine.StepOver(task, Soon, Token));
        Assert.False(task.Call.IsActive);
        Assert.Equal(at, task.Instructions);
        Assert.InRange(machine.RetiredInstructions - before, 1_900_000ul, 2_300_000ul);
    }

    [Fact]
    public void The_other_tasks_run_as_they_would_and_stand_still_behind_the_step()
    {
        using var machine = new Machine(GuestRun.OptionsFor("counter"));
        var other = machine.Start(new ProgramOptions { Arguments = ["0"], Suspended = true });
        var task = machine.Start(new ProgramOptions { Arguments = ["0"], Suspended = true });
        machine.Freeze();
        machine.Execute(_ => { other.IsHeld = false; machine.Scheduler.Enqueue(other); });
        Assert.Equal(StepEnd.Reached, machine.StepTask(task, StepGoal.Count(1), Soon, Token));
        Assert.Equal(1ul, task.Instructions);
        ulong ran = other.Instructions;
        Assert.Equal(machine.RetiredInstructions, ran + 1);
        Thread.Sleep(20);
        Assert.Equal(ran, other.Instructions);
        Assert.True(other.IsFrozen);
    }
}
