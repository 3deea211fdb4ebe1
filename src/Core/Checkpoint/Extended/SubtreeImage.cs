using CheckpointRestart.Core.Checkpoint.External;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>A task with its descendants alone: the machine as it would be had all others ended, with nobody inside told of that. That is only so while they share nothing
/// with those that stay, or what they share is left open, to be bound to something else.</summary>
internal static class SubtreeImage
{
    /// <summary>Takes the image. Any thread.</summary>
    /// <param name="task">The first of those that stay.</param>
    /// <param name="note">What the image says of itself.</param>
    /// <param name="pause">How long the machine stood still.</param>
    /// <param name="allowExternal">Leaves ends of pipes, sockets and terminals open that tasks outside have.</param>
    /// <param name="complete">Completes the note, with the machine that has only those that stay.</param>
    /// <exception cref="CheckpointRefusedException">Something is shared with the outside; each is named, with who holds it. Or the process has ended.</exception>
    /// <exception cref="RestoreException">There is no memory for a copy of the machine's objects.</exception>
    public static ExtendedImage Capture(Task task, CheckpointNote note, out TimeSpan pause, bool allowExternal = false, Action<Machine>? complete = null)
    {
        var machine = task.Machine;
        long began = 0;
        var (whole, outside, ends) = machine.Execute(m =>
        {
            began = System.Diagnostics.Stopwatch.GetTimestamp();
            // It may have come to its end since it was asked for.
            if (task.Group.IsZombie) throw new CheckpointRefusedException([Obstacle.Ended($"task {task}")]);
            var inside = Inside(task.Group);
            var others = m.Tasks.Where(other => !ReferenceEquals(other, m.Init) && !inside.Contains(other.Group)).ToList();
            var sharing = new SubtreeSharing(task, m.Tasks.Where(other => inside.Contains(other.Group)).ToList(), others, allowExternal);
            if (sharing.Obstacles.Count > 0) throw new CheckpointRefusedException(sharing.Obstacles);
            return (MachineImage.CaptureHere(m, null, isTransient: true), others.Select(static other => other.Pid).ToHashSet(), sharing.Ends);
        });
        pause = System.Diagnostics.Stopwatch.GetElapsedTime(began);
        using (whole)
        {
            using var copy = MachineImage.Restore(whole, machine.Options.Root, known => machine.Options with { Files = null, Version = known.Version }, allowChangedFiles: true);
            return MachineImage.Complete(copy.Execute(m =>
            {
                KeepOpen(m, ends);
                EndOthers(m, outside);
                note.Task = m.Tasks.First(other => other.Pid == task.Pid);
                complete?.Invoke(m);
                return MachineImage.CaptureHere(m, note);
            }));
        }
    }

    /// <summary>A process with its descendants.</summary>
    public static HashSet<ThreadGroup> Inside(ThreadGroup root)
    {
        var found = new HashSet<ThreadGroup>(ReferenceEqualityComparer.Instance);
        var waiting = new Stack<ThreadGroup>([root]);
        while (waiting.TryPop(out var group))
        {
            if (!found.Add(group)) continue;
            foreach (var child in group.Children) waiting.Push(child);
        }
        return found;
    }

    static void KeepOpen(Machine machine, IReadOnlyList<SharedEnd> ends)
    {
        if (ends.Count == 0) return;
        var kept = machine.GetService<ExternalEnds>();
        foreach (var end in ends) kept.Add(new ExternalEnd { Name = end.Name, Inside = end.Inside.In(machine).Inode, Outside = end.Outside.In(machine) });
    }

    static void EndOthers(Machine machine, HashSet<int> outside)
    {
        machine.Undisturbed = machine.Tasks.Where(task => !outside.Contains(task.Pid)).Select(static task => task.Group).ToHashSet();
        foreach (var task in machine.Tasks)
            if (outside.Contains(task.Pid) && !task.HasExited) machine.Kill(task);
        machine.Undisturbed = null;
    }
}
