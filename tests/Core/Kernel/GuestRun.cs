using System.Text;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>A program's run in a machine: how it is started, and what it gave.</summary>
public sealed class GuestRun
{
    public byte[] Output { get; private init; } = [];

    public byte[] Errors { get; private init; } = [];

    public string Text => Encoding.UTF8.GetString(Output);

    public string ErrorText => Encoding.UTF8.GetString(Errors);

    public bool HasExited { get; private init; }

    public int ExitCode { get; private init; }

    public ulong Instructions { get; private init; }

    public Exception? Failure { get; private init; }

    /// <summary>What the tasks were doing when it was given up.</summary>
    public string Where { get; private init; } = "";

    /// <summary>A machine whose root is an empty one with one of our own guests.</summary>
    public static MachineOptions OptionsFor(string guest, ulong seed = 0, ClockKind clock = ClockKind.Virtual) =>
        new() { Root = new RootOptions { HostProgram = GuestFiles.Program(guest) }, Clock = clock, Seed = seed };

    /// <summary>Runs one of our own guests to its end.</summary>
    public static GuestRun Own(string guest, params string[] arguments) => Run(OptionsFor(guest), new ProgramOptions { Arguments = arguments });

    /// <summary>Runs a program to its end.</summary>
    public static GuestRun Run(MachineOptions options, ProgramOptions program, ReadOnlyMemory<byte> input = default, double seconds = 60)
    {
        using var machine = new Machine(options);
        var task = machine.Start(program);
        if (!input.IsEmpty) machine.SendInput(input);
        machine.EndInput();
        return Finish(machine, task, seconds);
    }

    /// <summary>Waits for the end and collects what was printed.</summary>
    public static GuestRun Finish(Machine machine, Task task, double seconds = 60)
    {
        using var output = new MemoryStream();
        using var errors = new MemoryStream();
        long end = Environment.TickCount64 + (long)(seconds * 1000);
        bool done;
        do
        {
            done = machine.WaitForExit(task, TimeSpan.FromMilliseconds(50)) || machine.HasEnded;
            output.Write(machine.Streams.TakeAll(StreamKind.Output));
            errors.Write(machine.Streams.TakeAll(StreamKind.Error));
        }
        while (!done && Environment.TickCount64 < end);
        return new GuestRun
        {
            Output = output.ToArray(),
            Errors = errors.ToArray(),
            HasExited = task.HasExited,
            ExitCode = task.ExitCode,
            Instructions = machine.RetiredInstructions,
            Failure = machine.Failure,
            Where = string.Join("; ", machine.Tasks.Select(t => $"{t} {t.State} {t.BlockedCall?.Reason}")),
        };
    }
}
