using System.Numerics;
using CheckpointRestart.Core.Cpu.Floating;
using static CheckpointRestart.Core.Tests.Cpu.Floating.X87Outcome;

namespace CheckpointRestart.Core.Tests.Cpu.Floating;

/// <summary>What lies in memory before the instruction.</summary>
internal enum X87Source
{
    None,
    Single,
    Double,
    Extended,
    Integer,
    Decimal,
}

/// <summary>An instruction with operands ST(0), ST(1) and memory, and what it has to do by the manual.</summary>
internal sealed record X87Form(string Name, byte[] Code, Action<Oracle, Number, Number, UInt128, X87Outcome> Expect)
{
    internal X87Source Source { get; init; }

    internal bool HeedsPrecision { get; init; }

    internal bool HeedsRounding { get; init; } = true;

    /// <summary>Another operand form of an operation that is tested in full elsewhere: fewer cases do.</summary>
    internal bool IsVariant { get; init; }

    internal UInt128 NextSource(FloatValues values) => Source switch
    {
        X87Source.Single => values.NextBits(OracleFormat.Single, values.Next()),
        X87Source.Double => values.NextBits(OracleFormat.Double, values.Next()),
        X87Source.Extended => values.NextBits(OracleFormat.Extended, values.Next()),
        X87Source.Integer => (ulong)((long)values.Next() >> values.Below(64)),
        X87Source.Decimal => Decimal(values),
        _ => values.Next(),
    };

    private static UInt128 Decimal(FloatValues values)
    {
        UInt128 bits = values.Chance(50) ? UInt128.One << 79 : 0;
        int digits = values.Below(19);
        for (int i = 0; i < digits; i++) bits |= (UInt128)values.Below(10) << (4 * i);
        return bits;
    }
}

internal static class X87Forms
{
    private delegate Number Operation(Oracle oracle, Number destination, Number source);

    private static readonly (string Name, int Extension, Operation Compute)[] Arithmetic =
    [
        ("add", 0, (oracle, a, b) => oracle.Add(a, b)),
        ("mul", 1, (oracle, a, b) => oracle.Multiply(a, b)),
        ("sub", 4, (oracle, a, b) => oracle.Subtract(a, b)),
        ("subr", 5, (oracle, a, b) => oracle.Subtract(b, a)),
        ("div", 6, (oracle, a, b) => oracle.Divide(a, b)),
        ("divr", 7, (oracle, a, b) => oracle.Divide(b, a)),
    ];

    internal static IReadOnlyList<X87Form> All { get; } = [.. Registers(), .. Memory(), .. Single(), .. Loads(), .. Stores(), .. X87CompareForms.All()];

    private static IEnumerable<X87Form> Registers()
    {
        foreach ((string name, int extension, Operation compute) in Arithmetic)
        {
            // With the destination in ST(i) the codes of subtraction and division change places with their reversed forms.
            int turned = extension < 4 ? extension : extension ^ 1;
            yield return Plain($"f{name} st0, st1", Encode(0xd8, extension), (oracle, a, b, m, e) => Finish(oracle, e, 0, compute(oracle, a, b), pop: false));
            yield return Plain($"f{name} st1, st0", Encode(0xdc, turned), (oracle, a, b, m, e) => Finish(oracle, e, 1, compute(oracle, b, a), pop: false)) with { IsVariant = true };
            yield return Plain($"f{name}p st1, st0", Encode(0xde, turned), (oracle, a, b, m, e) => Finish(oracle, e, 1, compute(oracle, b, a), pop: true)) with { IsVariant = true };
        }

        static X87Form Plain(string name, byte[] code, Action<Oracle, Number, Number, UInt128, X87Outcome> expect) => new(name, code, expect) { HeedsPrecision = true };

        static byte[] Encode(byte first, int extension) => [first, (byte)(0xc1 | (extension << 3))];
    }

