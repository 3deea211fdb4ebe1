namespace CheckpointRestart.Core.Memory;

/// <summary>Host memory of one address space: a page for the processor, the tables for reading and writing, the page table, how many pages of each group are
/// present. All zero when it is handed out.</summary>
internal readonly unsafe struct PageTables
{
    internal const int PageCount = 1 << 20, GroupShift = 9, HeadBytes = 4096;

    const int TableBytes = PageCount * sizeof(long), GroupBytes = (PageCount >> GroupShift) * sizeof(ushort);
    const int TotalBytes = HeadBytes + 3 * TableBytes + GroupBytes;

    static int inUse;

    readonly byte* start;

    PageTables(byte* start) => this.start = start;

    internal bool IsNone => start == null;
    internal long* Read => (long*)(start + HeadBytes);
    internal long* Write => (long*)(start + HeadBytes + TableBytes);
    internal ulong* Pages => (ulong*)(start + HeadBytes + 2 * TableBytes);
    internal ushort* GroupPresent => (ushort*)(start + HeadBytes + 3 * TableBytes);

    /// <summary>Tables of the process that have not been given back to the host.</summary>
    internal static int InUse => Volatile.Read(ref inUse);

    internal static PageTables Reserve()
    {
        var made = new PageTables(HostMemory.ReserveSparse(TotalBytes));
        Interlocked.Increment(ref inUse);
        return made;
    }

    internal void ClearHead() => new Span<byte>(start, HeadBytes).Clear();

    internal void Release()
    {
        HostMemory.Release(start, TotalBytes);
        Interlocked.Decrement(ref inUse);
    }
}

/// <summary>Keeps a few page tables of address spaces that ended for the next ones: what a host takes to map, touch and unmap them is most of a fork. Thread safe.</summary>
internal sealed class SparePageTables
{
    /// <summary>The most that are kept, and the most groups of pages that one of them may have touched: each holds three host pages.</summary>
    const int Most = 4, MostGroups = 32;

    readonly Lock gate = new();
    readonly Stack<PageTables> spare = new(Most);
    bool closed;

    internal PageTables Take()
    {
        lock (gate)
        {
            if (spare.TryPop(out var tables)) return tables;
        }
        return PageTables.Reserve();
    }

    /// <summary>Takes tables back.</summary>
    /// <param name="tables">No page of them is present any more.</param>
    /// <param name="groups">Groups of pages that were ever touched.</param>
    internal void PutBack(PageTables tables, int groups)
    {
        if (groups <= MostGroups)
        {
            tables.ClearHead();
            lock (gate)
            {
                if (!closed && spare.Count < Most)
                {
                    spare.Push(tables);
                    return;
                }
            }
        }
        tables.Release();
    }

    /// <summary>Gives all back to the host, and keeps none from now on.</summary>
    internal void Close()
    {
        lock (gate)
        {
            closed = true;
            while (spare.TryPop(out var tables)) tables.Release();
        }
    }
}
