using CheckpointRestart.Core.Memory;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu;

/// <summary>Feeds the decoder guest bytes, with the right to execute checked page by page.</summary>
internal sealed unsafe class GuestCodeReader : CodeReader
{
    AddressSpace? memory;
    uint segmentBase, highest;

    /// <summary>What can be read of a page: its first byte, of EIP <see cref="firstEip"/>, the next one, and where it ends.</summary>
    byte* first, next, end;
    uint firstEip;

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
        Leave(0);
    }

    /// <summary>Goes to an EIP, for the next instruction.</summary>
    internal void Seek(uint eip)
    {
        if (eip - firstEip < (uint)(end - first)) next = first + (eip - firstEip);
        else Leave(eip);
        Failed = BeyondLimit = false;
    }

    /// <summary>Bytes read since <paramref name="eip"/>.</summary>
    internal uint Consumed(uint eip) => At - eip;

    uint At => firstEip + (uint)(next - first);

    /// <inheritdoc/>
    public override int ReadByte() => next != end ? *next++ : ReadOfNextPage();

    void Leave(uint eip)
    {
        first = next = end = null;
        firstEip = eip;
    }

    int ReadOfNextPage()
    {
        uint at = At;
        Leave(at);
        if (at > highest)
        {
            Failed = BeyondLimit = true;
            return -1;
        }
        uint linear = segmentBase + at;
        long distance = memory!.ResolveFetch(linear);
        if (distance == 0)
        {
            Fault = memory.LastFault;
            Failed = true;
            return -1;
        }
        first = next = (byte*)(distance + linear);
        end = first + Math.Min(0x1000 - (linear & 0xFFF), (ulong)highest - at + 1);
        return *next++;
    }
}