    private static IEnumerable<X87Form> Memory()
    {
        foreach ((string name, int extension, Operation compute) in Arithmetic)
        {
            yield return Form($"f{name} m32", 0xd8, X87Source.Single, m => OracleFormat.Single.Decode((uint)m));
            yield return Form($"f{name} m64", 0xdc, X87Source.Double, m => OracleFormat.Double.Decode((ulong)m));
            yield return Form($"fi{name} m32", 0xda, X87Source.Integer, m => Number.Of(Exact.Of((int)(uint)m)));
            yield return Form($"fi{name} m16", 0xde, X87Source.Integer, m => Number.Of(Exact.Of((short)(ushort)m)));

            X87Form Form(string full, byte first, X87Source source, Func<UInt128, Number> decode) =>
                new(full, InMemory(first, extension), (oracle, a, b, m, e) => Finish(oracle, e, 0, compute(oracle, a, decode(m)), pop: false))
                {
                    Source = source,
                    HeedsPrecision = true,
                    IsVariant = true,
                };
        }
    }

    private static IEnumerable<X87Form> Single()
    {
        yield return new("fsqrt", [0xd9, 0xfa], (oracle, a, b, m, e) => Finish(oracle, e, 0, oracle.SquareRoot(a), pop: false)) { HeedsPrecision = true };
        yield return new("frndint", [0xd9, 0xfc], (oracle, a, b, m, e) => Finish(oracle, e, 0, oracle.ToIntegral(a, oracle.Rounding, silent: false), pop: false));
        yield return new("fscale", [0xd9, 0xfd], (oracle, a, b, m, e) => Finish(oracle, e, 0, oracle.Scale(a, b), pop: false));
        yield return new("fprem", [0xd9, 0xf8], (oracle, a, b, m, e) => Remainder(oracle, a, b, e, nearest: false));
        yield return new("fprem1", [0xd9, 0xf5], (oracle, a, b, m, e) => Remainder(oracle, a, b, e, nearest: true));
        yield return new("fxtract", [0xd9, 0xf4], Extract) { HeedsRounding = false };
        yield return new("fchs", [0xd9, 0xe0], (oracle, a, b, m, e) => e.Set(0, e.Registers[0] ^ OracleFormat.Extended.SignBit)) { HeedsRounding = false };
        yield return new("fabs", [0xd9, 0xe1], (oracle, a, b, m, e) => e.Set(0, e.Registers[0] & (OracleFormat.Extended.SignBit - 1))) { HeedsRounding = false };
    }

    private static void Remainder(Oracle oracle, Number a, Number b, X87Outcome e, bool nearest)
    {
        Number result = oracle.Remainder(a, b, nearest, out BigInteger? quotient);
        e.SetConditions(C1 | C2, oracle.RoundedUp ? C1 : 0);
        if (oracle.Refused) return;
        e.Set(0, result);
        if (result.IsNaN) return;
        int low = (int)((quotient ?? 0) & 7);
        e.SetConditions(C0 | C1 | C2 | C3, quotient == null ? C2 : ((low & 4) != 0 ? C0 : 0) | ((low & 2) != 0 ? C3 : 0) | ((low & 1) != 0 ? C1 : 0));
    }

    private static void Extract(Oracle oracle, Number a, Number b, UInt128 m, X87Outcome e)
    {
        (Number exponent, Number significand) = oracle.Extract(a);
        if (oracle.Refused) return;
        e.Set(0, exponent);
        e.Push(significand);
    }

    private static IEnumerable<X87Form> Loads()
    {
        yield return Form("fld m32", 0xd9, 0, X87Source.Single, (oracle, m) => oracle.Convert(OracleFormat.Single.Decode((uint)m), OracleFormat.Extended, notesDenormal: true));
        yield return Form("fld m64", 0xdd, 0, X87Source.Double, (oracle, m) => oracle.Convert(OracleFormat.Double.Decode((ulong)m), OracleFormat.Extended, notesDenormal: true));
        yield return Form("fild m16", 0xdf, 0, X87Source.Integer, (oracle, m) => Number.Of(Exact.Of((short)(ushort)m)));
        yield return Form("fild m32", 0xdb, 0, X87Source.Integer, (oracle, m) => Number.Of(Exact.Of((int)(uint)m)));
        yield return Form("fild m64", 0xdf, 5, X87Source.Integer, (oracle, m) => Number.Of(Exact.Of((long)(ulong)m)));
        yield return Form("fbld m80", 0xdf, 4, X87Source.Decimal, (oracle, m) =>
        {
            BigInteger value = 0;
            for (int i = 17; i >= 0; i--) value = (10 * value) + (int)(m >> (4 * i) & 15);
            Number number = Number.Of(Exact.Of(value));
            return m >> 79 != 0 ? number with { Negative = true, Value = -number.Value } : number;
        });
        yield return new("fld m80", InMemory(0xdb, 5), (oracle, a, b, m, e) =>
        {
            e.Push(Number.Zero(false));
            e.Set(0, m & ((UInt128.One << 80) - 1));
        })
        { Source = X87Source.Extended, HeedsRounding = false };

        // A denormal is pushed also when that exception is unmasked.
        static X87Form Form(string name, byte first, int extension, X87Source source, Func<Oracle, UInt128, Number> load) =>
            new(name, InMemory(first, extension), (oracle, a, b, m, e) =>
            {
                Number value = load(oracle, m);
                if ((oracle.Flags & ~oracle.Masks & FloatFlags.Invalid) == 0) e.Push(value);
            })
            { Source = source, HeedsRounding = false };
    }

