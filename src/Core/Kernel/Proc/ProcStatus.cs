namespace CheckpointRestart.Core.Kernel.Proc;

/// <summary>/proc/pid/stat, statm and status.</summary>
internal static class ProcStatus
{
    const int Tick = 10_000_000;

    static char Letter(Task task) => task.State switch
    {
        TaskState.Running => 'R',
        TaskState.Sleeping => 'S',
        TaskState.Stopped => 'T',
        TaskState.Traced => 't',
        TaskState.Zombie => 'Z',
        _ => 'X',
    };

    public static string Stat(Task task)
    {
        var group = task.Group;
        var memory = task.AddressSpace;
        var layout = memory?.Layout ?? default;
        ulong ignored = 0, caught = 0;
        Sets(task, ref ignored, ref caught);
        return $"{task.Pid} ({task.Comm}) {Letter(task)} {group.Parent?.Id ?? 0} {group.ProcessGroup} {group.Session} {group.Terminal?.Device ?? 0} {group.Terminal?.ForegroundGroup ?? -1} 0 0 0 0 0 "
            + $"{group.Instructions / Tick} 0 {group.ChildInstructions / Tick} 0 {20 + group.Nice} {group.Nice} {group.Threads.Count} 0 {group.StartTime / Tick} "
            + $"{memory?.MappedBytes ?? 0} {memory?.ResidentPages ?? 0} 4294967295 {layout.StartCode} {layout.EndCode} {layout.StartStack} {task.Registers?.Esp ?? 0} {task.Registers?.Eip ?? 0} "
            + $"{task.PendingSet.Bits & int.MaxValue} {task.BlockedSignals.Bits & int.MaxValue} {ignored & int.MaxValue} {caught & int.MaxValue} {(task.State == TaskState.Sleeping ? 1 : 0)} 0 0 {(int)group.ExitSignal} 0 0 0 0 0 0 "
            + $"{layout.StartData} {layout.EndData} {layout.StartBrk} {layout.ArgStart} {layout.ArgEnd} {layout.EnvStart} {layout.EnvEnd} {(task.HasExited ? task.ExitStatus : 0)}\n";
    }

    public static string Memory(Task task)
    {
        if (task.AddressSpace is not { } memory) return "0 0 0 0 0 0 0\n";
        var layout = memory.Layout;
        return $"{memory.MappedBytes / 4096} {memory.ResidentPages} {memory.ResidentPages - memory.PrivatePages} {(layout.EndCode - layout.StartCode + 4095) / 4096} 0 {memory.PrivatePages} 0\n";
    }

    public static string Status(Task task)
    {
        var group = task.Group;
        var c = task.Credentials;
        ulong ignored = 0, caught = 0;
        Sets(task, ref ignored, ref caught);
        string state = task.State switch
        {
            TaskState.Running => "R (running)",
            TaskState.Sleeping => "S (sleeping)",
            TaskState.Stopped => "T (stopped)",
            TaskState.Traced => "t (tracing stop)",
            TaskState.Zombie => "Z (zombie)",
            _ => "X (dead)",
        };
        string memory = task.AddressSpace is { } space
            ? $"VmPeak:\t{space.MappedBytes / 1024,8} kB\nVmSize:\t{space.MappedBytes / 1024,8} kB\nVmLck:\t{0,8} kB\nVmPin:\t{0,8} kB\nVmHWM:\t{space.ResidentPages * 4,8} kB\nVmRSS:\t{space.ResidentPages * 4,8} kB\nRssAnon:\t{space.PrivatePages * 4,8} kB\nRssFile:\t{(space.ResidentPages - space.PrivatePages) * 4,8} kB\nRssShmem:\t{0,8} kB\nVmData:\t{space.PrivatePages * 4,8} kB\nVmStk:\t{132,8} kB\nVmExe:\t{(space.Layout.EndCode - space.Layout.StartCode) / 1024,8} kB\nVmLib:\t{0,8} kB\nVmPTE:\t{0,8} kB\nVmSwap:\t{0,8} kB\nHugetlbPages:\t{0,8} kB\nCoreDumping:\t0\nTHP_enabled:\t{(group.HasNoHugePages ? 0 : 1)}\n"
            : "";
        return $"Name:\t{task.Comm}\nUmask:\t{Convert.ToString(task.FileSystem?.Umask ?? 0, 8).PadLeft(4, '0')}\nState:\t{state}\nTgid:\t{group.Id}\nNgid:\t0\nPid:\t{task.Pid}\nPPid:\t{group.Parent?.Id ?? 0}\nTracerPid:\t{task.Trace?.Tracer.Tgid ?? 0}\n"
            + $"Uid:\t{c.Uid}\t{c.EffectiveUid}\t{c.SavedUid}\t{c.FileUid}\nGid:\t{c.Gid}\t{c.EffectiveGid}\t{c.SavedGid}\t{c.FileGid}\nFDSize:\t{task.Files?.Capacity ?? 0}\nGroups:\t{string.Join(' ', c.Groups)} \nNStgid:\t{group.Id}\nNSpid:\t{task.Pid}\nNSpgid:\t{group.ProcessGroup}\nNSsid:\t{group.Session}\n"
            + memory
            + $"Threads:\t{group.Threads.Count}\nSigQ:\t{task.Machine.CountQueued(c.Uid)}/{group.Limits[Resource.PendingSignals].Current}\nSigPnd:\t{task.Pending.Set}\nShdPnd:\t{group.Pending.Set}\nSigBlk:\t{task.BlockedSignals}\nSigIgn:\t{ignored:x16}\nSigCgt:\t{caught:x16}\n"
            + $"CapInh:\t{c.Inheritable}\nCapPrm:\t{c.Permitted}\nCapEff:\t{c.Effective}\nCapBnd:\t{c.Bounding}\nCapAmb:\t{c.Ambient}\nNoNewPrivs:\t{(group.NoNewPrivileges ? 1 : 0)}\nSeccomp:\t0\nSeccomp_filters:\t0\nSpeculation_Store_Bypass:\tnot vulnerable\nSpeculationIndirectBranch:\tunknown\n"
            + $"Cpus_allowed:\t1\nCpus_allowed_list:\t0\nMems_allowed:\t1\nMems_allowed_list:\t0\nvoluntary_ctxt_switches:\t{task.ContextSwitches}\nnonvoluntary_ctxt_switches:\t0\n";
    }

    static void Sets(Task task, ref ulong ignored, ref ulong caught)
    {
        for (int i = 1; i <= (int)Signal.Last; i++)
        {
            uint handler = task.Handlers[(Signal)i].Handler;
            if (handler == SignalAction.Ignore) ignored |= 1ul << (i - 1);
            else if (handler != SignalAction.Default) caught |= 1ul << (i - 1);
        }
    }
}
