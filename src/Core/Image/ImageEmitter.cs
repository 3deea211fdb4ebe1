using CheckpointRestart.Core.Image.Records;

namespace CheckpointRestart.Core.Image;

/// <summary>Where the records of a model go: a stream, a measure, a list.</summary>
internal interface IImageSink
{
    /// <summary>Bytes emitted.</summary>
    long Position { get; }

    void Record(in RecordHeader header, ReadOnlySpan<byte> payload);

    /// <summary>Descriptors after the last record.</summary>
    void Descriptors(IReadOnlyList<SegmentDescriptor> entries);

    /// <summary>Addresses and contents of a chunk, after its record.</summary>
    void Chunk(PageSet pages, int first, int count);
}

/// <summary>Turns a model into records, in the reference's order (1.5), and holds them to the reader's own rules.</summary>
internal sealed class ImageEmitter(IImageSink sink)
{
    private readonly ImageRules _rules = new();

    internal static void Emit(CheckpointImage image, IImageSink sink) => new ImageEmitter(sink).Image(image);

    private void Image(CheckpointImage image)
    {
        Record(image.Head, 0);
        Task(image.Task);
        Memory(image.Memory, image.ProcessId);
        Files(image.Files, image.ProcessId);
        Thread(image.Thread, image.ProcessId);
        Cpu(image);
        Record(new TailRecord { Magic = TailRecord.ImageMagic }, 0);
    }

    private void Task(SavedTask task)
    {
        var record = new TaskRecord
        {
            State = task.State,
            ExitState = task.ExitState,
            ExitCode = task.ExitCode,
            ExitSignal = task.ExitSignal,
            CommLength = ImageLimits.CommLength,
        };
        Record(record, 0);
        sink.Record(new RecordHeader(RecordType.String, ImageLimits.CommLength, 0), task.CommBytes);
    }

    private void Memory(SavedMemory memory, uint pid)
    {
        var layout = memory.Layout;
        layout.ObjectReference = 0;
        layout.MapCount = memory.Vmas.Count;
        ImageRules.Owner(pid, Here(RecordType.Mm));
        Record(layout, pid);
        foreach (var vma in memory.Vmas) Vma(vma);

        var context = Here(RecordType.MmContext);
        context.Require(memory.Ldt.Count <= ImageLimits.MaxLdtEntries, "an LDT has 0 to 8192 entries", (ulong)memory.Ldt.Count);
        Record(new MmContextRecord { LdtEntrySize = MmContextRecord.EntrySize, LdtCount = (short)memory.Ldt.Count }, 0);
        foreach (var entry in memory.Ldt) ImageRules.LdtEntry(entry, context);
        sink.Descriptors(memory.Ldt);
    }

    private void Vma(SavedVma vma)
    {
        var here = Here(RecordType.Vma);
        here.Require(vma.File is not null == (vma.Record.Kind == VmaKind.File), "a region has a file's name when it is backed by a file, and only then");
        vma.Record.Validate(here);
        _rules.Vma(vma.Record, here);
        Record(vma.Record, 0);
        if (vma.File is { } file) Name(file);
        Pages(vma.Pages);
    }

    private void Pages(PageSet pages)
    {
        for (var first = 0; first < pages.Count; first += ImageLimits.ChunkPages)
        {
            var count = Math.Min(pages.Count - first, ImageLimits.ChunkPages);
            var here = Here(RecordType.PageArray);
            _rules.Chunk((ulong)count, here);
            for (var i = 0; i < count; i++) _rules.Page(pages.AddressOf(first + i), here);
            Record(new PageArrayRecord { PageCount = (ulong)count }, 0);
            sink.Chunk(pages, first, count);
        }
        Record(default(PageArrayRecord), 0);
    }

    private void Files(SavedFiles files, uint pid)
    {
        Record(new FilesRecord { Count = files.Descriptors.Count }, pid);
        var seen = new Dictionary<int, SavedFile>();
        for (var i = 0; i < files.Descriptors.Count; i++)
        {
            var descriptor = files.Descriptors[i];
            var here = Here(RecordType.FileDescriptor);
            _rules.Descriptor(descriptor.Number, files.Descriptors.Take(i), here);
            var file = descriptor.File;
            var known = !seen.TryAdd(file.ObjectReference, file);
            here.Require(!known || seen[file.ObjectReference] == file, "two open files have two object references", (uint)file.ObjectReference);
            Record(new FileDescriptorRecord { ObjectReference = file.ObjectReference, Number = descriptor.Number, CloseOnExec = descriptor.CloseOnExec ? 1u : 0 }, 0);
            if (!known) OpenFile(file);
        }
    }

    private void OpenFile(SavedFile file)
    {
        var record = new FileDataRecord
        {
            Kind = file.Kind,
            Mode = file.Mode,
            Flags = file.Flags,
            Position = file.Position,
            Version = file.Version,
        };
        Record(record, (uint)file.ObjectReference);
        Name(file.Name);
    }

    private void Thread(SavedThread thread, uint pid)
    {
        var here = Here(RecordType.Thread);
        foreach (var entry in thread.Tls) ImageRules.TlsEntry(entry, here);
        var used = (short)thread.Tls.Count(entry => !entry.IsEmpty);
        Record(new ThreadRecord { Entries = ImageLimits.TlsEntries, ArraySize = ThreadRecord.TlsBytes, Used = used }, pid);
        sink.Descriptors(thread.Tls);
    }

    private void Cpu(CheckpointImage image)
    {
        var cpu = image.Cpu;
        if (cpu.UsedMath == 0) cpu.FxSave = default;
        ImageRules.CodeSegment(cpu, image.Thread.Tls, image.Memory.Ldt, Here(RecordType.Cpu));
        Record(cpu, image.ProcessId);
    }

    private void Name(FileName name)
    {
        Here(RecordType.FileName).Require(name.Bytes.Length < ImageLimits.PathMax, "a path has at most 4096 bytes with its NUL", (ulong)name.Bytes.Length, Errno.ENAMETOOLONG);
        Span<byte> payload = stackalloc byte[name.Bytes.Length + 1];
        name.Bytes.CopyTo(payload);
        payload[^1] = 0;
        sink.Record(new RecordHeader(RecordType.FileName, (short)payload.Length, 0), payload);
    }

    private void Record<T>(in T record, uint parent) where T : unmanaged, IRecord
    {
        record.Validate(Here(T.Type));
        Span<byte> payload = stackalloc byte[RecordLayout<T>.Size];
        RecordLayout<T>.Write(record, payload);
        sink.Record(new RecordHeader(T.Type, (short)payload.Length, parent), payload);
    }

    private RecordRules Here(RecordType type) => new(type, sink.Position);
}
