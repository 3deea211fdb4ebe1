using System.Globalization;
using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>Finds the first instruction after which two engines differ, for a test that knows that they do.</summary>
internal static class EngineDifference
{
    /// <summary>What differs, as near to its cause as can be told.</summary>
    /// <param name="program">The program.</param>
    /// <param name="root">Its root.</param>
    /// <param name="engine">The engine beside the interpreter.</param>
    /// <param name="translateAfter">Executions before code is translated.</param>
    /// <param name="from">A count of instructions at which the states are the same.</param>
    /// <param name="to">One at which they are not.</param>
    internal static string Find(SameRun.Program program, RootOptions root, CpuEngine engine, int translateAfter, ulong from, ulong to)
    {
        string told = "";
        ulong begin = from;
        while (true)
        {
            ulong middle = to - from > 1 ? from + ((to - from) / 2) : to;
            using var reference = SameRun.Make(program, root, CpuEngine.Interpreter, null, out var task);
            using var translated = SameRun.Make(program, root, engine, translateAfter, out var other);
            foreach (ulong at in (ulong[])[begin, middle])
            {
                if (!reference.RunTo(at, task, TimeSpan.FromSeconds(300)) || !translated.RunTo(at, other, TimeSpan.FromSeconds(300))) return $"one ended before {at}";
            }
            bool differs = StateHash.Compute(reference, StateHashScope.Full) != StateHash.Compute(translated, StateHashScope.Full);
            if (differs) told = Describe(reference, translated);
            if (to - from <= 1) return $"the same at {from}, {(differs ? "not" : "and also")} at {to}: {told}";
            if (differs) to = middle;
            else from = middle;
        }
    }

    static string Describe(Machine reference, Machine translated) => reference.Execute(ours => translated.Execute(theirs =>
    {
        var text = new StringBuilder();
        foreach (var (mine, other) in ours.Tasks.Zip(theirs.Tasks))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{mine} {mine.State} and {other} {other.State}");
            if (mine.Registers is not { } r || other.Registers is not { } q) continue;
            string first = Registers(r), second = Registers(q);
            if (first != second) text.AppendLine(first).AppendLine(second);
            if (mine.AddressSpace is not { } a || other.AddressSpace is not { } b) continue;
            byte[] x = new byte[4096], y = new byte[4096];
            int told = 0;
            foreach (var region in a.Regions)
            {
                for (ulong at = region.Start; at < region.End && told < 4; at += 4096)
                {
                    Array.Clear(x);
                    Array.Clear(y);
                    a.Peek((uint)at, x);
                    b.Peek((uint)at, y);
                    int where = x.AsSpan().CommonPrefixLength(y);
                    if (where == x.Length) continue;
                    told++;
                    text.AppendLine(CultureInfo.InvariantCulture, $"{at + (ulong)where:x8}: {Convert.ToHexStringLower(x, where & ~15, 16)} and {Convert.ToHexStringLower(y, where & ~15, 16)}");
                }
            }
            byte[] code = new byte[48];
            a.Peek(r.Eip - 32, code);
            if (told > 0 || first != second) text.AppendLine("code from 32 bytes before EIP on: " + Convert.ToHexStringLower(code));
        }
        return text.ToString();
    }));

    static string Registers(Registers r)
    {
        byte[] image = new byte[512];
        r.SaveFxsr(image);
        return string.Create(CultureInfo.InvariantCulture, $"eax {r.Eax:x8} ecx {r.Ecx:x8} edx {r.Edx:x8} ebx {r.Ebx:x8} esp {r.Esp:x8} ebp {r.Ebp:x8} esi {r.Esi:x8} edi {r.Edi:x8} eip {r.Eip:x8} eflags {r.Eflags:x}\n  {Convert.ToHexStringLower(image, 0, 288)}");
    }
}
