using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel.Futexes;

/// <content>Robust lists: what a dying task says of the locks that it holds (Linux: exit_robust_list).</content>
internal sealed partial class FutexTable
{
    const int RobustLimit = 2048;

    /// <summary>Marks the robust futexes that a dying task holds, and wakes one waiter of each.</summary>
    public void ReleaseRobust(Task task)
    {
        var memory = task.AddressSpace!;
        uint head = task.RobustList.Head;
        if (head == 0 || !memory.TryRead(head, out uint entry) || !memory.TryRead(head + 4, out uint offset) || !memory.TryRead(head + 8, out uint pending)) return;
        for (int left = RobustLimit; (entry & ~1u) != head;)
        {
            bool isThere = memory.TryRead(entry & ~1u, out uint next);
            if ((entry & ~1u) != (pending & ~1u) && !HandleDeath(task, memory, entry, offset, isPending: false)) return;
            if (!isThere) return;
            entry = next;
            if (--left == 0) break;
        }
        if ((pending & ~1u) != 0) HandleDeath(task, memory, pending, offset, isPending: true);
    }

    bool HandleDeath(Task task, AddressSpace memory, uint entry, uint offset, bool isPending)
    {
        bool hasOwner = (entry & 1) != 0;
        uint address = (entry & ~1u) + offset;
        if ((address & 3) != 0 || !memory.TryRead(address, out uint value)) return false;
        uint owner = value & TidMask;
        if (isPending && !hasOwner && owner == 0)
        {
            WakeOne(memory, address);
            return true;
        }
        if (owner != (uint)task.Pid) return true;
        if (!memory.TryWrite(address, (value & WaitersBit) | OwnerDied)) return false;
        if (!hasOwner && (value & WaitersBit) != 0) WakeOne(memory, address);
        return true;
    }

    /// <summary>Wakes one waiter of a word that is named without FUTEX_PRIVATE_FLAG.</summary>
    public void WakeOne(AddressSpace memory, uint address)
    {
        if (FutexKey.Get(memory, address, isPrivate: false, write: false, out var key) == Errno.None) Wake(key, 1, AnyBits);
    }
}
