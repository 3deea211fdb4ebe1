namespace CheckpointRestart.Core.Kernel;

/// <summary>What a task may do to another (Linux: kernel/ptrace.c, kernel/signal.c).</summary>
internal static class TaskAccess
{
    /// <summary>ptrace_may_access: same ids throughout, dumpable, and no more capabilities; or CAP_SYS_PTRACE.</summary>
    /// <param name="who">Who asks; null is the machine itself.</param>
    /// <param name="target">Whom about.</param>
    /// <param name="byRealIds">True for ptrace(2) itself (PTRACE_MODE_REALCREDS), false for files of /proc.</param>
    public static bool MayInspect(Task? who, Task target, bool byRealIds = false)
    {
        if (who == null || ReferenceEquals(who.Group, target.Group)) return true;
        var c = who.Credentials;
        if (c.Has(Capability.Trace)) return true;
        var t = target.Credentials;
        uint uid = byRealIds ? c.Uid : c.FileUid, gid = byRealIds ? c.Gid : c.FileGid;
        return uid == t.EffectiveUid && uid == t.SavedUid && uid == t.Uid && gid == t.EffectiveGid && gid == t.SavedGid && gid == t.Gid
            && target.Group.Dumpable == 1 && t.Permitted.IsWithin(byRealIds ? c.Permitted : c.Effective);
    }

    /// <summary>kill_ok_by_cred: the sender's real or effective user is the target's real or saved; or CAP_KILL; SIGCONT also within the session.</summary>
    public static bool MaySignal(Task who, Task target, Signal signal)
    {
        Credentials c = who.Credentials, t = target.Credentials;
        return ReferenceEquals(who.Group, target.Group) || c.EffectiveUid == t.SavedUid || c.EffectiveUid == t.Uid || c.Uid == t.SavedUid || c.Uid == t.Uid
            || c.Has(Capability.Kill) || (signal == Signal.SIGCONT && who.Group.Session == target.Group.Session);
    }

    /// <summary>Whether the nice value or scheduling of another may be changed: by who has his real or effective user (EPERM), or CAP_SYS_NICE.</summary>
    public static bool MaySchedule(Task who, Task target)
    {
        Credentials c = who.Credentials, t = target.Credentials;
        return c.EffectiveUid == t.EffectiveUid || c.EffectiveUid == t.Uid || c.Has(Capability.Nice);
    }
}
