using System.IO.Hashing;

namespace CheckpointRestart.Core.Image.Extended;

/// <summary>A group of pages as it is going to be written: which pages are stored, their checksum, and where their bytes are.</summary>
internal sealed class PreparedGroup
{
    const int GroupBytes = ExtendedLimits.GroupPages * ExtendedLimits.PageSize;

    readonly byte[] kinds = new byte[ExtendedLimits.GroupPages];
    readonly List<(nint Address, int Bytes)> pieces = [];
    readonly int[] inherited = new int[ExtendedLimits.GroupPages];
    int listed;
    byte[] copy = [];
    byte[] packed = [];
    int copied;

    /// <summary>Its pages.</summary>
    public int Count { get; private set; }

    /// <summary>A <see cref="PageKind"/> for each page.</summary>
    public ReadOnlySpan<byte> Kinds => kinds.AsSpan(0, Count);

    /// <summary>The parent's page for each of <see cref="PageKind.Parent"/>.</summary>
    public ReadOnlySpan<int> Inherited => inherited.AsSpan(0, listed);

    /// <summary>How <see cref="StoredBytes"/> are encoded.</summary>
    public PageEncoding Encoding { get; private set; }

    /// <summary>Bytes that go into the image.</summary>
    public int StoredBytes { get; private set; }

    /// <summary>CRC-32 of them.</summary>
    public uint Checksum { get; private set; }

    /// <summary>Looks at the pages and packs them when that is wanted. Any thread.</summary>
    /// <param name="pages">The image's pages.</param>
    /// <param name="addresses">Where they all lie; empty when they have to be copied.</param>
    /// <param name="first">The group's first page.</param>
    /// <param name="count">How many it has.</param>
    /// <param name="packer">Packs; null for pages as they are.</param>
    /// <param name="fromParent">Of each page of the image, the parent's that has its contents, or -1; empty without a parent.</param>
    public unsafe void Prepare(ImagePages pages, ReadOnlySpan<nint> addresses, int first, int count, PagePacker? packer, ReadOnlySpan<int> fromParent)
    {
        Count = count;
        listed = 0;
        int following = -1;
        Encoding = PageEncoding.Raw;
        pieces.Clear();
        copied = 0;
        bool copies = addresses.IsEmpty || packer != null;
        if (copies && copy.Length == 0) copy = GC.AllocateUninitializedArray<byte>(GroupBytes);
        var check = new Crc32();
        for (int i = 0; i < count; i++)
        {
            int theirs = fromParent.IsEmpty ? -1 : fromParent[first + i];
            if (theirs >= 0)
            {
                kinds[i] = (byte)(theirs == following ? PageKind.ParentNext : PageKind.Parent);
                if (theirs != following) inherited[listed++] = theirs;
                following = theirs + 1;
                continue;
            }
            following = -1;
            ReadOnlySpan<byte> page;
            if (addresses.IsEmpty)
            {
                pages.CopyTo(first + i, copy.AsSpan(copied, ExtendedLimits.PageSize));
                page = copy.AsSpan(copied, ExtendedLimits.PageSize);
            }
            else
            {
                pages.MakeReady(first + i);
                page = new ReadOnlySpan<byte>((void*)addresses[first + i], ExtendedLimits.PageSize);
            }
            bool isZero = !page.ContainsAnyExcept((byte)0);
            kinds[i] = (byte)(isZero ? PageKind.Zero : PageKind.Stored);
            if (isZero) continue;
            if (addresses.IsEmpty)
            {
                copied += ExtendedLimits.PageSize;
            }
            else if (copies)
            {
                page.CopyTo(copy.AsSpan(copied));
                copied += ExtendedLimits.PageSize;
            }
            else
            {
                // The last piece goes on where pages lie in a row.
                nint address = addresses[first + i];
                if (pieces.Count > 0 && pieces[^1] is var last && last.Address + last.Bytes == address) pieces[^1] = (last.Address, last.Bytes + ExtendedLimits.PageSize);
                else pieces.Add((address, ExtendedLimits.PageSize));
            }
        }
        if (!copies)
        {
            StoredBytes = 0;
            foreach (var (address, bytes) in pieces)
            {
                check.Append(new ReadOnlySpan<byte>((void*)address, bytes));
                StoredBytes += bytes;
            }
            Checksum = check.GetCurrentHashAsUInt32();
            return;
        }
        ReadOnlySpan<byte> stored = copy.AsSpan(0, copied);
        if (packer != null && copied > 0)
        {
            if (packed.Length == 0) packed = new byte[GroupBytes];
            // What does not get shorter is stored as it is.
            if (packer.TryPack(stored, packed, out int length))
            {
                stored = packed.AsSpan(0, length);
                Encoding = PageEncoding.Zstd;
            }
        }
        StoredBytes = stored.Length;
        Checksum = Crc32.HashToUInt32(stored);
    }

