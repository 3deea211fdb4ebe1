namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>User and group ids of a pretend root: the 16-bit and the 32-bit families, and capabilities.</summary>
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
        new(184, "capget", GetCapabilities, Support.Partial, "all for user 0, none for others"),
        new(185, "capset", SetCapabilities, Support.Partial, "accepted and forgotten"),
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

    static Result SetUid(Task task, uint uid)
    {
        var c = task.Credentials;
        if (uid == Keep) return Errno.EINVAL;
        if (c.IsPrivileged) c.Uid = c.SavedUid = uid;
        else if (uid != c.Uid && uid != c.SavedUid) return Errno.EPERM;
        c.EffectiveUid = c.FileUid = uid;
        return 0;
    }

    static Result SetGid(Task task, uint gid)
    {
        var c = task.Credentials;
        if (gid == Keep) return Errno.EINVAL;
        if (c.IsPrivileged) c.Gid = c.SavedGid = gid;
        else if (gid != c.Gid && gid != c.SavedGid) return Errno.EPERM;
        c.EffectiveGid = c.FileGid = gid;
        return 0;
    }

    /// <summary>setreuid without, setresuid with a saved id.</summary>
    static Result SetUids(Task task, uint real, uint effective, uint? saved)
    {
        var c = task.Credentials;
        bool Allowed(uint id) => id == Keep || c.IsPrivileged || id == c.Uid || id == c.EffectiveUid || id == c.SavedUid;
        if (!Allowed(real) || !Allowed(effective) || (saved is { } s && !Allowed(s))) return Errno.EPERM;
        uint old = c.Uid;
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
        return 0;
    }

    static Result SetGids(Task task, uint real, uint effective, uint? saved)
    {
        var c = task.Credentials;
        bool Allowed(uint id) => id == Keep || c.IsPrivileged || id == c.Gid || id == c.EffectiveGid || id == c.SavedGid;
        if (!Allowed(real) || !Allowed(effective) || (saved is { } s && !Allowed(s))) return Errno.EPERM;
        uint old = c.Gid;
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
        return 0;
    }

    static Result SetFileUid(Task task, uint uid)
    {
        var c = task.Credentials;
        uint old = c.FileUid;
        if (uid != Keep && (c.IsPrivileged || uid == c.Uid || uid == c.EffectiveUid || uid == c.SavedUid)) c.FileUid = uid;
        return old;
    }

    static Result SetFileGid(Task task, uint gid)
    {
        var c = task.Credentials;
        uint old = c.FileGid;
        if (gid != Keep && (c.IsPrivileged || gid == c.Gid || gid == c.EffectiveGid || gid == c.SavedGid)) c.FileGid = gid;
        return old;
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
        if (!task.Credentials.IsPrivileged) return Errno.EPERM;
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
        task.Credentials.Groups = groups;
        return 0;
    }

    static Result GetCapabilities(Task task, in CallArguments a)
    {
        const uint version3 = 0x20080522, version2 = 0x20071026, version1 = 0x19980330;
        var memory = task.AddressSpace!;
        if (!memory.TryRead(a[0], out uint version) || !memory.TryRead(a[0] + 4, out int pid)) return Errno.EFAULT;
        if (version is not (version1 or version2 or version3))
        {
            if (!memory.TryWrite(a[0], version3)) return Errno.EFAULT;
            return a[1] == 0 ? 0 : Errno.EINVAL;
        }
        if (pid < 0) return Errno.EINVAL;
        var target = pid == 0 ? task : task.Machine.FindTask(pid);
        if (target == null) return Errno.ESRCH;
        if (a[1] == 0) return 0;
        uint words = version == version1 ? 1u : 2u;
        for (uint i = 0; i < words; i++)
        {
            uint all = !target.Credentials.IsPrivileged ? 0 : i == 0 ? uint.MaxValue : 0x1FF;
            if (!memory.TryWrite(a[1] + i * 12, all) || !memory.TryWrite(a[1] + i * 12 + 4, all) || !memory.TryWrite(a[1] + i * 12 + 8, 0u)) return Errno.EFAULT;
        }
        return 0;
    }

    static Result SetCapabilities(Task task, in CallArguments a)
    {
        if (!task.AddressSpace!.TryRead(a[0], out uint _) || !task.AddressSpace.TryRead(a[1], out uint _)) return Errno.EFAULT;
        return task.Credentials.IsPrivileged ? 0 : Errno.EPERM;
    }
}
