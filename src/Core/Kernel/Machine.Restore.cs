using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Loading;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel;

/// <summary>What a restored task is made of, built to one side. Whoever takes the parts owns them.</summary>
public sealed class TaskParts
{
    /// <summary>The pid that it gets; ignored when it replaces a task.</summary>
    public int Pid { get; init; }

    /// <summary>The name, up to 16 bytes.</summary>
    public required byte[] Comm { get; init; }

    public required Registers Registers { get; init; }

    public required AddressSpace AddressSpace { get; init; }

    public required DescriptorTable Files { get; init; }

    /// <summary>Root and working directory; null for the machine's root.</summary>
    public FileSystemContext? FileSystem { get; init; }

    /// <summary>What /proc/pid/exe leads to.</summary>
    public Dentry? Executable { get; init; }

    /// <summary>Frees the parts of a restore that failed.</summary>
    public void Discard()
    {
        Registers.Dispose();
        AddressSpace.DropUser();
        Files.DropUser();
    }
}

/// <content>Tasks from images. On the machine's thread.</content>
public sealed partial class Machine
{
    /// <summary>Adds a task with a given pid as a child of init, frozen.</summary>
    /// <returns>None; EBUSY when the pid is taken, EAGAIN when the machine is full: then the caller keeps the parts.</returns>
    public Errno Adopt(TaskParts parts, out Task? task)
    {
        ArgumentNullException.ThrowIfNull(parts);
        task = null;
        if (parts.Pid is <= 1 or >= MaximumPid || IsPidInUse(parts.Pid)) return Errno.EBUSY;
        if (!HasRoomForTask) return Errno.EAGAIN;
        lastPid = Math.Max(lastPid, parts.Pid);
        var group = new ThreadGroup(this, parts.Pid, new ResourceLimits(Options))
        {
            ProcessGroup = parts.Pid,
            Session = parts.Pid,
            StartTime = Clock.Now,
            Executable = parts.Executable,
        };
        task = new Task(this, parts.Pid, group)
        {
            Registers = parts.Registers,
            AddressSpace = parts.AddressSpace,
            Files = parts.Files,
            FileSystem = parts.FileSystem ?? new FileSystemContext(Tree.Root, Tree.Root),
            IsHeld = true,
        };
        task.AddressSpace.Hold(parts.Executable);
        task.SetComm(parts.Comm);
        group.Leader = task;
        group.AddThread(task);
        group.SetParent(Init.Group);
        task.State = TaskState.Running;
        AddTask(task);
        Scheduler.Enqueue(task);
        return Errno.None;
    }

    /// <summary>Makes a task go on as another one, inside its own restart call: the handler then returns <see cref="Result.NoReturn"/>.
    /// Pid, parent, limits and credentials stay; handlers, masks, alternate stack and pending signals of the task go.</summary>
    public static void Replace(Task task, TaskParts parts)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(parts);
        Exits.ReleaseMemory(task);
        task.AddressSpace = parts.AddressSpace;
        task.Registers?.Dispose();
        task.Registers = parts.Registers;
        task.Files!.DropUser();
        task.Files = parts.Files;
        if (parts.FileSystem != null) task.FileSystem = parts.FileSystem;
        task.Handlers = new SignalHandlers();
        task.SetMask(default);
        task.SavedMask = null;
        task.SignalStack = new(0, 0, AlternateStack.Disabled);
        task.LastFault = default;
        if (parts.Executable != null) task.Group.Executable = parts.Executable;
        task.AddressSpace.Hold(task.Group.Executable);
        task.SetComm(parts.Comm);
    }
}
