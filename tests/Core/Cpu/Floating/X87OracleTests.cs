using System.Buffers.Binary;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Cpu.Floating;
using Xunit;
using static CheckpointRestart.Core.Tests.Cpu.Floating.X87Outcome;

namespace CheckpointRestart.Core.Tests.Cpu.Floating;

/// <summary>
/// Every x87 instruction with a rounding or a choice in it, run on the processor in every rounding and precision mode, against exact arithmetic: registers, memory,
/// flags, condition codes, popping, and what unmasked exceptions keep from happening.
/// </summary>
public class X87OracleTests
{
    private static readonly int[] PrecisionControls = [0, 2, 3];

    public static TheoryData<string, int, int> Modes()
    {
        var data = new TheoryData<string, int, int>();
        foreach (X87Form form in X87Forms.All)
        {
            foreach (int precision in form.HeedsPrecision ? new[] { 24, 53, 64 } : [64])
            {
                for (int rounding = 0; rounding < (form.HeedsRounding ? 4 : 1); rounding++) data.Add(form.Name, precision, rounding);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void TheResultIsTheExactOneRoundedOnce(string name, int precision, int rounding)
    {
        X87Form form = X87Forms.All.Single(item => item.Name == name);
        int control = (rounding << 10) | (precision switch { 24 => 0, 53 => 2, _ => 3 } << 8);
        using var cpu = new TestCpu(form.Code);
        var values = new FloatValues(Seed(name) + (ulong)control);
        int count = LongRun.Cases(form.IsVariant ? 500 : 2_000);

        // First each edge with each, then random ones.
        for (int i = form.IsVariant ? 0 : -FloatValues.EdgeCount * FloatValues.EdgeCount; i < count; i++)
        {
            // An operation that does not heed a control gets any.
            int chosen = control;
            if (!form.HeedsPrecision) chosen = (chosen & 0xc00) | (PrecisionControls[values.Below(3)] << 8);
            if (!form.HeedsRounding) chosen = (chosen & 0x300) | (values.Below(4) << 10);
            Check(cpu, form, chosen, form.HeedsPrecision ? precision : 64, values, i);
        }
    }

    internal static ulong Seed(string name)
    {
        ulong seed = 14695981039346656037;
        foreach (char c in name) seed = (seed ^ c) * 1099511628211;
        return seed;
    }

    private static unsafe void Check(TestCpu cpu, X87Form form, int control, int precision, FloatValues values, int index)
    {
        // Mostly as programs run, all masked.
        int masks = values.Chance(70) ? FloatFlags.All : values.Below(64);
        int before = (int)values.Next() & (C0 | C1 | C2 | C3 | masks);
        uint flags = (uint)values.Next() & 0x8d5;
        UInt128 a = index < 0 ? FloatValues.Edge(OracleFormat.Extended, -index - 1 >> 6) : values.NextBits(OracleFormat.Extended, values.Next());
        UInt128 b = index < 0 ? FloatValues.Edge(OracleFormat.Extended, -index - 1 & 63) : values.NextBits(OracleFormat.Extended, a);
        UInt128 source = form.NextSource(values);
        control |= masks | 0x40;

        CpuState* state = cpu.Registers.State;
        state->Fcw = (ushort)control;
        state->Fsw = (ushort)before;
        state->Top = 0;
        state->Tags = 3;
        X87Register* registers = &state->R0;
        registers[0] = new X87Register { Mantissa = (ulong)a, SignExponent = (ushort)(a >> 64) };
        registers[1] = new X87Register { Mantissa = (ulong)b, SignExponent = (ushort)(b >> 64) };
        cpu.Registers.Eip = TestCpu.Code;
        cpu.Registers.Eflags = flags;
        Span<byte> memory = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128LittleEndian(memory, source);
        cpu.Memory.Write(TestCpu.Data, memory);
        Assert.Equal(TrapKind.None, cpu.Run(1).Kind);
        cpu.Memory.Read(TestCpu.Data, memory);

        var oracle = new Oracle(isX87: true, OracleFormat.Extended) { Rounding = (Rounding)(control >> 10 & 3), Precision = precision, Masks = masks };
        var expected = new X87Outcome(a, b, source, before, flags);
        form.Expect(oracle, oracle.Decode(a), oracle.Decode(b), source, expected);
        oracle.Settle();

        string Describe() => $"{form.Name}, control {control:x4} status {before:x4} ST(0) {a:x20} ST(1) {b:x20} memory {source:x20}: ";
        int status = state->Fsw;
        if (status != expected.Status(oracle)) Assert.Fail($"{Describe()}status {status:x4}, not {expected.Status(oracle):x4}");
        if ((cpu.Registers.Eflags & 0x8d5) != expected.Flags) Assert.Fail($"{Describe()}EFLAGS {cpu.Registers.Eflags:x}, not {expected.Flags:x}");
        UInt128 stored = BinaryPrimitives.ReadUInt128LittleEndian(memory);
        if (stored != expected.Memory) Assert.Fail($"{Describe()}stored {stored:x20}, not {expected.Memory:x20}");
        int top = state->Top;
        if (top != (2 - expected.Registers.Count & 7)) Assert.Fail($"{Describe()}TOP {top}");
        if (state->Tags != InUse(expected.Registers.Count)) Assert.Fail(Describe() + "tags");
        for (int i = 0; i < expected.Registers.Count; i++)
        {
            X87Register slot = registers[top + i & 7];
            UInt128 actual = ((UInt128)slot.SignExponent << 64) | slot.Mantissa;
            if (actual != expected.Registers[i]) Assert.Fail($"{Describe()}ST({i}) {actual:x20}, not {expected.Registers[i]:x20}");
        }
    }

    /// <summary>One bit a register from R1 downwards.</summary>
    private static byte InUse(int count) => count switch { 0 => 0, 1 => 2, 2 => 3, _ => 0x83 };
}
