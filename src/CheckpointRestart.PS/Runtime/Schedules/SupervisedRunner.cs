using System.Diagnostics;
using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint.Schedules;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Runtime.Schedules;

/// <summary>A schedule whose machine runs in a process of its own: this session starts that process again when it dies or falls silent, and it goes when the
/// session does.</summary>
sealed class SupervisedRunner : ScheduleRunner
{
    /// <summary>How long a host may take until it tells of its machine, and to save it a last time.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    readonly HostCommand command;
    readonly Thread thread;
    readonly Lock access = new();
    readonly List<string> warnings = [];
    readonly RestartPolicy policy;
    readonly Stopwatch running = Stopwatch.StartNew();
    volatile HostProcess? host;
    volatile bool stopping, over;
    ScheduleStatus last;

    /// <summary>What hosts had counted that have died.</summary>
    ScheduleStatus earlier = new();

    SupervisedRunner(string directory, ScheduleSettings settings, HostCommand command, ScheduleGuard guard, HostProcess host) : base(directory, settings, guard)
    {
        (this.command, this.host) = (command, host);
        last = host.Status!;
        policy = new RestartPolicy(settings.HostRestart);
        thread = new Thread(Watch) { IsBackground = true, Name = $"supervisor of {settings.Name}" };
        thread.Start();
    }

    internal override ScheduleStatus Status
    {
        get
        {
            lock (access)
            {
                return last with
                {
                    Saved = earlier.Saved + last.Saved,
                    FailedSaves = earlier.FailedSaves + last.FailedSaves,
                    Restarts = earlier.Restarts + last.Restarts,
                    Warnings = [.. warnings, .. last.Warnings],
                };
            }
        }
    }

    internal override bool IsOver => over;

    internal override int? ProcessId => over ? null : host?.Id;

    internal override int HostRestarts => policy.Count;

    /// <summary>Moves a machine of this process into a host of its own. Should that fail, the machine goes on here.</summary>
    internal static SupervisedRunner Begin(ScheduleStore store, CrTask first, HostCommand command, CancellationToken token)
    {
        var machine = first.Machine.Kernel;
        bool froze = !machine.IsFrozen;
        if (froze) machine.Freeze();
        bool moved = false;
        try
        {
            Leave(store, first);
            var runner = Resume(store.Directory, store.Settings, command, store.Guard, token);
            moved = true;
            return runner;
        }
        finally
        {
            if (moved) Registry.Remove(first.Machine);
            else if (froze && !machine.HasEnded) machine.Thaw();
        }
    }

    /// <summary>Writes what a host goes on with: the machine's image, and as the beginning of the files the part of a line that was taken out of the machine and not given to anybody.</summary>
    static void Leave(ScheduleStore store, CrTask first)
    {
        try
        {
            string name = Path.Combine(store.Directory, store.Settings.Name);
            long output = Write(name + ".out", first.Machine.Output), errors = Write(name + ".err", first.Machine.Error);
            ScheduledMachine.Leave(store, first.Task, output, errors);
            store.Dispose();
        }
        catch
        {
            store.Abandon();
            throw;
        }

        static long Write(string path, OutputReader reader)
        {
            byte[] bytes = reader.Pending;
            File.WriteAllBytes(path, bytes);
            return bytes.Length;
        }
    }

    /// <summary>Starts a host for a schedule that nobody works with.</summary>
    /// <exception cref="CrException">The host does not come up.</exception>
    internal static SupervisedRunner Resume(string directory, ScheduleSettings settings, HostCommand command, ScheduleGuard guard, CancellationToken token)
    {
        var started = HostProcess.Start(command, Path.Combine(directory, settings.Name + ScheduleStore.FileEnding), guard);
        try
        {
            if (!started.WaitUntilReady(Patience, token))
                throw new CrException("HostFailed", ErrorCategory.OperationStopped, $"The host '{command.HostPath}' of the schedule '{settings.Name}' does not run its machine: {started.Errors}", "Give -HostPath the path of a pwsh that can import the module.");
            if (started.Status is { State: ScheduleState.Failed } failed)
                throw new CrException("HostFailed", ErrorCategory.OperationStopped, $"The machine of the schedule '{settings.Name}' cannot be restored: {failed.LastError}", "Test-CrCheckpoint tells of each image what is wrong with it.");
            return new SupervisedRunner(directory, settings, command, guard, started);
        }
        catch
        {
            started.Kill();
            started.Dispose();
            throw;
        }
    }

    internal override void Stop()
    {
        stopping = true;
        host?.Close();
        thread.Join();
    }

    internal override void RemoveFiles()
    {
        Stop();
        using (var store = ScheduleStore.Open(FilePath)) store.RemoveFiles();
        File.Delete(OutputPath);
        File.Delete(ErrorPath);
    }

    void Watch()
    {
        try
        {
            while (WatchOne() && StartAgain())
            {
            }
        }
#pragma warning disable CA1031 // An error here would end the whole session; it is shown instead.
        catch (Exception defect)
#pragma warning restore CA1031
        {
            lock (access) last = last with { State = ScheduleState.Failed, LastError = defect.ToString() };
        }
        finally
        {
            over = true;
        }
    }

    /// <summary>Watches a host until its end.</summary>
    /// <returns>True when it died.</returns>
    bool WatchOne()
    {
        using var watched = host!;
        var closing = new Stopwatch();
        while (!watched.WaitForEnd(Look))
        {
            Read(watched);
            if (stopping && !closing.IsRunning) closing.Start();
            if (closing.Elapsed <= Patience && (closing.IsRunning || watched.Silence <= Settings.Heartbeat)) continue;
            Warn($"the host process {watched.Id} was silent for {watched.Silence.TotalSeconds:n1} s and is ended");
            watched.Kill();
        }
        Read(watched);
        if (last.IsOver) return false;
        lock (access)
        {
            earlier = earlier with { Saved = earlier.Saved + last.Saved, FailedSaves = earlier.FailedSaves + last.FailedSaves, Restarts = earlier.Restarts + last.Restarts };
            foreach (string warning in last.Warnings) Warn(warning);
            last = last with { Saved = 0, FailedSaves = 0, Restarts = 0, Warnings = [] };
        }
        Warn($"the host process {watched.Id} has died{(watched.Errors is { Length: > 0 } errors ? ": " + errors : "")}");
        return true;
    }

    /// <returns>False when it is not, or cannot be.</returns>
    bool StartAgain()
    {
        while (true)
        {
            if (stopping || policy.Next(running.Elapsed) is not { } delay)
            {
                lock (access) last = last with { State = ScheduleState.Failed, LastError = stopping ? last.LastError : $"the host has been started again {policy.Count} times and is given up" };
                return false;
            }
            lock (access) last = last with { State = ScheduleState.Waiting };
            var until = running.Elapsed + delay;
            while (!stopping && running.Elapsed < until) Thread.Sleep(TimeSpan.FromTicks(Math.Clamp((until - running.Elapsed).Ticks, 1, Look.Ticks)));
            if (stopping) continue;
            try
            {
                host = HostProcess.Start(command, FilePath, Guard);
                return true;
            }
            catch (CrException refused)
            {
                Warn(refused.Message);
            }
        }
    }

    void Read(HostProcess from)
    {
        if (from.Status is not { } status) return;
        lock (access) last = status;
    }

    void Warn(string warning)
    {
        lock (access)
        {
            if (warnings.Count == 100) warnings.RemoveAt(0);
            warnings.Add(warning);
        }
    }
}
