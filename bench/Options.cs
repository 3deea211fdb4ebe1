using System.Globalization;

namespace CheckpointRestart.Bench;

/// <summary>What the commands take: names of what to measure, and -runs N, -size N, -engine NAME, -csv FILE, -seconds N, -only here|qemu|native.</summary>
internal sealed record Options
{
    public const string Usage = "[NAME ...] [-runs N] [-size N] [-engine Interpreter|Tables|Window|Auto] [-csv FILE] [-only here|qemu|native]";

    public IReadOnlyList<string> Names { get; private init; } = [];

    /// <summary>Counted runs of each; one more before them warms caches, unless it is only one.</summary>
    public int Runs { get; private init; } = 5;

    /// <summary>The programs' argument instead of their own.</summary>
    public int? Size { get; private init; }

    public string? Engine { get; private init; }

    /// <summary>Where the figures are also written, a line a program.</summary>
    public string? Csv { get; private init; }

    public bool Here { get; init; } = true;
    public bool Qemu { get; init; } = true;
    public bool Native { get; init; } = true;

    /// <summary>The first run that counts: run -1 does not.</summary>
    public int First => Runs > 1 ? -1 : 0;

    public bool Wants(string name) => Names.Count == 0 || Names.Any(n => name.Contains(n, StringComparison.OrdinalIgnoreCase));

    public static Options Parse(IReadOnlyList<string> words)
    {
        var options = new Options();
        var names = new List<string>();
        for (int i = 0; i < words.Count; i++)
        {
            string Value() => ++i < words.Count ? words[i] : throw new BenchException($"{words[i - 1]} wants a value");
            int Number() => int.TryParse(Value(), CultureInfo.InvariantCulture, out int n) && n > 0 ? n : throw new BenchException($"{words[i - 1]} wants a number above 0");
            switch (words[i].ToLowerInvariant())
            {
                case "-runs": options = options with { Runs = Number() }; break;
                case "-size": options = options with { Size = Number() }; break;
                case "-engine": options = options with { Engine = Value() }; break;
                case "-csv": options = options with { Csv = Value() }; break;
                case "-only":
                    string only = Value().ToLowerInvariant();
                    if (only is not ("here" or "qemu" or "native")) throw new BenchException("-only takes here, qemu or native");
                    options = options with { Here = only == "here", Qemu = only == "qemu", Native = only == "native" };
                    break;
                case ['-', ..]: throw new BenchException($"unknown option {words[i]}; {Usage}");
                default: names.Add(words[i]); break;
            }
        }
        return options with { Names = names };
    }
}
