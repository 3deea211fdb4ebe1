using System.Diagnostics;

namespace CheckpointRestart.Mutate;

/// <summary>Runs the tests of src/Core with another CheckpointRestart.Core.dll.</summary>
internal sealed class TestRun
{
    /// <summary>All tests: those of the processor first, for they are quick and know most.</summary>
    internal static readonly string[][] Stages = [["-class", "*.Cpu.*"], ["-class", "*.Vectors.*"], ["-class-", "*.Cpu.*", "-class-", "*.Vectors.*"]];

    /// <summary>For some forms; they need a second or two.</summary>
    static readonly TimeSpan VectorLimit = TimeSpan.FromMinutes(1);

    readonly string folder, chosen;
    TimeSpan limit = TimeSpan.FromMinutes(15);

    /// <summary>Copies the compiled tests.</summary>
    internal TestRun(string tests, string scratch)
    {
        (folder, chosen) = (scratch, Path.Combine(scratch, "forms.txt"));
        foreach (string file in Directory.EnumerateFiles(tests, "*", SearchOption.AllDirectories))
        {
            string to = Path.Combine(scratch, Path.GetRelativePath(tests, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to, overwrite: true);
        }
    }

    /// <summary>Where the assembly under test goes.</summary>
    internal string Assembly => Path.Combine(folder, "CheckpointRestart.Core.dll");

    /// <summary>Allows a run three times what an unchanged one took, and half a minute.</summary>
    internal void SetLimit(TimeSpan unchanged) => limit = (3 * unchanged) + TimeSpan.FromSeconds(30);

    /// <summary>Looks only at the recorded outcomes of some forms of instructions.</summary>
    /// <returns>As <see cref="Run(string[])"/>.</returns>
    internal string? RunVectors(IReadOnlyList<string> forms)
    {
        if (forms.Count == 0) return null;
        File.WriteAllLines(chosen, forms);
        return Run(["-method", "*.EveryRecordedOutcomeComesOut"], chosen);
    }

    /// <summary>Runs some tests until one fails.</summary>
    /// <returns>The failed test, "a crash" or "the time limit"; null when all passed.</returns>
    internal string? Run(string[] stage) => Run(stage, null);

    string? Run(string[] stage, string? onlyForms)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(folder, "CheckpointRestart.Core.Tests.dll"), "-noLogo", "-noColor", "-stopOnFail", .. stage])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = folder,
        };
        if (onlyForms != null) start.Environment["CR_VECTOR_FORMS"] = onlyForms;
        using var process = Process.Start(start)!;
        string? failed = null;
        process.OutputDataReceived += (_, line) => failed ??= line.Data?.TrimEnd() is { } text && text.EndsWith(" [FAIL]", StringComparison.Ordinal) ? text.Trim()[..^7] : null;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var clock = Stopwatch.StartNew();
        while (!process.WaitForExit(200) && failed == null && clock.Elapsed < (onlyForms != null ? VectorLimit : limit))
        {
        }
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            return failed ?? "the time limit";
        }
        process.WaitForExit();
        return failed ?? (process.ExitCode == 0 ? null : "a crash");
    }
}
