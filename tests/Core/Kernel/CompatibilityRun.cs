using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Syscalls;
using CheckpointRestart.Core.Tests.Files;
using CheckpointRestart.Core.Tests.Guests;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>One of Debian's programs, or a file of CPython's tests, in a machine with Debian's root, beside what it does natively.</summary>
public sealed record CompatibilityRun
{
    /// <summary>What differs, in words; null when nothing does.</summary>
    public string? Difference { get; init; }

    /// <summary>System calls that the machine does not have and that the program made, with how often.</summary>
    public string Unknown { get; init; } = "";

    /// <summary>Tests that pass natively and in the machine.</summary>
    public int Same { get; init; }

    /// <summary>Tests that pass natively and not in the machine.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>Whether anything is otherwise than natively.</summary>
    public bool IsDifferent => Difference != null || Missing.Count > 0;

    /// <summary>Runs a case and compares output, errors and status.</summary>
    public static CompatibilityRun Of(GuestCase guest, TarArchive root, double seconds)
    {
        using var machine = MachineOf(root);
        var task = machine.Start(new ProgramOptions { FilePath = guest.Program, Arguments = guest.Arguments, Environment = guest.Environment });
        if (!guest.Input.IsEmpty) machine.SendInput(guest.Input);
        var run = End(machine, task, seconds);
        return new CompatibilityRun { Difference = Failure(run) ?? guest.Difference(run.Output, run.Errors, run.ExitCode), Unknown = UnknownCalls(machine) };
    }

    /// <summary>Runs a file of CPython's tests and compares the set of those that pass.</summary>
    public static CompatibilityRun OfPython(string file, TarArchive root, double seconds)
    {
        var plan = PythonTests.Plan;
        using var machine = MachineOf(root);
        var task = machine.Start(new ProgramOptions { FilePath = plan.Program, Arguments = plan.ArgumentsFor(file), Environment = plan.Environment });
        var run = End(machine, task, seconds);
        byte[]? report = run.Failure == null ? machine.Execute(m => ReportOf(m, plan.Report)) : null;
        var passing = report == null ? PythonTests.PassingSoFar(run.Text) : PythonTests.PassingIn(report);
        var natively = PythonTests.PassingNatively(file);
        string[] missing = [.. natively.Where(name => !passing.Contains(name)).Order(StringComparer.Ordinal)];
        string? failure = report != null ? null : Failure(run) ?? $"ended with {run.ExitCode} and without a report: {Tail(run.Text)}{Tail(run.ErrorText)}";
        return new CompatibilityRun { Difference = failure, Same = natively.Count - missing.Length, Missing = missing, Unknown = UnknownCalls(machine) };
    }

    static Machine MachineOf(TarArchive root) =>
        new(new MachineOptions { Root = new RootOptions { Archive = root }, Clock = ClockKind.Virtual, Seed = 1, MemoryLimit = 2L << 30 });

    static GuestRun End(Machine machine, Task task, double seconds)
    {
        machine.EndInput();
        return GuestRun.Finish(machine, task, seconds);
    }

    static string? Failure(GuestRun run) =>
        run.Failure != null ? $"the machine failed: {run.Failure.Message}" : run.HasExited ? null : $"did not end: {run.Where}";

    static byte[]? ReportOf(Machine machine, string path)
    {
        if (machine.Tree.Open(new PathStart(machine.Tree.Root, machine.Tree.Root), path, OpenFlags.ReadOnly, 0, out var file).Errno != Errno.None) return null;
        byte[] bytes = TestMachine.ReadAll(file!);
        file!.Release();
        return bytes.Length == 0 ? null : bytes;
    }

    static string UnknownCalls(Machine machine) => string.Join(", ", machine.UnknownCalls.Select(static pair => $"{SyscallTable.NameOf(pair.Key)} x{pair.Value}"));

    static string Tail(string text) => text.Length <= 300 ? text : text[^300..];
}
