using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>A processor that is not ours, through the guest oracle: the real one where this machine runs i386 programs, or qemu-i386.</summary>
internal sealed class Oracle : IDisposable
{
    /// <summary><see cref="VectorState.Trap"/> of a case that an emulator does not survive.</summary>
    internal const uint Died = 254;

    const int DiedInBatch = 1;

    const int HasMovbe = 1 << 22;

    /// <summary>What CPUID 0 has in EBX: "Auth".</summary>
    const int Amd = 0x68747541;

    static readonly string Program = Guests.GuestFiles.Program("oracle");

    readonly string? emulator;
    Process process;

    Oracle(string? emulator)
    {
        this.emulator = emulator;
        process = Start();
    }

    /// <summary>It is the real processor.</summary>
    internal bool IsReal => emulator == null;

    /// <summary>It is of the maker on whose processor the vectors were recorded, and whose undefined flags ours are.</summary>
    internal bool IsOfOurMaker => IsReal && X86Base.CpuId(0, 0).Ebx == Amd;

    /// <summary>Starts the best oracle that this machine has.</summary>
    /// <returns>False when it has none.</returns>
    internal static bool TryStart([NotNullWhen(true)] out Oracle? oracle) => TryStart(real: true, out oracle) || TryStart(real: false, out oracle);

    /// <summary>Starts the real processor, or the emulator.</summary>
    /// <returns>False when this machine does not have it.</returns>
    internal static bool TryStart(bool real, [NotNullWhen(true)] out Oracle? oracle)
    {
        oracle = null;
        if (real && !HasAll) return false;
        Oracle? started = null;
        try
        {
            started = new Oracle(real ? null : "qemu-i386");
            // INT3 alone must come back as it went: else this is no machine to ask.
            VectorState probe = VectorForm.Blank();
            var answer = started.Run([probe])[0];
            if (answer.Trap == 3 && answer.Eip == probe.Eip) (oracle, started) = (started, null);
        }
        catch (Exception failure) when (failure is Win32Exception or IOException or InvalidOperationException)
        {
            // It does not start, or ends at once.
        }
        finally
        {
            started?.Dispose();
        }
        return oracle != null;
    }

    /// <summary>This processor has all the instructions that ours has.</summary>
    static bool HasAll => Sse42.IsSupported && Popcnt.IsSupported && Aes.IsSupported && Pclmulqdq.IsSupported && (X86Base.CpuId(1, 0).Ecx & HasMovbe) != 0;

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
        catch (IOException) when (cases.Length > DiedInBatch || !IsReal)
        {
            for (int i = 0; i < cases.Length; i++)
            {
                Restart();
                try { Exchange(cases.Slice(i, 1), results.AsSpan(i, 1)); }
                catch (IOException) when (!IsReal)
                {
                    results[i] = cases[i];
                    results[i].Trap = Died;
                }
                catch (IOException died) { throw new InvalidOperationException($"the oracle died of case {i}: {Convert.ToHexString(((ReadOnlySpan<byte>)cases[i].Code)[..(int)cases[i].Length])} {cases[i]}", died); }
            }
        }
        return results;
    }

    public void Dispose() => Stop();

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
        var how = new ProcessStartInfo(emulator ?? Program) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        if (emulator != null) how.ArgumentList.Add(Program);
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
