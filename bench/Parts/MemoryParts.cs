using BenchmarkDotNet.Attributes;
using CheckpointRestart.Core;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Bench.Parts;

/// <summary>The memory floor: table look-up, fork and snapshot of 64 MiB.</summary>
public class MemoryParts
{
    const uint Pages = 16384;
    MemoryAccount account = null!;
    AddressSpace space = null!;
    uint start;

    [GlobalSetup]
    public void Prepare()
    {
        account = new MemoryAccount(1 << 20);
        space = new AddressSpace(account);
        space.Map(0, Pages << 12, VmFlags.Read | VmFlags.Write | VmFlags.May, isFixed: false, null, 0, out start);
        for (uint page = 0; page < Pages; page++) space.TryWrite(start + (page << 12), page);
    }

    [GlobalCleanup]
    public void Clear()
    {
        space.Dispose();
        account.Dispose();
    }

    [Benchmark(OperationsPerInvoke = (int)Pages)]
    public unsafe uint LookUp()
    {
        uint sum = 0;
        long* table = space.ReadTable;
        for (uint page = 0; page < Pages; page++)
        {
            uint address = start + (page << 12);
            sum += *(uint*)(table[address >> 12] + address);
        }
        return sum;
    }

    [Benchmark]
    public void Fork() => space.Clone(forFork: true).Dispose();

    [Benchmark]
    public void Snapshot() => space.SnapshotPrivatePages(0, AddressSpace.UserEnd).Dispose();
}
