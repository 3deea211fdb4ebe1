using CheckpointRestart.Core.Kernel;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint.Schedules;

/// <summary>How a machine ended, as far as it has.</summary>
/// <param name="Kind">What kind of end.</param>
/// <param name="ExitCode">The exit code of its first program, 128 + n after signal n; null where there is none.</param>
/// <param name="Text">As the rest of a sentence about the machine.</param>
sealed record MachineEnd(MachineEndKind Kind, int? ExitCode, string Text)
{
    /// <summary>Looks at a machine. It has crashed when it failed itself, or when its first program ended by a signal or with a status other than zero,
    /// unless somebody outside had sent that signal, or for a status of 128 + n signal n.</summary>
    /// <returns>Null while it goes on.</returns>
    internal static MachineEnd? Of(Machine machine, Task first)
    {
        if (machine.State == MachineState.Failed) return new(MachineEndKind.Crashed, null, $"failed: {machine.Failure?.Message}");
        // Whoever takes a machine away ends its tasks without a word.
        if (machine.State == MachineState.Stopped) return new(MachineEndKind.Removed, null, "was removed");
        if (!first.HasExited) return null;
        int status;
        try
        {
            // The task says that it has ended before the machine is done with its end.
            status = machine.Execute(_ => first.ExitStatus);
        }
        catch (ObjectDisposedException)
        {
            return Of(machine, first);
        }
        int code = first.ExitCode, signal = status & 0x7F;
        if (status == 0) return machine.HasLiveTasks ? null : new(MachineEndKind.Ended, 0, "ended");
        string text = signal != 0 ? $"ended by {(Signal)signal}" : $"ended with status {code}";
        bool isWanted = WasSent(machine, first, signal != 0 ? signal : code - 128);
        if (!isWanted) return new(MachineEndKind.Crashed, code, text);
        return machine.HasLiveTasks ? null : new(MachineEndKind.Ended, code, $"{text}, which was sent from outside");
    }

    static bool WasSent(Machine machine, Task first, int signal)
    {
        if (signal <= 0) return false;
        try
        {
            return machine.Execute(m => m.Events.Any(e => e.Kind == MachineEventKind.Signal && (uint)e.Value == (uint)signal && (int)(e.Value >> 32) is var pid && (pid == -1 || pid == first.Pid)));
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }
}

/// <summary>Kinds of a machine's end.</summary>
enum MachineEndKind
{
    /// <summary>All programs have ended as they should, or as somebody outside wanted.</summary>
    Ended,
    /// <summary>The machine or its first program broke down.</summary>
    Crashed,
    /// <summary>Somebody took the machine away.</summary>
    Removed,
}
