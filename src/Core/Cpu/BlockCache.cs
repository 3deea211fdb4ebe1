using System.Runtime.CompilerServices;
using CheckpointRestart.Core.Cpu.Translator;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Cpu;

/// <summary>The decoded blocks of one address space.</summary>
internal sealed unsafe class BlockCache(SpareBlockCaches? spare = null) : ICodeObserver, IDisposable
{
    /// <summary>Bytes of blocks after which all are dropped.</summary>
    internal const long Limit = 64 << 20;
    /// <summary>log2 of the places of the table in front: at first, and once more blocks than that were decoded, as a compiler's.</summary>
    const int FrontBits = 13, LargeFrontBits = 16;
    const int MostKept = 1 << 14;
    static readonly int HeaderBytes = sizeof(Block) + 15 & ~15;

    /// <summary>So often translations of a page may be lost to changes of its code before new ones wait longer, twice as long each time.</summary>
    const int PatientChanges = 4, MostDoublings = 8, LongerWait = 32;

    /// <summary>By <see cref="Key"/>.</summary>
    readonly NativeMap blocks = new();
    /// <summary>The first of the blocks that lie in a page, chained by <see cref="Block.NextOfFirst"/> and <see cref="Block.NextOfLast"/>, dead ones among them.</summary>
    readonly NativeMap byPage = new();
    readonly NativeMap lostByPage = new();
    readonly Growing<nint> chunks = new();
    Block** front = (Block**)HostChunks.Take(sizeof(nint) << FrontBits, zeroed: true);
    int frontBits = FrontBits, published;
    byte* next, end;
    long used;

    ~BlockCache() => Free();

    /// <summary>What is translated of the blocks; null until something is.</summary>
    internal TranslationCache? Translations { get; private set; }

    /// <summary>Makes <see cref="Translations"/>.</summary>
    /// <param name="limit">Bytes after which all are dropped.</param>
    /// <param name="window">The address space has a window: what was translated for tables is dropped, and the other way round.</param>
    internal TranslationCache BeginTranslations(long limit, bool window)
    {
        Translations ??= new TranslationCache(limit, window);
        if (Translations.UsesWindow != window)
        {
            DropTranslations();
            Translations.UsesWindow = window;
        }
        return Translations;
    }

    /// <summary>Instructions retired in the address space since it last was copied.</summary>
    internal ulong Retired { get; set; }

    /// <summary>Accesses that faulted in the window, but for those that brought a page in for the first time, since it had retired <see cref="HostFaultsFrom"/> instructions.</summary>
    internal ulong HostFaults { get; set; }

    /// <summary>Those that brought a page in for the first time.</summary>
    internal ulong FirstFaults { get; set; }

    internal ulong HostFaultsFrom { get; set; }

    /// <summary>Instructions after which a window is worth its making.</summary>
    internal ulong WindowAfter { get; set; }

    /// <summary>Drops every translation; the blocks stay and begin to be counted anew.</summary>
    internal void DropTranslations()
    {
        TranslationDrops++;
        Translations?.Clear();
        for (int i = 0; i < blocks.Length; i++)
        {
            var block = (Block*)blocks.At(i);
            if (block == null) continue;
            block->Code = null;
            block->Heat = block->Samples = block->Incoming = block->Dependents = 0;
        }
    }

    /// <summary>How often all translations were dropped for want of room.</summary>
    internal long TranslationDrops { get; private set; }

    /// <summary>How often all blocks were dropped.</summary>
    internal long Flushes { get; private set; }

    /// <summary>True when the next block may have all others dropped.</summary>
    internal bool IsFull => used >= Limit;

    /// <summary>Finds a block that was looked for lately and needs no comparison with its bytes; null for any other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Block* FindLate(uint eip, uint mode, uint codeBase)
    {
        var block = front[Slot(eip)];
        return block != null && block->Eip == eip && block->Mode == mode && block->CodeBase == codeBase && block->Copy == null && block->First->Run != null ? block : null;
    }

    /// <summary>Finds a block; null when there is none yet.</summary>
    internal Block* Find(uint eip, uint mode, uint codeBase)
    {
        var slot = front + Slot(eip);
        var block = *slot;
        if (block != null && block->Eip == eip && block->Mode == mode && block->CodeBase == codeBase && block->First->Run != null) return block;
        block = (Block*)blocks.Get(Key(eip, mode));
        if (block == null || block->CodeBase != codeBase) return null;
        *slot = block;
        return block;
    }

