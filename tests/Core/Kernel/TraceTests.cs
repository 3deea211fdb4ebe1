using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Syscalls;
using CheckpointRestart.Core.Kernel.Tracing;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>System calls as objects and as strace's text.</summary>
public sealed class TraceTests
{
    [Fact]
    public void A_run_reads_as_under_strace()
    {
        var (entries, _, _) = Trace("execer", new TraceOptions { Follow = true, StringLength = 32 });
        Assert.Equal(TraceEntryKind.Exit, entries[^1].Kind);
        Assert.Contains(entries, e => e.Name == "execve" && e.Result == 0 && e.ToString().StartsWith("execve(\"", StringComparison.Ordinal));
        Assert.All(entries, e => Assert.True(e.Kind != TraceEntryKind.Call || e.IsUnfinished || e.ToString().Contains(" = ", StringComparison.Ordinal), e.ToString()));
    }

    [Fact]
    public void Signals_are_told_where_they_are_delivered()
    {
        var (entries, _, _) = Trace("sig", new TraceOptions { Follow = true });
        int signal = entries.FindIndex(e => e.Kind == TraceEntryKind.Signal);
        Assert.True(signal >= 0);
        Assert.Matches(@"^--- SIG[A-Z0-9]+ \{si_signo=SIG[A-Z0-9]+, si_code=[A-Z_]+.*\} ---$", entries[signal].ToString());
        Assert.Contains(entries.Skip(signal), e => e.Name is "sigreturn" or "rt_sigreturn");
    }

    [Theory]
    [InlineData("sig")]
    [InlineData("waiter")]
    [InlineData("twothreads", "exit")]
    [InlineData("execer")]
    public void What_is_traced_ends_in_the_same_state(string guest, params string[] arguments)
    {
        var (_, plain, count) = Run(guest, null, arguments);
        var (entries, traced, again) = Run(guest, new TraceOptions { Follow = true }, arguments);
        Assert.NotEmpty(entries);
        Assert.Equal(count, again);
        Assert.Equal(plain, traced);
    }

    [Fact]
    public void A_full_trace_pauses_the_machine_and_loses_nothing()
    {
        using var machine = new Machine(GuestRun.OptionsFor("counter"));
        var task = machine.Start(new ProgramOptions { Arguments = ["300", "100"], Suspended = true });
        using var trace = SyscallTrace.Attach(machine, [task], new TraceOptions { Capacity = 8 });
        machine.Thaw(task);
        Assert.True(trace.Wait(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        Assert.False(machine.WaitForExit(task, TimeSpan.FromMilliseconds(300), TestContext.Current.CancellationToken));
        // Commands are served meanwhile.
        Assert.True(machine.Execute(m => m.Tasks.Count) == 1);
        int writes = 0;
        while (trace.Wait(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken) && trace.TryTake(out var entry))
            writes += entry.Name == "write" ? 1 : 0;
        // The last entry is there before the task is seen to have ended.
        Assert.True(machine.WaitForExit(task, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        Assert.Equal(300, writes);
    }

    [Fact]
    public void A_paused_machine_goes_on_when_the_trace_ends()
    {
        using var machine = new Machine(GuestRun.OptionsFor("counter"));
        var task = machine.Start(new ProgramOptions { Arguments = ["300", "100"], Suspended = true });
        using (SyscallTrace.Attach(machine, [task], new TraceOptions { Capacity = 8 })) machine.Thaw(task);
        Assert.True(machine.WaitForExit(task, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Every_call_of_the_table_has_a_signature_and_every_signature_a_call()
    {
        var names = Enumerable.Range(0, (int)SyscallNames.Last + 1).Select(n => SyscallNames.Find((uint)n)).OfType<string>().Where(n => !SyscallNames.IsHollow(n)).ToHashSet();
        Assert.Empty(names.Except(SyscallSignatures.Names));
        Assert.Empty(SyscallSignatures.Names.Except(names).Except(["checkpoint", "restart"]));
        Assert.All(SyscallTable.All, call => Assert.Equal(SyscallNames.Find(call.Number), call.Name));
    }

    /// <summary>Whatever the words are, a call can be shown.</summary>
    [Fact]
    public void Any_words_can_be_shown()
    {
        var random = new Random(5);
        using var machine = new Machine(GuestRun.OptionsFor("spin"));
        machine.EndInput();
        var task = machine.Start(new ProgramOptions { Suspended = true });
        foreach (string name in SyscallSignatures.Names)
        {
            uint number = (uint)Enumerable.Range(0, 451).FirstOrDefault(n => SyscallNames.Find((uint)n) == name);
            for (int i = 0; i < 20; i++)
            {
                CallArguments arguments = default;
                for (int a = 0; a < 6; a++) arguments[a] = random.Next(3) switch { 0 => (uint)random.Next(64), 1 => task.Registers!.Esp + (uint)random.Next(64), _ => (uint)random.NextInt64(1L << 32) };
                var entry = machine.Execute(_ => Show(task, name, number, arguments, random.Next(-40, 4000)));
                Assert.Contains(" = ", entry.ToString(), StringComparison.Ordinal);
            }
        }
    }

    static TraceEntry Show(Core.Kernel.Task task, string name, uint number, CallArguments arguments, int result)
    {
        var capture = new TraceCapture(32);
        var call = new TracedCall(SyscallSignatures.Find(name), arguments, 32, isRaw: false) { Result = result };
        for (int i = 0; i < call.Inputs.Length; i++)
        {
            call.Inputs[i] = capture.Take(task, call.Signature.Parameters[i], arguments, int.MaxValue);
            if (result >= 0) call.Outputs[i] = capture.Take(task, call.Signature.Parameters[i], arguments, result);
        }
        return new TraceEntry(task, TraceEntryKind.Call, 0, call) { Name = name, Number = number, Result = result };
    }

    static (List<TraceEntry> Entries, string Hash, ulong Count) Trace(string guest, TraceOptions options, params string[] arguments) => Run(guest, options, arguments);

    static (List<TraceEntry> Entries, string Hash, ulong Count) Run(string guest, TraceOptions? options, params string[] arguments)
    {
        using var machine = MachineFactory.Create(GuestRun.OptionsFor(guest));
        machine.EndInput();
        var task = machine.Start(new ProgramOptions { Arguments = arguments, Suspended = true });
        using var trace = options == null ? null : SyscallTrace.Attach(machine, [task], options);
        machine.Thaw(task);
        var entries = new List<TraceEntry>();
        while (trace != null && trace.Wait(TimeSpan.FromSeconds(60)) && trace.TryTake(out var entry)) entries.Add(entry);
        Assert.True(machine.WaitForExit(task, TimeSpan.FromSeconds(60)));
        Assert.True(machine.WaitUntil(() => machine.State is MachineState.Idle or MachineState.Stopped, TimeSpan.FromSeconds(60)));
        return (entries, StateHash.Compute(machine, StateHashScope.Full), machine.RetiredInstructions);
    }
}
