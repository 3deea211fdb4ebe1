using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>A processor that is not ours, through oracle.c: the real one where this machine runs i386 programs, or qemu-i386.</summary>
/// <remarks>Needs gcc -m32 to build the program.</remarks>
internal sealed class Oracle : IDisposable
{
    const int DiedInBatch = 1;

    readonly string program;
    readonly string? emulator;
    Process process;

    Oracle(string program, string? emulator)
    {
        (this.program, this.emulator) = (program, emulator);
        process = Start();
    }

    /// <summary>It is the real processor.</summary>
    internal bool IsReal => emulator == null;

    /// <summary>Starts the best oracle that this machine has.</summary>
    /// <returns>False when it has none.</returns>
    internal static bool TryStart([NotNullWhen(true)] out Oracle? oracle) => TryStart(real: true, out oracle) || TryStart(real: false, out oracle);

    /// <summary>Starts the real processor, or the emulator.</summary>
    /// <returns>False when this machine does not have it.</returns>
    internal static bool TryStart(bool real, [NotNullWhen(true)] out Oracle? oracle)
    {
        oracle = null;
        string built = Path.Combine(Path.GetTempPath(), $"oracle-{Guid.NewGuid():N}");
        try
        {
            using var compiler = Process.Start(
                "gcc", ["-m32", "-O2", "-static", "-fno-stack-protector", "-Wl,-Ttext-segment=0x60000000", "-o", built, Path.Combine(Folder, "oracle.c")]);
            compiler.WaitForExit();
            if (compiler.ExitCode != 0) return false;
            var started = new Oracle(built, real ? null : "qemu-i386");
            // INT3 alone must come back as it went: else this is no machine to ask.
            VectorState probe = VectorForm.Blank();
            var answer = started.Run([probe])[0];
            if (answer.Trap == 3 && answer.Eip == probe.Eip)
            {
                oracle = started;
                return true;
            }
            started.Dispose();
        }
        catch (Exception failure) when (failure is Win32Exception or IOException)
        {
            File.Delete(built);
        }
        return false;
    }

    /// <summary>Runs cases.</summary>
    /// <returns>The outcome of each.</returns>
    internal VectorState[] Run(ReadOnlySpan<VectorState> cases)
    {
        if (cases.Length == 0) return [];
        var results = new VectorState[cases.Length];
        try
        {
            Exchange(cases, results);
        }
        catch (IOException) when (cases.Length > DiedInBatch)
        {
            for (int i = 0; i < cases.Length; i++)
            {
                Restart();
                try { Exchange(cases.Slice(i, 1), results.AsSpan(i, 1)); }
                catch (IOException died) { throw new InvalidOperationException($"the oracle died of case {i}: {Convert.ToHexString(((ReadOnlySpan<byte>)cases[i].Code)[..(int)cases[i].Length])} {cases[i]}", died); }
            }
        }
        return results;
    }

    public void Dispose()
    {
        Stop();
        File.Delete(program);
    }

    static string Folder => Path.Combine(Guests.GuestFiles.Repository, "tests", "Core", "Vectors");

    void Exchange(ReadOnlySpan<VectorState> cases, Span<VectorState> results)
    {
        var input = process.StandardInput.BaseStream;
        input.Write(BitConverter.GetBytes(cases.Length));
        input.Write(MemoryMarshal.AsBytes(cases));
        input.Flush();
        process.StandardOutput.BaseStream.ReadExactly(MemoryMarshal.AsBytes(results));
    }

    Process Start()
    {
        var how = new ProcessStartInfo(emulator ?? program) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        if (emulator != null) how.ArgumentList.Add(program);
        var started = Process.Start(how)!;
        var input = started.StandardInput.BaseStream;
        input.Write(BitConverter.GetBytes(VectorLayout.Descriptors.Count));
        foreach (var descriptor in VectorLayout.Descriptors) input.Write(MemoryMarshal.AsBytes<uint>(descriptor.UserDescriptor));
        return started;
    }

    void Restart()
    {
        Stop();
        process = Start();
    }

    void Stop()
    {
        try { process.StandardInput.Close(); }
        catch (IOException) { }
        if (!process.WaitForExit(5000)) process.Kill();
        process.Dispose();
    }
}
