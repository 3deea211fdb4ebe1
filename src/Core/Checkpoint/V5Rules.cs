using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Seccomp;
using CheckpointRestart.Core.Kernel.Syscalls;
using CheckpointRestart.Core.Memory;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>What v5 refuses and what it leaves out, with the original's errno (docs/image-format.md has the table).</summary>
internal static class V5Rules
{
    const string CarriedFiles = "v5 carries regular files, directories and symlinks";

    static readonly (VmFlags Flag, string Text)[] RefusedRegions =
    [
        (VmFlags.IO, "is device memory"),
        (VmFlags.HugeTlb, "uses huge pages"),
        (VmFlags.NonLinear, "is a non-linear mapping"),
        (VmFlags.Shared, "is shared"),
        (VmFlags.MayShare, "is a shared mapping without the right to write"),
    ];

    /// <summary>Everything that keeps a task out of a v5 image, what concerns the whole task first.</summary>
    /// <param name="task">Frozen, or inside checkpoint(2).</param>
    /// <param name="inCall">True inside checkpoint(2): that call does not count as one that waits.</param>
    public static List<Obstacle> FindObstacles(Task task, bool inCall)
    {
        var found = new List<Obstacle>();
        string name = $"task {task}";
        if (task.HasExited || task.AddressSpace == null || task.Registers == null)
        {
            found.Add(Obstacle.Ended(name));
            return found;
        }
        if (task.Group.Threads.Count > 1) found.Add(new(Errno.EBUSY, name, $"has {task.Group.Threads.Count} threads: v5 carries a single one"));
        if (task.Trace is { } trace) found.Add(new(Errno.EBUSY, name, $"is traced by {trace.Tracer}"));
        if (task.Tracees.Count > 0) found.Add(new(Errno.EBUSY, name, $"traces {string.Join(", ", task.Tracees)}"));
        foreach (var child in task.Group.Children)
            found.Add(new(Errno.EBUSY, name, child.IsZombie ? $"has a child that has ended and is not yet waited for, {child}" : $"has a live child, {child}: v5 carries a single task"));
        if (task.VforkParent != null) found.Add(new(Errno.EBUSY, name, $"is inside vfork: its parent {task.VforkParent} waits for it and shares its memory"));
        else if (task.AddressSpace.Users > 1) found.Add(new(Errno.EBUSY, name, "shares its memory with another task"));
        if (!inCall && task.BlockedCall is { } call && BytesMoved(call) is > 0 and var moved)
            found.Add(new(Errno.EBUSY, name, $"is inside {SyscallTable.NameOf(call.Number)}, which has already moved {moved} bytes"));
        if (task.SemaphoreUndo is { IsPending: true }) found.Add(new(Errno.EBUSY, name, "has changes of semaphores that its end undoes (SEM_UNDO): v5 carries none"));
        FindRegions(task.AddressSpace, name, found);
        FindFiles(task, name, found);
        return found;
    }

    static bool IsRoot(Credentials c) =>
        c is { Uid: 0, EffectiveUid: 0, SavedUid: 0, FileUid: 0, Gid: 0, EffectiveGid: 0, SavedGid: 0, FileGid: 0, Groups.Length: 0, Secure: SecureBits.None }
        && c.Effective == CapabilitySet.All && c.Permitted == CapabilitySet.All && c.Bounding == CapabilitySet.All && c.Inheritable.IsEmpty && c.Ambient.IsEmpty;

