using System.Buffers.Binary;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Ptrace;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Waiting for children: waitpid(2), wait4(2), waitid(2).</summary>
internal static class WaitCalls
{
    internal static readonly Syscall[] Table =
    [
        new(7, "waitpid", WaitPid, Support.Full),
        new(114, "wait4", Wait4, Support.Full),
        new(284, "waitid", WaitId, Support.Full),
    ];

    [Flags]
    enum Options : uint
    {
        NoHang = 1,
        Stopped = 2,
        Exited = 4,
        Continued = 8,
        NoWait = 0x01000000,
        NoThread = 0x20000000,
        All = 0x40000000,
        Clone = 0x80000000,
    }

    static Result WaitPid(Task task, in CallArguments a) => Wait(task, (int)a[0], a[1], (Options)a[2], 0);

    static Result Wait4(Task task, in CallArguments a) => Wait(task, (int)a[0], a[1], (Options)a[2], a[3]);

    /// <summary>Whom a call waits for.</summary>
    enum Kind
    {
        Any,
        Pid,
        ProcessGroup,
        Descriptor,
    }

    readonly record struct Wanted(Kind Kind, int Id, ThreadGroup? Process)
    {
        public bool Matches(Task task) => Kind switch
        {
            Kind.Any => true,
            Kind.Pid => task.Pid == Id,
            Kind.ProcessGroup => task.Group.ProcessGroup == Id,
            _ => ReferenceEquals(task.Group, Process) && ReferenceEquals(task.Group.Leader, task),
        };
    }

    enum Piece
    {
        Exit,
        Stop,
        Trace,
        Continue,
    }

    /// <summary>What was found: a task with news, as wait(2) encodes them and as siginfo tells them.</summary>
    readonly record struct News(Task Task, Piece Piece, int Status, int Code, int Detail);

    static Result Wait(Task task, int pid, uint status, Options options, uint usage)
    {
        const Options known = Options.NoHang | Options.Stopped | Options.Continued | Options.NoThread | Options.All | Options.Clone;
        if ((options & ~known) != 0) return Errno.EINVAL;
        if (pid == int.MinValue) return Errno.ESRCH;
        Wanted wanted = pid switch
        {
            -1 => default,
            0 => new(Kind.ProcessGroup, task.Group.ProcessGroup, null),
            < 0 => new(Kind.ProcessGroup, -pid, null),
            _ => new(Kind.Pid, pid, null),
        };
        if (!Find(task, wanted, options | Options.Exited, out var found)) return Errno.ECHILD;
        if (found is not { } news) return (options & Options.NoHang) != 0 ? 0 : Result.Wait(task.Group.ChildEvents);
        var memory = task.AddressSpace!;
        // As on Linux the child is gone even if its status cannot be written.
        ulong instructions = InstructionsOf(news.Task);
        int id = news.Task.Pid;
        Consume(task, news);
        if (status != 0 && !memory.TryWrite(status, news.Status)) return Errno.EFAULT;
        if (usage != 0 && !ResourceCalls.WriteUsage(task, usage, instructions)) return Errno.EFAULT;
        return id;
    }

    static ulong InstructionsOf(Task task) => task.Group.Instructions + task.Group.ChildInstructions;

    static Result WaitId(Task task, in CallArguments a)
    {
        var options = (Options)a[3];
        const Options kinds = Options.Exited | Options.Stopped | Options.Continued;
        if ((options & kinds) == 0 || (options & ~(kinds | Options.NoHang | Options.NoWait | Options.NoThread | Options.All | Options.Clone)) != 0) return Errno.EINVAL;
        int id = (int)a[1];
        Wanted wanted;
        bool isPolling = false;
        switch (a[0])
        {
            case 0: wanted = default; break;
            case 1 when id > 0: wanted = new(Kind.Pid, id, null); break;
            case 2 when id >= 0: wanted = new(Kind.ProcessGroup, id == 0 ? task.Group.ProcessGroup : id, null); break;
            case 3 when id >= 0:
                if (task.Files![id] is not PidFile file) return Errno.EBADF;
                wanted = new(Kind.Descriptor, id, file.Process);
                isPolling = file.IsPolling;
                break;
            default: return Errno.EINVAL;
        }
        if (!Find(task, wanted, options, out var found)) return Errno.ECHILD;
        if (found == null && (options & Options.NoHang) == 0) return isPolling ? Errno.EAGAIN : Result.Wait(task.Group.ChildEvents);
        Span<byte> info = stackalloc byte[SignalInfo.Size];
        info.Clear();
        ulong instructions = 0;
        if (found is { } news)
        {
            var filled = SignalInfo.FromTask(Signal.SIGCHLD, news.Code, news.Task.Pid, (int)news.Task.Credentials.Uid);
            filled.Field2 = (uint)news.Detail;
            filled.Write(info);
            instructions = InstructionsOf(news.Task);
            if ((options & Options.NoWait) == 0) Consume(task, news);
        }
        if (a[2] != 0 && !WriteInfo(task, a[2], info)) return Errno.EFAULT;
        return a[4] != 0 && found != null && !ResourceCalls.WriteUsage(task, a[4], instructions) ? Errno.EFAULT : 0;
    }

