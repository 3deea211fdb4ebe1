using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Surveying;
using CheckpointRestart.Core.Debugging;
using CheckpointRestart.Core.Files;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Runtime;

/// <summary>Something that can be looked into: a live task or an image. All inspecting cmdlets ask it and nothing else.</summary>
abstract partial class Subject
{
    /// <summary>How messages and views name it.</summary>
    internal abstract string Label { get; }

    /// <summary>Its pid in the guest.</summary>
    internal abstract int ProcessId { get; }

    /// <summary>The task's Id; null for an image.</summary>
    internal virtual int? TaskId => null;

    internal abstract CrHeader Header();

    /// <summary>The records that the image has, or that an image of the task would have.</summary>
    internal abstract IEnumerable<CrRecord> Records();

    /// <summary>The regions, ascending.</summary>
    internal abstract IReadOnlyList<CrVma> Vmas();

    /// <summary>The regions with the condition of every page.</summary>
    internal abstract MemoryMap Map(CancellationToken cancellation);

    /// <summary>The pages of a region that are stored or present, ascending.</summary>
    internal abstract IEnumerable<CrPage> Pages(CrVma vma);

    internal abstract IReadOnlyList<CrFileDescriptor> Descriptors();

    internal abstract CrRegisters Registers();

    /// <summary>The code as it is now.</summary>
    /// <param name="files">Where the files of an image come from; null for what it knows itself.</param>
    internal abstract CodeView Code(RootOptions? files);

    /// <summary>The process as debuggers see it; the caller disposes it.</summary>
    /// <param name="files">Where the files of an image come from; null for what it knows itself.</param>
    internal abstract DebugTarget Target(RootOptions? files);

    /// <param name="files">Where the files of an image come from; null for what it knows itself.</param>
    internal abstract string Hash(StateHashScope scope, RootOptions? files);

    /// <summary>Copies guest memory; anonymous memory that was never written reads as zero.</summary>
    /// <returns>Bytes read; short where no region is.</returns>
    /// <exception cref="CrException">PageNotInImage: the first byte is a file's, and the image does not hold it.</exception>
    internal abstract int Read(uint address, Span<byte> to);

    /// <summary>The same into the beginning of an array, which may be read there without another copy.</summary>
    internal virtual int Read(uint address, byte[] to, int length) => Read(address, to.AsSpan(0, length));

    /// <summary>Guest memory that lies in a region, as it is now.</summary>
    internal byte[] ReadAll(uint address, int length)
    {
        var bytes = new byte[length];
        int read = Read(address, bytes, length);
        return read == length ? bytes : bytes[..read];
    }
}
