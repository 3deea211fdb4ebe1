using CheckpointRestart.Core.Memory;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu;

/// <summary>Decodes guest code into blocks.</summary>
internal sealed unsafe partial class BlockBuilder
{
    const int MostInstructions = 64;
    const int LongestInstruction = 15;

    /// <summary>I/D of a page fault's error code, which only a processor with NX sets.</summary>
    const uint FetchBit = 16;

    /// <summary>F3 0F BC, F3 0F BD and F3 0F 09 are BSF, BSR and WBINVD with a prefix that means nothing: no model has TZCNT, LZCNT or WBNOINVD.</summary>
    internal const DecoderOptions Options = DecoderOptions.NoMPFX_0FBC | DecoderOptions.NoMPFX_0FBD | DecoderOptions.NoWbnoinvd;

    readonly GuestCodeReader reader = new();
    readonly Decoder decoder32, decoder16;
    readonly Op[] pending = new Op[MostInstructions + 2];

    internal BlockBuilder()
    {
        decoder32 = Decoder.Create(32, reader, Options);
        decoder16 = Decoder.Create(16, reader, Options);
    }

    /// <summary>Blocks that were decoded.</summary>
    internal long Decoded { get; private set; }

    /// <summary>Decodes the block at EIP and puts it into the cache.</summary>
    /// <returns>The block, or null when not even its first instruction can be fetched: then the fault is in the state.</returns>
    internal Block* Build(CpuState* s, AddressSpace memory, BlockCache cache, CpuFeatures features)
    {
        uint eip = s->Eip, codeBase = s->Cs.Base;
        bool plain = s->Mode == 0 && codeBase == 0 && s->Cs.Highest == uint.MaxValue;
        var region = memory.FindRegion(codeBase + eip);
        bool shared = region is { IsShared: true };
        var key = default(CodeKey);
        bool kept = plain && !shared && Library != null && region?.Source != null && TryKey(memory, features, eip, out key) && Library.IsWanted(key);
        if (kept && Adopt(memory, cache, eip, key) is var known && known != null) return known;
        reader.Begin(memory, codeBase, s->Cs.Highest);
        var decoder = (s->Mode & CpuMode.Code16) != 0 ? decoder16 : decoder32;
        var special = ((s->Mode & CpuMode.Segmented) != 0 ? OpSpecial.Segmented : 0) | ((s->Mode & CpuMode.Aligned) != 0 ? OpSpecial.Segmented | OpSpecial.Aligned : 0);
        uint firstPage = codeBase + eip >> 12, lastPage = firstPage;
        int count = 0;
        bool open = true;
        uint at = eip;
        fixed (Op* ops = pending)
        {
            while (open && count < MostInstructions && codeBase + at >> 12 == firstPage)
            {
                reader.Seek(at);
                decoder.IP = at;
                decoder.Decode(out var instruction);
                if (reader.Failed)
                {
                    if (count == 0) return Fail(s, memory.HasNoExecute);
                    plain = false;
                    break;
                }
                var op = ops + count;
                *op = default;
                Binder.Bind(instruction, op, special, features);
                if (instruction.Code == Code.INVALID)
                {
                    plain = false;
                    op->Next = at + Math.Max(1, reader.Consumed(at));
                    if (reader.Consumed(at) >= LongestInstruction) op->Run = &Interpreter.SystemOps.Protected;
                }
                open = (op->Traits & OpTraits.EndsBlock) == 0;
                if (instruction.Code != Code.INVALID) lastPage = codeBase + at + (uint)instruction.Length - 1 >> 12;
                else lastPage = codeBase + at + LongestInstruction >> 12;
                at = op->Next;
                count++;
            }
            int extra = open ? 2 : 1;
            shared |= lastPage != firstPage && IsShared(memory, lastPage);
            int length = (int)(at - eip);
            var block = cache.Allocate(count + extra, shared ? length : 0);
            block->Eip = eip;
            block->Mode = s->Mode;
            block->CodeBase = codeBase;
            block->Count = count;
            block->End = block->First + count;
            block->Last = block->First + count + extra - 1;
            block->FirstPage = firstPage;
            block->LastPage = lastPage;
            new ReadOnlySpan<Op>(ops, count).CopyTo(new Span<Op>(block->First, count));
            *block->Last = default;
            block->Last->Traits = OpTraits.Continue;
            if (open)
            {
                *block->End = default;
                block->End->Run = &Interpreter.SystemOps.Continue;
                block->End->Traits = OpTraits.Continue;
                block->End->Start = block->End->Next = at;
            }
            block->Length = length;
            if (shared)
            {
                block->Copy = (byte*)(block->Last + 1);
                CopyBytes(memory, codeBase + eip, new Span<byte>(block->Copy, length));
            }
            Decoded++;
            if (kept && plain && !shared) Keep(memory, key, block);
            Publish(memory, cache, block);
            return block;
        }
    }

    static void Publish(AddressSpace memory, BlockCache cache, Block* block)
    {
        cache.Publish(block);
        memory.MarkCode(block->FirstPage);
        if (block->LastPage != block->FirstPage) memory.MarkCode(block->LastPage);
    }

    /// <summary>True while a block of a shared region is what it was decoded from.</summary>
    internal static bool IsCurrent(AddressSpace memory, Block* block)
    {
        Span<byte> now = stackalloc byte[block->Length];
        return CopyBytes(memory, block->CodeBase + block->Eip, now) && now.SequenceEqual(new ReadOnlySpan<byte>(block->Copy, block->Length));
    }

    static bool IsShared(AddressSpace memory, uint page) => memory.FindRegion(page << 12) is { IsShared: true };

    internal static bool CopyBytes(AddressSpace memory, uint address, Span<byte> to)
    {
        for (int done = 0; done < to.Length;)
        {
            uint at = address + (uint)done;
            long distance = memory.ResolveFetch(at);
            if (distance == 0) return false;
            int piece = Math.Min(to.Length - done, 0x1000 - (int)(at & 0xFFF));
            new ReadOnlySpan<byte>((byte*)(distance + at), piece).CopyTo(to[done..]);
            done += piece;
        }
        return true;
    }

    Block* Fail(CpuState* s, bool hasNoExecute)
    {
        s->FaultOp = null;
        if (reader.BeyondLimit)
        {
            s->FaultVector = Vectors.GeneralProtection;
            s->FaultCode = s->FaultAddress = 0;
            s->FaultKind = FaultKind.None;
            return null;
        }
        s->FaultVector = Vectors.PageFault;
        s->FaultCode = GuestFault.PageFaultCode(reader.Fault) & (hasNoExecute ? uint.MaxValue : ~FetchBit);
        s->FaultAddress = reader.Fault.Address;
        s->FaultKind = reader.Fault.Kind;
        return null;
    }
}

/// <summary>Bits of <see cref="CpuState.Mode"/>: blocks are decoded for one mode.</summary>
internal static class CpuMode
{
    /// <summary>CS, DS, ES or SS is not flat.</summary>
    internal const uint Segmented = 1;
    internal const uint Code16 = 2;
    /// <summary>EFLAGS.AC is set: unaligned accesses fault.</summary>
    internal const uint Aligned = 4;
}
