using CheckpointRestart.Core.Memory;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu;

/// <summary>Feeds the decoder guest bytes, with the right to execute checked page by page.</summary>
internal sealed unsafe class GuestCodeReader : CodeReader
{
    AddressSpace? memory;
    uint segmentBase, highest, at;
    byte* page;
    uint pageNumber;

    /// <summary>A byte could not be fetched: the instruction faults when it is reached.</summary>
    internal bool Failed { get; private set; }

    /// <summary>The failure is a segment limit (#GP), not <see cref="Fault"/>.</summary>
    internal bool BeyondLimit { get; private set; }

    internal PageFault Fault { get; private set; }

    internal void Begin(AddressSpace space, uint codeBase, uint codeHighest)
    {
        memory = space;
        segmentBase = codeBase;
        highest = codeHighest;
        page = null;
    }

    /// <summary>Goes to an EIP, for the next instruction.</summary>
    internal void Seek(uint eip)
    {
        at = eip;
        Failed = BeyondLimit = false;
    }

    /// <summary>Bytes read since <paramref name="eip"/>.</summary>
    internal uint Consumed(uint eip) => at - eip;

    /// <inheritdoc/>
    public override int ReadByte()
    {
        uint linear = segmentBase + at;
        if (at > highest)
        {
            Failed = BeyondLimit = true;
            return -1;
        }
        if (page == null || linear >> 12 != pageNumber)
        {
            long distance = memory!.ResolveFetch(linear);
            if (distance == 0)
            {
                Fault = memory.LastFault;
                Failed = true;
                page = null;
                return -1;
            }
            pageNumber = linear >> 12;
            page = (byte*)(distance + (linear & ~0xFFFu));
        }
        at++;
        return page[linear & 0xFFF];
    }
}