    /// <summary>Room for a block of <paramref name="ops"/> ops (the null one included) and <paramref name="extra"/> bytes behind them, not yet
    /// known to <see cref="Find"/>. What the ops and the bytes are is for the caller to set.</summary>
    internal Block* Allocate(int ops, int extra)
    {
        int bytes = HeaderBytes + ops * sizeof(Op) + (extra + 15 & ~15);
        if (next == null || end - next < bytes)
        {
            if (used >= Limit) Flush();
            int size = ChunkBytes(chunks.Count);
            next = HostChunks.Take(size, zeroed: false);
            // Who fills one fills most of the next.
            if (chunks.Count > 0 && size == HostChunks.Usual) HostMemory.Populate(next, HostChunks.Usual);
            end = next + size;
            chunks.Add((nint)next);
            used += size;
        }
        var block = (Block*)next;
        next += bytes;
        *block = default;
        block->First = (Op*)((byte*)block + HeaderBytes);
        return block;
    }

    /// <summary>Bytes of a chunk: whoever has filled as many usual ones as make a large one goes on in large ones.</summary>
    static int ChunkBytes(int index) => index < HostChunks.Large / HostChunks.Usual ? HostChunks.Usual : HostChunks.Large;

    /// <summary>Makes a filled block known.</summary>
    internal void Publish(Block* block)
    {
        ulong key = Key(block->Eip, block->Mode);
        var old = (Block*)blocks.Get(key);
        if (old != null) Kill(old);
        blocks[key] = (nint)block;
        if (++published > 1 << FrontBits && frontBits == FrontBits) EnlargeFront();
        front[Slot(block->Eip)] = block;
        int lost = (int)lostByPage.Get(block->FirstPage);
        if (lost > PatientChanges) block->Heat = -(LongerWait << Math.Min(lost - PatientChanges, MostDoublings));
        ref nint first = ref byPage[block->FirstPage];
        block->NextOfFirst = (Block*)first;
        first = (nint)block;
        if (block->LastPage == block->FirstPage) return;
        ref nint last = ref byPage[block->LastPage];
        block->NextOfLast = (Block*)last;
        last = (nint)block;
    }

    /// <inheritdoc/>
    public void CodeChanged(uint page)
    {
        var block = (Block*)byPage.Get(page);
        if (block == null) return;
        byPage[page] = 0;
        bool lost = false;
        for (; block != null; block = block->FirstPage == page ? block->NextOfFirst : block->NextOfLast)
        {
            lost |= block->Code != null;
            Kill(block);
        }
        if (lost) lostByPage[page]++;
    }

    /// <summary>Drops every block. No block may be running.</summary>
    internal void Flush()
    {
        Drop();
        new Span<nint>(front, 1 << frontBits).Clear();
    }

    void Drop()
    {
        Flushes++;
        Translations?.Clear();
        blocks.Clear();
        byPage.Clear();
        lostByPage.Clear();
        for (int i = 0; i < chunks.Count; i++) HostChunks.PutBack((byte*)chunks[i], ChunkBytes(i));
        chunks.Clear();
        next = end = null;
        used = 0;
        published = 0;
    }

    /// <summary>The address space has ended. What the cache itself takes may serve the next one.</summary>
    public void SpaceEnded()
    {
        if (spare == null || !spare.PutBack(this)) Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>True when it is small enough to be kept without a use.</summary>
    internal bool IsSmall => frontBits == FrontBits && blocks.Length <= MostKept && (Translations == null || Translations.IsSmall);

    /// <summary>Forgets all of an address space.</summary>
    internal void Empty()
    {
        Flush();
        Flushes = TranslationDrops = 0;
        Retired = WindowAfter = 0;
        CountFaultsAnew();
    }

    /// <summary>Begins a new span of faults in the window, from where it stands.</summary>
    internal void CountFaultsAnew() => (HostFaults, FirstFaults, HostFaultsFrom) = (0, 0, Retired);

    void Free()
    {
        if (front == null) return;
        Drop();
        Translations?.Dispose();
        blocks.Dispose();
        byPage.Dispose();
        lostByPage.Dispose();
        HostChunks.PutBack((byte*)front, sizeof(nint) << frontBits);
        front = null;
    }

    /// <summary>A dead block's handlers are null: whoever runs it stops behind the instruction he is in, and links to it lead nowhere.</summary>
    internal void Kill(Block* block)
    {
        ulong key = Key(block->Eip, block->Mode);
        if (blocks.Get(key) == (nint)block) blocks[key] = 0;
        Translations?.Forget(block);
        for (var op = block->First; op->Run != null; op++) op->Run = null;
        block->LinkEip0 = block->LinkEip1 = 0;
        block->Link0 = block->Link1 = null;
    }

    static ulong Key(uint eip, uint mode) => eip | ((ulong)mode << 32);

    int Slot(uint eip) => (int)((eip ^ (eip >> FrontBits)) & ((1u << frontBits) - 1));

    void EnlargeFront()
    {
        var small = front;
        int places = 1 << frontBits;
        frontBits = LargeFrontBits;
        front = (Block**)HostChunks.Take(sizeof(nint) << frontBits, zeroed: true);
        for (int i = 0; i < places; i++)
            if (small[i] != null) front[Slot(small[i]->Eip)] = small[i];
        HostChunks.PutBack((byte*)small, sizeof(nint) * places);
    }
}
