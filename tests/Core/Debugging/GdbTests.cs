using System.Diagnostics;
using System.Globalization;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Debugging;
using CheckpointRestart.Core.Debugging.Gdb;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Symbols;
using CheckpointRestart.Core.Tests.Guests;
using CheckpointRestart.Core.Tests.Kernel;
using Xunit;
using StackFrame = CheckpointRestart.Core.Debugging.StackFrame;
using StackTrace = CheckpointRestart.Core.Debugging.StackTrace;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Tests.Debugging;

/// <summary>Debian's gdb, which knows i386, on running guests and on images. It gets the program's files from the guest itself.</summary>
public sealed class GdbTests
{
    const string Debugger = "/usr/bin/gdb";

    static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    static Machine Start(string guest, out Task task, params string[] arguments)
    {
        var machine = new Machine(GuestRun.OptionsFor(guest, seed: 3));
        task = machine.Start(new ProgramOptions { Arguments = arguments, Suspended = true });
        machine.EndInput();
        return machine;
    }

    /// <summary>Runs gdb on a target; what it says, and how the server ended.</summary>
    internal static (string Said, GdbSessionEnd End) Run(DebugTarget target, params string[] commands)
    {
        Assert.SkipWhen(!File.Exists(Debugger), "there is no gdb here");
        using var server = new GdbServer(target, 0);
        var serving = System.Threading.Tasks.Task.Run(() => server.Run(TestContext.Current.CancellationToken));
        string[] all = ["set pagination off", "set confirm off", "set width 0", string.Create(CultureInfo.InvariantCulture, $"target remote localhost:{server.EndPoint.Port}"), .. commands];
        var start = new ProcessStartInfo(Debugger, ["-nx", "-batch", "-iex", "set debuginfod enabled off", .. all.SelectMany(static command => new[] { "-ex", command })])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        using var gdb = Process.Start(start)!;
        gdb.StandardInput.Close();
        var errors = gdb.StandardError.ReadToEndAsync();
        string said = gdb.StandardOutput.ReadToEnd();
        Assert.True(gdb.WaitForExit(60_000));
        said += errors.Result;
        Assert.True(serving.Wait(Soon), said);
        return (said, serving.Result);
    }

    static void AssertSays(string said, params string[] parts)
    {
        int at = 0;
        foreach (string part in parts)
        {
            int found = said.IndexOf(part, at, StringComparison.Ordinal);
            Assert.True(found >= 0, $"'{part}' is not there, or not in its place, in:\n{said}");
            at = found + part.Length;
        }
    }

    [Fact]
    public void It_stops_by_name_steps_reads_changes_and_lets_go()
    {
        using var machine = Start("stepper", out var task);
        var (said, end) = Run(new LiveTarget(task), "break factorial", "continue", "print $eax", "stepi", "x/i $eip", "continue", "print $eax", "delete", "set $eax = 4", "break print", "handle SIGILL nostop noprint pass", "continue",
            "info registers eip", "x/2xw $esp", "detach");
        AssertSays(said, "Breakpoint 1", "factorial ()", "$1 = 5", "factorial ()", "=> 0x80480f6 <factorial+3>:", "Breakpoint 1", "$2 = 4", "Breakpoint 2", "in print ()", "<print>", "[Inferior 1 (process 2) detached]");
        Assert.Equal(GdbSessionEnd.Detached, end);
        Assert.Equal("120 hello\n", GuestRun.Finish(machine, task).Text);
    }

    [Fact]
    public void What_it_changes_counts_for_the_program()
    {
        using var machine = Start("stepper", out var task);
        var (said, end) = Run(new LiveTarget(task), "break *main+13", "handle SIGILL nostop noprint pass", "continue", "set $eax = 42", "set {char}((char*)&buffer+3) = '-'", "print/x $xmm1", "info float", "continue");
        AssertSays(said, "Breakpoint 1", "[Inferior 1 (process 2) exited with code 03]");
        Assert.Equal(GdbSessionEnd.Exited, end);
        Assert.Equal("042-hello\n", GuestRun.Finish(machine, task).Text);
    }

    [Fact]
    public void It_watches_shows_lines_and_a_back_trace_through_a_signals_handler()
    {
        using var machine = Start("frames", out var task);
        var (said, end) = Run(new LiveTarget(task), "watch watched", "handle SIGUSR1 nostop noprint pass", "continue", "backtrace", "delete", "finish", "continue");
        AssertSays(said, "Hardware watchpoint 1: watched", "Old value = 0", "New value = 7", "innermost (n=n@entry=7) at", "frames.c:",
            "#0 ", "innermost (n=n@entry=7)", "#1 ", "recurse (n=n@entry=0)", "#2 ", "recurse (n=n@entry=1)", "#3 ", "recurse (n=n@entry=2)", "#4 ", "handler (signal=10)", "<signal handler called>", "send (", "raise_both ()", "Value returned is", "exited with code 04");
        Assert.Equal(GdbSessionEnd.Exited, end);
        Assert.Equal("watched 21\n", GuestRun.Finish(machine, task).Text);
    }

    [Fact]
    public void It_steps_by_lines_and_calls_functions_of_the_program()
    {
        using var machine = Start("frames", out var task);
        var (said, end) = Run(new LiveTarget(task), "break innermost", "handle SIGUSR1 nostop noprint pass", "continue", "next", "next", "print watched", "delete", "print recurse(2)", "print watched", "continue");
        AssertSays(said, "Breakpoint 1, innermost (n=n@entry=7)", "$1 = 7", "$2 = 17", "$3 = 14", "exited with code 04");
        Assert.Equal(GdbSessionEnd.Exited, end);
        Assert.Equal("watched 28\n", GuestRun.Finish(machine, task).Text);
    }

