using BenchmarkDotNet.Attributes;
using CheckpointRestart.Core;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Bench.Parts;

/// <summary>The processor: an instruction that is met for the first time (fetched, decoded, bound, run once), and one that is run again.</summary>
public class CpuParts
{
    const int Instructions = 2048;
    const uint Pages = 16;

    /// <summary>mov eax, [ebx+4]; add eax, ecx; lea edx, [eax+eax*2]; cmp edx, 100; mov [ebx+8], edx; xor ecx, edx; imul ecx, eax; jz to the next.</summary>
    static ReadOnlySpan<byte> Code => [0x8b, 0x43, 0x04, 0x01, 0xc8, 0x8d, 0x14, 0x40, 0x83, 0xfa, 0x64, 0x89, 0x53, 0x08, 0x31, 0xd1, 0x0f, 0xaf, 0xc8, 0x74, 0x00];

    MemoryAccount account = null!;
    AddressSpace space = null!;
    Processor processor = null!;
    Registers registers = null!;
    uint start;

    [GlobalSetup]
    public void Prepare()
    {
        account = new MemoryAccount(1 << 16);
        space = new AddressSpace(account);
        space.Map(0, Pages << 12, VmFlags.Read | VmFlags.Write | VmFlags.Exec | VmFlags.May, isFixed: false, null, 0, out start);
        for (uint at = 0; at < Instructions / 8 * Code.Length; at++) space.TryWrite(start + at, Code[(int)at % Code.Length]);
        processor = new Processor();
        registers = new Registers();
    }

    [GlobalCleanup]
    public void Clear()
    {
        registers.Dispose();
        processor.Dispose();
        space.Dispose();
        account.Dispose();
    }

    [Benchmark(OperationsPerInvoke = Instructions)]
    public ulong First()
    {
        (space.CodeObserver as BlockCache)?.Flush();
        return Again();
    }

    [Benchmark(OperationsPerInvoke = Instructions)]
    public ulong Again()
    {
        registers.Eip = start;
        registers.Ebx = start + (Pages - 1 << 12);
        processor.Run(registers, space, Instructions, out ulong retired);
        return retired == Instructions ? retired : throw new InvalidOperationException("the code did not run to its end");
    }
}
