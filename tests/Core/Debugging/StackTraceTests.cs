using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Debugging;
using CheckpointRestart.Core.Debugging.Unwinding;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Symbols;
using CheckpointRestart.Core.Tests.Guests;
using CheckpointRestart.Core.Tests.Kernel;
using Xunit;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Tests.Debugging;

/// <summary>Stack traces: which function called which.</summary>
public sealed class StackTraceTests
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    static Machine Start(string guest, out Task task, params string[] arguments)
    {
        var machine = new Machine(GuestRun.OptionsFor(guest, seed: 3));
        task = machine.Start(new ProgramOptions { Arguments = arguments, Suspended = true });
        machine.EndInput();
        return machine;
    }

    static void RunTo(Machine machine, Task task, string place) =>
        Assert.Equal(StepEnd.Reached, machine.StepTask(task, StepGoal.At(SymbolMap.Of(task).Find(place)!.Value), Soon, Token));

    static StackFrame[] Trace(DebugTarget target, int thread)
    {
        using (target)
        using (var trace = new StackTrace(target))
            return [.. trace.Of(thread)];
    }

    static StackFrame[] Trace(Task task) => Trace(new LiveTarget(task), task.Pid);

    static string[] Names(StackFrame[] frames) => [.. frames.Select(static frame => frame.IsSignalFrame ? "signal" : frame.Symbol)];

    static readonly string[] InHandler = ["innermost", "recurse", "recurse", "recurse", "handler", "signal", "send", "raise_both", "", "start", "_start"];

    [Fact]
    public void Call_frame_information_leads_through_functions_without_frame_pointers_and_a_signals_frame()
    {
        using var machine = Start("frames", out var task);
        RunTo(machine, task, "innermost");
        var frames = Trace(task);
        Assert.Equal(InHandler, Names(frames));
        Assert.Equal("CallFrames CallFrames CallFrames CallFrames CallFrames Signal CallFrames CallFrames CallFrames CallFrames", string.Join(' ', frames[..10].Select(static frame => frame.CallerFoundBy)));
        Assert.All(frames[..5], static frame => Assert.EndsWith("src/frames.c", frame.SourceFile, StringComparison.Ordinal));
        string[] source = File.ReadAllLines(Path.Combine(GuestFiles.Repository, "tests", "guests", "src", "frames.c"));
        Assert.Contains("watched += n", source[frames[0].Line - 1], StringComparison.Ordinal);
        Assert.Contains("recurse(n - 1) + n", source[frames[2].Line - 1], StringComparison.Ordinal);
        Assert.Contains("recurse((u32)signal - 8)", source[frames[4].Line - 1], StringComparison.Ordinal);
        Assert.Equal("/frames", frames[0].Module);
        Assert.Equal("[vdso]", frames[5].Module);
    }

    /// <summary>At each instruction of a function, whatever it has pushed and given back by then, the callers are the same.</summary>
    [Theory]
    [InlineData("frames", "recurse", "recurse", "recurse", "recurse", "handler", "signal")]
    [InlineData("stepper", "factorial", "factorial", "factorial", "main", "_start")]
    public void Every_instruction_has_the_same_callers(string guest, string function, params string[] callers)
    {
        using var machine = Start(guest, out var task);
        RunTo(machine, task, function);
        RunTo(machine, task, function);
        RunTo(machine, task, function);
        uint outer = Trace(task)[0].StackPointer;
        for (int i = 0; i < 400; i++)
        {
            var frames = Trace(task);
            var names = Names(frames);
            int depth = Array.FindIndex(names, name => name != function && name != "innermost");
            Assert.True(depth > 0, string.Join(' ', names));
            Assert.Equal(callers.SkipWhile(name => name == function).ToArray(), names[depth..Math.Min(names.Length, depth + callers.Count(name => name != function))]);
            if (names[0] == function && depth == 1 && frames[0].StackPointer > outer) return;
            machine.StepTask(task, StepGoal.Count(1), Soon, Token);
            if (SymbolMap.Of(task).Find(machine.Execute(_ => task.Registers!.Eip))?.Name is not ("recurse" or "factorial" or "innermost")) return;
        }
        Assert.Fail("the function does not return");
    }

    [Fact]
    public void Code_without_any_information_is_read_itself_and_a_chain_of_frame_pointers_serves_where_names_are_missing()
    {
        using var machine = Start("stepper", out var task);
        RunTo(machine, task, "factorial");
        RunTo(machine, task, "factorial");
        var frames = Trace(task);
        Assert.Equal(["factorial", "factorial", "main", "_start"], Names(frames));
        Assert.Equal([UnwindMethod.Code, UnwindMethod.Code, UnwindMethod.Code, UnwindMethod.None], frames.Select(static frame => frame.CallerFoundBy));
        Assert.Equal((0u, 0xcu), (frames[0].Offset, frames[1].Offset));
    }

    [Theory]
    [InlineData(CheckpointFormat.Extended)]
    [InlineData(CheckpointFormat.V5)]
    public void An_image_has_the_trace_of_its_task(CheckpointFormat format)
    {
        using var machine = Start("frames", out var task);
        RunTo(machine, task, "innermost");
        using var checkpoint = Checkpointer.Capture(task, new CaptureOptions { Format = format });
        Assert.Equal(Trace(task), Trace(new ImageTarget(checkpoint, task.Pid, new RootOptions { HostProgram = GuestFiles.Program("frames") }), task.Pid));
    }

    [Fact]
    public void Each_thread_has_its_own()
    {
        using var machine = Start("frames", out var task, "threads");
        RunTo(machine, task, "innermost");
        using var target = new LiveTarget(task);
        using var trace = new StackTrace(target);
        Assert.Equal(2, target.Threads.Count);
        Assert.Equal(["spin", "second"], Names([.. trace.Of(3)])[..2]);
        Assert.Empty(trace.Of(99));
        Assert.Equal(3, trace.Of(2, most: 3).Count());
    }

    /// <summary>What gdb says of the same state.</summary>
    [Theory]
    [InlineData("frames", "innermost")]
    [InlineData("frames", "handler")]
    [InlineData("stepper", "factorial")]
    public void It_is_the_trace_that_gdb_shows(string guest, string place)
    {
        using var machine = Start(guest, out var task);
        RunTo(machine, task, place);
        RunTo(machine, task, place);
        var ours = Trace(task);
        var (said, _) = GdbTests.Run(new LiveTarget(task), "backtrace", "detach");
        var theirs = said.Split('\n').Where(static line => line.StartsWith('#')).Select(static line => Frame(line)).ToArray();
        Assert.NotEmpty(theirs);
        // Where neither has anything to go by, gdb guesses on.
        int count = Math.Min(theirs.Length, ours.Length);
        Assert.True(count >= 3, said);
        int compared = 0;
        for (int i = 0; i < count && theirs[i] != "??"; i++)
        {
            // What is local to its file has a name in the debug information alone.
            if (ours[i].Symbol.Length == 0) continue;
            compared++;
            Assert.True(theirs[i] == (ours[i].IsSignalFrame ? "<signal handler called>" : ours[i].Symbol), said);
        }
        Assert.True(compared >= 2, said);
    }

    static string Frame(string line)
    {
        if (line.Contains("<signal handler called>", StringComparison.Ordinal)) return "<signal handler called>";
        string text = line[3..].TrimStart();
        if (text.StartsWith("0x", StringComparison.Ordinal)) text = text[(text.IndexOf(" in ", StringComparison.Ordinal) + 4)..];
        return text.Split(' ')[0];
    }

    /// <summary>Whatever stands in a file's sections, looking into them ends, and throws nothing.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Hostile_files_do_no_harm(int seed)
    {
        var random = new Random(seed);
        byte[] sound = File.ReadAllBytes(GuestFiles.Program("frames"));
        for (int round = 0; round < 150; round++)
        {
            byte[] bytes = [.. sound];
            int changes = random.Next(1, 40), from = random.Next(2) == 0 ? 0 : bytes.Length * 3 / 4;
            for (int i = 0; i < changes; i++) bytes[random.Next(from, bytes.Length)] = (byte)random.Next(256);
            if (random.Next(4) == 0) bytes = bytes[..random.Next(bytes.Length)];
            using var file = new GuestFile.InMemory(bytes);
            if (ElfSections.Read(file) is not { } sections) continue;
            var frames = new CallFrames(sections.Contents(".eh_frame"), sections.Find(".eh_frame")?.Address ?? 0, isEhFrame: true);
            var lines = new LineTable(sections);
            for (uint pc = 0x08048000; pc < 0x08048400; pc++)
            {
                frames.TryFind(pc, out _, out _);
                lines.Find(pc);
            }
        }
    }

    [Fact]
    public void Expressions_that_never_end_end()
    {
        using var machine = Start("stepper", out var task);
        using var target = new LiveTarget(task);
        uint[] registers = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        // skip -3; dup for ever; a stack that is empty; what is cut short; an address that is not there.
        Assert.Null(DwarfExpression.Evaluate([0x2F, 0xFD, 0xFF], registers, target, null));
        Assert.Null(DwarfExpression.Evaluate([0x31, 0x12, 0x2F, 0xFC, 0xFF], registers, target, null));
        Assert.Null(DwarfExpression.Evaluate([0x22], registers, target, null));
        Assert.Null(DwarfExpression.Evaluate([0x0C, 1], registers, target, null));
        Assert.Null(DwarfExpression.Evaluate([0x30, 0x06], registers, target, null));
        // breg4 + 8; the sum of two literals.
        Assert.Equal(13u, DwarfExpression.Evaluate([0x74, 8], registers, target, null));
        Assert.Equal(7u, DwarfExpression.Evaluate([0x33, 0x34, 0x22], registers, target, null));
        var random = new Random(3);
        for (int i = 0; i < 20_000; i++)
        {
            var code = new byte[random.Next(24)];
            random.NextBytes(code);
            DwarfExpression.Evaluate(code, registers, target, random.Next(2) == 0 ? 0 : null);
        }
    }
}
