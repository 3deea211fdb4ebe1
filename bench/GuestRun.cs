using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Bench;

/// <summary>Runs one guest program in this process, as the other side of a pair of whole processes.</summary>
internal static class GuestRun
{
    /// <summary>Runs a host file; its output goes to this process's.</summary>
    /// <returns>Its exit code.</returns>
    public static int Run(string program, IReadOnlyList<string> arguments)
    {
        using var machine = MachineFactory.Create(new MachineOptions { Root = new RootOptions { HostProgram = Path.GetFullPath(program) } });
        var task = machine.Start(new ProgramOptions { Arguments = arguments });
        machine.EndInput();
        machine.WaitForExit(task);
        Console.OpenStandardOutput().Write(machine.Streams.TakeAll(StreamKind.Output));
        return task.ExitCode;
    }

    /// <summary>Instructions of a program, and how many of them a second, the machine's start left out.</summary>
    public static (ulong Instructions, double Rate) Measure(string program, params string[] arguments)
    {
        using var machine = MachineFactory.Create(new MachineOptions { Root = new RootOptions { HostProgram = Path.GetFullPath(program) } });
        var task = machine.Start(new ProgramOptions { Arguments = arguments, Suspended = true });
        long began = System.Diagnostics.Stopwatch.GetTimestamp();
        machine.Thaw(task);
        machine.WaitForExit(task);
        return (task.Instructions, task.Instructions / System.Diagnostics.Stopwatch.GetElapsedTime(began).TotalSeconds);
    }
}
