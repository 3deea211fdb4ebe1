using static CheckpointRestart.Core.Memory.HostMemory;

namespace CheckpointRestart.Core.Memory;

/// <summary>A reservation of 4 GiB of the host's address space in which pages of one guest lie at their guest addresses, with the guest's protection.
/// It is filled page by page, where an access faulted, and changed before the guest next runs.</summary>
/// <remarks>Used by the one thread of its machine.</remarks>
internal sealed unsafe class Window : IDisposable
{
    /// <summary>The most windows of a process; the address space of an x64 host has room for many more.</summary>
    internal const int Most = 512;

    /// <summary>Pages that are mapped together where their frames lie in a row.</summary>
    const uint Around = 16;

    /// <summary>Ranges to take away that are kept apart; with more the whole window is emptied.</summary>
    const int MostPending = 256;

    /// <summary>Behind the last page an access that wraps around faults.</summary>
    const ulong GuardBytes = 64 << 10;
    const ulong GuestBytes = 1ul << 32;
    const int PageCount = 1 << 20;

    /// <summary>Mappings that a process may have when the host does not say, and the part of them that is left to others.</summary>
    const long UsualMappings = 65530, KeptMappings = 15000;

    /// <summary>Fewer mappings are not worth giving up.</summary>
    const long WorthEmptying = 4096;

    /// <summary>Mappings from which on a new window is less work than new protections.</summary>
    const long WorthRenewing = 1500;

    /// <summary>Pages whose right to write is taken away in less time than the window's giving up costs later.</summary>
    const long WorthRenewingPages = 16384;

    /// <summary>Bytes of an old window that are given back at once.</summary>
    const ulong PieceBytes = 8 << 20;

    enum PageRight : byte
    {
        None,
        Read,
        ReadWrite,
    }

    record struct Range(uint First, uint End, bool Whole);

    static readonly long MostMappings = HostMappings() - KeptMappings;
    static long allMappings;
    static int windows;

    readonly AddressSpace space;
    readonly Range[] pending = new Range[MostPending];
    int pendingCount;
    bool isOverrun;
    PageRight* rights;
    /// <summary>The highest right that each page has ever had here.</summary>
    PageRight* highest;
    long mappings;

    Window(AddressSpace space, byte* start)
    {
        this.space = space;
        Start = start;
        rights = (PageRight*)HostMemory.Reserve(PageCount);
        highest = (PageRight*)HostMemory.Reserve(PageCount);
    }

    ~Window() => Free();

    /// <summary>Where guest address 0 lies.</summary>
    internal byte* Start { get; private set; }

    /// <summary>What the guest may do to a page in the window: Read, Write, or nothing.</summary>
    internal VmFlags RightsOf(uint page) => rights[page] switch
    {
        PageRight.None => 0,
        PageRight.Read => VmFlags.Read,
        _ => VmFlags.Read | VmFlags.Write,
    };

    /// <summary>True when a page was in the window before, with the right to be read or written.</summary>
    internal bool HadBefore(uint page, bool write) => highest[page] >= (write ? PageRight.ReadWrite : PageRight.Read);

    /// <summary>Host mappings of this window, about.</summary>
    internal long Mappings => mappings;

    /// <summary>Others hold the process's mappings: this window had better be closed.</summary>
    internal bool IsStarved { get; private set; }

    /// <summary>Makes an empty window; null where the host gives none or there are too many.</summary>
    internal static Window? TryMake(AddressSpace space)
    {
        if (FrameMemory.Descriptor < 0 || Volatile.Read(ref allMappings) > MostMappings) return null;
        if (Interlocked.Increment(ref windows) > Most)
        {
            Interlocked.Decrement(ref windows);
            return null;
        }
        byte* start = Map(null, GuestBytes + GuardBytes, HostMemory.None, MapPrivate | MapAnonymous | MapNoReserve, -1, 0);
        if ((nint)start != -1) return new Window(space, start);
        Interlocked.Decrement(ref windows);
        return null;
    }

