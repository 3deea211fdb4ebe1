using System.Runtime.CompilerServices;

namespace CheckpointRestart.Core.Memory;

/// <summary>The 4 GiB address space of a task: regions, page table, and the two look-up tables that the processor reads.</summary>
/// <remarks>Driven by the one thread of its machine. The tables are indexed by guest page number; an entry is the host address of the
/// page minus its guest address, or 0 for the slow path.</remarks>
public sealed unsafe partial class AddressSpace : IDisposable
{
    /// <summary>End of user memory: TASK_SIZE of i386 with the 3:1 split.</summary>
    public const uint UserEnd = 0xC0000000;

    /// <summary>Lowest address that may be mapped: vm.mmap_min_addr.</summary>
    public const uint MinimumAddress = 0x10000;

    /// <summary>The most regions an address space may have: vm.max_map_count.</summary>
    public const int MaximumRegions = 65530;

    /// <summary>Bytes left free below a region that grows down: the stack guard gap.</summary>
    public const uint GuardGap = 256 << 12;

    const int PageCount = PageTables.PageCount;
    const int GroupShift = PageTables.GroupShift;
    /// <summary>A host page of each of the three tables.</summary>
    const long TablesPerGroup = 3;
    const ulong FlagMask = 0xFFF;

    PageTables tables;
    long* readTable;
    long* writeTable;
    ulong* pages;
    ushort* groupPresent;
    readonly ulong[] groupsTouched = new ulong[(PageCount >> GroupShift) / 64];
    int touched;

    readonly List<Vma> regions = [];

    /// <summary>Makes an empty address space whose frames are charged to <paramref name="account"/>.</summary>
    public AddressSpace(MemoryAccount account)
    {
        Account = account;
        account.Add(this);
        tables = account.SpareTables.Take();
        readTable = tables.Read;
        writeTable = tables.Write;
        pages = tables.Pages;
        groupPresent = tables.GroupPresent;
    }

    /// <summary>The machine's account.</summary>
    public MemoryAccount Account { get; }

    /// <summary>The table for reads: 2^20 entries. The write table is right behind it, a page for the processor's own use right in front of it.</summary>
    public long* ReadTable => readTable;

    /// <summary>The table for writes: 2^20 entries.</summary>
    public long* WriteTable => writeTable;

    /// <summary>Regions in address order.</summary>
    public IReadOnlyList<Vma> Regions => regions;

    /// <summary>Where code is decoded into; told when code changes.</summary>
    public ICodeObserver? CodeObserver { get; set; }

    /// <summary>The file that the space's program is from, with one reference of the space's; null when there is none.</summary>
    public IProgramFile? Program { get; set; }

    /// <summary>References by tasks; the space is disposed with the last one.</summary>
    public int Users { get; private set; } = 1;

    /// <summary>The fields of mm_struct that a checkpoint carries.</summary>
    public MemoryLayout Layout;

    /// <summary>Mapped bytes, of all regions.</summary>
    public ulong MappedBytes
    {
        get => mappedBytes;
        private set
        {
            mappedBytes = value;
            if (value > MappedMost) MappedMost = value;
        }
    }

    ulong mappedBytes;

    /// <summary>Present pages, the zero page and file pages included.</summary>
    public long ResidentPages { get; private set; }

    /// <summary>Pages whose frame is this space's own.</summary>
    public long PrivatePages { get; private set; }

    /// <summary>Private pages without those that a fork shares with its parent and that were not written since. Whoever else holds frames, as a snapshot does, does not count.</summary>
    public long OwnPages { get; private set; }

    /// <summary>Limit of <see cref="MappedBytes"/>: RLIMIT_AS.</summary>
    public ulong SizeLimit { get; set; } = ulong.MaxValue;

    /// <summary>Limit of a region that grows down, in bytes: RLIMIT_STACK.</summary>
    public uint StackLimit { get; set; } = 8 << 20;

    /// <summary>Limit of private writable memory, in bytes: RLIMIT_DATA.</summary>
    public ulong DataLimit { get; set; } = ulong.MaxValue;

    /// <summary>What mlockall(2) with MCL_FUTURE gives new regions: Locked or none.</summary>
    public VmFlags FutureFlags { get; set; }

    /// <summary>As <see cref="FutureFlags"/>: LockOnFault or none.</summary>
    public VmAdvice FutureAdvice { get; set; }

    /// <summary>The most <see cref="MappedBytes"/> so far.</summary>
    public ulong MappedMost { get; private set; }

    /// <summary>The most <see cref="ResidentPages"/> so far.</summary>
    public long ResidentMost { get; private set; }

    /// <summary>Pages that a kernel would use for page tables: one for each 2 MiB (PAE) that was ever touched.</summary>
    public int TablePages => touched;

    /// <summary>False where the processor lets everything be executed that can be read.</summary>
    public bool HasNoExecute { get; set; } = true;

    /// <summary>Top of the area from which addresses are chosen, searched downwards.</summary>
    public uint MmapBase { get; set; } = 0xB7FFE000;

