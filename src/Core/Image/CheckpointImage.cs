using CheckpointRestart.Core.Image.Records;

namespace CheckpointRestart.Core.Image;

/// <summary>
/// One task as a v5 image carries it: read from a file or stream, or captured from a machine. It does not change.
/// Dispose it when its pages are no longer needed: it may hold its file open.
/// </summary>
public sealed class CheckpointImage : IDisposable
{
    private readonly IDisposable? _owner;

    /// <param name="owner">What the page sets read from; disposed with the image.</param>
    public CheckpointImage(IDisposable? owner = null) => _owner = owner;

    /// <summary>Kernel, time and revision.</summary>
    public required HeadRecord Head { get; init; }

    /// <summary>The task's pid in its namespace: the parent of MM, FILES, THREAD and CPU.</summary>
    public required uint ProcessId { get; init; }

    public required SavedTask Task { get; init; }

    public required SavedMemory Memory { get; init; }

    public required SavedFiles Files { get; init; }

    public required SavedThread Thread { get; init; }

    public required CpuRecord Cpu { get; init; }

    /// <summary>What a reader noticed and a restart does not mind.</summary>
    public IReadOnlyList<ImageWarning> Warnings { get; init; } = [];

    /// <summary>Full path of the file that the image was opened from, or null.</summary>
    public string? Path { get; init; }

    public void Dispose() => _owner?.Dispose();
}

/// <summary>Something odd at a byte offset of an image.</summary>
public sealed record ImageWarning(long Offset, string Text);

/// <summary>The task itself.</summary>
public sealed class SavedTask
{
    private readonly byte[] _comm = new byte[ImageLimits.CommLength];

    /// <param name="comm">The task's name buffer: at most 16 bytes are kept.</param>
    public SavedTask(ReadOnlySpan<byte> comm) => comm[..Math.Min(comm.Length, _comm.Length)].CopyTo(_comm);

    public TaskStates State { get; init; }

    public TaskStates ExitState { get; init; }

    public uint ExitCode { get; init; }

    public uint ExitSignal { get; init; }

    /// <summary>The whole name buffer, 16 bytes, NUL padded.</summary>
    public ReadOnlySpan<byte> CommBytes => _comm;

    /// <summary>The task's name.</summary>
    public string Comm => new FileName(_comm).ToString();
}

/// <summary>The address space.</summary>
public sealed class SavedMemory
{
    /// <summary>Where code, data, heap, stack, arguments and environment lie. MapCount and ObjectReference are set by the writer.</summary>
    public required MmRecord Layout { get; init; }

    /// <summary>The regions, ascending and disjoint.</summary>
    public required IReadOnlyList<SavedVma> Vmas { get; init; }

    /// <summary>The local descriptor table: 0 to 8192 entries.</summary>
    public IReadOnlyList<SegmentDescriptor> Ldt { get; init; } = [];

    /// <summary>The region that holds an address, or null.</summary>
    public SavedVma? Find(uint address)
    {
        int low = 0, high = Vmas.Count - 1;
        while (low <= high)
        {
            var middle = low + ((high - low) / 2);
            var vma = Vmas[middle];
            if (address < vma.Start) high = middle - 1;
            else if (address >= vma.End) low = middle + 1;
            else return vma;
        }
        return null;
    }
}

/// <summary>One region of the address space, with the pages that were saved.</summary>
public sealed class SavedVma
{
    public required VmaRecord Record { get; init; }

    /// <summary>The file behind it, as seen from the task's root; null when anonymous.</summary>
    public FileName? File { get; init; }

    public PageSet Pages { get; init; } = PageSet.Empty;

    /// <summary>First byte.</summary>
    public uint Start => (uint)Record.Start;

    /// <summary>End, exclusive.</summary>
    public uint End => (uint)Record.End;

    /// <summary>Bytes.</summary>
    public uint Size => End - Start;

    public VmFlags Flags => Record.Flags;

    /// <summary>Offset in the file, in pages.</summary>
    public uint PageOffset => (uint)Record.PageOffset;
}

/// <summary>The descriptors.</summary>
public sealed class SavedFiles
{
    /// <summary>In the image's order; the original writes them ascending.</summary>
    public required IReadOnlyList<SavedDescriptor> Descriptors { get; init; }
}

/// <summary>A descriptor. Descriptors that share an open file (dup) refer to one <see cref="SavedFile"/>.</summary>
public sealed record SavedDescriptor(int Number, bool CloseOnExec, SavedFile File);

/// <summary>An open file. Two with equal contents are still two: equality is identity.</summary>
public sealed class SavedFile
{
    /// <summary>The image's number for it, from 1.</summary>
    public required int ObjectReference { get; init; }

    public required FileKind Kind { get; init; }

    public required FileModes Mode { get; init; }

    public required FileFlags Flags { get; init; }

    /// <summary>Bytes.</summary>
    public required ulong Position { get; init; }

    public ulong Version { get; init; }

    /// <summary>Path as seen from the task's root.</summary>
    public required FileName Name { get; init; }
}

/// <summary>The thread's own segments: the three TLS entries of the GDT (selectors 0x33, 0x3b, 0x43).</summary>
public sealed class SavedThread(SegmentDescriptor tls0, SegmentDescriptor tls1, SegmentDescriptor tls2)
{
    /// <summary>Always three; an unused one is empty.</summary>
    public IReadOnlyList<SegmentDescriptor> Tls { get; } = [tls0, tls1, tls2];
}
