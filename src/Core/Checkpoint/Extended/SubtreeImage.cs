using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>A task with its descendants alone: the machine as it would be had all others ended. That is only so while they share nothing with those that stay.</summary>
internal static class SubtreeImage
{
    /// <summary>Takes the image. Any thread.</summary>
    /// <exception cref="CheckpointRefusedException">Something is shared with the outside; each is named, with who holds it.</exception>
    /// <param name="task">The first of those that stay.</param>
    /// <param name="note">What the image says of itself.</param>
    /// <param name="pause">How long the machine stood still.</param>
    /// <param name="complete">Completes the note, with the machine that has only those that stay.</param>
    public static ExtendedImage Capture(Task task, CheckpointNote note, out TimeSpan pause, Action<Machine>? complete = null)
    {
        var machine = task.Machine;
        long began = 0;
        var (whole, outside) = machine.Execute(m =>
        {
            began = System.Diagnostics.Stopwatch.GetTimestamp();
            var inside = Inside(task.Group);
            var others = m.Tasks.Where(other => !ReferenceEquals(other, m.Init) && !inside.Contains(other.Group)).ToList();
            var obstacles = FindShared(task, m.Tasks.Where(other => inside.Contains(other.Group)).ToList(), others);
            if (obstacles.Count > 0) throw new CheckpointRefusedException(obstacles);
            return (MachineImage.CaptureHere(m), others.Select(static other => other.Pid).ToHashSet());
        });
        pause = System.Diagnostics.Stopwatch.GetElapsedTime(began);
        using (whole)
        {
            using var copy = MachineImage.Restore(whole, machine.Options.Root, known => machine.Options with { Files = null, Version = known.Version }, allowChangedFiles: true);
            foreach (var other in copy.Tasks.Where(other => outside.Contains(other.Pid) && !other.HasExited)) copy.Kill(other);
            return copy.Execute(m =>
            {
                complete?.Invoke(m);
                note.Task = m.Tasks.First(other => other.Pid == task.Pid);
                return MachineImage.CaptureHere(m, note);
            });
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

    /// <summary>What those inside use and somebody outside holds too. The machine's streams, its root's files and the kernel's own devices do not count.</summary>
    static List<Obstacle> FindShared(Task root, List<Task> inside, List<Task> outside)
    {
        var found = new List<Obstacle>();
        if (root.ParentDeathSignal != 0 && outside.Count > 0) found.Add(new(Errno.EBUSY, $"task {root}", $"gets {root.ParentDeathSignal} when its parent ends, which is not in the subtree"));
        var files = new Dictionary<OpenFile, string>(ReferenceEqualityComparer.Instance);
        var inodes = new Dictionary<Inode, string>(ReferenceEqualityComparer.Instance);
        bool hasSockets = false;
        foreach (var task in inside)
        {
            if (task.Trace is { Tracer: var tracer } && outside.Contains(tracer)) found.Add(new(Errno.EBUSY, $"task {task}", $"is traced by {tracer}, which is not in the subtree"));
            if (task.Files == null) continue;
            foreach (int number in task.Files.Numbers)
            {
                var file = task.Files[number]!;
                if (IsOfMachine(file)) continue;
                string name = $"descriptor {number} of task {task}, {file.Dentry.FullPath()},";
                files.TryAdd(file, name);
                hasSockets |= file.Inode.Type == FileModeBits.Socket;
                if (!file.Inode.IsRegular && !file.Inode.IsDirectory) inodes.TryAdd(file.Inode, name);
            }
        }
        var reported = new HashSet<object>(ReferenceEqualityComparer.Instance);
        foreach (var other in outside)
        {
            if (other.Trace is { Tracer: var tracer } && inside.Contains(tracer)) found.Add(new(Errno.EBUSY, $"task {tracer}", $"traces {other}, which is not in the subtree"));
            FindShared(inside, other, found);
            if (other.Files == null) continue;
            foreach (int number in other.Files.Numbers)
            {
                var file = other.Files[number]!;
                string holder = $"descriptor {number} of task {other}, which is not in the subtree";
                if (files.TryGetValue(file, out string? name) && reported.Add(file)) found.Add(new(Errno.EBUSY, name, $"is the open file of {holder}"));
                else if (!reported.Contains(file) && inodes.TryGetValue(file.Inode, out name) && reported.Add(file.Inode)) found.Add(new(Errno.EBUSY, name, $"is the same object as {holder}"));
                else if (hasSockets && file.Inode.Type == FileModeBits.Socket && reported.Add(file)) found.Add(new(Errno.EBUSY, $"a socket of task {root} or below", $"may be connected to {holder}"));
            }
        }
        return found;
    }

    /// <summary>Tables and memory.</summary>
    static void FindShared(List<Task> inside, Task other, List<Obstacle> found)
    {
        foreach (var task in inside)
        {
            if (task.AddressSpace != null && ReferenceEquals(task.AddressSpace, other.AddressSpace)) found.Add(new(Errno.EBUSY, $"the memory of task {task}", $"is shared with task {other}, which is not in the subtree"));
            if (task.Files != null && ReferenceEquals(task.Files, other.Files)) found.Add(new(Errno.EBUSY, $"the descriptors of task {task}", $"are shared with task {other}, which is not in the subtree"));
            if (task.AddressSpace == null || other.AddressSpace == null) continue;
            foreach (var region in task.AddressSpace.Regions)
            {
                if (region.IsShared && region.Source != null && other.AddressSpace.Regions.Any(theirs => theirs.IsShared && ReferenceEquals(theirs.Source, region.Source)))
                    found.Add(new(Errno.EBUSY, $"the region 0x{region.Start:x8}-0x{region.End:x8} of task {task}", $"is shared with task {other}, which is not in the subtree"));
            }
        }
    }

    static bool IsOfMachine(OpenFile file) =>
        file.Inode is StreamInode || (file.Dentry.Origin == FileOrigin.Machine && !file.IsTerminal && file.Inode.Type is FileModeBits.CharacterDevice or FileModeBits.BlockDevice);
}
