using CheckpointRestart.Core.Cpu.Floating;
using static CheckpointRestart.Core.Tests.Cpu.Floating.X87Outcome;

namespace CheckpointRestart.Core.Tests.Cpu.Floating;

/// <summary>FCOM and its relatives, FXAM.</summary>
internal static class X87CompareForms
{
    private const uint Zero = 0x40;
    private const uint Parity = 4;
    private const uint Carry = 1;

    internal static IEnumerable<X87Form> All()
    {
        yield return Registers("fcom st1", [0xd8, 0xd1], quiet: false, pops: 0);
        yield return Registers("fcomp st1", [0xd8, 0xd9], quiet: false, pops: 1);
        yield return Registers("fcompp", [0xde, 0xd9], quiet: false, pops: 2);
        yield return Registers("fucom st1", [0xdd, 0xe1], quiet: true, pops: 0);
        yield return Registers("fucomp st1", [0xdd, 0xe9], quiet: true, pops: 1);
        yield return Registers("fucompp", [0xda, 0xe9], quiet: true, pops: 2);
        yield return Form("ftst", [0xd9, 0xe4], X87Source.None, (a, b, m) => Number.Zero(false), quiet: false, pops: 0);
        for (int pops = 0; pops < 2; pops++)
        {
            string suffix = pops == 0 ? string.Empty : "p";
            yield return Memory($"fcom{suffix} m32", 0xd8, X87Source.Single, m => OracleFormat.Single.Decode((uint)m), pops);
            yield return Memory($"fcom{suffix} m64", 0xdc, X87Source.Double, m => OracleFormat.Double.Decode((ulong)m), pops);
            yield return Memory($"ficom{suffix} m32", 0xda, X87Source.Integer, m => Number.Of(Exact.Of((int)(uint)m)), pops);
            yield return Memory($"ficom{suffix} m16", 0xde, X87Source.Integer, m => Number.Of(Exact.Of((short)(ushort)m)), pops);
            yield return Flags($"fcomi{suffix} st1", [(byte)(pops == 0 ? 0xdb : 0xdf), 0xf1], quiet: false, pops);
            yield return Flags($"fucomi{suffix} st1", [(byte)(pops == 0 ? 0xdb : 0xdf), 0xe9], quiet: true, pops);
        }

        yield return new("fxam", [0xd9, 0xe5], (oracle, a, b, m, e) => e.SetConditions(C0 | C1 | C2 | C3, (a.Negative ? C1 : 0) | a.Kind switch
        {
            NumberKind.Unsupported => 0,
            NumberKind.Zero => C3,
            NumberKind.Infinity => C2 | C0,
            NumberKind.Finite => a.Denormal ? C3 | C2 : C2,
            _ => C0,
        }))
        { HeedsRounding = false };
    }

    private static X87Form Registers(string name, byte[] code, bool quiet, int pops) => Form(name, code, X87Source.None, (a, b, m) => b, quiet, pops);

    private static X87Form Memory(string name, byte first, X87Source source, Func<UInt128, Number> decode, int pops) =>
        Form(name, X87Forms.InMemory(first, 2 + pops), source, (a, b, m) => decode(m), quiet: false, pops);

    private static X87Form Form(string name, byte[] code, X87Source source, Func<Number, Number, UInt128, Number> other, bool quiet, int pops) =>
        new(name, code, (oracle, a, b, m, e) =>
        {
            e.SetOrder(oracle.Compare(a, other(a, b, m), quiet));
            for (int i = 0; i < pops && !oracle.Refused; i++) e.Pop();
        })
        { Source = source, HeedsRounding = false };

    /// <summary>Into EFLAGS, also when an unmasked exception is pending afterwards; the status word keeps its condition codes.</summary>
    private static X87Form Flags(string name, byte[] code, bool quiet, int pops) =>
        new(name, code, (oracle, a, b, m, e) =>
        {
            e.SetConditions(0, 0);
            e.Flags = oracle.Compare(a, b, quiet) switch
            {
                FloatOrder.Greater => 0,
                FloatOrder.Less => Carry,
                FloatOrder.Equal => Zero,
                _ => Zero | Parity | Carry,
            };
            if (pops != 0 && !oracle.Refused) e.Pop();
        })
        { HeedsRounding = false };
}
