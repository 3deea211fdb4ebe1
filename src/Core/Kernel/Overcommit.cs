using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel;

/// <summary>vm.overcommit_memory.</summary>
public enum OvercommitMode
{
    /// <summary>Refuses only what the machine could never have at once.</summary>
    Heuristic = 0,
    /// <summary>Refuses nothing.</summary>
    Always = 1,
    /// <summary>Refuses what is beyond the commit limit.</summary>
    Never = 2,
}

/// <summary>Whether memory may be promised that is not there yet (Linux: __vm_enough_memory).</summary>
public sealed partial class Overcommit(Machine machine)
{
    public OvercommitMode Mode { get; internal set; }

    /// <summary>vm.overcommit_ratio, percent.</summary>
    public int Ratio { get; internal set; } = 50;

    /// <summary>Bytes promised to all tasks: private writable regions that are accounted, and shared anonymous ones.</summary>
    public ulong Committed
    {
        get
        {
            ulong sum = 0;
            var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
            foreach (var task in machine.AllTasks)
            {
                if (task.AddressSpace is not { } memory || !seen.Add(memory)) continue;
                foreach (var region in memory.Regions)
                {
                    if ((region.Flags & VmFlags.Account) != 0) sum += region.Length;
                    else if (region.Source is SharedMemory shared && seen.Add(shared)) sum += (ulong)shared.Pages << 12;
                }
            }
            return sum;
        }
    }

    /// <summary>CommitLimit of /proc/meminfo, bytes.</summary>
    public ulong Limit => (ulong)machine.Account.Limit * (ulong)Ratio / 100 << 12;

    internal bool Allows(Task task, uint bytes)
    {
        const ulong adminReserve = 8 << 20;
        return Mode switch
        {
            OvercommitMode.Heuristic => bytes >> 12 <= machine.Account.Limit,
            OvercommitMode.Never => Committed + bytes < (task.Credentials.IsPrivileged ? Limit : Limit - Math.Min(Limit, adminReserve)),
            _ => true,
        };
    }
}
