using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Ptrace;
using CheckpointRestart.Core.Kernel.Syscalls;

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

/// <summary>What a new task is to be (Linux: kernel_clone_args).</summary>
/// <param name="Flags">CLONE_*, without the signal.</param>
/// <param name="ExitSignal">What the parent gets when the child ends.</param>
/// <param name="Stack">Stack pointer of the child, or 0 for the parent's.</param>
/// <param name="ParentTid">Where CLONE_PARENT_SETTID writes.</param>
/// <param name="ChildTid">Where CLONE_CHILD_SETTID and CLONE_CHILD_CLEARTID write.</param>
/// <param name="PidDescriptor">Where CLONE_PIDFD writes.</param>
internal readonly record struct CloneRequest(CloneFlags Flags, Signal ExitSignal, uint Stack, uint ParentTid, uint ChildTid, uint PidDescriptor)
{
    /// <summary>A raw descriptor and its index 0 to 2, for CLONE_SETTLS.</summary>
    public (int Index, ulong Descriptor)? Tls { get; init; }

    /// <summary>CLONE_CLEAR_SIGHAND: what has a handler gets the default.</summary>
    public bool ClearHandlers { get; init; }

    /// <summary>set_tid: the pid that the child gets; 0 for the next free one.</summary>
    public int Pid { get; init; }
}

/// <summary>fork(2), vfork(2), clone(2), clone3(2) (Linux: kernel/fork.c).</summary>
internal static class Forks
{
    /// <summary>Makes a task that goes on behind the same instruction with EAX 0.</summary>
    public static Errno Clone(Task parent, in CloneRequest request, out Task? child)
    {
        child = null;
        var flags = request.Flags;
        var error = Check(parent, flags);
        if (error != Errno.None) return error;
        var machine = parent.Machine;
        if (!machine.HasRoomForTask || IsOverLimit(parent)) return Errno.EAGAIN;
        int pid = request.Pid;
        if (pid != 0 && machine.IsPidInUse(pid)) return Errno.EEXIST;
        if (pid == 0) pid = machine.AllocatePid();
        if (pid == 0) return Errno.EAGAIN;

        bool isThread = (flags & CloneFlags.Thread) != 0;
        var group = isThread ? parent.Group : NewGroup(parent, pid, flags, request.ExitSignal);
        if ((flags & CloneFlags.PidDescriptor) != 0)
        {
            error = GiveDescriptor(parent, group, request.PidDescriptor);
            if (error != Errno.None)
            {
                group.SetParent(null);
                group.LeaveIdentifiers();
                return error;
            }
        }
        // A bad address is not told (kernel_clone).
        if ((flags & CloneFlags.ParentSetTid) != 0) parent.AddressSpace!.TryWrite(request.ParentTid, (uint)pid);
        var task = new Task(machine, pid, group);
        if (!isThread) group.Leader = task;
        CopyRegisters(parent, task, flags, request.Stack, request.Tls);
        Share(parent, task, flags);
        if (request.ClearHandlers) task.Handlers.ResetForExec();
        if ((flags & CloneFlags.ChildClearTid) != 0) task.ClearChildTid = request.ChildTid;
        if ((flags & CloneFlags.ChildSetTid) != 0) task.AddressSpace!.TryWrite(request.ChildTid, (uint)pid);
        group.AddThread(task);
        machine.AddTask(task);
        task.State = TaskState.Running;
        if (parent.Trace != null && (flags & CloneFlags.Untraced) == 0 && ((flags & CloneFlags.Trace) != 0 || TraceStops.Wants(parent, EventOf(request)))) Tracers.Inherit(parent, task);
        machine.Scheduler.Enqueue(task);
        machine.Traces?.Forked(parent, task);
        child = task;
        return Errno.None;
    }

    /// <summary>Which event a tracer is told of: vfork by its flag, fork by the signal of its end, anything else is a clone.</summary>
    public static TraceEvent EventOf(in CloneRequest request) =>
        (request.Flags & CloneFlags.Vfork) != 0 ? TraceEvent.Vfork
        : request.ExitSignal != Signal.SIGCHLD ? TraceEvent.Clone
        : TraceEvent.Fork;

