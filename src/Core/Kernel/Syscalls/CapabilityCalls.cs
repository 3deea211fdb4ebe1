namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>capget(2), capset(2), and what prctl(2) does with capabilities (Linux: kernel/capability.c, security/commoncap.c).</summary>
internal static class CapabilityCalls
{
    internal static readonly Syscall[] Table =
    [
        new(184, "capget", Get, Support.Full),
        new(185, "capset", Set, Support.Full),
    ];

    const uint Version1 = 0x19980330, Version2 = 0x20071026, Version3 = 0x20080522;

    /// <summary>Reads the header's version: EINVAL, with the newest written back, for one that is not known.</summary>
    static Errno ReadVersion(Task task, uint header, out uint words)
    {
        words = 0;
        if (!task.AddressSpace!.TryRead(header, out uint version)) return Errno.EFAULT;
        words = version switch
        {
            Version1 => 1u,
            Version2 or Version3 => 2,
            _ => 0,
        };
        if (words != 0) return Errno.None;
        return task.AddressSpace.TryWrite(header, Version3) ? Errno.EINVAL : Errno.EFAULT;
    }

    static Result Get(Task task, in CallArguments a)
    {
        var error = ReadVersion(task, a[0], out uint words);
        if (error != Errno.None) return a[1] == 0 && error == Errno.EINVAL ? 0 : error;
        if (a[1] == 0) return 0;
        var memory = task.AddressSpace!;
        if (!memory.TryRead(a[0] + 4, out int pid)) return Errno.EFAULT;
        if (pid < 0) return Errno.EINVAL;
        var target = pid == 0 ? task : task.Machine.FindTask(pid);
        if (target == null) return Errno.ESRCH;
        var c = target.Credentials;
        for (uint i = 0; i < words; i++)
        {
            int shift = (int)i * 32;
            bool written = memory.TryWrite(a[1] + i * 12, (uint)(c.Effective.Bits >> shift)) && memory.TryWrite(a[1] + i * 12 + 4, (uint)(c.Permitted.Bits >> shift))
                && memory.TryWrite(a[1] + i * 12 + 8, (uint)(c.Inheritable.Bits >> shift));
            if (!written) return Errno.EFAULT;
        }
        return 0;
    }

    static Result Set(Task task, in CallArguments a)
    {
        var error = ReadVersion(task, a[0], out uint words);
        if (error != Errno.None) return error;
        var memory = task.AddressSpace!;
        if (!memory.TryRead(a[0] + 4, out int pid)) return Errno.EFAULT;
        if (pid != 0 && pid != task.Pid) return Errno.EPERM;
        Span<ulong> sets = stackalloc ulong[3];
        sets.Clear();
        for (uint i = 0; i < words * 3; i++)
        {
            if (!memory.TryRead(a[1] + i * 4, out uint word)) return Errno.EFAULT;
            sets[(int)(i % 3)] |= (ulong)word << (int)(i / 3 * 32);
        }
        var all = CapabilitySet.All;
        CapabilitySet effective = new CapabilitySet(sets[0]) & all, permitted = new CapabilitySet(sets[1]) & all, inheritable = new CapabilitySet(sets[2]) & all;
        var old = task.Credentials;
        if (!old.Has(Capability.SetCapabilities) && !inheritable.IsWithin(old.Inheritable | old.Permitted)) return Errno.EPERM;
        if (!inheritable.IsWithin(old.Inheritable | old.Bounding) || !permitted.IsWithin(old.Permitted) || !effective.IsWithin(permitted)) return Errno.EPERM;
        var made = old.Copy();
        made.Effective = effective;
        made.Permitted = permitted;
        made.Inheritable = inheritable;
        made.Ambient &= permitted & inheritable;
        CredentialRules.Commit(task, made);
        return 0;
    }

    /// <summary>PR_CAPBSET_READ.</summary>
    internal static Result ReadBounding(Task task, uint capability) =>
        capability > (uint)Capability.Last ? Errno.EINVAL : task.Credentials.Bounding.Has((Capability)capability) ? 1 : 0;

    /// <summary>PR_CAPBSET_DROP.</summary>
    internal static Result DropBounding(Task task, uint capability)
    {
        var c = task.Credentials;
        if (!c.Has(Capability.SetCapabilities)) return Errno.EPERM;
        if (capability > (uint)Capability.Last) return Errno.EINVAL;
        c.Bounding = c.Bounding.Without((Capability)capability);
        return 0;
    }

    /// <summary>PR_SET_SECUREBITS: what is locked stays, locks stay.</summary>
    internal static Result SetSecureBits(Task task, uint value)
    {
        var c = task.Credentials;
        uint old = (uint)c.Secure, locks = (uint)SecureBits.AllLocks;
        if ((((old & locks) >> 1) & (old ^ value)) != 0 || (old & locks & ~value) != 0 || (value & ~(locks | (uint)SecureBits.All)) != 0
            || !c.Has(Capability.SetCapabilities)) return Errno.EPERM;
        c.Secure = (SecureBits)value;
        return 0;
    }

    /// <summary>PR_SET_KEEPCAPS.</summary>
    internal static Result SetKeep(Task task, uint value)
    {
        var c = task.Credentials;
        if (value > 1) return Errno.EINVAL;
        if ((c.Secure & SecureBits.KeepCapabilitiesLocked) != 0) return Errno.EPERM;
        c.Secure = value != 0 ? c.Secure | SecureBits.KeepCapabilities : c.Secure & ~SecureBits.KeepCapabilities;
        return 0;
    }

    /// <summary>PR_CAP_AMBIENT.</summary>
    internal static Result ChangeAmbient(Task task, in CallArguments a)
    {
        const uint isSet = 1, raise = 2, lower = 3, clearAll = 4;
        var c = task.Credentials;
        if (a[1] == clearAll)
        {
            if ((a[2] | a[3] | a[4]) != 0) return Errno.EINVAL;
            c.Ambient = default;
            return 0;
        }
        if (a[2] > (uint)Capability.Last || (a[3] | a[4]) != 0) return Errno.EINVAL;
        var capability = (Capability)a[2];
        switch (a[1])
        {
            case isSet: return c.Ambient.Has(capability) ? 1 : 0;
            case raise:
                if (!c.Permitted.Has(capability) || !c.Inheritable.Has(capability) || (c.Secure & SecureBits.NoAmbientRaise) != 0) return Errno.EPERM;
                c.Ambient = c.Ambient.With(capability);
                return 0;
            case lower:
                c.Ambient = c.Ambient.Without(capability);
                return 0;
            default: return Errno.EINVAL;
        }
    }
}
