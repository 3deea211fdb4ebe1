using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel;

/// <summary>Finds who has to die when the machine's memory limit is reached (Linux: mm/oom_kill.c).</summary>
internal static class OutOfMemoryKiller
{
    /// <summary>oom_score_adj of a process that is never chosen.</summary>
    public const int Exempt = -1000;

    /// <summary>Pages that the death of a process would free, changed by its adjustment; null when it must not be chosen (oom_badness).</summary>
    public static long? Badness(ThreadGroup group)
    {
        if (group.IsZombie || group.OutOfMemoryAdjustment == Exempt || ReferenceEquals(group.Leader, group.Machine.Init)) return null;
        var memory = group.Threads.FirstOrDefault(static thread => thread.AddressSpace != null)?.AddressSpace;
        if (memory == null || memory.IsReaped) return null;
        return memory.ResidentPages + group.OutOfMemoryAdjustment * (group.Machine.Account.Limit / 1000);
    }

    /// <summary>/proc/pid/oom_score: 0 to 2000.</summary>
    public static long Score(ThreadGroup group)
    {
        if (Badness(group) is not { } points) return 0;
        return Math.Max((1000 + points * 1000 / Math.Max(group.Machine.Account.Limit, 1)) * 2 / 3, 0);
    }

    /// <summary>Kills the worst process and takes its memory at once.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="faulting">The space that needs a frame.</param>
    /// <returns>True when another's memory was freed and the fault may be tried again; false when the faulting task itself has to die.</returns>
    public static bool Free(Machine machine, AddressSpace faulting)
    {
        ThreadGroup? victim = null;
        long worst = long.MinValue;
        foreach (var task in machine.AllTasks)
        {
            if (!ReferenceEquals(task.Group.Leader, task) || Badness(task.Group) is not { } points || points <= worst) continue;
            (victim, worst) = (task.Group, points);
        }
        var memory = victim?.Threads.FirstOrDefault(static thread => thread.AddressSpace != null)?.AddressSpace;
        bool isOwn = memory == null || ReferenceEquals(memory, faulting);
        foreach (var task in machine.AllTasks.ToArray())
        {
            // All who share the memory die with it; nobody's death may depend on being exempt when nobody else is left.
            if (task.AddressSpace == null || !ReferenceEquals(task.AddressSpace, isOwn ? faulting : memory) || task.HasExited) continue;
            task.Group.Pending.Remove(SignalSet.Of(Signal.SIGKILL));
            machine.SendSignal(task.Group, SignalInfo.FromKernel(Signal.SIGKILL));
        }
        if (isOwn) return false;
        memory!.Reap();
        machine.OutOfMemoryKills++;
        return true;
    }
}
