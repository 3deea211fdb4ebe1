using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>One recorded case of tests/guests: a program, and what a real kernel let it print.</summary>
public sealed class GuestCase
{
    public required string Name { get; init; }

    public required string Program { get; init; }

    public required string[] Arguments { get; init; }

    public required string[] Environment { get; init; }

    public required byte[] Input { get; init; }

    public required JsonElement Expected { get; init; }

    /// <summary>One process on regular files: v5 can carry it.</summary>
    public bool IsV5 { get; init; }

    public int ExitCode => Expected.GetProperty("exit").GetInt32();

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>All cases of a file.</summary>
    public static List<GuestCase> Read(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(path));
        var common = document.RootElement.GetProperty("environment").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!);
        var cases = new List<GuestCase>();
        foreach (var item in document.RootElement.GetProperty("cases").EnumerateArray())
        {
            var environment = new Dictionary<string, string>(common);
            if (item.TryGetProperty("environment", out var own))
                foreach (var variable in own.EnumerateObject()) environment[variable.Name] = variable.Value.GetString()!;
            cases.Add(new GuestCase
            {
                Name = item.GetProperty("name").GetString()!,
                Program = item.GetProperty("program").GetString()!,
                Arguments = item.TryGetProperty("arguments", out var arguments) ? [.. arguments.EnumerateArray().Select(a => a.GetString()!)] : [],
                Environment = [.. environment.Select(v => $"{v.Key}={v.Value}")],
                Input = item.TryGetProperty("stdin", out var input) ? Encoding.UTF8.GetBytes(input.GetString()!) : [],
                IsV5 = item.TryGetProperty("v5", out var v5) && v5.GetBoolean(),
                Expected = item.Clone(),
            });
        }
        return cases;
    }

    /// <summary>What differs from the record; empty when nothing does.</summary>
    public string Compare(GuestRun run)
    {
        var problems = new StringBuilder();
        if (run.Failure != null) problems.AppendLine($"the machine failed: {run.Failure}");
        if (!run.HasExited) problems.AppendLine($"it did not end: {run.Where}");
        else if (run.ExitCode != ExitCode) problems.AppendLine($"exit {run.ExitCode}, expected {ExitCode}");
        Check("stdout", run.Output, problems);
        Check("stderr", run.Error, problems);
        return problems.ToString();
    }

    void Check(string name, byte[] actual, StringBuilder problems)
    {
        if (Expected.TryGetProperty(name + "Sha256", out var hash))
        {
            int length = Expected.GetProperty(name + "Length").GetInt32();
            if (actual.Length != length) problems.AppendLine($"{name} has {actual.Length} bytes, expected {length}: {Show(actual)}");
            else if (!Convert.ToHexStringLower(SHA256.HashData(actual)).Equals(hash.GetString(), StringComparison.Ordinal)) problems.AppendLine($"{name} has other bytes: {Show(actual)}");
            return;
        }
        byte[] expected = Expected.TryGetProperty(name + "Base64", out var coded) ? coded.GetBytesFromBase64()
            : Expected.TryGetProperty(name, out var text) ? Encoding.UTF8.GetBytes(text.GetString()!) : [];
        if (!actual.AsSpan().SequenceEqual(expected)) problems.AppendLine($"{name} is\n{Show(actual)}\nexpected\n{Show(expected)}");
    }

    static string Show(byte[] bytes) => Encoding.UTF8.GetString(bytes.AsSpan(0, Math.Min(bytes.Length, 2000)));
}

/// <summary>What a run gave.</summary>
public sealed class GuestRun
{
    public byte[] Output { get; init; } = [];

    public byte[] Error { get; init; } = [];

    public string Text => Encoding.UTF8.GetString(Output);

    public string ErrorText => Encoding.UTF8.GetString(Error);

    public bool HasExited { get; init; }

    public int ExitCode { get; init; }

    public ulong Instructions { get; init; }

    public Exception? Failure { get; init; }

    public string Where { get; init; } = "";

    /// <summary>Runs a program to its end.</summary>
    public static GuestRun Run(MachineOptions options, ProgramOptions program, byte[]? input = null, double seconds = 60, Action<Machine, CheckpointRestart.Core.Kernel.Task>? during = null)
    {
        using var machine = new Machine(options);
        var task = machine.Start(program);
        if (input is { Length: > 0 }) machine.SendInput(input);
        machine.EndInput();
        during?.Invoke(machine, task);
        return Finish(machine, task, seconds);
    }

    /// <summary>Waits for the end and collects what was printed.</summary>
    public static GuestRun Finish(Machine machine, CheckpointRestart.Core.Kernel.Task task, double seconds = 60)
    {
        var output = new MemoryStream();
        var error = new MemoryStream();
        long end = System.Environment.TickCount64 + (long)(seconds * 1000);
        bool done;
        do
        {
            done = machine.WaitForExit(task, TimeSpan.FromMilliseconds(50)) || machine.HasEnded;
            output.Write(machine.Streams.TakeAll(StreamKind.Output));
            error.Write(machine.Streams.TakeAll(StreamKind.Error));
        }
        while (!done && System.Environment.TickCount64 < end);
        return new GuestRun
        {
            Output = output.ToArray(),
            Error = error.ToArray(),
            HasExited = task.HasExited,
            ExitCode = task.ExitCode,
            Instructions = machine.RetiredInstructions,
            Failure = machine.Failure,
            Where = string.Join("; ", machine.Tasks.Select(t => $"{t} {t.State} {(t.BlockedCall is { } call ? call.Reason : "")} at {(t.HasExited ? 0 : t.Registers?.Eip):x}")),
        };
    }
}