    /// <summary>What the original leaves out of an image, as far as the task has it and a restart would not give it back.</summary>
    public static List<NotCarriedItem> FindNotCarried(Task task, bool inCall)
    {
        var found = new List<NotCarriedItem>();
        var handled = Enumerable.Range(1, 64).Select(number => (Signal)number).Where(signal => task.Handlers[signal].Handler != SignalAction.Default).ToArray();
        if (handled.Length > 0) found.Add(new("SignalHandlers", $"what is done on {string.Join(", ", handled)}"));
        if (!(task.SavedMask ?? task.BlockedSignals).IsEmpty) found.Add(new("SignalMask", $"the blocked signals {Names(task.SavedMask ?? task.BlockedSignals)}"));
        if (!task.PendingSet.IsEmpty) found.Add(new("PendingSignals", $"the pending signals {Names(task.PendingSet)}"));
        if ((task.SignalStack.Flags & AlternateStack.Disabled) == 0) found.Add(new("SignalStack", $"the signal stack at 0x{task.SignalStack.Base:x8}"));
        if (task.Group.IsStopped) found.Add(new("Stop", $"that it is stopped by {task.Group.StopSignal}"));
        if (task.Group.Terminal is { } terminal) found.Add(new("ControllingTerminal", $"its controlling terminal, /dev/pts/{terminal.Pair.Index}"));
        if (task.Group.RealTimer.IsArmed || task.Group.CpuTimers.Virtual.IsArmed || task.Group.CpuTimers.Profile.IsArmed) found.Add(new("Timers", "an interval timer"));
        if (task.Group.PosixTimers.Count > 0) found.Add(new("Timers", "timers of timer_create"));
        if (!inCall && task.BlockedCall is { HasDeadline: true } call)
            found.Add(new("BlockedCall", $"the time that {SyscallTable.NameOf(call.Number)} has waited already: it starts afresh"));
        if (task.Files!.Numbers.Any(number => task.Files[number]!.Inode.Locks?.IsHeldBy(task.Files, task.Files[number]!) == true)) found.Add(new("FileLocks", "locks on files"));
        if (task.Files!.Numbers.Any(number => task.Files[number]!.Owner != null)) found.Add(new("FileOwners", "whom the signals of its files go to (F_SETOWN)"));
        var context = task.FileSystem!;
        if (!ReferenceEquals(context.Root, task.Machine.Tree.Root)) found.Add(new("RootDirectory", $"the root directory {context.Root.FullPath()}"));
        if (!ReferenceEquals(context.WorkingDirectory, context.Root)) found.Add(new("WorkingDirectory", $"the working directory {context.WorkingDirectory.FullPath(context.Root)}"));
        if (context.Umask != 0x12) found.Add(new("FileMode", $"the umask {Convert.ToString(context.Umask, 8).PadLeft(3, '0')}"));
        if (task.Seccomp != SeccompMode.Off) found.Add(new("Seccomp", "what system calls it may make"));
        if (!IsRoot(task.Credentials)) found.Add(new("Credentials", "user and group ids and capabilities"));
        var initial = new ResourceLimits(task.Machine.Options);
        foreach (var resource in Enum.GetValues<Resource>())
            if (task.Group.Limits[resource] != initial[resource]) found.Add(new("ResourceLimits", $"the limit {resource}"));
        var ipc = task.Machine.Ipc;
        if (ipc.SharedMemory.Objects.Count + ipc.Semaphores.Objects.Count + ipc.MessageQueues.Objects.Count > 0) found.Add(new("SystemVIpc", "the machine's shared memory, semaphores and message queues of System V"));
        if (task.Sequence.HasSection(task.AddressSpace!)) found.Add(new("RestartableSequence", "that the kernel restarts its critical sections (rseq)"));
        if (task.Scheduling != default) found.Add(new("Scheduling", $"the scheduling policy {task.Scheduling.Policy}"));
        if (task.Group.Nice != 0) found.Add(new("Nice", $"the nice value {task.Group.Nice}"));
        if (task.AddressSpace!.Regions.Any(vma => (vma.Flags & VmFlags.Locked) != 0)) found.Add(new("LockedMemory", "that memory is locked"));
        return found;
    }

    static long BytesMoved(SystemCallState call) => Math.Max(call.BytesMoved, (call.Subject as IImageTransfer)?.Moved ?? 0);

    static void FindRegions(AddressSpace space, string name, List<Obstacle> found)
    {
        foreach (var vma in space.Regions)
        {
            string region = $"the region 0x{vma.Start:x8}-0x{vma.End:x8} of {name}";
            foreach (var (flag, text) in RefusedRegions)
            {
                if ((vma.Flags & flag) == 0) continue;
                found.Add(new(Errno.ENOSYS, region, $"{text}: v5 carries private memory"));
                break;
            }
            if ((vma.Flags & (VmFlags.Shared | VmFlags.MayShare)) != 0) continue;
            if (vma.Source is MappedFile { Dentry: var dentry } && WhyNotByName(dentry) is { } reason) found.Add(new(reason.Errno, $"{region}, mapped from {dentry.FullPath()},", reason.Text));
        }
    }

    static void FindFiles(Task task, string name, List<Obstacle> found)
    {
        var table = task.Files!;
        if (table.Users > 1) found.Add(new(Errno.EBUSY, name, "shares its descriptors with another task"));
        foreach (int number in table.Numbers)
        {
            var file = table[number]!;
            string descriptor = $"descriptor {number} of {name}";
            if (KindOfOther(file) is { } kind) found.Add(new(Errno.EBADF, descriptor, $"is {kind}: {CarriedFiles}"));
            else if (WhyNotByName(file.Dentry) is { } reason) found.Add(new(reason.Errno, $"{descriptor}, {file.Dentry.FullPath()},", reason.Text));
        }
    }

    static string? KindOfOther(OpenFile file)
    {
        var inode = file.Inode;
        if (file.IsPipe) return inode.IsFifo && file.Dentry.Parent != null ? "a FIFO" : "a pipe";
        return inode.Type switch
        {
            FileModeBits.Regular or FileModeBits.Directory or FileModeBits.SymbolicLink when file.Dentry.Origin != FileOrigin.Machine || inode.IsDirectory => null,
            FileModeBits.Regular or FileModeBits.SymbolicLink => $"{file.Dentry.FullPath()}, which the kernel makes up",
            FileModeBits.Socket => "a socket",
            FileModeBits.CharacterDevice => file.IsTerminal ? "a terminal" : $"the device {file.Dentry.FullPath()}",
            FileModeBits.BlockDevice => "a block device",
            FileModeBits.Fifo => "a pipe",
            _ => "an object without a file",
        };
    }

    static (Errno Errno, string Text)? WhyNotByName(Dentry dentry)
    {
        if (dentry.IsDeleted) return (Errno.EBADF, "is deleted: v5 saves files by name");
        return dentry.Origin switch
        {
            FileOrigin.Overlay => (Errno.EBADF, "exists only in the machine's memory, and v5 carries no file contents: start the task with -RootWritable"),
            FileOrigin.HostChanged when !dentry.Inode.IsDirectory => (Errno.EBADF, "was changed in the machine's memory only, and v5 carries no file contents: start the task with -RootWritable"),
            _ => null,
        };
    }

    static string Names(SignalSet set) =>
        string.Join(", ", Enumerable.Range(1, 64).Select(number => (Signal)number).Where(set.Contains));
}
