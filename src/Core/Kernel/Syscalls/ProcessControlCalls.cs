using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>prctl(2) (Linux: kernel/sys.c).</summary>
internal static class ProcessControlCalls
{
    internal static readonly Syscall[] Table =
    [
        new(172, "prctl", Control, Support.Partial, "PR_SET_MM_EXE_FILE gives EINVAL, and as in a kernel without CONFIG_ANON_VMA_NAME and CONFIG_SCHED_CORE PR_SET_VMA and PR_SCHED_CORE do"),
    ];

    /// <summary>PR_* (linux/prctl.h).</summary>
    enum Option : uint
    {
        SetDeathSignal = 1,
        GetDeathSignal = 2,
        GetDumpable = 3,
        SetDumpable = 4,
        GetKeepCapabilities = 7,
        SetKeepCapabilities = 8,
        GetTiming = 13,
        SetTiming = 14,
        SetName = 15,
        GetName = 16,
        GetSeccomp = 21,
        SetSeccomp = 22,
        ReadBounding = 23,
        DropBounding = 24,
        GetTimeStampCounter = 25,
        SetTimeStampCounter = 26,
        GetSecureBits = 27,
        SetSecureBits = 28,
        SetTimerSlack = 29,
        GetTimerSlack = 30,
        MachineCheckKill = 33,
        MachineCheckKillGet = 34,
        SetMemory = 35,
        SetSubreaper = 36,
        GetSubreaper = 37,
        SetNoNewPrivileges = 38,
        GetNoNewPrivileges = 39,
        GetTidAddress = 40,
        SetNoHugePages = 41,
        GetNoHugePages = 42,
        Ambient = 47,
        GetSpeculation = 52,
        SetSpeculation = 53,
        SetIoFlusher = 57,
        GetIoFlusher = 58,
        SetTracer = 0x59616D61,
    }

    static Result Control(Task task, in CallArguments a)
    {
        var memory = task.AddressSpace!;
        var group = task.Group;
        switch ((Option)a[0])
        {
            case Option.SetDeathSignal:
                if (a[1] > (uint)Signal.Last) return Errno.EINVAL;
                task.ParentDeathSignal = (Signal)a[1];
                return 0;
            case Option.GetDeathSignal: return memory.TryWrite(a[1], (int)task.ParentDeathSignal) ? 0 : Errno.EFAULT;
            case Option.GetDumpable: return group.Dumpable;
            case Option.SetDumpable:
                if (a[1] > 1) return Errno.EINVAL;
                group.Dumpable = (int)a[1];
                return 0;
            case Option.GetKeepCapabilities: return (task.Credentials.Secure & SecureBits.KeepCapabilities) != 0 ? 1 : 0;
            case Option.SetKeepCapabilities: return CapabilityCalls.SetKeep(task, a[1]);
            case Option.GetTiming: return 0;
            case Option.SetTiming: return a[1] == 0 ? 0 : Errno.EINVAL;
            case Option.SetName: return SetName(task, a[1]);
            case Option.GetName: return memory.Write(a[1], task.CommBytes) ? 0 : Errno.EFAULT;
            case Option.GetSeccomp: return (uint)task.Seccomp;
            case Option.SetSeccomp: return SeccompCalls.SetMode(task, a[1], a[2]);
            case Option.ReadBounding: return CapabilityCalls.ReadBounding(task, a[1]);
            case Option.DropBounding: return CapabilityCalls.DropBounding(task, a[1]);
            case Option.GetTimeStampCounter: return memory.TryWrite(a[1], 1) ? 0 : Errno.EFAULT;
            case Option.SetTimeStampCounter: return a[1] == 1 ? 0 : Errno.EINVAL;
            case Option.GetSecureBits: return (uint)task.Credentials.Secure;
            case Option.SetSecureBits: return CapabilityCalls.SetSecureBits(task, a[1]);
            case Option.SetTimerSlack:
                task.TimerSlack = (int)a[1] <= 0 ? Task.DefaultTimerSlack : a[1];
                return 0;
            case Option.GetTimerSlack: return task.TimerSlack;
            case Option.MachineCheckKill: return SetMachineCheck(a);
            case Option.MachineCheckKillGet: return (a[1] | a[2] | a[3] | a[4]) != 0 ? Errno.EINVAL : 2;
            case Option.SetMemory: return SetMemory(task, a);
            case Option.SetSubreaper:
                group.IsSubreaper = a[1] != 0;
                return 0;
            case Option.GetSubreaper: return memory.TryWrite(a[1], group.IsSubreaper ? 1 : 0) ? 0 : Errno.EFAULT;
            case Option.SetNoNewPrivileges:
                if (a[1] != 1 || (a[2] | a[3] | a[4]) != 0) return Errno.EINVAL;
                group.NoNewPrivileges = true;
                return 0;
            case Option.GetNoNewPrivileges: return (a[1] | a[2] | a[3] | a[4]) != 0 ? Errno.EINVAL : group.NoNewPrivileges ? 1 : 0;
            case Option.GetTidAddress: return memory.TryWrite(a[1], task.ClearChildTid) ? 0 : Errno.EFAULT;
            case Option.SetNoHugePages:
                if ((a[2] | a[3] | a[4]) != 0) return Errno.EINVAL;
                group.HasNoHugePages = a[1] != 0;
                return 0;
            case Option.GetNoHugePages: return (a[1] | a[2] | a[3] | a[4]) != 0 ? Errno.EINVAL : group.HasNoHugePages ? 1 : 0;
            case Option.Ambient: return CapabilityCalls.ChangeAmbient(task, a);
            // No kind of speculation exists that a program could control here (PR_SPEC_NOT_AFFECTED).
            case Option.GetSpeculation: return (a[2] | a[3] | a[4]) != 0 ? Errno.EINVAL : a[1] > 2 ? Errno.ENODEV : 0;
            case Option.SetSpeculation: return a[1] > 2 ? Errno.ENODEV : Errno.ENXIO;
            case Option.SetIoFlusher or Option.GetIoFlusher:
                if (!task.Credentials.Has(Capability.Resource)) return Errno.EPERM;
                return ((Option)a[0] == Option.GetIoFlusher ? a[1] : a[1] & ~1u) != 0 || (a[2] | a[3] | a[4]) != 0 ? Errno.EINVAL : 0;
            case Option.SetTracer: return a[1] is 0 or uint.MaxValue || task.Machine.FindTask((int)a[1]) != null ? 0 : Errno.EINVAL;
            default: return Errno.EINVAL;
        }
    }

