using CheckpointRestart.Core.Image.Records;

namespace CheckpointRestart.Core.Image;

/// <summary>
/// Reads a v5 image into its object model, every rule of the format checked. Reading is sequential and ends with the tail;
/// nothing but memory is touched, and no more of it than the image has bytes, times a small factor, plus a constant.
/// </summary>
public static class ImageReader
{
    /// <summary>Reads an image from any stream, a pipe too. Page contents are held in memory. What follows the image stays unread.</summary>
    /// <exception cref="CheckpointImageException">The image is cut short (EPIPE) or breaks a rule (EINVAL, EMFILE, ENOSYS, EOVERFLOW).</exception>
    public static CheckpointImage Read(Stream stream, CancellationToken cancellation = default) =>
        Read(new StreamSource(stream), null, null, cancellation);

    internal static CheckpointImage Read(ImageSource source, string? path, IDisposable? owner, CancellationToken cancellation) =>
        new Reading(new RecordReader(source), cancellation).Image(path, owner);

    private sealed class Reading(RecordReader reader, CancellationToken cancellation)
    {
        private readonly ImageRules _rules = new();
        private readonly List<ImageWarning> _warnings = [];
        private uint _pid;

        internal CheckpointImage Image(string? path, IDisposable? owner)
        {
            var head = Read<HeadRecord>(parent: 0);
            var task = Task();
            var memory = Memory();
            var files = Files();
            var thread = Thread();
            var cpu = Cpu(memory, thread);
            Read<TailRecord>(parent: 0);
            if (reader.Source.Remaining is > 0 and var rest)
                _warnings.Add(new ImageWarning(reader.Source.Position, $"{rest} bytes follow the image; they are not read"));
            return new CheckpointImage(owner)
            {
                Head = head,
                ProcessId = _pid,
                Task = task,
                Memory = memory,
                Files = files,
                Thread = thread,
                Cpu = cpu,
                Warnings = _warnings,
                Path = path,
            };
        }

        private SavedTask Task()
        {
            var record = Read<TaskRecord>(parent: 0);
            var comm = reader.ReadString(record.CommLength);
            ImageRules.Owner(reader.Header.Parent, reader.Rules);
            if (comm.Length > ImageLimits.CommLength) Warn($"the task's name of {comm.Length} bytes is cut to 16");
            if (reader.Header.Parent != 0)
            {
                Warn($"the task's name has parent {reader.Header.Parent} and is not taken");
                comm = default;
            }
            return new SavedTask(comm)
            {
                State = record.State,
                ExitState = record.ExitState,
                ExitCode = record.ExitCode,
                ExitSignal = record.ExitSignal,
            };
        }

        private SavedMemory Memory()
        {
            var layout = reader.Read<MmRecord>();
            _pid = reader.Header.Parent;
            ImageRules.Owner(_pid, reader.Rules);
            var vmas = new List<SavedVma>();
            for (var i = 0; i < layout.MapCount; i++) vmas.Add(Vma());
            var context = Read<MmContextRecord>(layout.ObjectReference);
            var ldt = reader.ReadDescriptors(context.LdtCount, static (entry, at) => ImageRules.LdtEntry(entry, at));
            return new SavedMemory { Layout = layout, Vmas = vmas, Ldt = ldt };
        }

        private SavedVma Vma()
        {
            var record = Read<VmaRecord>(parent: 0);
            _rules.Vma(record, reader.Rules);
            FileName? file = record.Kind == VmaKind.File ? reader.ReadFileName() : null;
            return new SavedVma { Record = record, File = file, Pages = Pages() };
        }

        private PageSet Pages()
        {
            LoadedPages? pages = null;
            while (Read<PageArrayRecord>(parent: 0).PageCount is > 0 and var count)
            {
                _rules.Chunk(count, reader.Rules);
                pages ??= reader.Source.NewPages();
                Chunk(pages, (int)count);
            }
            return pages ?? PageSet.Empty;
        }

        private void Chunk(LoadedPages pages, int count)
        {
            var pieces = new List<LoadedPages.Piece>(1);
            for (; count > 0; count -= LoadedPages.PieceLength)
                pieces.Add(pages.Add(reader.ReadAddresses(Math.Min(count, LoadedPages.PieceLength), _rules)));
            foreach (var piece in pieces)
            {
                cancellation.ThrowIfCancellationRequested();
                if (!reader.Source.LoadPages(piece)) throw reader.Truncated();
            }
        }

        private SavedFiles Files()
        {
            var table = reader.Read<FilesRecord>();
            SameOwner();
            var descriptors = new List<SavedDescriptor>();
            var files = new Dictionary<int, SavedFile>();
            for (var i = 0; i < table.Count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                var record = Read<FileDescriptorRecord>(table.ObjectReference);
                _rules.Descriptor(record.Number, descriptors, reader.Rules);
                if (!files.TryGetValue(record.ObjectReference, out var file))
                {
                    file = OpenFile(record.ObjectReference);
                    files.Add(record.ObjectReference, file);
                }
                descriptors.Add(new SavedDescriptor(record.Number, record.CloseOnExec != 0, file));
            }
            return new SavedFiles { Descriptors = descriptors };
        }

        private SavedFile OpenFile(int reference)
        {
            var record = Read<FileDataRecord>((uint)reference);
            return new SavedFile
            {
                ObjectReference = reference,
                Kind = record.Kind,
                Mode = record.Mode,
                Flags = record.Flags,
                Position = record.Position,
                Version = record.Version,
                Name = reader.ReadFileName(),
            };
        }

        private SavedThread Thread()
        {
            reader.Read<ThreadRecord>();
            SameOwner();
            var tls = reader.ReadDescriptors(ImageLimits.TlsEntries, static (entry, at) => ImageRules.TlsEntry(entry, at));
            return new SavedThread(tls[0], tls[1], tls[2]);
        }

        private CpuRecord Cpu(SavedMemory memory, SavedThread thread)
        {
            var cpu = reader.Read<CpuRecord>();
            SameOwner();
            ImageRules.CodeSegment(cpu, thread.Tls, memory.Ldt, reader.Rules);
            if (cpu.UsedMath == 0) cpu.FxSave = default;
            return cpu;
        }

        private T Read<T>(uint parent) where T : unmanaged, IRecord
        {
            var record = reader.Read<T>();
            ImageRules.Parent(reader.Header.Parent, parent, reader.Rules);
            return record;
        }

        private void SameOwner()
        {
            ImageRules.Owner(reader.Header.Parent, reader.Rules);
            if (reader.Header.Parent != _pid) Warn($"its parent is {reader.Header.Parent}, the address space's is {_pid}");
        }

        private void Warn(string text) =>
            _warnings.Add(new ImageWarning(reader.Rules.Offset, $"{RecordSchema.NameOf(reader.Rules.Record)}: {text}"));
    }
}