    /// <summary>True once <see cref="Dispose"/> ran.</summary>
    public bool IsDisposed => pages == null;

    /// <summary>One more task shares the space (CLONE_VM).</summary>
    public void AddUser() => Users++;

    /// <summary>A task leaves the space; the last one disposes it.</summary>
    public void DropUser()
    {
        if (--Users == 0) Dispose();
    }

    /// <summary>Frees all frames and the tables.</summary>
    public void Dispose()
    {
        if (pages == null) return;
        DropWindow();
        // First: nobody has to hear that one page after the other goes.
        CodeObserver?.SpaceEnded();
        CodeObserver = null;
        UnmapAll();
        Account.Remove(this);
        Program?.ReleaseProgram();
        Program = null;
        int groups = touched;
        Account.AddTables(-groups * TablesPerGroup);
        touched = 0;
        Account.SpareTables.PutBack(tables, groups);
        tables = default;
        readTable = writeTable = null;
        pages = null;
        groupPresent = null;
    }

    /// <summary>The region that holds <paramref name="address"/>, or null.</summary>
    public Vma? FindRegion(uint address)
    {
        int index = IndexAtOrAfter(address);
        return index < regions.Count && regions[index].Start <= address ? regions[index] : null;
    }

    /// <summary>The region that holds <paramref name="address"/>, or else the first one behind it; null when there is none.</summary>
    internal Vma? FindRegionFrom(uint address)
    {
        int index = IndexAtOrAfter(address);
        return index < regions.Count ? regions[index] : null;
    }

    /// <summary>State of page <paramref name="page"/>.</summary>
    public PageState GetPageState(uint page) => (PageState)(pages[page] & FlagMask) & ~(PageState.Inherited | PageState.Told);

    /// <summary>The frame of a present page, not referenced for the caller; none when absent. Never faults a page in.</summary>
    public Frame GetFrame(uint page) => new((byte*)(pages[page] & ~FlagMask));

    /// <summary>Calls <paramref name="visit"/> for each present page of <c>[start, end)</c>, ascending; addresses are page aligned.</summary>
    public void VisitPresent(uint start, uint end, Action<uint, PageState> visit)
    {
        for (long page = NextPresent(start >> 12, end >> 12); page >= 0; page = NextPresent((uint)page + 1, end >> 12))
            visit((uint)page, GetPageState((uint)page));
    }

    /// <summary>First present page of [page, end) by page number, or -1.</summary>
    public long NextPresent(uint page, uint end)
    {
        while (page < end)
        {
            if (groupPresent[page >> GroupShift] == 0)
            {
                page = ((page >> GroupShift) + 1) << GroupShift;
                continue;
            }
            if (pages[page] != 0) return page;
            page++;
        }
        return -1;
    }

    /// <summary>Index of the first region that ends above <paramref name="address"/>.</summary>
    int IndexAtOrAfter(uint address)
    {
        int low = 0, high = regions.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (regions[middle].End <= address) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void SetPage(uint page, Frame frame, PageState state)
    {
        ulong old = pages[page];
        NoteChange(page);
        pages[page] = (ulong)frame.Pointer | (ulong)state;
        if (old == 0)
        {
            if (groupPresent[page >> GroupShift]++ == 0) Touch(page >> GroupShift);
            if (++ResidentPages > ResidentMost) ResidentMost = ResidentPages;
        }
        PrivatePages += ((uint)state >> 1 & 1) - (long)(old >> 1 & 1);
        OwnPages += Owns((ulong)state) - Owns(old);
    }

    /// <summary>1 for a private page that is not inherited.</summary>
    static long Owns(ulong entry) => (long)(entry >> 1 & ~(entry >> 4) & 1);

    /// <summary>The first page of 512 takes host memory for the tables until the space ends.</summary>
    void Touch(uint group)
    {
        ulong bit = 1ul << (int)(group & 63);
        if ((groupsTouched[group >> 6] & bit) != 0) return;
        groupsTouched[group >> 6] |= bit;
        touched++;
        Account.AddTables(TablesPerGroup);
    }

    /// <summary>Detaches a page's frame and returns it still referenced.</summary>
    Frame ClearPage(uint page)
    {
        ulong old = pages[page];
        if ((old & (ulong)PageState.Code) != 0) CodeObserver?.CodeChanged(page);
        NoteChange(page);
        pages[page] = 0;
        ForgetPage(page);
        groupPresent[page >> GroupShift]--;
        ResidentPages--;
        PrivatePages -= (long)(old >> 1 & 1);
        OwnPages -= Owns(old);
        return new Frame((byte*)(old & ~FlagMask));
    }
}

/// <summary>The addresses that mm_struct remembers of a program (Linux: include/linux/mm_types.h).</summary>
public struct MemoryLayout
{
    public uint StartCode, EndCode, StartData, EndData, StartBrk, Brk, StartStack, ArgStart, ArgEnd, EnvStart, EnvEnd;
}