    /// <summary>waitid(2) writes number, errno and code, and pid, user and status: not the rest of the structure.</summary>
    static bool WriteInfo(Task task, uint address, ReadOnlySpan<byte> info) => task.AddressSpace!.Write(address, info[..24]);

    /// <summary>Finds a child, or a task that the caller traces, with news.</summary>
    /// <returns>False when there is none that could ever match.</returns>
    static bool Find(Task task, Wanted wanted, Options options, out News? found)
    {
        found = null;
        bool any = false, ownOnly = (options & Options.NoThread) != 0;
        foreach (var child in task.Group.Children)
        {
            if (ownOnly && !ReferenceEquals(child.ParentThread, task)) continue;
            var leader = child.Leader;
            if (!wanted.Matches(leader)) continue;
            // Who traces its own child waits for it as for any that it traces.
            bool isTraced = leader.Trace is { } trace && ReferenceEquals(trace.Tracer.Group, task.Group);
            bool isClone = child.ExitSignal != Signal.SIGCHLD;
            if (!isTraced && (options & Options.All) == 0 && isClone != ((options & Options.Clone) != 0)) continue;
            // Who has ended has no other news than that, unless somebody else's tracer is to have it first.
            any |= !child.IsZombie || (options & (leader.Trace == null || isTraced ? Options.Exited : Options.Continued | Options.Exited)) != 0;
            found = isTraced ? LookTraced(leader, options) : LookChild(child, options);
            if (found != null) return true;
        }
        foreach (var thread in task.Group.Threads)
        {
            if (ownOnly && !ReferenceEquals(thread, task)) continue;
            foreach (var traced in thread.TraceList)
            {
                if (!wanted.Matches(traced)) continue;
                any = true;
                found = LookTraced(traced, options);
                if (found != null) return true;
            }
        }
        return any;
    }

    static News? LookChild(ThreadGroup child, Options options)
    {
        var leader = child.Leader;
        if (child.IsZombie) return leader.Trace == null && (options & Options.Exited) != 0 ? Ended(leader, child.ExitStatus) : null;
        if (child.StopUnreported && (options & Options.Stopped) != 0)
            return new(leader, Piece.Stop, (int)child.StopSignal << 8 | 0x7F, SignalCode.ChildStopped, (int)child.StopSignal);
        return Continued(child, options);
    }

    static News? LookTraced(Task task, Options options)
    {
        var trace = task.Trace!;
        bool isLeader = ReferenceEquals(task.Group.Leader, task);
        if (task.State == TaskState.Zombie)
        {
            // A leader that ended before its threads is told of with the last of them.
            if (isLeader && !task.Group.IsZombie) return null;
            return (options & Options.Exited) != 0 ? Ended(task, isLeader ? task.Group.ExitStatus : task.ExitStatus) : null;
        }
        if (task.State == TaskState.Traced && trace is { Code: not 0, IsListening: false })
            return new(task, Piece.Trace, trace.Code << 8 | 0x7F, trace.Stop == TraceStop.Group ? SignalCode.ChildStopped : SignalCode.ChildTrapped, trace.Code);
        return isLeader ? Continued(task.Group, options) : null;
    }

    static News? Continued(ThreadGroup child, Options options) => child.ContinueUnreported && (options & Options.Continued) != 0
        ? new(child.Leader, Piece.Continue, 0xFFFF, SignalCode.ChildContinued, (int)Signal.SIGCONT)
        : null;

    static News Ended(Task task, int status)
    {
        var (code, detail) = Exits.Describe(status);
        return new(task, Piece.Exit, status, code, detail);
    }

    static void Consume(Task task, in News news)
    {
        var group = news.Task.Group;
        switch (news.Piece)
        {
            case Piece.Stop: group.StopUnreported = false; break;
            case Piece.Continue: group.ContinueUnreported = false; break;
            case Piece.Trace: news.Task.Trace!.Code = 0; break;
            default:
                // A process that somebody else has made is still that parent's to wait for.
                if (news.Task.Trace != null) Tracers.Unlink(news.Task);
                if (ReferenceEquals(group.Leader, news.Task) && ReferenceEquals(group.Parent, task.Group)) Exits.Reap(group);
                break;
        }
    }
}
