namespace CheckpointRestart.Core.Kernel.Ipc;

/// <summary>What semaphores get back when a process, or the tasks that share the list by CLONE_SYSVSEM, end (Linux: struct sem_undo_list).</summary>
public sealed partial class SemaphoreUndo
{
    readonly List<(SemaphoreSet Set, short[] Adjustments)> entries = [];

    /// <summary>Tasks that share the list.</summary>
    internal int Users { get; set; } = 1;

    /// <summary>The sets with the change of each of their semaphores, in the order of their first use.</summary>
    public IEnumerable<(SemaphoreSet Set, IReadOnlyList<short> Adjustments)> Entries
    {
        get
        {
            foreach (var (set, adjustments) in entries)
                if (!set.IsRemoved) yield return (set, adjustments);
        }
    }

    /// <summary>True when the end of the tasks would change a semaphore.</summary>
    public bool IsPending => Entries.Any(static entry => entry.Adjustments.Any(static change => change != 0));

    /// <summary>The changes of a set, to be added to; null without kernel memory for them.</summary>
    internal short[]? AdjustmentsOf(SemaphoreSet set, IpcState state)
    {
        foreach (var (known, adjustments) in entries)
            if (ReferenceEquals(known, set)) return adjustments;
        Trim(state);
        if (!state.TryCharge(Cost(set))) return null;
        var made = new short[set.Values.Length];
        entries.Add((set, made));
        return made;
    }

    /// <summary>SETVAL and SETALL: what was to be undone of it is forgotten.</summary>
    internal void Forget(SemaphoreSet set, int number)
    {
        foreach (var (known, adjustments) in entries)
        {
            if (!ReferenceEquals(known, set)) continue;
            if (number < 0) Array.Clear(adjustments);
            else adjustments[number] = 0;
        }
    }

    /// <summary>A task leaves the list; with the last one the changes are made (exit_sem).</summary>
    internal void DropUser(Task task)
    {
        if (--Users != 0) return;
        var state = task.Machine.Ipc;
        long now = task.Machine.Clock.Realtime / TimeConversions.Second;
        foreach (var (set, adjustments) in entries)
        {
            state.Memory -= Cost(set);
            if (set.IsRemoved) continue;
            bool changed = false;
            for (int i = 0; i < adjustments.Length; i++)
            {
                if (adjustments[i] == 0) continue;
                set.Values[i] = (ushort)Math.Clamp(set.Values[i] + adjustments[i], 0, SemaphoreSet.ValueMost);
                set.Pids[i] = task.Tgid;
                changed = true;
            }
            if (!changed) continue;
            set.OperationTime = now;
            set.Update(now);
        }
        entries.Clear();
    }

    void Trim(IpcState state)
    {
        foreach (var (set, _) in entries)
            if (set.IsRemoved) state.Memory -= Cost(set);
        entries.RemoveAll(static entry => entry.Set.IsRemoved);
    }

    static long Cost(SemaphoreSet set) => 64 + set.Values.Length * 2L;
}
