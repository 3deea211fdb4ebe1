using System.Collections.Concurrent;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Image.Protection;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Core.Checkpoint.Schedules;

/// <content>Images: taken at an instruction boundary, and written while the machine goes on.</content>
public sealed partial class ScheduledMachine
{
    /// <summary>Images that may wait to be written; when there are more, a machine whose images are taken by count stands still until one is.</summary>
    const int MostWaiting = 2;

    readonly ConcurrentQueue<(Checkpoint Checkpoint, ScheduleImage Image)> waiting = new();
    IDisposable? appointment;

    /// <summary>The image that was written last, where the next one may build on it.</summary>
    (Checkpoint Checkpoint, ScheduleImage Image)? last;

    /// <summary>The machine's instructions and events when it was last saved.</summary>
    (ulong Instructions, int Events) savedAt;

    /// <summary>The first image of all: what goes wrong with it is the caller's to hear.</summary>
    ScheduleImage TakeFirst()
    {
        var (checkpoint, image) = Require(Capture());
        Write(checkpoint, image);
        return image;
    }

    (Checkpoint Checkpoint, ScheduleImage Image) Require((Checkpoint Checkpoint, ScheduleImage Image)? taken) =>
        taken ?? throw new CheckpointRefusedException([Obstacle.Ended($"task {First}")]);

    void SaveIfChanged() =>
        Save(() => Machine.Execute(machine => (machine.RetiredInstructions, machine.Events.Count) == savedAt ? null : CaptureHere(machine)));

    (Checkpoint Checkpoint, ScheduleImage Image)? Capture() => Machine.Execute(CaptureHere);

    /// <summary>Takes an image. On the machine's thread.</summary>
    /// <returns>Null when the machine has come to its end.</returns>
    (Checkpoint Checkpoint, ScheduleImage Image)? CaptureHere(Machine machine) =>
        output != null ? output.Hold((written, errors) => CaptureHere(machine, written, errors)) : CaptureHere(machine, null, null);

    (Checkpoint Checkpoint, ScheduleImage Image)? CaptureHere(Machine machine, long? written, long? errors)
    {
        // What cannot go on takes no good image's place.
        if (MachineEnd.Of(machine, First) != null) return null;
        var options = new CaptureOptions { Format = CheckpointFormat.Extended };
        var checkpoint = First.HasExited ? Checkpointer.Capture(machine, options) : Checkpointer.Capture(First, options);
        savedAt = (machine.RetiredInstructions, machine.Events.Count);
        return (checkpoint, new ScheduleImage
        {
            Sequence = store.NextSequence(),
            Instructions = machine.RetiredInstructions,
            Taken = TimeProvider.System.GetUtcNow(),
            Output = written,
            Error = errors,
        });
    }

    enum SaveResult
    {
        Written,
        /// <summary>Nothing to save: the machine has come to its end, or nothing has happened in it.</summary>
        Nothing,
        Failed,
    }

    SaveResult Save(Func<(Checkpoint Checkpoint, ScheduleImage Image)?> capture)
    {
        try
        {
            if (capture() is not { } taken) return SaveResult.Nothing;
            Write(taken.Checkpoint, taken.Image);
            return SaveResult.Written;
        }
        catch (ObjectDisposedException) when (Machine.HasEnded)
        {
            return SaveResult.Nothing;
        }
        catch (Exception problem) when (IsOrdinary(problem))
        {
            CountFailure(problem);
            return SaveResult.Failed;
        }
    }

    /// <summary>Writes an image, and takes it over: the next one may build on it.</summary>
    void Write(Checkpoint checkpoint, ScheduleImage image)
    {
        bool isKept = false;
        try
        {
            // What the image takes for granted is on the disk before the image is.
            output?.Flush();
            var parent = IncrementsSinceFull < Settings.FullEvery - 1 && last?.Checkpoint.Extended?.ChainLength < ExtendedLimits.MostChain ? last : null;
            try
            {
                image = image with { Parent = parent?.Image.Sequence };
                store.Save(checkpoint, image, parent?.Checkpoint);
            }
            catch (Exception unusable) when (parent != null && unusable is CheckpointImageException or CheckpointRefusedException or FileNotFoundException or ProtectionException)
            {
                Warn($"an image is full, because the one before cannot be built on: {unusable.Message}");
                image = image with { Parent = null };
                store.Save(checkpoint, image);
            }
            lock (access) status = status with { Saved = status.Saved + 1, LastImage = store.PathOf(image), LastSave = image.Taken, LastPause = checkpoint.Pause };
            isKept = Settings.FullEvery > 1;
            Follow(isKept ? (checkpoint, image) : null);
        }
        finally
        {
            if (!isKept) checkpoint.Dispose();
        }
    }

    int IncrementsSinceFull { get; set; }

    /// <summary>Holds the image that was written last, so that the next one is told apart by what was written since.</summary>
    void Follow((Checkpoint Checkpoint, ScheduleImage Image)? next)
    {
        last?.Checkpoint.Dispose();
        IncrementsSinceFull = next?.Image.Parent == null ? 0 : IncrementsSinceFull + 1;
        last = next;
    }

    /// <summary>Writes what was taken at exact counts.</summary>
    void WriteWaiting()
    {
        while (waiting.TryPeek(out var next))
        {
            (Checkpoint, ScheduleImage)? taken = next;
            Save(() => taken);
            waiting.TryDequeue(out _);
        }
    }

    /// <summary>Makes the appointment for the next image that is due by count.</summary>
    void Arm(Machine machine)
    {
        ulong next = Settings.NextInstruction(machine.RetiredInstructions);
        try
        {
            appointment = machine.RunAt(next, IsTaken);
        }
        catch (Exception passed) when (passed is ArgumentOutOfRangeException)
        {
            Arm(machine);
        }
        catch (ObjectDisposedException) when (machine.HasEnded)
        {
        }
    }

    bool IsTaken(Machine machine)
    {
        if (stopping) return true;
        if (waiting.Count >= MostWaiting)
        {
            wake.Set();
            return false;
        }
        try
        {
            if (CaptureHere(machine) is { } taken) waiting.Enqueue(taken);
            wake.Set();
        }
        catch (Exception problem) when (IsOrdinary(problem))
        {
            CountFailure(problem);
        }
        Arm(machine);
        return true;
    }

    void Disarm()
    {
        appointment?.Dispose();
        appointment = null;
    }

    void CountFailure(Exception problem)
    {
        lock (access) status = status with { FailedSaves = status.FailedSaves + 1, LastError = problem.Message };
    }

    static bool IsOrdinary(Exception problem) => problem is IOException or UnauthorizedAccessException or CheckpointRefusedException or CheckpointImageException or ProtectionException;
}
