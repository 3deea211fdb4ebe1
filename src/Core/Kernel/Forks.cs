using CheckpointRestart.Core.Cpu;

namespace CheckpointRestart.Core.Kernel;

/// <summary>CLONE_* (linux/sched.h).</summary>
[Flags]
internal enum CloneFlags : uint
{
    None = 0,
    ExitSignalMask = 0xFF,
    Vm = 0x100,
    FileSystem = 0x200,
    Files = 0x400,
    Handlers = 0x800,
    PidDescriptor = 0x1000,
    Trace = 0x2000,
    Vfork = 0x4000,
    SameParent = 0x8000,
    Thread = 0x10000,
    NewMounts = 0x20000,
    SystemVSemaphores = 0x40000,
    SetTls = 0x80000,
    ParentSetTid = 0x100000,
    ChildClearTid = 0x200000,
    Detached = 0x400000,
    Untraced = 0x800000,
    ChildSetTid = 0x1000000,
    NewCgroup = 0x2000000,
    NewUts = 0x4000000,
    NewIpc = 0x8000000,
    NewUser = 0x10000000,
    NewPids = 0x20000000,
    NewNetwork = 0x40000000,
    IO = 0x80000000,
    Namespaces = NewMounts | NewCgroup | NewUts | NewIpc | NewUser | NewPids | NewNetwork,
}

/// <summary>fork(2), vfork(2), clone(2), clone3(2) (Linux: kernel/fork.c).</summary>
internal static class Forks
{
    /// <summary>Makes a task that goes on behind the same instruction with EAX 0.</summary>
    /// <param name="parent">The caller.</param>
    /// <param name="flags">CLONE_*, without the signal.</param>
    /// <param name="exitSignal">What the parent gets when the child ends.</param>
    /// <param name="stack">Stack pointer of the child, or 0 for the parent's.</param>
    /// <param name="parentTid">Where CLONE_PARENT_SETTID writes.</param>
    /// <param name="childTid">Where CLONE_CHILD_SETTID and CLONE_CHILD_CLEARTID write.</param>
    /// <param name="tls">A raw descriptor and its index 0 to 2, for CLONE_SETTLS.</param>
    /// <param name="child">The task.</param>
    public static Errno Clone(Task parent, CloneFlags flags, Signal exitSignal, uint stack, uint parentTid, uint childTid, (int Index, ulong Descriptor)? tls, out Task? child)
    {
        child = null;
        var error = Check(flags);
        if (error != Errno.None) return error;
        var machine = parent.Machine;
        if (!machine.HasRoomForTask || (ulong)CountProcesses(machine) >= parent.Group.Limits[Resource.Processes].Current) return Errno.EAGAIN;
        int pid = machine.AllocatePid();
        if ((flags & CloneFlags.ParentSetTid) != 0 && !parent.AddressSpace!.TryWrite(parentTid, (uint)pid)) return Errno.EFAULT;

        bool isThread = (flags & CloneFlags.Thread) != 0;
        var group = isThread ? parent.Group : NewGroup(parent, pid, flags, exitSignal);
        var task = new Task(machine, pid, group);
        if (!isThread) group.Leader = task;
        CopyRegisters(parent, task, flags, stack, tls);
        Share(parent, task, flags);
        if ((flags & CloneFlags.ChildClearTid) != 0) task.ClearChildTid = childTid;
        if ((flags & CloneFlags.ChildSetTid) != 0) task.AddressSpace!.TryWrite(childTid, (uint)pid);
        group.AddThread(task);
        machine.AddTask(task);
        task.State = TaskState.Running;
        machine.Scheduler.Enqueue(task);
        machine.Traces?.Forked(parent, task);
        child = task;
        return Errno.None;
    }

