using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace CheckpointRestart.Core.Tests.Guests;

/// <summary>One recorded run of a guest program: what it is given, and what a real kernel let it print. The form is in tests/guests/README.md.</summary>
public sealed class GuestCase
{
    private readonly JsonElement _case;

    private GuestCase(JsonElement element, JsonElement environment)
    {
        _case = element;
        Name = element.GetProperty("name").GetString()!;
        Program = element.GetProperty("program").GetString()!;
        Arguments = element.TryGetProperty("arguments", out var arguments) ? [.. arguments.EnumerateArray().Select(a => a.GetString()!)] : [];
        Input = Encoding.UTF8.GetBytes(element.TryGetProperty("stdin", out var input) ? input.GetString()! : "");
        ExitCode = element.GetProperty("exit").GetInt32();
        Of = element.TryGetProperty("of", out var of) ? of.GetString()! : "";
        CountsExpirations = element.TryGetProperty("clock", out var clock) && clock.GetString() == "virtual";
        IsQuick = element.TryGetProperty("quick", out var quick) && quick.GetBoolean();
        CarriedByV5 = element.TryGetProperty("v5", out var v5) && v5.GetBoolean();
        Instructions = element.TryGetProperty("instructions", out var instructions) ? instructions.GetInt64() : null;

        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var variable in environment.EnumerateObject()) variables[variable.Name] = variable.Value.GetString()!;
        if (element.TryGetProperty("environment", out var own))
        {
            foreach (var variable in own.EnumerateObject()) variables[variable.Name] = variable.Value.GetString()!;
        }

        Environment = [.. variables.Select(v => $"{v.Key}={v.Value}")];
    }

    /// <summary>Unique in its file.</summary>
    public string Name { get; }

    /// <summary>The program that a case of compatibility is about.</summary>
    public string Of { get; }

    /// <summary>Whether the output tells how often a timer expired: what a busy host's time would change.</summary>
    public bool CountsExpirations { get; }

    /// <summary>Whether a case of compatibility belongs to every test run.</summary>
    public bool IsQuick { get; }

    /// <summary>Path in a root made by make-root.sh; also argument 0.</summary>
    public string Program { get; }

    /// <summary>The arguments after argument 0.</summary>
    public IReadOnlyList<string> Arguments { get; }

    /// <summary>The whole environment, each as NAME=VALUE.</summary>
    public IReadOnlyList<string> Environment { get; }

    /// <summary>All that standard input holds before its end.</summary>
    public ReadOnlyMemory<byte> Input { get; }

    /// <summary>The status, or 128 + n after signal n.</summary>
    public int ExitCode { get; }

    /// <summary>Whether a v5 image can carry it at any instant: one process with regular files and directories only.</summary>
    public bool CarriedByV5 { get; }

    /// <summary>About how many instructions it runs; known for those that v5 carries.</summary>
    public long? Instructions { get; }

    /// <summary>The cases of our own guests.</summary>
    public static IReadOnlyList<GuestCase> Own { get; } = Load("cases.json");

    /// <summary>The cases of Debian's busybox.</summary>
    public static IReadOnlyList<GuestCase> Busybox { get; } = Load("busybox/cases.json");

    /// <summary>The cases of Debian's C library and of programs that use it.</summary>
    public static IReadOnlyList<GuestCase> Debian { get; } = Load("debian/cases.json");

    /// <summary>What Debian's programs give natively.</summary>
    public static IReadOnlyList<GuestCase> Compatibility { get; } = Load(Path.Combine("..", "compatibility", "cases.json"));

    /// <summary>What is wrong with a run's outcome, in words; null when it is as recorded.</summary>
    public string? Difference(ReadOnlySpan<byte> output, ReadOnlySpan<byte> errors, int exitCode)
    {
        var wrong = StreamDifference("stdout", output) ?? StreamDifference("stderr", errors);
        return wrong ?? (exitCode == ExitCode ? null : $"{Name}: status {exitCode}, recorded {ExitCode}");
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private string? StreamDifference(string stream, ReadOnlySpan<byte> actual)
    {
        if (_case.TryGetProperty(stream + "Sha256", out var hash))
        {
            var length = _case.GetProperty(stream + "Length").GetInt32();
            if (actual.Length != length) return $"{Name}: {stream} has {actual.Length} bytes, recorded {length}";
            return Convert.ToHexStringLower(SHA256.HashData(actual)) == hash.GetString() ? null : $"{Name}: {stream} has other bytes than recorded";
        }

        var expected = _case.TryGetProperty(stream + "Base64", out var bytes) ? bytes.GetBytesFromBase64()
            : _case.TryGetProperty(stream, out var text) ? Encoding.UTF8.GetBytes(text.GetString()!) : [];
        if (actual.SequenceEqual(expected)) return null;
        var at = actual.CommonPrefixLength(expected);
        return $"{Name}: {stream} differs from byte {at} on\n--- recorded\n{Encoding.UTF8.GetString(expected)}\n--- now\n{Encoding.UTF8.GetString(actual)}";
    }

    private static GuestCase[] Load(string file)
    {
        var book = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(GuestFiles.Directory, file))).RootElement;
        var environment = book.GetProperty("environment");
        return [.. book.GetProperty("cases").EnumerateArray().Select(c => new GuestCase(c, environment))];
    }
}
