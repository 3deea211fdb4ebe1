using System.Diagnostics;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Protection;
using CheckpointRestart.Core.Kernel;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint.Schedules;

/// <summary>A machine of which images are taken by a schedule, and that comes back from the newest good one when it crashes. One thread of its own watches
/// it and writes; what goes wrong with an image is noted, and the machine goes on. Members may be called from any thread.</summary>
public sealed partial class ScheduledMachine : IDisposable
{
    /// <summary>How often the machine is looked at.</summary>
    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    const int MostWarnings = 100;

    readonly ScheduleStore store;
    readonly ScheduleOutput? output;
    readonly Thread thread;
    readonly ManualResetEventSlim wake = new();
    readonly Lock access = new();
    readonly List<string> warnings = [];
    readonly RestartPolicy? policy;
    readonly Stopwatch running = Stopwatch.StartNew();
    TimeSpan due;
    volatile bool stopping;
    ScheduleStatus status = new();

    ScheduledMachine(ScheduleStore store, Task first, ScheduleOutput? output)
    {
        (this.store, First, this.output) = (store, first, output);
        if (output != null) output.Failed = Tell;
        policy = store.Settings.AutoRestart is { } restart ? new RestartPolicy(restart) : null;
        thread = new Thread(Run) { IsBackground = true, Name = $"schedule {store.Settings.Name}" };
    }

    /// <summary>The first task of the machine as it is now.</summary>
    public Task First { get; private set; }

    /// <summary>The machine as it is now: another one after each restart.</summary>
    public Machine Machine => First.Machine;

    /// <summary>What was asked for.</summary>
    public ScheduleSettings Settings => store.Settings;

    /// <summary>Told, on the schedule's thread, of the machine that takes the place of one that crashed, before it runs.</summary>
    public Action<Task>? Restarted { get; set; }

    /// <summary>How it stands.</summary>
    public ScheduleStatus Status
    {
        get
        {
            lock (access) return status with { Instructions = Machine.RetiredInstructions, Warnings = [.. warnings] };
        }
    }

    /// <summary>True once nothing more happens: it has ended, failed, or was stopped.</summary>
    public bool IsOver => !thread.IsAlive;

