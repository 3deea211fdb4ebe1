using System.Buffers.Binary;
using CheckpointRestart.Core.Kernel.Symbols;

namespace CheckpointRestart.Core.Debugging;

/// <summary>A thread of a target.</summary>
/// <param name="Id">Its pid in the guest.</param>
/// <param name="Name">Its name (comm).</param>
public readonly record struct DebugThread(int Id, string Name);

/// <summary>A file that is mapped in a target's memory.</summary>
/// <param name="Path">Its guest path.</param>
/// <param name="Regions">Where which parts of it are.</param>
public sealed record DebugModule(string Path, IReadOnlyList<FileRegion> Regions);

/// <summary>A process to look into: live, or in an image.</summary>
public abstract class DebugTarget : IDisposable
{
    /// <summary>AT_ENTRY and AT_SYSINFO_EHDR of the auxiliary vector.</summary>
    public const uint EntryPoint = 9, VdsoHeader = 33;

    /// <summary>Its pid in the guest.</summary>
    public abstract int ProcessId { get; }

    /// <summary>Its threads that live, the first one first.</summary>
    public abstract IReadOnlyList<DebugThread> Threads { get; }

    /// <summary>A thread's registers; null when there is none of that number.</summary>
    public abstract GuestRegisters? Registers(int thread);

    /// <summary>Copies guest memory, whatever its protection.</summary>
    /// <returns>Bytes read; short where no region is, or its file is not here.</returns>
    public abstract int Read(uint address, Span<byte> to);

    /// <summary>What the kernel gave the program at its start.</summary>
    public abstract byte[] AuxiliaryVector { get; }

    /// <summary>The files that its memory shows.</summary>
    public abstract IReadOnlyList<DebugModule> Modules { get; }

    /// <summary>The stack pointer at the program's start, where arguments, environment and auxiliary vector begin; null when the process has ended.</summary>
    public abstract uint? StackStart { get; }

    /// <summary>Its memory as /proc/pid/maps shows it.</summary>
    public abstract string Maps { get; }

    /// <summary>Opens a regular file of its root.</summary>
    /// <param name="path">A guest path from the root.</param>
    /// <param name="error">Why there is none.</param>
    /// <returns>The file, to be disposed; or null.</returns>
    public abstract GuestFile? Open(string path, out Errno error);

    /// <summary>The symbols of its files.</summary>
    public abstract SymbolMap Symbols { get; }

    /// <summary>The processor has XMM registers.</summary>
    public virtual bool HasSse => true;

    /// <summary>The program's guest path; empty when it is not known.</summary>
    public virtual string ExecutablePath =>
        Auxiliary(EntryPoint) is { } entry ? Modules.FirstOrDefault(module => module.Regions.Any(region => entry >= region.Start && entry < region.End))?.Path ?? "" : "";

    /// <summary>A word of the auxiliary vector, or null.</summary>
    public uint? Auxiliary(uint type)
    {
        var vector = AuxiliaryVector.AsSpan();
        for (; vector.Length >= 8; vector = vector[8..])
            if (BinaryPrimitives.ReadUInt32LittleEndian(vector) == type) return BinaryPrimitives.ReadUInt32LittleEndian(vector[4..]);
        return null;
    }

    /// <summary>A word of guest memory, or null.</summary>
    public uint? ReadWord(uint address)
    {
        Span<byte> word = stackalloc byte[4];
        return Read(address, word) == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(word) : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets go of it.</summary>
    protected abstract void Dispose(bool disposing);
}