    static Errno Check(CloneFlags flags)
    {
        if ((flags & (CloneFlags.NewMounts | CloneFlags.FileSystem)) == (CloneFlags.NewMounts | CloneFlags.FileSystem)) return Errno.EINVAL;
        if ((flags & CloneFlags.Thread) != 0 && (flags & CloneFlags.Handlers) == 0) return Errno.EINVAL;
        if ((flags & CloneFlags.Handlers) != 0 && (flags & CloneFlags.Vm) == 0) return Errno.EINVAL;
        if ((flags & (CloneFlags.Namespaces | CloneFlags.PidDescriptor)) != 0) return Errno.EINVAL;
        return Errno.None;
    }

    static int CountProcesses(Machine machine) => machine.Tasks.Count;

    static ThreadGroup NewGroup(Task parent, int pid, CloneFlags flags, Signal exitSignal)
    {
        var machine = parent.Machine;
        var from = parent.Group;
        var group = new ThreadGroup(machine, pid, from.Limits.Copy())
        {
            ProcessGroup = from.ProcessGroup,
            Session = from.Session,
            ExitSignal = exitSignal,
            Executable = from.Executable,
            AuxiliaryVector = from.AuxiliaryVector,
            StartTime = machine.Clock.Now,
            Dumpable = from.Dumpable,
            NoNewPrivileges = from.NoNewPrivileges,
            OutOfMemoryAdjustment = from.OutOfMemoryAdjustment,
            Nice = from.Nice,
        };
        bool sameParent = (flags & CloneFlags.SameParent) != 0;
        if (sameParent) group.ExitSignal = from.ExitSignal;
        group.SetParent(sameParent ? from.Parent ?? machine.Init.Group : from);
        return group;
    }

    static void CopyRegisters(Task parent, Task task, CloneFlags flags, uint stack, (int Index, ulong Descriptor)? tls)
    {
        var registers = new Registers();
        registers.CopyFrom(parent.Registers!);
        // Breakpoints are a tracer's, and a new task has none (copy_thread).
        registers.ResetDebug();
        if ((flags & CloneFlags.Vm) == 0 && registers.Ldt != null) registers.Ldt = registers.Ldt.Clone();
        registers.Eax = 0;
        if (stack != 0) registers.Esp = stack;
        if (tls is { } entry) registers.SetTls(entry.Index, entry.Descriptor);
        task.Registers = registers;
    }

    static void Share(Task parent, Task task, CloneFlags flags)
    {
        if ((flags & CloneFlags.Vm) != 0)
        {
            task.AddressSpace = parent.AddressSpace;
            task.AddressSpace!.AddUser();
        }
        else
        {
            task.AddressSpace = parent.AddressSpace!.Clone(forFork: true);
        }
        if ((flags & CloneFlags.Files) != 0)
        {
            task.Files = parent.Files;
            task.Files!.AddUser();
        }
        else
        {
            task.Files = parent.Files!.Copy();
        }
        if ((flags & CloneFlags.FileSystem) != 0)
        {
            task.FileSystem = parent.FileSystem;
            task.FileSystem!.Users++;
        }
        else
        {
            task.FileSystem = parent.FileSystem!.Copy();
        }
        if ((flags & CloneFlags.Handlers) != 0)
        {
            task.Handlers = parent.Handlers;
            task.Handlers.Users++;
        }
        else
        {
            task.Handlers = parent.Handlers.Copy();
        }
        if ((flags & CloneFlags.SystemVSemaphores) != 0)
        {
            task.SemaphoreUndo = parent.SemaphoreUndo ??= new();
            task.SemaphoreUndo.Users++;
        }
        task.SetComm(parent.CommBytes);
        task.Credentials = parent.Credentials.Copy();
        task.BlockedSignals = parent.SavedMask ?? parent.BlockedSignals;
        task.Personality = parent.Personality;
        // A thread, and a child that shares memory without vfork, must not use the parent's alternate stack.
        if ((flags & (CloneFlags.Vm | CloneFlags.Vfork)) != CloneFlags.Vm) task.SignalStack = parent.SignalStack;
    }
}
