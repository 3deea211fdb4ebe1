namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>User and group ids: the 16-bit and the 32-bit families (Linux: kernel/sys.c, kernel/groups.c).</summary>
internal static class CredentialCalls
{
    internal static readonly Syscall[] Table =
    [
        new(23, "setuid", (Task t, in CallArguments a) => SetUid(t, Wide(a[0])), Support.Full),
        new(24, "getuid", (Task t, in CallArguments _) => Low(t.Credentials.Uid), Support.Full),
        new(46, "setgid", (Task t, in CallArguments a) => SetGid(t, Wide(a[0])), Support.Full),
        new(47, "getgid", (Task t, in CallArguments _) => Low(t.Credentials.Gid), Support.Full),
        new(49, "geteuid", (Task t, in CallArguments _) => Low(t.Credentials.EffectiveUid), Support.Full),
        new(50, "getegid", (Task t, in CallArguments _) => Low(t.Credentials.EffectiveGid), Support.Full),
        new(70, "setreuid", (Task t, in CallArguments a) => SetUids(t, Wide(a[0]), Wide(a[1]), null), Support.Full),
        new(71, "setregid", (Task t, in CallArguments a) => SetGids(t, Wide(a[0]), Wide(a[1]), null), Support.Full),
        new(138, "setfsuid", (Task t, in CallArguments a) => SetFileUid(t, Wide(a[0])), Support.Full),
        new(139, "setfsgid", (Task t, in CallArguments a) => SetFileGid(t, Wide(a[0])), Support.Full),
        new(164, "setresuid", (Task t, in CallArguments a) => SetUids(t, Wide(a[0]), Wide(a[1]), Wide(a[2])), Support.Full),
        new(165, "getresuid", (Task t, in CallArguments a) => Give(t, a, isWide: false, t.Credentials.Uid, t.Credentials.EffectiveUid, t.Credentials.SavedUid), Support.Full),
        new(170, "setresgid", (Task t, in CallArguments a) => SetGids(t, Wide(a[0]), Wide(a[1]), Wide(a[2])), Support.Full),
        new(171, "getresgid", (Task t, in CallArguments a) => Give(t, a, isWide: false, t.Credentials.Gid, t.Credentials.EffectiveGid, t.Credentials.SavedGid), Support.Full),
        new(80, "getgroups", (Task t, in CallArguments a) => GetGroups(t, a, 2), Support.Full),
        new(81, "setgroups", (Task t, in CallArguments a) => SetGroups(t, a, 2), Support.Full),
        new(199, "getuid32", (Task t, in CallArguments _) => t.Credentials.Uid, Support.Full),
        new(200, "getgid32", (Task t, in CallArguments _) => t.Credentials.Gid, Support.Full),
        new(201, "geteuid32", (Task t, in CallArguments _) => t.Credentials.EffectiveUid, Support.Full),
        new(202, "getegid32", (Task t, in CallArguments _) => t.Credentials.EffectiveGid, Support.Full),
        new(203, "setreuid32", (Task t, in CallArguments a) => SetUids(t, a[0], a[1], null), Support.Full),
        new(204, "setregid32", (Task t, in CallArguments a) => SetGids(t, a[0], a[1], null), Support.Full),
        new(205, "getgroups32", (Task t, in CallArguments a) => GetGroups(t, a, 4), Support.Full),
        new(206, "setgroups32", (Task t, in CallArguments a) => SetGroups(t, a, 4), Support.Full),
        new(208, "setresuid32", (Task t, in CallArguments a) => SetUids(t, a[0], a[1], a[2]), Support.Full),
        new(209, "getresuid32", (Task t, in CallArguments a) => Give(t, a, isWide: true, t.Credentials.Uid, t.Credentials.EffectiveUid, t.Credentials.SavedUid), Support.Full),
        new(210, "setresgid32", (Task t, in CallArguments a) => SetGids(t, a[0], a[1], a[2]), Support.Full),
        new(211, "getresgid32", (Task t, in CallArguments a) => Give(t, a, isWide: true, t.Credentials.Gid, t.Credentials.EffectiveGid, t.Credentials.SavedGid), Support.Full),
        new(213, "setuid32", (Task t, in CallArguments a) => SetUid(t, a[0]), Support.Full),
        new(214, "setgid32", (Task t, in CallArguments a) => SetGid(t, a[0]), Support.Full),
        new(215, "setfsuid32", (Task t, in CallArguments a) => SetFileUid(t, a[0]), Support.Full),
        new(216, "setfsgid32", (Task t, in CallArguments a) => SetFileGid(t, a[0]), Support.Full),
    ];

    const uint Keep = uint.MaxValue;
    const int MostGroups = 65536;

    static uint Low(uint id) => id > ushort.MaxValue ? 65534 : id;

    static uint Wide(uint id) => (ushort)id == ushort.MaxValue ? Keep : (ushort)id;

    static Result Commit(Task task, Credentials made)
    {
        CredentialRules.FixUids(made, task.Credentials);
        CredentialRules.Commit(task, made);
        return 0;
    }

    static Result SetUid(Task task, uint uid)
    {
        if (uid == Keep) return Errno.EINVAL;
        var c = task.Credentials.Copy();
        if (c.Has(Capability.SetUid)) c.Uid = c.SavedUid = uid;
        else if (uid != c.Uid && uid != c.SavedUid) return Errno.EPERM;
        c.EffectiveUid = c.FileUid = uid;
        return Commit(task, c);
    }