    private static IEnumerable<X87Form> Stores()
    {
        foreach ((string name, byte first, int extension, int bits, bool truncates, bool pop) in new (string, byte, int, int, bool, bool)[]
        {
            ("fist m16", 0xdf, 2, 16, false, false), ("fistp m16", 0xdf, 3, 16, false, true), ("fisttp m16", 0xdf, 1, 16, true, true),
            ("fist m32", 0xdb, 2, 32, false, false), ("fistp m32", 0xdb, 3, 32, false, true), ("fisttp m32", 0xdb, 1, 32, true, true),
            ("fistp m64", 0xdf, 7, 64, false, true), ("fisttp m64", 0xdd, 1, 64, true, true),
        })
        {
            BigInteger limit = BigInteger.One << (bits - 1);
            yield return Form(name, first, extension, bits / 8, pop, (oracle, a) =>
                (UInt128)((oracle.ToInteger(a, -limit, limit - 1, truncates ? Rounding.Zero : oracle.Rounding) ?? -limit) & ((BigInteger.One << bits) - 1)));
        }

        yield return Form("fbstp m80", 0xdf, 6, 10, pop: true, (oracle, a) =>
        {
            BigInteger highest = BigInteger.Pow(10, 18) - 1;
            if (oracle.ToInteger(a, -highest, highest, oracle.Rounding) is not { } value) return (UInt128)0xffffc000 << 48;
            UInt128 digits = a.Negative ? UInt128.One << 79 : 0;
            value = BigInteger.Abs(value);
            for (int i = 0; i < 18; i++, value /= 10) digits |= (UInt128)(int)(value % 10) << (4 * i);
            return digits;
        });
        foreach ((string suffix, int extension, bool pop) in new[] { (string.Empty, 2, false), ("p", 3, true) })
        {
            yield return Form($"fst{suffix} m32", 0xd9, extension, 4, pop, (oracle, a) => Narrow(oracle, a, OracleFormat.Single));
            yield return Form($"fst{suffix} m64", 0xdd, extension, 8, pop, (oracle, a) => Narrow(oracle, a, OracleFormat.Double));
        }

        static X87Form Form(string name, byte first, int extension, int bytes, bool pop, Func<Oracle, Number, UInt128> convert) =>
            new(name, InMemory(first, extension), (oracle, a, b, m, e) =>
            {
                UInt128 value = convert(oracle, a);
                if ((oracle.Flags & ~oracle.Masks & ~FloatFlags.Precision) != 0)
                {
                    // Where nothing is stored nothing was rounded.
                    oracle.Flags &= ~FloatFlags.Precision;
                    oracle.RoundedUp = false;
                    return;
                }

                e.Store(value, bytes);
                if (pop) e.Pop();
            });

        static UInt128 Narrow(Oracle oracle, Number a, OracleFormat format)
        {
            Number narrowed = oracle.Convert(a, format, notesDenormal: false);
            return (oracle.Flags & ~oracle.Masks & (FloatFlags.Overflow | FloatFlags.Underflow)) != 0 ? 0 : format.Encode(narrowed);
        }
    }

    internal static byte[] InMemory(byte first, int extension) => [first, (byte)(5 | (extension << 3)), .. BitConverter.GetBytes(TestCpu.Data)];

    private static void Finish(Oracle oracle, X87Outcome e, int register, Number result, bool pop)
    {
        if (oracle.Refused) return;
        e.Set(register, result);
        if (pop) e.Pop();
    }
}
