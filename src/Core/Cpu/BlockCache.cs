using System.Runtime.InteropServices;
using CheckpointRestart.Core.Cpu.Translator;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Cpu;

/// <summary>The decoded blocks of one address space.</summary>
internal sealed unsafe class BlockCache(SpareBlockCaches? spare = null) : ICodeObserver, IDisposable
{
    /// <summary>Bytes of blocks after which all are dropped.</summary>
    internal const long Limit = 64 << 20;
    const int FrontBits = 13;
    const int FrontBytes = 8 << FrontBits;
    const int MostKept = 1 << 14;

    /// <summary>So often translations of a page may be lost to changes of its code before new ones wait longer, twice as long each time.</summary>
    const int PatientChanges = 4, MostDoublings = 8, LongerWait = 32;

    readonly Dictionary<ulong, nint> blocks = [];
    /// <summary>The last block that was decoded of each page; it leads to the others.</summary>
    readonly Dictionary<uint, nint> byPage = [];
    readonly Dictionary<uint, int> lostByPage = [];
    readonly List<nint> chunks = [];
    Block** front = (Block**)HostChunks.Take(FrontBytes, zeroed: true);
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

    /// <summary>Instructions after which a window is worth its making.</summary>
    internal ulong WindowAfter { get; set; }

    /// <summary>Drops every translation; the blocks stay and begin to be counted anew.</summary>
    internal void DropTranslations()
    {
        TranslationDrops++;
        Translations?.Clear();
        foreach (nint block in blocks.Values)
        {
            ((Block*)block)->Code = null;
            ((Block*)block)->Heat = 0;
        }
    }

    /// <summary>How often all translations were dropped for want of room.</summary>
    internal long TranslationDrops { get; private set; }

    /// <summary>How often all blocks were dropped.</summary>
    internal long Flushes { get; private set; }

    /// <summary>True when the next block may have all others dropped.</summary>
    internal bool IsFull => used >= Limit;

    /// <summary>Finds a block; null when there is none yet.</summary>
    internal Block* Find(uint eip, uint mode, uint codeBase)
    {
        var slot = front + Slot(eip);
        var block = *slot;
        if (block != null && block->Eip == eip && block->Mode == mode && block->CodeBase == codeBase && block->First->Run != null) return block;
        if (!blocks.TryGetValue(Key(eip, mode), out nint found)) return null;
        block = (Block*)found;
        if (block->CodeBase != codeBase) return null;
        *slot = block;
        return block;
    }

    /// <summary>Room for a block of <paramref name="ops"/> ops (the null one included) and <paramref name="extra"/> bytes behind them, not yet
    /// known to <see cref="Find"/>.</summary>
    internal Block* Allocate(int ops, int extra)
    {
        int bytes = sizeof(Block) + 15 & ~15;
        bytes += ops * sizeof(Op) + (extra + 15 & ~15);
        if (next == null || end - next < bytes)
        {
            if (used >= Limit) Flush();
            next = HostChunks.Take(HostChunks.Usual, zeroed: false);
            end = next + HostChunks.Usual;
            chunks.Add((nint)next);
            used += HostChunks.Usual;
        }
        var block = (Block*)next;
        next += bytes;
        new Span<byte>(block, bytes).Clear();
        block->First = (Op*)((byte*)block + (sizeof(Block) + 15 & ~15));
        return block;
    }

    /// <summary>Makes a filled block known.</summary>
    internal void Publish(Block* block)
    {
        if (blocks.TryGetValue(Key(block->Eip, block->Mode), out nint old)) Kill((Block*)old);
        blocks[Key(block->Eip, block->Mode)] = (nint)block;
        front[Slot(block->Eip)] = block;
        if (lostByPage.TryGetValue(block->FirstPage, out int lost) && lost > PatientChanges) block->Heat = -(LongerWait << Math.Min(lost - PatientChanges, MostDoublings));
        block->NextOfFirst = Note(block->FirstPage, block);
        if (block->LastPage != block->FirstPage) block->NextOfLast = Note(block->LastPage, block);
    }

    /// <inheritdoc/>
    public void CodeChanged(uint page)
    {
        if (!byPage.Remove(page, out nint last)) return;
        bool lost = false;
        for (Block* block = (Block*)last, following; block != null; block = following)
        {
            following = block->FirstPage == page ? block->NextOfFirst : block->NextOfLast;
            lost |= block->Code != null;
            Kill(block);
        }
        if (lost) lostByPage[page] = lostByPage.GetValueOrDefault(page) + 1;
    }

    /// <summary>Drops every block. No block may be running.</summary>
    internal void Flush()
    {
        Drop();
        new Span<nint>(front, 1 << FrontBits).Clear();
    }

    void Drop()
    {
        Flushes++;
        Translations?.Clear();
        blocks.Clear();
        byPage.Clear();
        lostByPage.Clear();
        foreach (nint chunk in chunks) HostChunks.PutBack((byte*)chunk, HostChunks.Usual);
        chunks.Clear();
        next = end = null;
        used = 0;
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
    internal bool IsSmall => blocks.Capacity <= MostKept && (Translations == null || Translations.IsSmall);

    /// <summary>Forgets all of an address space.</summary>
    internal void Empty()
    {
        Flush();
        Flushes = TranslationDrops = 0;
    }

    void Free()
    {
        if (front == null) return;
        Drop();
        Translations?.Dispose();
        HostChunks.PutBack((byte*)front, FrontBytes);
        front = null;
    }

    /// <summary>A dead block's handlers are null: whoever runs it stops behind the instruction he is in, and links to it lead nowhere.</summary>
    internal void Kill(Block* block)
    {
        ulong key = Key(block->Eip, block->Mode);
        if (blocks.TryGetValue(key, out nint known) && known == (nint)block) blocks.Remove(key);
        Translations?.Forget(block);
        for (var op = block->First; op->Run != null; op++) op->Run = null;
        block->LinkEip0 = block->LinkEip1 = 0;
        block->Link0 = block->Link1 = null;
    }

    /// <returns>The block that was the page's last one.</returns>
    Block* Note(uint page, Block* block)
    {
        ref nint last = ref CollectionsMarshal.GetValueRefOrAddDefault(byPage, page, out _);
        var before = (Block*)last;
        last = (nint)block;
        return before;
    }

    static ulong Key(uint eip, uint mode) => eip | ((ulong)mode << 32);

    static int Slot(uint eip) => (int)((eip ^ (eip >> FrontBits)) & ((1 << FrontBits) - 1));
}