    static Result SetGid(Task task, uint gid)
    {
        if (gid == Keep) return Errno.EINVAL;
        var c = task.Credentials.Copy();
        if (c.Has(Capability.SetGid)) c.Gid = c.SavedGid = gid;
        else if (gid != c.Gid && gid != c.SavedGid) return Errno.EPERM;
        c.EffectiveGid = c.FileGid = gid;
        CredentialRules.Commit(task, c);
        return 0;
    }

    /// <summary>setreuid without, setresuid with a saved id.</summary>
    static Result SetUids(Task task, uint real, uint effective, uint? saved)
    {
        var c = task.Credentials.Copy();
        uint old = c.Uid;
        bool isFree = c.Has(Capability.SetUid);
        bool Allowed(uint id) => id == Keep || isFree || id == c.Uid || id == c.EffectiveUid || id == c.SavedUid;
        if (saved == null && real == c.SavedUid && real != c.Uid && real != c.EffectiveUid && !isFree) return Errno.EPERM;
        if (!Allowed(real) || !Allowed(effective) || (saved is { } s && !Allowed(s))) return Errno.EPERM;
        if (real != Keep) c.Uid = real;
        if (effective != Keep) c.EffectiveUid = effective;
        c.FileUid = c.EffectiveUid;
        if (saved is { } wanted)
        {
            if (wanted != Keep) c.SavedUid = wanted;
        }
        else if (real != Keep || (effective != Keep && effective != old))
        {
            c.SavedUid = c.EffectiveUid;
        }
        return Commit(task, c);
    }

    static Result SetGids(Task task, uint real, uint effective, uint? saved)
    {
        var c = task.Credentials.Copy();
        uint old = c.Gid;
        bool isFree = c.Has(Capability.SetGid);
        bool Allowed(uint id) => id == Keep || isFree || id == c.Gid || id == c.EffectiveGid || id == c.SavedGid;
        if (saved == null && real == c.SavedGid && real != c.Gid && real != c.EffectiveGid && !isFree) return Errno.EPERM;
        if (!Allowed(real) || !Allowed(effective) || (saved is { } s && !Allowed(s))) return Errno.EPERM;
        if (real != Keep) c.Gid = real;
        if (effective != Keep) c.EffectiveGid = effective;
        c.FileGid = c.EffectiveGid;
        if (saved is { } wanted)
        {
            if (wanted != Keep) c.SavedGid = wanted;
        }
        else if (real != Keep || (effective != Keep && effective != old))
        {
            c.SavedGid = c.EffectiveGid;
        }
        CredentialRules.Commit(task, c);
        return 0;
    }

    static Result SetFileUid(Task task, uint uid)
    {
        var old = task.Credentials;
        if (uid == Keep || uid == old.FileUid || !(old.Has(Capability.SetUid) || uid == old.Uid || uid == old.EffectiveUid || uid == old.SavedUid)) return old.FileUid;
        var c = old.Copy();
        c.FileUid = uid;
        CredentialRules.FixFileUid(c, old);
        CredentialRules.Commit(task, c);
        return old.FileUid;
    }

    static Result SetFileGid(Task task, uint gid)
    {
        var old = task.Credentials;
        if (gid == Keep || gid == old.FileGid || !(old.Has(Capability.SetGid) || gid == old.Gid || gid == old.EffectiveGid || gid == old.SavedGid)) return old.FileGid;
        var c = old.Copy();
        c.FileGid = gid;
        CredentialRules.Commit(task, c);
        return old.FileGid;
    }

    static Result Give(Task task, in CallArguments a, bool isWide, uint real, uint effective, uint saved)
    {
        var memory = task.AddressSpace!;
        ReadOnlySpan<uint> ids = [real, effective, saved];
        for (int i = 0; i < 3; i++)
        {
            bool written = isWide ? memory.TryWrite(a[i], ids[i]) : memory.TryWrite(a[i], (ushort)Low(ids[i]));
            if (!written) return Errno.EFAULT;
        }
        return 0;
    }

    static Result GetGroups(Task task, in CallArguments a, uint width)
    {
        var groups = task.Credentials.Groups;
        if ((int)a[0] < 0) return Errno.EINVAL;
        if (a[0] == 0) return groups.Length;
        if (a[0] < groups.Length) return Errno.EINVAL;
        for (uint i = 0; i < groups.Length; i++)
        {
            bool written = width == 4 ? task.AddressSpace!.TryWrite(a[1] + i * 4, groups[i]) : task.AddressSpace!.TryWrite(a[1] + i * 2, (ushort)Low(groups[i]));
            if (!written) return Errno.EFAULT;
        }
        return groups.Length;
    }

    static Result SetGroups(Task task, in CallArguments a, uint width)
    {
        if (!task.Credentials.Has(Capability.SetGid)) return Errno.EPERM;
        if (a[0] > MostGroups) return Errno.EINVAL;
        var groups = new uint[a[0]];
        for (uint i = 0; i < groups.Length; i++)
        {
            if (width == 4)
            {
                if (!task.AddressSpace!.TryRead(a[1] + i * 4, out groups[i])) return Errno.EFAULT;
            }
            else
            {
                if (!task.AddressSpace!.TryRead(a[1] + i * 2, out ushort group)) return Errno.EFAULT;
                groups[i] = group;
            }
        }
        Array.Sort(groups);
        task.Credentials.Groups = groups;
        return 0;
    }
}
