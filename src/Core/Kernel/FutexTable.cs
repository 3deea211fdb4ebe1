using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel;

/// <summary>Who waits for which word of memory (Linux: kernel/futex). A word in shared memory is known by its source, others by address space.</summary>
public sealed class FutexTable
{
    const uint WaitersBit = 0x80000000, OwnerDied = 0x40000000, TidMask = 0x3FFFFFFF;
    const int RobustLimit = 2048;

    readonly Dictionary<Key, List<Waiter>> waiters = [];

    /// <summary>Identity of a futex.</summary>
    internal readonly record struct Key(object Owner, ulong Offset);

    /// <summary>A task that waits.</summary>
    internal sealed record Waiter(Task Task, Key Key, uint Bits, WaitQueue Queue) : ICallSubject
    {
        /// <summary>True once woken by FUTEX_WAKE rather than by time or a signal.</summary>
        public bool IsWoken { get; set; }

        /// <summary>Where it waits now: a requeue moves it.</summary>
        public Key Current { get; set; } = Key;

        public void Leave() => Task.Machine.Futexes.Remove(this);
    }

    internal static Key KeyOf(AddressSpace memory, uint address)
    {
        var region = memory.FindRegion(address);
        return region is { IsShared: true, Source: { } source }
            ? new Key(source, (ulong)region.PageOffset * 4096 + (address - region.Start))
            : new Key(memory, address);
    }

    internal Waiter Add(Task task, uint address, uint bits)
    {
        var key = KeyOf(task.AddressSpace!, address);
        var waiter = new Waiter(task, key, bits, new WaitQueue());
        ListOf(key).Add(waiter);
        return waiter;
    }

    internal void Remove(Waiter waiter)
    {
        if (!waiters.TryGetValue(waiter.Current, out var list)) return;
        list.Remove(waiter);
        if (list.Count == 0) waiters.Remove(waiter.Current);
    }

    /// <summary>Wakes at most <paramref name="most"/> waiters that share a bit of <paramref name="bits"/>.</summary>
    internal int Wake(AddressSpace memory, uint address, int most, uint bits)
    {
        var key = KeyOf(memory, address);
        if (!waiters.TryGetValue(key, out var list)) return 0;
        int woken = 0;
        for (int i = 0; i < list.Count && woken < most;)
        {
            var waiter = list[i];
            if ((waiter.Bits & bits) == 0)
            {
                i++;
                continue;
            }
            list.RemoveAt(i);
            waiter.IsWoken = true;
            waiter.Queue.Wake();
            woken++;
        }
        if (list.Count == 0) waiters.Remove(key);
        return woken;
    }

    /// <summary>Wakes some and moves others to another word.</summary>
    /// <returns>Woken and moved.</returns>
    internal (int Woken, int Moved) Requeue(AddressSpace memory, uint from, uint to, int wake, int move)
    {
        int woken = Wake(memory, from, wake, uint.MaxValue), moved = 0;
        var source = KeyOf(memory, from);
        var target = KeyOf(memory, to);
        if (source == target || !waiters.TryGetValue(source, out var list)) return (woken, 0);
        while (list.Count > 0 && moved < move)
        {
            var waiter = list[0];
            list.RemoveAt(0);
            waiter.Current = target;
            ListOf(target).Add(waiter);
            moved++;
        }
        if (list.Count == 0) waiters.Remove(source);
        return (woken, moved);
    }

    internal void Forget(Task task)
    {
        foreach (var (key, list) in waiters.ToArray())
        {
            list.RemoveAll(waiter => ReferenceEquals(waiter.Task, task));
            if (list.Count == 0) waiters.Remove(key);
        }
    }

    /// <summary>Marks the robust futexes that a dying task holds, and wakes one waiter of each (Linux: exit_robust_list).</summary>
    internal void ReleaseRobust(Task task)
    {
        var memory = task.AddressSpace!;
        uint head = task.RobustList.Head;
        if (head == 0 || !memory.TryRead(head, out uint entry) || !memory.TryRead(head + 4, out int offset) || !memory.TryRead(head + 8, out uint pending)) return;
        for (int i = 0; i < RobustLimit && (entry & ~1u) != head; i++)
        {
            if (!memory.TryRead(entry & ~1u, out uint next)) break;
            if ((entry & ~1u) != (pending & ~1u)) HandleDeath(task, (entry & ~1u) + (uint)offset);
            entry = next;
        }
        if ((pending & ~1u) != 0) HandleDeath(task, (pending & ~1u) + (uint)offset);
    }

    void HandleDeath(Task task, uint address)
    {
        var memory = task.AddressSpace!;
        if ((address & 3) != 0 || !memory.TryRead(address, out uint value) || (value & TidMask) != (uint)task.Pid) return;
        if (memory.TryWrite(address, (value & WaitersBit) | OwnerDied) && (value & WaitersBit) != 0) Wake(memory, address, 1, uint.MaxValue);
    }

    List<Waiter> ListOf(Key key)
    {
        if (waiters.TryGetValue(key, out var list)) return list;
        list = [];
        waiters.Add(key, list);
        return list;
    }
}
