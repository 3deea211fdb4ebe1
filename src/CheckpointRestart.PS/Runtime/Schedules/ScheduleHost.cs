using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Schedules;
using CheckpointRestart.Core.Image.Protection;

namespace CheckpointRestart.PS.Runtime.Schedules;

/// <summary>The host's side of a supervised schedule: runs the machine, tells of it on standard output, and saves it a last time when standard input ends,
/// which it does when the session that started it is gone, however that ended.</summary>
static class ScheduleHost
{
    static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(200);

    /// <param name="path">The file that describes the schedule.</param>
    /// <param name="keyPipe">The pipe on which its keys come; null where it has none.</param>
    internal static void Run(string path, string? keyPipe)
    {
        using var told = new ManualResetEventSlim();
        // Ctrl+C goes to all programs of the console, and is for the session alone.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static signal => signal.Cancel = true);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => Leave(signal, told));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Leave(signal, told));
        new Thread(() => WaitForEnd(told)) { IsBackground = true, Name = "schedule input" }.Start();
        using var output = Console.OpenStandardOutput();
        try
        {
            using var store = ScheduleStore.Open(path);
            if (keyPipe is not null) store.Guard = TakeKeys(keyPipe);
            string name = Path.Combine(store.Directory, store.Settings.Name);
            using var files = new ScheduleOutput(name + ".out", name + ".err");
            using var scheduled = ScheduledMachine.Resume(store, files);
            using var _ = scheduled.Machine;
            scheduled.Machine.Thaw(scheduled.First);
            Run(scheduled, told, output);
        }
        catch (Exception problem) when (problem is ScheduleException or RestoreException or IOException or InvalidDataException or UnauthorizedAccessException or ProtectionException or Core.Files.TarException)
        {
            Tell(output, new ScheduleStatus { State = ScheduleState.Failed, LastError = problem.Message });
        }
    }

    static ScheduleGuard TakeKeys(string pipe)
    {
        using var keys = new AnonymousPipeClientStream(PipeDirection.In, pipe);
        return ScheduleGuard.ReadFrom(keys);
    }

    static void Run(ScheduledMachine scheduled, ManualResetEventSlim told, Stream output)
    {
        while (!scheduled.IsOver && !told.IsSet)
        {
            if (!Tell(output, scheduled.Status)) break;
            told.Wait(Beat < scheduled.Settings.Heartbeat / 4 ? Beat : scheduled.Settings.Heartbeat / 4);
        }
        if (!scheduled.IsOver) scheduled.Park();
        Tell(output, scheduled.Status);
        scheduled.Machine.Dispose();
    }

    /// <returns>False when nobody listens.</returns>
    static bool Tell(Stream output, ScheduleStatus status)
    {
        try
        {
            output.Write(Encoding.UTF8.GetBytes(HostCommand.StatusMark + status.ToLine() + "\n"));
            output.Flush();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    static void WaitForEnd(ManualResetEventSlim told)
    {
        using var input = Console.OpenStandardInput();
        Span<byte> bytes = stackalloc byte[256];
        try
        {
            while (input.Read(bytes) > 0)
            {
            }
        }
        catch (IOException)
        {
        }
        Set(told);
    }

    static void Leave(PosixSignalContext signal, ManualResetEventSlim told)
    {
        signal.Cancel = true;
        Set(told);
    }

    static void Set(ManualResetEventSlim told)
    {
        try
        {
            told.Set();
        }
        catch (ObjectDisposedException)
        {
        }
    }
}
