using System.Numerics;
using CheckpointRestart.Core.Cpu.Floating;

namespace CheckpointRestart.Core.Tests.Cpu.Floating;

/// <summary>What an SSE instruction finds in XMM1, XMM2 (or MM2, EDX), and has to leave in its destination.</summary>
internal sealed class SseOutcome(UInt128 destination, UInt128 source)
{
    internal UInt128 Destination { get; } = destination;

    internal UInt128 Source { get; } = source;

    /// <summary>The destination register afterwards.</summary>
    internal UInt128 Result { get; set; } = destination;

    /// <summary>ZF, PF and CF for COMISD and its like.</summary>
    internal uint? Flags { get; set; }

    /// <summary>Flags that earlier steps of the same instruction have put into MXCSR.</summary>
    internal int Committed { get; private set; }

    /// <summary>Ends a step whose exceptions stop the next one; false when there are unmasked ones.</summary>
    internal bool Step(Oracle oracle)
    {
        oracle.Settle();
        Committed |= oracle.Flags;
        return !oracle.Faults;
    }
}

/// <summary>Where the destination and the source are.</summary>
internal enum SsePlace
{
    Xmm,
    Mmx,
    General,
}

/// <summary>An SSE instruction on XMM1 and XMM2, and what it has to do by the manual.</summary>
internal sealed record SseForm(string Name, byte[] Code, OracleFormat? Format, Action<Oracle, SseOutcome> Expect)
{
    internal SsePlace Destination { get; init; }

    internal SsePlace Source { get; init; }

    internal bool HeedsRounding { get; init; } = true;

    /// <summary>Lanes of the source that it reads.</summary>
    internal int Lanes { get; init; } = Format == null ? 0 : 128 / Format.Width;
}

internal static class SseForms
{
    private delegate UInt128 Lane(Oracle oracle, UInt128 destination, UInt128 source);

    private static readonly (string Suffix, byte[] Prefix, OracleFormat Format, int Lanes)[] Types =
    [
        ("ps", [], OracleFormat.Single, 4), ("pd", [0x66], OracleFormat.Double, 2), ("ss", [0xf3], OracleFormat.Single, 1), ("sd", [0xf2], OracleFormat.Double, 1),
    ];

    internal static IReadOnlyList<SseForm> All { get; } = [.. Arithmetic(), .. Compares(), .. Rounds(), .. Horizontal(), .. SseConvertForms.All()];

    private static IEnumerable<SseForm> Arithmetic()
    {
        foreach ((string name, byte code, Func<Oracle, Number, Number, Number> compute) in new (string, byte, Func<Oracle, Number, Number, Number>)[]
        {
            ("add", 0x58, (oracle, a, b) => oracle.Add(a, b)), ("mul", 0x59, (oracle, a, b) => oracle.Multiply(a, b)),
            ("sub", 0x5c, (oracle, a, b) => oracle.Subtract(a, b)), ("div", 0x5e, (oracle, a, b) => oracle.Divide(a, b)),
            ("min", 0x5d, (oracle, a, b) => oracle.Select(a, b, FloatOrder.Less)), ("max", 0x5f, (oracle, a, b) => oracle.Select(a, b, FloatOrder.Greater)),
            ("sqrt", 0x51, (oracle, a, b) => oracle.SquareRoot(b)),
        })
        {
            foreach ((string suffix, byte[] prefix, OracleFormat format, int lanes) in Types)
            {
                yield return Packed(name + suffix, [.. prefix, 0x0f, code, 0xca], format, lanes, (oracle, a, b) =>
                    Encode(oracle, format, compute(oracle, oracle.Decode(a), oracle.Decode(b))));
            }
        }
    }

    private static IEnumerable<SseForm> Compares()
    {
        string[] predicates = ["eq", "lt", "le", "unord", "neq", "nlt", "nle", "ord"];
        foreach ((string suffix, byte[] prefix, OracleFormat format, int lanes) in Types)
        {
            for (byte i = 0; i < predicates.Length; i++)
            {
                string predicate = predicates[i];
                string positive = predicate is "neq" or "nlt" or "nle" ? predicate[1..] : predicate;
                yield return Packed($"cmp{predicate}{suffix}", [.. prefix, 0x0f, 0xc2, 0xca, i], format, lanes, (oracle, a, b) =>
                {
                    bool quiet = positive is "eq" or "unord" or "ord";
                    FloatOrder order = oracle.Compare(oracle.Decode(a), oracle.Decode(b), quiet);
                    bool holds = positive switch
                    {
                        "eq" => order == FloatOrder.Equal,
                        "lt" => order == FloatOrder.Less,
                        "le" => order is FloatOrder.Less or FloatOrder.Equal,
                        "ord" => order != FloatOrder.Unordered,
                        _ => order == FloatOrder.Unordered,
                    };
                    return holds == (positive == predicate) ? UInt128.MaxValue : 0;
                }) with
                { HeedsRounding = false };
            }
        }

        foreach ((string suffix, byte[] prefix, OracleFormat format) in new (string, byte[], OracleFormat)[] { ("ss", [], OracleFormat.Single), ("sd", [0x66], OracleFormat.Double) })
        {
            for (byte code = 0x2e; code < 0x30; code++)
            {
                bool quiet = code == 0x2e;
                yield return new((quiet ? "ucomi" : "comi") + suffix, [.. prefix, 0x0f, code, 0xca], format, (oracle, e) =>
                    e.Flags = oracle.Compare(oracle.Decode(e.Destination & Mask(format)), oracle.Decode(e.Source & Mask(format)), quiet) switch
                    {
                        FloatOrder.Greater => 0,
                        FloatOrder.Less => 1,
                        FloatOrder.Equal => 0x40,
                        _ => 0x45,
                    })
                { HeedsRounding = false, Lanes = 1 };
            }
        }
    }

