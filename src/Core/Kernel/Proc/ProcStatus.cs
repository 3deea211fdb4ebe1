using CheckpointRestart.Core.Memory;

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
        var usage = MemoryUsage.Of(memory);
        var (data, stack) = Kinds(memory);
        return $"{memory.MappedBytes >> 12} {usage.Resident} {usage.File + usage.SharedMemory} {TextBytes(memory) >> 12} 0 {(data + stack) >> 12} 0\n";
    }

    static string MemoryLines(AddressSpace space, bool hasNoHugePages)
    {
        var usage = MemoryUsage.Of(space);
        var (data, stack) = Kinds(space);
        ulong code = TextBytes(space), allCode = 0;
        foreach (var region in space.Regions)
            if ((region.Flags & (VmFlags.Exec | VmFlags.Write | VmFlags.GrowsDown)) == VmFlags.Exec) allCode += region.Length;
        static string Line(string name, ulong bytes) => $"{name}:\t{bytes >> 10,8} kB\n";
        return Line("VmPeak", space.MappedMost) + Line("VmSize", space.MappedBytes) + Line("VmLck", space.LockedBytes) + Line("VmPin", 0)
            + Line("VmHWM", (ulong)Math.Max(space.ResidentMost, usage.Resident) << 12) + Line("VmRSS", (ulong)usage.Resident << 12) + Line("RssAnon", (ulong)usage.Anonymous << 12)
            + Line("RssFile", (ulong)usage.File << 12) + Line("RssShmem", (ulong)usage.SharedMemory << 12) + Line("VmData", data) + Line("VmStk", stack)
            + Line("VmExe", code) + Line("VmLib", allCode - Math.Min(code, allCode)) + Line("VmPTE", (ulong)space.TablePages << 12) + Line("VmSwap", 0)
            + Line("HugetlbPages", 0) + $"CoreDumping:\t0\nTHP_enabled:\t{(hasNoHugePages ? 0 : 1)}\n";
    }

    static ulong TextBytes(AddressSpace space) => ((space.Layout.EndCode + 4095ul) & ~4095ul) - (space.Layout.StartCode & ~4095u);

    /// <summary>Bytes of private writable memory, and of stacks.</summary>
    static (ulong Data, ulong Stack) Kinds(AddressSpace space)
    {
        ulong data = 0, stack = 0;
        foreach (var region in space.Regions)
        {
            if ((region.Flags & VmFlags.GrowsDown) != 0) stack += region.Length;
            else if ((region.Flags & (VmFlags.Write | VmFlags.Shared)) == VmFlags.Write) data += region.Length;
        }
        return (data, stack);
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
        string memory = task.AddressSpace is { } space ? MemoryLines(space, group.HasNoHugePages) : "";
        return $"Name:\t{task.Comm}\nUmask:\t{Convert.ToString(task.FileSystem?.Umask ?? 0, 8).PadLeft(4, '0')}\nState:\t{state}\nTgid:\t{group.Id}\nNgid:\t0\nPid:\t{task.Pid}\nPPid:\t{group.Parent?.Id ?? 0}\nTracerPid:\t{task.Trace?.Tracer.Tgid ?? 0}\n"
            + $"Uid:\t{c.Uid}\t{c.EffectiveUid}\t{c.SavedUid}\t{c.FileUid}\nGid:\t{c.Gid}\t{c.EffectiveGid}\t{c.SavedGid}\t{c.FileGid}\nFDSize:\t{task.Files?.Capacity ?? 0}\nGroups:\t{string.Join(' ', c.Groups)} \nNStgid:\t{group.Id}\nNSpid:\t{task.Pid}\nNSpgid:\t{group.ProcessGroup}\nNSsid:\t{group.Session}\n"
            + memory
            + $"Threads:\t{group.Threads.Count}\nSigQ:\t{task.Machine.CountQueued(c.Uid)}/{group.Limits[Resource.PendingSignals].Current}\nSigPnd:\t{task.Pending.Set}\nShdPnd:\t{group.Pending.Set}\nSigBlk:\t{task.BlockedSignals}\nSigIgn:\t{ignored:x16}\nSigCgt:\t{caught:x16}\n"
            + $"CapInh:\t{c.Inheritable}\nCapPrm:\t{c.Permitted}\nCapEff:\t{c.Effective}\nCapBnd:\t{c.Bounding}\nCapAmb:\t{c.Ambient}\nNoNewPrivs:\t{(group.NoNewPrivileges ? 1 : 0)}\nSeccomp:\t{(int)task.Seccomp}\nSeccomp_filters:\t{task.SeccompFilter?.Count ?? 0}\nSpeculation_Store_Bypass:\tnot vulnerable\nSpeculationIndirectBranch:\tunknown\n"
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
