namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Who is who: pids, process groups, sessions.</summary>
internal static class IdentityCalls
{
    internal static readonly Syscall[] Table =
    [
        new(20, "getpid", (Task task, in CallArguments _) => task.Tgid, Support.Full),
        new(57, "setpgid", SetGroup, Support.Full),
        new(64, "getppid", (Task task, in CallArguments _) => task.Group.Parent?.Id ?? 0, Support.Full),
        new(65, "getpgrp", (Task task, in CallArguments _) => task.Group.ProcessGroup, Support.Full),
        new(66, "setsid", NewSession, Support.Full),
        new(132, "getpgid", GetGroup, Support.Full),
        new(147, "getsid", GetSession, Support.Full),
        new(224, "gettid", (Task task, in CallArguments _) => task.Pid, Support.Full),
    ];

    static ThreadGroup? Find(Task task, uint pid) => pid == 0 ? task.Group : task.Machine.FindTask((int)pid)?.Group;

    static Result GetGroup(Task task, in CallArguments a) => Find(task, a[0]) is { } group ? group.ProcessGroup : Errno.ESRCH;

    static Result GetSession(Task task, in CallArguments a) => Find(task, a[0]) is { } group ? group.Session : Errno.ESRCH;

    static Result NewSession(Task task, in CallArguments a)
    {
        var group = task.Group;
        foreach (var other in task.Machine.AllTasks)
            if (other.Group.ProcessGroup == group.Id) return Errno.EPERM;
        group.Session = group.ProcessGroup = group.Id;
        group.Terminal = null;
        return group.Id;
    }

    static Result SetGroup(Task task, in CallArguments a)
    {
        if ((int)a[1] < 0) return Errno.EINVAL;
        var group = Find(task, a[0]);
        if (group == null) return Errno.ESRCH;
        if (a[0] != 0 && group.Id != (int)a[0]) return Errno.EINVAL;
        if (!ReferenceEquals(group, task.Group))
        {
            if (!ReferenceEquals(group.Parent, task.Group)) return Errno.ESRCH;
            if (group.Session != task.Group.Session) return Errno.EPERM;
            if (group.HasExecuted) return Errno.EACCES;
        }
        if (group.Session == group.Id) return Errno.EPERM;
        int wanted = a[1] == 0 ? group.Id : (int)a[1];
        if (wanted != group.Id && !task.Machine.AllTasks.Any(t => t.Group.ProcessGroup == wanted && t.Group.Session == group.Session)) return Errno.EPERM;
        group.ProcessGroup = wanted;
        return 0;
    }
}
