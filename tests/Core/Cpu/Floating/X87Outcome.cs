using CheckpointRestart.Core.Cpu.Floating;

namespace CheckpointRestart.Core.Tests.Cpu.Floating;

/// <summary>What an x87 instruction has to leave behind; starts as what it finds, and the form's expectation changes it.</summary>
internal sealed class X87Outcome(UInt128 a, UInt128 b, UInt128 memory, int status, uint flags)
{
    internal const int C0 = 0x100;
    internal const int C1 = 0x200;
    internal const int C2 = 0x400;
    internal const int C3 = 0x4000;

    private readonly List<UInt128> registers = [a, b];
    private int defined = C1;
    private int? conditions;

    /// <summary>ST(0), ST(1) and so on; the test starts with two.</summary>
    internal IReadOnlyList<UInt128> Registers => registers;

    internal UInt128 Memory { get; private set; } = memory;

    /// <summary>EFLAGS.</summary>
    internal uint Flags { get; set; } = flags;

    /// <summary>The status word, TOP apart, after an instruction that found <paramref name="oracle"/>'s flags.</summary>
    internal int Status(Oracle oracle) =>
        (status & ~defined) | (conditions ?? (oracle.RoundedUp ? C1 : 0)) | oracle.Flags | (oracle.Faults ? 0x8080 : 0);

    internal void Set(int register, Number value) => registers[register] = OracleFormat.Extended.Encode(value);

    internal void Set(int register, UInt128 bits) => registers[register] = bits;

    internal void Pop() => registers.RemoveAt(0);

    internal void Push(Number value) => registers.Insert(0, OracleFormat.Extended.Encode(value));

    internal void Store(UInt128 value, int bytes)
    {
        UInt128 mask = (UInt128.One << (8 * bytes)) - 1;
        Memory = (Memory & ~mask) | (value & mask);
    }

    /// <summary>Condition codes that the instruction sets itself; C1 not by rounding.</summary>
    internal void SetConditions(int mask, int value)
    {
        defined = mask;
        conditions = value;
    }

    internal void SetOrder(FloatOrder order) => SetConditions(C0 | C1 | C2 | C3, order switch
    {
        FloatOrder.Greater => 0,
        FloatOrder.Less => C0,
        FloatOrder.Equal => C3,
        _ => C0 | C2 | C3,
    });
}