    static Errno Check(Task parent, CloneFlags flags)
    {
        if ((flags & CloneFlags.FileSystem) != 0 && (flags & (CloneFlags.NewMounts | CloneFlags.NewUser)) != 0) return Errno.EINVAL;
        if ((flags & CloneFlags.Thread) != 0 && (flags & CloneFlags.Handlers) == 0) return Errno.EINVAL;
        if ((flags & CloneFlags.Handlers) != 0 && (flags & CloneFlags.Vm) == 0) return Errno.EINVAL;
        if ((flags & CloneFlags.Thread) != 0 && (flags & (CloneFlags.NewUser | CloneFlags.NewPids | CloneFlags.PidDescriptor)) != 0) return Errno.EINVAL;
        if ((flags & CloneFlags.PidDescriptor) != 0 && (flags & CloneFlags.Detached) != 0) return Errno.EINVAL;
        if ((flags & CloneFlags.SystemVSemaphores) != 0 && (flags & CloneFlags.NewIpc) != 0) return Errno.EINVAL;
        if ((flags & CloneFlags.Namespaces) != 0) return Errno.EPERM;
        return Errno.None;
    }

    /// <summary>RLIMIT_NPROC: tasks of the real user, whom no privilege lifts it for.</summary>
    static bool IsOverLimit(Task parent)
    {
        uint user = parent.Credentials.Uid;
        if (user == 0 || parent.Credentials.IsPrivileged || parent.Credentials.Has(Capability.Resource)) return false;
        ulong count = 0, limit = parent.Group.Limits[Resource.Processes].Current;
        foreach (var task in parent.Machine.AllTasks)
            if (task.Credentials.Uid == user && ++count >= limit) return true;
        return false;
    }

    static Errno GiveDescriptor(Task parent, ThreadGroup group, uint address)
    {
        var file = new PidFile(group, OpenFlags.ReadWrite);
        int number = parent.AddFile(file, closeOnExec: true).Value;
        if (number < 0) return (Errno)(-number);
        if (parent.AddressSpace!.TryWrite(address, number)) return Errno.None;
        parent.Files!.Close(number);
        return Errno.EFAULT;
    }

    static ThreadGroup NewGroup(Task parent, int pid, CloneFlags flags, Signal exitSignal)
    {
        var machine = parent.Machine;
        var from = parent.Group;
        var group = new ThreadGroup(machine, pid, from.Limits.Copy())
        {
            ProcessGroup = from.ProcessGroup,
            Session = from.Session,
            Terminal = from.Terminal,
            ExitSignal = exitSignal,
            Executable = from.Executable,
            AuxiliaryVector = from.AuxiliaryVector,
            StartTime = machine.Clock.Now,
            Dumpable = from.Dumpable,
            CoreFilter = from.CoreFilter,
            NoNewPrivileges = from.NoNewPrivileges,
            MemoryBarriers = from.MemoryBarriers,
            HasNoHugePages = from.HasNoHugePages,
            OutOfMemoryAdjustment = from.OutOfMemoryAdjustment,
            Nice = from.Nice,
            Executions = from.Executions,
        };
        if ((flags & CloneFlags.SameParent) != 0)
        {
            group.ExitSignal = from.ExitSignal;
            group.ParentExecutions = from.ParentExecutions;
            group.SetParent(from.Parent ?? machine.Init.Group, from.ParentThread);
        }
        else
        {
            group.ParentExecutions = from.Executions;
            group.SetParent(from, parent);
        }
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
        (task.Seccomp, task.SeccompFilter) = (parent.Seccomp, parent.SeccompFilter);
        if ((flags & CloneFlags.Vm) == 0) task.Sequence = parent.Sequence;
        task.TimerSlack = parent.TimerSlack;
        task.IoPriority = parent.IoPriority;
        task.Scheduling = parent.Scheduling.AfterFork();
        // A thread, and a child that shares memory without vfork, must not use the parent's alternate stack.
        if ((flags & (CloneFlags.Vm | CloneFlags.Vfork)) != CloneFlags.Vm) task.SignalStack = parent.SignalStack;
    }
}
