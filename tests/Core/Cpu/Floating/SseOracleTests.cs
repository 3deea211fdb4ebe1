using System.Runtime.Intrinsics;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Cpu.Floating;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu.Floating;

/// <summary>
/// Every SSE instruction that computes or converts floating-point numbers, run on the processor in every rounding mode with and without DAZ, FTZ and masks, against
/// exact arithmetic: results, flags, and destinations that an unmasked exception leaves alone.
/// </summary>
public class SseOracleTests
{
    private const uint DenormalsAreZero = 0x40;
    private const uint FlushToZero = 0x8000;

    public static TheoryData<string, int> Modes()
    {
        var data = new TheoryData<string, int>();
        foreach (SseForm form in SseForms.All)
        {
            for (int rounding = 0; rounding < (form.HeedsRounding ? 4 : 1); rounding++) data.Add(form.Name, rounding);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void TheResultIsTheExactOneRoundedOnce(string name, int rounding)
    {
        SseForm form = SseForms.All.Single(item => item.Name == name);
        using var cpu = new TestCpu(form.Code);
        var values = new FloatValues(X87OracleTests.Seed(name) + (ulong)rounding);
        int count = LongRun.Cases(2_000);

        // First each edge with each, then random ones.
        for (int i = form.Lanes == 0 ? 0 : -FloatValues.EdgeCount * FloatValues.EdgeCount / form.Lanes; i < count; i++)
        {
            Check(cpu, form, form.HeedsRounding ? rounding : values.Below(4), values, i);
        }
    }

    private static unsafe void Check(TestCpu cpu, SseForm form, int rounding, FloatValues values, int index)
    {
        // Often as programs run: all masked, PE set already; there the host computes what it can.
        bool plain = values.Chance(40);
        int masks = plain || values.Chance(60) ? FloatFlags.All : values.Below(64);
        uint before = (uint)((masks << 7) | (rounding << 13) | values.Below(64) | FloatFlags.Precision);
        if (!plain) before = (before & ~(uint)FloatFlags.Precision) | ((uint)values.Next() & (DenormalsAreZero | FlushToZero | FloatFlags.Precision));
        UInt128 destination = index < 0 ? Edges(form, -index - 1, first: true) : NextVector(form, values);
        UInt128 source = index < 0 ? Edges(form, -index - 1, first: false) : NextVector(form, values);
        if (values.Chance(10)) source = destination;

        CpuState* state = cpu.Registers.State;
        Vector128<byte>* registers = &state->Xmm0;
        registers[1] = Vector128.Create((ulong)destination, (ulong)(destination >> 64)).AsByte();
        registers[2] = Vector128.Create((ulong)source, (ulong)(source >> 64)).AsByte();
        (&state->R0)[2].Mantissa = (ulong)source;
        (&state->R0)[1].Mantissa = (ulong)destination;
        cpu.Registers.Edx = (uint)source;
        cpu.Registers.Ecx = (uint)destination;
        state->Mxcsr = before;
        cpu.Registers.Eflags = 0x8d5;
        cpu.Registers.Eip = TestCpu.Code;
        Trap trap = cpu.Run(1);

        var oracle = new Oracle(isX87: false, form.Format ?? OracleFormat.Double)
        {
            Rounding = (Rounding)rounding,
            Masks = masks,
            DenormalsAreZero = (before & DenormalsAreZero) != 0,
            FlushToZero = (before & FlushToZero) != 0,
        };
        var expected = new SseOutcome(destination, source);
        form.Expect(oracle, expected);
        bool faults = !expected.Step(oracle);
        string Describe() => $"{form.Name}, MXCSR {before:x4} destination {destination:x32} source {source:x32}: ";
        if (faults != (trap == new Trap(TrapKind.Exception, 19))) Assert.Fail(Describe() + trap);
        uint after = before | (uint)expected.Committed;
        if (state->Mxcsr != after) Assert.Fail($"{Describe()}MXCSR {state->Mxcsr:x4}, not {after:x4}");
        uint flags = faults ? 0x8d5 : expected.Flags ?? 0x8d5;
        if ((cpu.Registers.Eflags & 0x8d5) != flags) Assert.Fail($"{Describe()}EFLAGS {cpu.Registers.Eflags:x}, not {flags:x}");

        (UInt128 actual, UInt128 mask) = form.Destination switch
        {
            SsePlace.General => (cpu.Registers.Ecx, (UInt128)uint.MaxValue),
            SsePlace.Mmx => ((&state->R0)[1].Mantissa, (UInt128)ulong.MaxValue),
            _ => (new UInt128(registers[1].AsUInt64()[1], registers[1].AsUInt64()[0]), UInt128.MaxValue),
        };
        UInt128 wanted = (faults ? destination : expected.Result) & mask;
        if (actual != wanted) Assert.Fail($"{Describe()}{actual:x32}, not {wanted:x32}");
    }

    /// <summary>In the lanes the pairs of edges that follow each other.</summary>
    private static UInt128 Edges(SseForm form, int index, bool first)
    {
        UInt128 result = 0;
        for (int i = 0; i < form.Lanes; i++)
        {
            int pair = (index * form.Lanes) + i;
            result |= FloatValues.Edge(form.Format!, first ? pair / FloatValues.EdgeCount : pair % FloatValues.EdgeCount) << (i * form.Format!.Width);
        }

        return result;
    }

    private static UInt128 NextVector(SseForm form, FloatValues values)
    {
        UInt128 result = 0;
        UInt128 previous = values.Next();
        int width = form.Format?.Width ?? 32;
        for (int i = 0; i < 128; i += width)
        {
            if (form.Format == null) previous = (uint)((int)values.Next() >> values.Below(32));
            else previous = values.NextBits(form.Format, previous & SseForms.Mask(form.Format));
            result |= previous << i;
        }

        return result;
    }
}