    private static IEnumerable<SseForm> Rounds()
    {
        for (int i = 0; i < 4; i++)
        {
            (string suffix, byte[] _, OracleFormat format, int lanes) = Types[i];

            // Bits 0 and 1 choose the rounding, bit 2 takes that of MXCSR, bit 3 keeps PE from being set.
            foreach (byte immediate in new byte[] { 0, 1, 2, 3, 4, 11, 14 })
            {
                yield return Packed($"round{suffix} {immediate}", [0x66, 0x0f, 0x3a, (byte)(8 + i), 0xca, immediate], format, lanes, (oracle, a, b) =>
                    Encode(oracle, format, oracle.ToIntegral(oracle.Decode(b), (immediate & 4) != 0 ? oracle.Rounding : (Rounding)(immediate & 3), (immediate & 8) != 0))) with
                { HeedsRounding = (immediate & 4) != 0 };
            }
        }
    }

    private static IEnumerable<SseForm> Horizontal()
    {
        foreach ((string suffix, byte prefix, OracleFormat format, int lanes) in new (string, byte, OracleFormat, int)[] { ("ps", 0xf2, OracleFormat.Single, 4), ("pd", 0x66, OracleFormat.Double, 2) })
        {
            yield return new("hadd" + suffix, [prefix, 0x0f, 0x7c, 0xca], format, (oracle, e) => Across(oracle, e, format, lanes, subtract: false));
            yield return new("hsub" + suffix, [prefix, 0x0f, 0x7d, 0xca], format, (oracle, e) => Across(oracle, e, format, lanes, subtract: true));
            yield return new("addsub" + suffix, [prefix, 0x0f, 0xd0, 0xca], format, (oracle, e) =>
            {
                UInt128 result = 0;
                for (int i = 0; i < lanes; i++) result |= Sum(oracle, format, e.Destination >> (i * format.Width), e.Source >> (i * format.Width), i % 2 == 0) << (i * format.Width);
                e.Result = result;
            });
            foreach (byte immediate in new byte[] { 0xff, 0x31, 0x7a, 0xc5, 0x20, 0x0f })
            {
                yield return new($"dp{suffix} {immediate:x2}", [0x66, 0x0f, 0x3a, (byte)(lanes == 4 ? 0x40 : 0x41), 0xca, immediate], format, (oracle, e) => Dot(oracle, e, format, lanes, immediate));
            }
        }
    }

    private static void Across(Oracle oracle, SseOutcome e, OracleFormat format, int lanes, bool subtract)
    {
        UInt128 result = 0;
        for (int i = 0; i < lanes; i++)
        {
            UInt128 pair = (2 * i < lanes ? e.Destination : e.Source) >> (2 * i % lanes * format.Width);
            result |= Sum(oracle, format, pair, pair >> format.Width, subtract) << (i * format.Width);
        }

        e.Result = result;
    }

    private static void Dot(Oracle oracle, SseOutcome e, OracleFormat format, int lanes, byte immediate)
    {
        var terms = new UInt128[lanes];
        for (int i = 0; i < lanes; i++)
        {
            if ((immediate >> (4 + i) & 1) == 0) continue;
            terms[i] = Encode(oracle, format, oracle.Multiply(oracle.Decode(e.Destination >> (i * format.Width) & Mask(format)), oracle.Decode(e.Source >> (i * format.Width) & Mask(format))));
        }

        // First neighbours, then, of four, the two sums; each step is rounded and may fault by itself.
        for (; terms.Length > 1; terms = [.. terms.Chunk(2).Select(pair => Sum(oracle, format, pair[0], pair[1], subtract: false))])
        {
            if (!e.Step(oracle)) return;
        }

        UInt128 result = 0;
        for (int i = 0; i < lanes; i++)
        {
            if ((immediate >> i & 1) != 0) result |= terms[0] << (i * format.Width);
        }

        e.Result = result;
    }

    private static UInt128 Sum(Oracle oracle, OracleFormat format, UInt128 a, UInt128 b, bool subtract)
    {
        Number left = oracle.Decode(a & Mask(format));
        Number right = oracle.Decode(b & Mask(format));
        return Encode(oracle, format, subtract ? oracle.Subtract(left, right) : oracle.Add(left, right));
    }

    private static SseForm Packed(string name, byte[] code, OracleFormat format, int lanes, Lane compute) => new(name, code, format, (oracle, e) =>
    {
        UInt128 result = lanes == 1 ? e.Destination & ~Mask(format) : 0;
        for (int i = 0; i < lanes; i++)
        {
            int shift = i * format.Width;
            result |= (compute(oracle, e.Destination >> shift & Mask(format), e.Source >> shift & Mask(format)) & Mask(format)) << shift;
        }

        e.Result = result;
    })
    { Lanes = lanes };

    internal static UInt128 Mask(OracleFormat format) => (format.SignBit << 1) - 1;

    /// <summary>Zero where an unmasked overflow or underflow leaves nothing to encode.</summary>
    internal static UInt128 Encode(Oracle oracle, OracleFormat format, Number number) =>
        (oracle.Flags & ~oracle.Masks & (FloatFlags.Overflow | FloatFlags.Underflow)) != 0 ? 0 : format.Encode(number);
}