    /// <summary>Brings a page in that has an entry in the tables, and its neighbours.</summary>
    /// <returns>False when the tables do not allow the access, or the host has no mappings left.</returns>
    internal bool Fill(uint page, bool write)
    {
        Settle();
        long distance = space.ReadTable[page];
        bool writable = space.WriteTable[page] != 0;
        if (distance == 0 || (write && !writable)) return false;
        var right = writable ? PageRight.ReadWrite : PageRight.Read;
        uint low = page & ~(Around - 1), high = low + Around, first = page, end = page + 1;
        while (first > low && IsLike(first - 1, distance, writable, right)) first--;
        while (end < high && IsLike(end, distance, writable, right)) end++;
        if (Volatile.Read(ref allMappings) > MostMappings)
        {
            if (mappings < WorthEmptying)
            {
                IsStarved = true;
                return false;
            }
            Empty();
        }
        long offset = FrameStore.OffsetOf((byte*)(distance + ((long)first << 12)));
        byte* at = Start + ((ulong)first << 12);
        int protection = writable ? HostMemory.ReadWrite : HostMemory.Read;
        if (Map(at, (ulong)(end - first) << 12, protection, MapShared | MapFixed | MapPopulate, FrameMemory.Descriptor, offset) != at) return false;
        Count(first, end, distance, right);
        for (uint i = first; i < end; i++)
        {
            rights[i] = right;
            if (highest[i] < right) highest[i] = right;
        }
        return true;
    }

    /// <summary>Takes a page away, before the guest next runs.</summary>
    internal void Drop(uint page)
    {
        if (rights[page] == PageRight.None) return;
        rights[page] = PageRight.None;
        Add(page, whole: true);
    }

    /// <summary>Takes the right to write away, before the guest next runs.</summary>
    internal void DropWrite(uint page)
    {
        if (rights[page] != PageRight.ReadWrite) return;
        rights[page] = PageRight.Read;
        Add(page, whole: false);
    }

    /// <summary>Takes the right to write away from all pages of an image, before the guest next runs. None of them may be written. Where it would take long to change what is
    /// there, the window begins anew: then each page costs its access a fault, but nobody waits.</summary>
    internal void DropWrites(ReadOnlySpan<FrameRun> runs)
    {
        long writable = 0;
        foreach (var run in runs) writable += new ReadOnlySpan<byte>(rights + run.First, (int)run.Count).Count((byte)PageRight.ReadWrite);
        if ((isOverrun || mappings >= WorthRenewing || writable >= WorthRenewingPages) && TryRenew()) return;
        foreach (var run in runs) DropWrites(run.First, run.End);
        Settle();
    }

    /// <summary>As <see cref="DropWrites(ReadOnlySpan{FrameRun})"/>, of a range.</summary>
    internal void DropWrites(uint first, uint end)
    {
        var range = new Span<byte>(rights + first, (int)(end - first));
        for (int at = 0; range[at..].IndexOf((byte)PageRight.ReadWrite) is var next and >= 0;)
        {
            // What lies between them may be read, too: one change of protection for all that is mapped in a row.
            int from = range[..(at + next)].LastIndexOf((byte)PageRight.None) is var hole and >= 0 ? Math.Max(hole + 1, at) : at;
            int to = range[(at + next)..].IndexOf((byte)PageRight.None) is var behind and >= 0 ? at + next + behind : range.Length;
            range[from..to].Fill((byte)PageRight.Read);
            if (pendingCount == MostPending) isOverrun = true;
            else pending[pendingCount++] = new Range(first + (uint)from, first + (uint)to, Whole: false);
            at = to;
        }
    }

    /// <summary>True when <see cref="Settle"/> has something to do.</summary>
    internal bool IsUnsettled => pendingCount > 0 || isOverrun;

    /// <summary>Does what <see cref="Drop"/> and <see cref="DropWrite"/> noted.</summary>
    internal void Settle()
    {
        if (!IsUnsettled) return;
        if (isOverrun)
        {
            Empty();
            return;
        }
        for (int i = 0; i < pendingCount; i++)
        {
            var range = pending[i];
            byte* at = Start + ((ulong)range.First << 12);
            ulong bytes = (ulong)(range.End - range.First) << 12;
            bool done = range.Whole
                ? Map(at, bytes, HostMemory.None, MapPrivate | MapFixed | MapAnonymous | MapNoReserve, -1, 0) == at
                : TryProtect(at, bytes, HostMemory.Read);
            if (done) continue;
            Empty();
            return;
        }
        pendingCount = 0;
    }

