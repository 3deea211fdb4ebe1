using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Cpu;

/// <content>Blocks that were decoded before: what the library knows of a file's code is copied where the bytes are the same.</content>
internal sealed unsafe partial class BlockBuilder
{
    /// <summary>Where decoded code is kept; null for nowhere.</summary>
    internal CodeLibrary? Library { get; set; } = CodeLibrary.Share();

    /// <summary>The heat that a block begins with when its translation is known.</summary>
    internal int KnownHeat { get; set; }

    /// <summary>Blocks that the library had.</summary>
    internal long Adopted { get; private set; }

    /// <summary>Makes a block of what the library has, where the first page is not shared. Pages are made present as decoding would.</summary>
    /// <returns>The block; null when the library has none.</returns>
    Block* Adopt(AddressSpace memory, BlockCache cache, uint eip, in CodeKey key)
    {
        if (Library!.Find(key) is not { } record) return null;
        var bytes = record.Bytes;
        uint firstPage = eip >> 12;
        if (!IsSame(memory, eip, bytes)) return null;
        if (record.LastPage != firstPage && IsShared(memory, record.LastPage)) return null;
        var block = cache.Allocate(record.Ops, 0);
        record.CopyOps(block->First);
        block->Eip = eip;
        block->Count = record.Count;
        block->End = block->First + record.Count;
        block->Last = block->First + record.Ops - 1;
        block->FirstPage = firstPage;
        block->LastPage = record.LastPage;
        block->Length = bytes.Length;
        block->Record = record.Number;
        Adopted++;
        Publish(memory, cache, block);
        if (record.TraceFor(memory.Window != null) != null && block->Heat == 0) block->Heat = KnownHeat;
        return block;
    }

    /// <summary>The record of a block that has one; null when the library has lost it.</summary>
    internal CodeRecord? RecordOf(AddressSpace memory, CpuFeatures features, Block* block) =>
        Library != null && block->Record != 0 && TryKey(memory, features, block->Eip, out var key) && Library.Find(key) is { } record && record.Number == block->Record ? record : null;

    /// <summary>As a run would find it, the block of a record, where that makes no page present and drops no other block.</summary>
    internal Block* FindPresent(AddressSpace memory, BlockCache cache, CpuFeatures features, CodeRecord record)
    {
        var block = cache.Find(record.Eip, 0, 0);
        if (block == null && !cache.IsFull && Library != null && !memory.GetFrame(record.Eip >> 12).IsNone && !memory.GetFrame(record.LastPage).IsNone
            && !IsShared(memory, record.Eip >> 12) && TryKey(memory, features, record.Eip, out var key)) block = Adopt(memory, cache, record.Eip, key);
        return block != null && block->Record == record.Number ? block : null;
    }

    /// <summary>Gives the library a block that was decoded twice, when it is of a file.</summary>
    void Keep(AddressSpace memory, in CodeKey key, Block* block)
    {
        var bytes = new byte[block->Length];
        if (!CopyBytes(memory, block->Eip, bytes)) return;
        var record = new CodeRecord(block, bytes);
        Library!.Add(key, record);
        block->Record = record.Number;
    }

    static bool TryKey(AddressSpace memory, CpuFeatures features, uint eip, out CodeKey key)
    {
        key = default;
        if ((eip & 0xFFF) > CodeKey.LastOffset) return false;
        long distance = memory.ResolveFetch(eip);
        if (distance == 0) return false;
        key = new(eip, *(ulong*)(distance + eip), features);
        return true;
    }

    static bool IsSame(AddressSpace memory, uint address, ReadOnlySpan<byte> bytes)
    {
        for (int done = 0; done < bytes.Length;)
        {
            uint at = address + (uint)done;
            long distance = memory.ResolveFetch(at);
            if (distance == 0) return false;
            int piece = Math.Min(bytes.Length - done, 0x1000 - (int)(at & 0xFFF));
            if (!new ReadOnlySpan<byte>((byte*)(distance + at), piece).SequenceEqual(bytes.Slice(done, piece))) return false;
            done += piece;
        }
        return true;
    }
}