    static Result SetName(Task task, uint address)
    {
        var error = task.AddressSpace!.ReadString(address, Task.CommLength, out var name);
        if (error == Errno.ENAMETOOLONG)
        {
            name = new byte[Task.CommLength - 1];
            task.AddressSpace.Read(address, name);
        }
        else if (error != Errno.None)
        {
            return error;
        }
        task.SetComm(name);
        return 0;
    }

    /// <summary>PR_MCE_KILL: there are no machine checks, so that any policy is the same.</summary>
    static Result SetMachineCheck(in CallArguments a) => (a[3] | a[4]) != 0 ? Errno.EINVAL : a[1] switch
    {
        0 => a[2] == 0 ? 0 : Errno.EINVAL,
        1 => a[2] <= 2 ? 0 : Errno.EINVAL,
        _ => Errno.EINVAL,
    };

    /// <summary>PR_SET_MM: where /proc/pid/cmdline, environ and stat find the parts of a program.</summary>
    static Result SetMemory(Task task, in CallArguments a)
    {
        const uint startCode = 1, endCode = 2, startData = 3, endData = 4, startStack = 5, startBreak = 6, breakEnd = 7, argumentsStart = 8, argumentsEnd = 9, environmentStart = 10,
            environmentEnd = 11;
        if (a[4] != 0 || a[3] != 0) return Errno.EINVAL;
        if (!task.Credentials.Has(Capability.Resource)) return Errno.EPERM;
        var memory = task.AddressSpace!;
        uint value = a[2];
        if (value >= AddressSpace.UserEnd || value < AddressSpace.MinimumAddress) return Errno.EINVAL;
        ref var layout = ref memory.Layout;
        bool isMapped = memory.Regions.Any(region => region.Start <= value && value < region.End);
        switch (a[1])
        {
            case startCode: layout.StartCode = value; break;
            case endCode: layout.EndCode = value; break;
            case startData: layout.StartData = value; break;
            case endData: layout.EndData = value; break;
            case startBreak when value > layout.EndData: layout.StartBrk = value; break;
            case breakEnd when value > layout.EndData && value >= layout.StartBrk: layout.Brk = value; break;
            case startStack or argumentsStart or argumentsEnd or environmentStart or environmentEnd when !isMapped: return Errno.EFAULT;
            case startStack: layout.StartStack = value; break;
            case argumentsStart: layout.ArgStart = value; break;
            case argumentsEnd: layout.ArgEnd = value; break;
            case environmentStart: layout.EnvStart = value; break;
            case environmentEnd: layout.EnvEnd = value; break;
            default: return Errno.EINVAL;
        }
        return 0;
    }
}