    [Fact]
    public void It_shows_the_threads_of_a_program_each_with_its_back_trace()
    {
        using var machine = Start("frames", out var task, "threads");
        var (said, _) = Run(new LiveTarget(task), "break innermost", "handle SIGUSR1 nostop noprint pass", "continue", "info threads", "thread apply all backtrace", "thread 2", "stepi", "delete", "continue");
        AssertSays(said, "Thread 1 \"frames\" hit Breakpoint 1, innermost", "Thread 2.2 \"frames\" innermost", "Thread 2.3 \"frames\"", "Thread 2 (Thread 2.3 \"frames\")", "spin ()", "second ()", "Thread 1 (Thread 2.2 \"frames\")", "recurse (n=n@entry=0)", "exited with code 04");
        Assert.Equal("watched 21\n", GuestRun.Finish(machine, task).Text);
    }

    [Fact]
    public void It_stops_at_a_fault_of_the_program()
    {
        using var machine = Start("stepper", out var task);
        var (said, _) = Run(new LiveTarget(task), "continue", "x/i $eip", "continue");
        AssertSays(said, "Program received signal SIGILL, Illegal instruction.", "ud2", "exited with code 03");
        Assert.Equal("120 hello\n", GuestRun.Finish(machine, task).Text);
    }

    /// <summary>A program of Debian with its C library, stripped as it comes: libraries from the guest, the way out of the vdso, and a trace that is ours, too.</summary>
    [Theory]
    [InlineData("/usr/bin/sleep", "100", "nanosleep")]
    [InlineData("/usr/bin/cat", "/dev/stdin", "read")]
    [InlineData("/bin/sh", "-c read x", "read")]
    public void It_finds_libraries_and_callers_in_a_program_of_Debian(string program, string argument, string call)
    {
        Assert.SkipWhen(DebianRoot.Packages == null, DebianRoot.NotFetched);
        using var machine = new Machine(new MachineOptions { Root = new RootOptions { Archive = DebianRoot.Archive } });
        var task = machine.Start(new ProgramOptions { FilePath = program, Arguments = argument.StartsWith("-c ", StringComparison.Ordinal) ? ["-c", argument[3..]] : [argument] });
        Assert.True(SpinWait.SpinUntil(() => machine.Execute(_ => task.HasExited || (task.State == TaskState.Sleeping && task.BlockedCall?.Reason.Contains(call, StringComparison.Ordinal) == true)), Soon));
        machine.Freeze();
        Assert.False(task.HasExited);
        StackFrame[] ours;
        using (var target = new LiveTarget(task))
        using (var trace = new StackTrace(target)) ours = [.. trace.Of(task.Pid)];
        var (said, _) = Run(new LiveTarget(task), "backtrace", "info sharedlibrary", "kill");
        AssertSays(said, "#0 ", "__kernel_vsyscall", "#1 ", "libc.so.6");
        var theirs = said.Split('\n').Where(static line => line.StartsWith('#')).Select(static line => Address(line)).ToArray();
        // gdb ends at main, or goes on where a stripped program has only call frame information; each address is the same as far as both go.
        Assert.True(theirs.Length >= 4 && ours.Length >= theirs.Length, said + string.Join('\n', ours.Select(static frame => $"{frame.Address:x} {frame.Symbol} {frame.Module}")));
        for (int i = 0; i < theirs.Length; i++) Assert.True(theirs[i] == null || theirs[i] == ours[i].Address, said + string.Join('\n', ours.Select(static frame => $"{frame.Address:x} {frame.Symbol} {frame.Module}")));
        Assert.Contains(ours, static frame => frame.Symbol.StartsWith("__libc_start_main", StringComparison.Ordinal));
        Assert.Equal("__kernel_vsyscall", ours[0].Symbol);
        Assert.EndsWith("libc.so.6", ours[1].Module, StringComparison.Ordinal);
    }

    static uint? Address(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length > 1 && words[1].StartsWith("0x", StringComparison.Ordinal) ? uint.Parse(words[1].AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) : null;
    }

    [Theory]
    [InlineData(CheckpointFormat.Extended)]
    [InlineData(CheckpointFormat.V5)]
    public void It_looks_into_an_image_which_does_not_run(CheckpointFormat format)
    {
        using var machine = Start("frames", out var task);
        machine.StepTask(task, StepGoal.At(SymbolMap.Of(task).Find("innermost")!.Value), Soon, TestContext.Current.CancellationToken);
        using var checkpoint = Checkpointer.Capture(task, new CaptureOptions { Format = format });
        var root = new RootOptions { HostProgram = GuestFiles.Program("frames") };
        var (said, end) = Run(new ImageTarget(checkpoint, task.Pid, root), "backtrace", "info registers eip", "print watched", "info proc mappings", "info threads", "x/i $eip", "set $eax = 1", "set var watched = 5", "stepi", "detach");
        AssertSays(said, "#0  innermost (n=n@entry=7)", "recurse (n=n@entry=0)", "handler (signal=10)", "<signal handler called>", "raise_both", "<innermost>", "$1 = 0", "0xc0000000", "* 1 ", "=> 0x");
        AssertSays(said, "an image does not run and is not changed");
        Assert.DoesNotContain("unable to open /proc", said, StringComparison.Ordinal);
        Assert.Equal(GdbSessionEnd.Detached, end);
    }
}
