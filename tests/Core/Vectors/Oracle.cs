using System.Diagnostics;
using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>The real processor, through oracle.c: needs gcc -m32 and a machine that runs i386 programs.</summary>
internal static class Oracle
{
    /// <summary>Where the sources of these tests are.</summary>
    internal static string Folder() => Path.Combine(Guests.GuestFiles.Directory, "..", "Core", "Vectors");

    /// <summary>Builds the program.</summary>
    /// <returns>Its path, or null when this machine cannot.</returns>
    internal static string? Build()
    {
        string program = Path.Combine(Path.GetTempPath(), $"oracle-{Environment.ProcessId}");
        try
        {
            using var compiler = Process.Start("gcc", ["-m32", "-O2", "-static", "-Wl,-Ttext-segment=0x60000000", "-o", program, Path.Combine(Folder(), "oracle.c")]);
            compiler.WaitForExit();
            return compiler.ExitCode == 0 ? program : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    /// <summary>Runs cases.</summary>
    internal static VectorCase[] Run(string program, ReadOnlySpan<VectorCase> cases)
    {
        string input = program + ".in", output = program + ".out";
        File.WriteAllBytes(input, MemoryMarshal.AsBytes(cases));
        using (var process = Process.Start("/bin/sh", ["-c", $"'{program}' < '{input}' > '{output}'"])) process.WaitForExit();
        var results = MemoryMarshal.Cast<byte, VectorCase>(File.ReadAllBytes(output)).ToArray();
        File.Delete(input);
        File.Delete(output);
        if (results.Length != cases.Length) throw new InvalidDataException($"the oracle stopped in case {results.Length} of {cases.Length}");
        return results;
    }
}
