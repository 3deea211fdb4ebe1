namespace CheckpointRestart.Core.Cpu;

/// <summary>Addresses in front of which a run ends, for somebody outside: nothing of them is in the guest's memory or registers. It does not change.</summary>
internal sealed class StopPoints
{
    readonly uint[] addresses;

    public StopPoints(IEnumerable<uint> addresses) => this.addresses = [.. addresses.Distinct().Order()];

    /// <summary>True when an instruction at this address shall not run.</summary>
    public bool Contains(uint address) => Any(address, 1);

    /// <summary>True when one lies among so many bytes.</summary>
    public bool Any(uint start, uint length)
    {
        int at = Array.BinarySearch(addresses, start);
        if (at < 0) at = ~at;
        return at < addresses.Length && addresses[at] - start < length;
    }
}