    /// <summary>Takes every page away, at once.</summary>
    internal void Empty()
    {
        pendingCount = 0;
        isOverrun = false;
        if (Map(Start, GuestBytes, HostMemory.None, MapPrivate | MapFixed | MapAnonymous | MapNoReserve, -1, 0) != Start)
            throw new InsufficientMemoryException();
        HostMemory.Release((byte*)rights, PageCount);
        rights = (PageRight*)HostMemory.Reserve(PageCount);
        Interlocked.Add(ref allMappings, -mappings);
        mappings = 0;
    }

    /// <summary>Begins anew at another place, and has another thread give back the old one: in many mappings, each would cost its change of protection.</summary>
    /// <returns>False when the host has no room.</returns>
    bool TryRenew()
    {
        byte* fresh = Map(null, GuestBytes + GuardBytes, HostMemory.None, MapPrivate | MapAnonymous | MapNoReserve, -1, 0);
        if ((nint)fresh == -1) return false;
        var old = (Start: (nint)Start, Rights: (nint)rights, Mappings: mappings);
        Start = fresh;
        rights = (PageRight*)HostMemory.Reserve(PageCount);
        (mappings, pendingCount, isOverrun) = (0, 0, false);
        ThreadPool.UnsafeQueueUserWorkItem(static old => GiveBack(old.Start, old.Rights, old.Mappings), old, preferLocal: false);
        return true;
    }

    static void GiveBack(nint start, nint rights, long mappings)
    {
        // Piece by piece: who maps or faults meanwhile waits for no more than one. The addresses stay taken until the end, or somebody else's memory could lie there by then.
        for (ulong at = 0; at < GuestBytes + GuardBytes; at += PieceBytes)
            if (new Span<byte>((byte*)rights + (at >> 12), (int)Math.Min(PieceBytes >> 12, PageCount - Math.Min(PageCount, at >> 12))).ContainsAnyExcept((byte)PageRight.None))
                _ = Map((byte*)start + at, Math.Min(PieceBytes, GuestBytes + GuardBytes - at), HostMemory.None, MapPrivate | MapFixed | MapAnonymous | MapNoReserve, -1, 0);
        Unmap((byte*)start, GuestBytes + GuardBytes);
        HostMemory.Release((byte*)rights, PageCount);
        Interlocked.Add(ref allMappings, -mappings);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    void Free()
    {
        if (Start == null) return;
        Unmap(Start, GuestBytes + GuardBytes);
        HostMemory.Release((byte*)rights, PageCount);
        HostMemory.Release((byte*)highest, PageCount);
        Start = null;
        rights = highest = null;
        Interlocked.Add(ref allMappings, -mappings);
        Interlocked.Decrement(ref windows);
    }

    bool IsLike(uint page, long distance, bool writable, PageRight right) =>
        space.ReadTable[page] == distance && space.WriteTable[page] != 0 == writable && rights[page] != right;

    /// <summary>The host joins mappings that lie in a row here and in the file.</summary>
    void Count(uint first, uint end, long distance, PageRight right)
    {
        int added = rights[first] == PageRight.None ? 2 : 3;
        if (first > 0 && rights[first - 1] != PageRight.None) added -= rights[first - 1] == right && space.ReadTable[first - 1] == distance ? 2 : 1;
        if (end < PageCount && rights[end] != PageRight.None) added -= rights[end] == right && space.ReadTable[end] == distance ? 2 : 1;
        if (added <= 0) return;
        mappings += added;
        Interlocked.Add(ref allMappings, added);
    }

    void Add(uint page, bool whole)
    {
        if (pendingCount > 0)
        {
            ref var last = ref pending[pendingCount - 1];
            if (last.End == page && last.Whole == whole)
            {
                last.End++;
                return;
            }
        }
        if (pendingCount == MostPending) isOverrun = true;
        else pending[pendingCount++] = new Range(page, page + 1, whole);
    }

    static long HostMappings()
    {
        const string Setting = "/proc/sys/vm/max_map_count";
        return File.Exists(Setting) && long.TryParse(File.ReadAllText(Setting), System.Globalization.CultureInfo.InvariantCulture, out long most) ? most : UsualMappings;
    }
}