    /// <summary>Writes the stored bytes.</summary>
    public unsafe void WriteTo(Stream stream)
    {
        if (Encoding == PageEncoding.Zstd)
        {
            stream.Write(packed, 0, StoredBytes);
            return;
        }
        if (pieces.Count == 0)
        {
            stream.Write(copy, 0, StoredBytes);
            return;
        }
        foreach (var (address, bytes) in pieces) stream.Write(new ReadOnlySpan<byte>((void*)address, bytes));
    }
}

/// <summary>Prepares groups of pages ahead of whoever writes them, on several threads; gives them in order.</summary>
internal sealed class PreparedGroups : IDisposable
{
    /// <summary>Threads besides the one that writes, at most.</summary>
    const int MostHelpers = 3;

    readonly ImagePages pages;
    readonly ReadOnlyMemory<nint> addresses;
    readonly int? level;
    readonly ReadOnlyMemory<int> fromParent;
    readonly int groups;
    readonly object gate = new();
    readonly PreparedGroup?[] ready;
    readonly Stack<PreparedGroup> spare = new();
    readonly Thread[] helpers;
    int next, taken;
    Exception? failure;
    bool isOver;
    PagePacker? own;

    /// <param name="pages">An image's pages.</param>
    /// <param name="level">zstd's level, or null for pages as they are.</param>
    /// <param name="fromParent">Of each page, the parent's that has its contents, or -1; empty without a parent.</param>
    public PreparedGroups(ImagePages pages, int? level, ReadOnlyMemory<int> fromParent)
    {
        this.pages = pages;
        this.level = level;
        this.fromParent = fromParent;
        groups = (pages.Count + ExtendedLimits.GroupPages - 1) / ExtendedLimits.GroupPages;
        addresses = pages.BeginReading();
        // Copies are made one after the other, by a lock of the pages.
        int count = groups < 4 ? 0 : Math.Clamp(Environment.ProcessorCount - 1, 0, MostHelpers);
        ready = new PreparedGroup?[(count + 1) * 4];
        helpers = new Thread[count];
        for (int i = 0; i < count; i++)
        {
            helpers[i] = new Thread(Help) { IsBackground = true, Name = "image pages" };
            helpers[i].Start();
        }
    }

    /// <summary>The next group; prepared here while no helper has it.</summary>
    public PreparedGroup Take()
    {
        while (true)
        {
            int mine = -1;
            PreparedGroup? room = null;
            lock (gate)
            {
                while (true)
                {
                    if (failure != null) throw failure;
                    ref var slot = ref ready[taken % ready.Length];
                    if (slot is { } group)
                    {
                        slot = null;
                        taken++;
                        Monitor.PulseAll(gate);
                        return group;
                    }
                    if (HasWork)
                    {
                        mine = next++;
                        room = Room();
                        break;
                    }
                    Monitor.Wait(gate);
                }
            }
            if (level is { } wanted) own ??= new PagePacker(wanted);
            Prepare(mine, room, own);
        }
    }

    /// <summary>Takes back what <see cref="Take"/> gave.</summary>
    public void PutBack(PreparedGroup group)
    {
        lock (gate) spare.Push(group);
    }

    public void Dispose()
    {
        lock (gate)
        {
            isOver = true;
            Monitor.PulseAll(gate);
        }
        foreach (var helper in helpers) helper.Join();
        own?.Dispose();
        pages.EndReading();
    }

    bool HasWork => next < groups && next < taken + ready.Length;

    PreparedGroup Room() => spare.TryPop(out var group) ? group : new PreparedGroup();

    void Prepare(int number, PreparedGroup group, PagePacker? packer)
    {
        int first = number * ExtendedLimits.GroupPages;
        group.Prepare(pages, addresses.Span, first, Math.Min(ExtendedLimits.GroupPages, pages.Count - first), packer, fromParent.Span);
        lock (gate)
        {
            ready[number % ready.Length] = group;
            Monitor.PulseAll(gate);
        }
    }

    void Help()
    {
        using var packer = level is { } wanted ? new PagePacker(wanted) : null;
        while (true)
        {
            int mine;
            PreparedGroup room;
            lock (gate)
            {
                while (!isOver && !HasWork && next < groups) Monitor.Wait(gate);
                if (isOver || next >= groups) return;
                mine = next++;
                room = Room();
            }
            try
            {
                Prepare(mine, room, packer);
            }
#pragma warning disable CA1031 // It is thrown again where the image is written.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                lock (gate)
                {
                    failure ??= exception;
                    isOver = true;
                    Monitor.PulseAll(gate);
                }
                return;
            }
        }
    }
}
