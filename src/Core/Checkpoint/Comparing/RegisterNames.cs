using System.Globalization;

namespace CheckpointRestart.Core.Checkpoint.Comparing;

/// <summary>The registers that lie in a task's longer fields.</summary>
internal static class RegisterNames
{
    static readonly string[] Segments = ["es", "cs", "ss", "ds", "fs", "gs"];

    /// <summary>FXSAVE's area of a task that has not used its floating-point registers.</summary>
    public static byte[] Unused { get; } = NewArea();

    static byte[] NewArea()
    {
        using var registers = new Cpu.Registers();
        var area = new byte[512];
        registers.SaveFxsr(area);
        return area;
    }

    /// <summary>The pieces of a field of bytes: FXSAVE's area (Intel SDM volume 1, 10.5.1) and the segment registers.</summary>
    /// <returns>Null for a field that is one piece.</returns>
    public static IEnumerable<(string Name, int Start, int Length)>? PiecesOf(string field) => field switch
    {
        "fxsave" => FloatingPoint(),
        "segments" => Segments.Select(static (name, i) => (name, i * 16, 16)),
        _ => null,
    };

    static IEnumerable<(string Name, int Start, int Length)> FloatingPoint()
    {
        yield return ("fcw", 0, 2);
        yield return ("fsw", 2, 2);
        yield return ("ftw", 4, 2);
        yield return ("fop", 6, 2);
        yield return ("fip", 8, 8);
        yield return ("fdp", 16, 8);
        yield return ("mxcsr", 24, 4);
        yield return ("mxcsr-mask", 28, 4);
        for (int i = 0; i < 8; i++) yield return (string.Create(CultureInfo.InvariantCulture, $"st{i}"), 32 + 16 * i, 16);
        for (int i = 0; i < 8; i++) yield return (string.Create(CultureInfo.InvariantCulture, $"xmm{i}"), 160 + 16 * i, 16);
        yield return ("fxsave-rest", 288, 224);
    }
}
