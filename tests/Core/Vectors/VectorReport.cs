using System.Runtime.InteropServices;
using System.Text;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>Shows how two outcomes of a case differ.</summary>
internal static class VectorReport
{
    static readonly string[] Names = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "eip", "eflags", "trap", "error", "cr2", "signal", "si_code", "length", "es cs", "ss ds", "fs gs"];

    internal static string Describe(VectorForm form, int index, ref VectorState made, ref VectorState expected, ref VectorState ours)
    {
        var text = new StringBuilder();
        text.AppendLine($"{form.Name} case {index}: {Convert.ToHexString(((ReadOnlySpan<byte>)made.Code)[..(int)made.Length])}").AppendLine($"  from {made}");
        if (form.Mode != null || FloatFeatures.IsX87(form.Code) || FloatFeatures.IsSimd(form.Code)) text.AppendLine($"  fx   {Hex(made.Fx[..32])}");
        text.Append(Differences(ref made, ref expected, ref ours));
        return text.ToString();
    }

    /// <summary>A line for each word that differs.</summary>
    internal static string Differences(ref VectorState made, ref VectorState expected, ref VectorState ours)
    {
        var text = new StringBuilder();
        var before = MemoryMarshal.Cast<byte, uint>(VectorState.Bytes(ref made));
        var a = MemoryMarshal.Cast<byte, uint>(VectorState.Bytes(ref expected));
        var b = MemoryMarshal.Cast<byte, uint>(VectorState.Bytes(ref ours));
        for (int i = 0; i < a.Length; i++)
        {
            if (a[i] != b[i]) text.AppendLine($"  {Place(i)}: {before[i]:x8} became {a[i]:x8} there, {b[i]:x8} here");
        }
        return text.ToString();
    }

    /// <summary>The parts of two outcomes that differ, in order, each named once.</summary>
    internal static IEnumerable<string> Parts(VectorState expected, VectorState other)
    {
        var parts = new List<string>();
        var a = MemoryMarshal.Cast<byte, uint>(VectorState.Bytes(ref expected));
        var b = MemoryMarshal.Cast<byte, uint>(VectorState.Bytes(ref other));
        for (int i = 0; i < a.Length; i++)
        {
            if (a[i] == b[i]) continue;
            string name = Place(i).Split(" +")[0];
            parts.Add(name.StartsWith("fx", StringComparison.Ordinal) ? "fpu control" : name);
        }
        return parts.Distinct(StringComparer.Ordinal);
    }

    static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexString(bytes);

    static string Place(int word)
    {
        if (word < Names.Length) return Names[word];
        int at = (word * 4) - VectorState.OutcomeStart;
        (string Name, int Size)[] parts =
        [
            ("fx", VectorState.FxSize), ("code", VectorState.CodeSize), ("data", VectorState.DataSize), ("data low", VectorState.EdgeSize), ("data high", VectorState.EdgeSize),
            ("stack", VectorState.StackSize), ("stack low", VectorState.EdgeSize), ("stack high", VectorState.EdgeSize),
        ];
        foreach (var (name, size) in parts)
        {
            if (at < size) return name == "fx" && at >= 160 ? $"xmm{(at - 160) / 16} + {at % 16}" : name == "fx" && at >= 32 ? $"st{(at - 32) / 16} + {at % 16}" : $"{name} + {at:x}";
            at -= size;
        }
        return "?";
    }
}