    /// <summary>Takes the first image at once, and begins the schedule.</summary>
    /// <param name="store">Its files; disposed with the schedule.</param>
    /// <param name="first">The machine's first task; the machine stays the caller's.</param>
    /// <exception cref="CheckpointRefusedException">The machine has come to its end, or has something that no image carries.</exception>
    /// <exception cref="IOException">The image cannot be written.</exception>
    public static ScheduledMachine Begin(ScheduleStore store, Task first)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(first);
        var scheduled = new ScheduledMachine(store, first, null);
        var image = scheduled.TakeFirst();
        scheduled.Note(ScheduleState.Running, null);
        store.RemoveBefore(image);
        scheduled.Start();
        return scheduled;
    }

    /// <summary>Takes the first image of a schedule that another process goes on with, from where it stands.</summary>
    /// <param name="store">Its files.</param>
    /// <param name="first">The first task of a machine that is frozen.</param>
    /// <param name="written">Bytes of standard output that the machine has given away.</param>
    /// <param name="errors">Bytes of standard error that it has given away.</param>
    /// <exception cref="CheckpointRefusedException">The machine has come to its end, or has something that no image carries.</exception>
    /// <exception cref="IOException">The image cannot be written.</exception>
    public static void Leave(ScheduleStore store, Task first, long written, long errors)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(first);
        using var scheduled = new ScheduledMachine(store, first, null);
        var (checkpoint, image) = scheduled.Require(first.Machine.Execute(machine => scheduled.CaptureHere(machine, written, errors)));
        using (checkpoint) store.Save(checkpoint, image);
        store.Note(ScheduleState.Parked, null);
        store.RemoveBefore(image);
    }

    /// <summary>Makes the machine of the newest good image, and goes on with the schedule. The machine is frozen: the caller lets it go.</summary>
    /// <param name="store">Its files; disposed with the schedule.</param>
    /// <param name="output">Where its output goes; null to leave it in the machine.</param>
    /// <exception cref="ScheduleException">There is no good image, or the store lacks what opens them.</exception>
    /// <exception cref="ProtectionException">None was opened, and there are some that other keys would open.</exception>
    /// <exception cref="RestoreException">What it needs of the host is not as it was.</exception>
    public static ScheduledMachine Resume(ScheduleStore store, ScheduleOutput? output = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        store.RequireGuard();
        var found = new List<string>();
        var (first, image) = ScheduleRestorer.RestoreNewest(store, found.Add);
        try
        {
            var scheduled = new ScheduledMachine(store, first, output);
            foreach (string warning in found) scheduled.Warn(warning);
            scheduled.Take(image);
            scheduled.Note(ScheduleState.Running, null);
            scheduled.Start();
            return scheduled;
        }
        catch
        {
            first.Machine.Dispose();
            throw;
        }
    }

    /// <summary>Ends the schedule; the machine goes on, and the files stay.</summary>
    public void Stop() => End(ScheduleState.Stopped);

    /// <summary>Saves the machine a last time, where it stands, and ends it and the schedule. Should the save fail, the machine is frozen.</summary>
    /// <returns>True when the last image was written, or when the machine had ended before.</returns>
    public bool Park()
    {
        Finish();
        if (Status.State != ScheduleState.Running) return true;
        try
        {
            if (!Machine.HasEnded) Machine.Freeze();
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
        switch (Save(Capture))
        {
            case SaveResult.Written:
                Machine.Dispose();
                Note(ScheduleState.Parked, null);
                return true;
            case SaveResult.Nothing:
                if (MachineEnd.Of(Machine, First) is { } end) GoesOnAfter(end);
                return true;
            default:
                Note(ScheduleState.Failed, null);
                return false;
        }
    }

    /// <summary>Stops, as <see cref="Stop"/> does, and gives the files back.</summary>
    public void Dispose()
    {
        if (HasStarted) Stop();
        Follow(null);
        store.Dispose();
        wake.Dispose();
    }

    /// <summary>Stops, and takes the files away.</summary>
    public void RemoveFiles()
    {
        Stop();
        store.RemoveFiles();
    }

    bool HasStarted => !thread.ThreadState.HasFlag(System.Threading.ThreadState.Unstarted);

    void End(ScheduleState state)
    {
        Finish();
        if (Status.State is ScheduleState.Running or ScheduleState.Waiting) Note(state, null);
    }

    void Finish()
    {
        stopping = true;
        wake.Set();
        if (HasStarted && !ReferenceEquals(Thread.CurrentThread, thread)) thread.Join();
    }

    void Start()
    {
        if (Settings.Instructions != null) Arm(Machine);
        due = running.Elapsed + (Settings.Period ?? default);
        thread.Start();
    }

    void Run()
    {
        try
        {
            while (!stopping)
            {
                var wait = Settings.Period == null ? Look : TimeSpan.FromTicks(Math.Clamp((due - running.Elapsed).Ticks, 0, Look.Ticks));
                wake.Wait(wait);
                wake.Reset();
                WriteWaiting();
                if (MachineEnd.Of(Machine, First) is { } end)
                {
                    WriteWaiting();
                    if (!GoesOnAfter(end)) return;
                }
                else if (!stopping && Settings.Period is { } period && running.Elapsed >= due)
                {
                    SaveIfChanged();
                    // What was missed is not made up for.
                    due += TimeSpan.FromTicks(period.Ticks * ((running.Elapsed - due).Ticks / period.Ticks + 1));
                }
            }
        }
#pragma warning disable CA1031 // An error here would end the whole process; it is shown instead.
        catch (Exception defect)
#pragma warning restore CA1031
        {
            Fail(defect.ToString());
            Note(ScheduleState.Failed, null);
        }
        finally
        {
            Disarm();
            WriteWaiting();
        }
    }

    void FlushOutput()
    {
        try
        {
            output?.Flush();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            Fail(problem.Message);
        }
    }

    /// <returns>False when it is over.</returns>
    bool GoesOnAfter(MachineEnd end)
    {
        FlushOutput();
        if (end.Kind != MachineEndKind.Crashed)
        {
            Note(end.Kind == MachineEndKind.Ended ? ScheduleState.Ended : ScheduleState.Stopped, end.ExitCode);
            return false;
        }
        string text = FormattableString.Invariant($"the machine {end.Text}, at instruction {Machine.RetiredInstructions}");
        Warn(text);
        if (policy?.Next(running.Elapsed) is not { } delay)
        {
            if (policy != null) Fail($"{text}: it has come back {policy.Count} times and is given up");
            Note(ScheduleState.Failed, end.ExitCode);
            return false;
        }
        Note(ScheduleState.Waiting, end.ExitCode);
        var until = running.Elapsed + delay;
        while (!stopping && running.Elapsed < until) Thread.Sleep(TimeSpan.FromTicks(Math.Clamp((until - running.Elapsed).Ticks, 1, Look.Ticks)));
        if (stopping)
        {
            Note(ScheduleState.Failed, end.ExitCode);
            return false;
        }
        return Restart(end);
    }

    bool Restart(MachineEnd end)
    {
        Disarm();
        // What is left of the old one must not run beside the new one.
        var old = Machine;
        try
        {
            if (!old.HasEnded) old.KillAll();
        }
        catch (ObjectDisposedException) when (old.HasEnded)
        {
        }
        Task first;
        ScheduleImage image;
        try
        {
            old.ClosePorts();
            (first, image) = ScheduleRestorer.RestoreNewest(store, Warn);
        }
        catch (Exception problem) when (problem is ScheduleException or RestoreException or IOException or UnauthorizedAccessException or ProtectionException or Files.TarException)
        {
            Fail(problem.Message);
            Note(ScheduleState.Failed, end.ExitCode);
            return false;
        }
        lock (access)
        {
            First = first;
            status = status with { Restarts = policy!.Count };
        }
        Take(image);
        if (Settings.Instructions != null) Arm(first.Machine);
        due = running.Elapsed + (Settings.Period ?? default);
        Restarted?.Invoke(first);
        // Frozen as it may have been when its image was taken: it comes back to run, and does before anybody reads that it does.
        first.Machine.Thaw(first);
        Note(ScheduleState.Running, null);
        return true;
    }

    /// <summary>Begins to go on from an image.</summary>
    void Take(ScheduleImage image)
    {
        output?.Attach(Machine, image);
        // The machine's pages are others than those that the image was taken of: the next one is full.
        Follow(null);
        savedAt = (image.Instructions, -1);
        lock (access) status = status with { LastImage = store.PathOf(image), LastSave = image.Taken };
    }

    void Note(ScheduleState state, int? exitCode)
    {
        lock (access) status = status with { State = state, ExitCode = exitCode };
        try
        {
            store.Note(state, exitCode);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            Fail(problem.Message);
        }
    }

    void Warn(string warning)
    {
        lock (access)
        {
            if (warnings.Count == MostWarnings) warnings.RemoveAt(0);
            warnings.Add(warning);
        }
    }

    void Tell(string problem)
    {
        Warn(problem);
        Fail(problem);
    }

    void Fail(string error)
    {
        lock (access) status = status with { LastError = error };
    }
}
