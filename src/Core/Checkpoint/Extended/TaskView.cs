using System.Buffers.Binary;
using System.Runtime.InteropServices;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Image.Records;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>One task of an Extended image in the model that v5 images have, to look into: what v5 has no place for is left away, and kinds of files and
/// regions occur that v5 does not have. It is not written.</summary>
internal static class TaskView
{
    /// <summary>A task's view.</summary>
    /// <returns>Null when the task has ended: its memory, registers and descriptors are gone.</returns>
    public static CheckpointImage? Of(ExtendedImage image, ExtendedObject task)
    {
        var fields = task.Fields;
        if (fields.Follow("memory") is not { } memory || fields.Value("registers") is not IReadOnlyList<ExtendedField> registers) return null;
        var root = fields.Follow("fs")?.Fields.Follow("root");
        return new CheckpointImage
        {
            Head = image.Head,
            ProcessId = fields.Uint("pid"),
            Task = new SavedTask(fields.Bytes("comm"))
            {
                State = (TaskState)fields.Uint("state") switch
                {
                    TaskState.Sleeping => TaskStates.Interruptible,
                    TaskState.Stopped => TaskStates.Stopped,
                    TaskState.Traced => TaskStates.Traced,
                    _ => TaskStates.Running,
                },
            },
            Memory = MemoryOf(image, memory.Fields, registers, root),
            Files = FilesOf(fields.Follow("files")?.Fields ?? [], root),
            Thread = new SavedThread(new(registers.Word("tls0")), new(registers.Word("tls1")), new(registers.Word("tls2"))),
            Cpu = RegistersOf(registers, fields.Structure("call")),
            Path = image.Path,
        };
    }

    /// <summary>A dentry's path as its task sees it.</summary>
    internal static string PathOf(ExtendedObject dentry, ExtendedObject? root)
    {
        string name = NameOf(dentry);
        if (dentry.Fields.Follow("parent") == null && name.Length > 0) return name;
        var names = new Stack<string>();
        for (var at = dentry; !ReferenceEquals(at, root) && at.Fields.Follow("parent") is { } parent && names.Count < 4096; at = parent) names.Push(NameOf(at));
        return "/" + string.Join('/', names) + (dentry.Fields.Word("deleted") != 0 ? " (deleted)" : "");
    }

    static string NameOf(ExtendedObject dentry) => dentry.Fields.Value("name") as string ?? "";

    static SavedMemory MemoryOf(ExtendedImage image, IReadOnlyList<ExtendedField> memory, IReadOnlyList<ExtendedField> registers, ExtendedObject? root)
    {
        var own = memory.Runs("pages");
        var table = registers.Follow("ldt")?.Fields.Bytes("descriptors") ?? [];
        return new SavedMemory
        {
            Layout = LayoutOf(memory.Structure("layout")),
            Vmas = [.. memory.Items("regions").Select(region => RegionOf(image, region, own, root))],
            Ldt = [.. MemoryMarshal.Cast<byte, ulong>(table.AsSpan()).ToArray().Select(static raw => new SegmentDescriptor(raw))],
        };
    }

    static SavedVma RegionOf(ExtendedImage image, IReadOnlyList<ExtendedField> region, PageRun[] own, ExtendedObject? root)
    {
        uint start = region.Uint("start"), end = region.Uint("end"), offset = region.Uint("offset");
        var source = region.Follow("source");
        var dentry = source is { Kind: "file-pages" } ? source.Follow("dentry") : null;
        // Beneath the pages of its own lie those that it shares with others, as far as the image has them.
        var shared = source == null ? [] : (dentry?.Follow("inode") ?? source).Fields.Runs("pages").Select(run => ((long)run.First - offset + (start >> 12), (long)run.Count, (long)run.Page));
        var pages = RunPages.Of(image.Pages, start >> 12, end >> 12, own.Select(static run => ((long)run.First, (long)run.Count, (long)run.Page)), shared);
        return new SavedVma
        {
            Record = new VmaRecord
            {
                Kind = dentry == null ? VmaKind.Anonymous : VmaKind.File,
                Start = start,
                End = end,
                RawFlags = region.Word("flags"),
                PageOffset = source == null ? 0 : offset,
            },
            File = dentry == null ? null : new FileName(GuestText.ToBytes(PathOf(dentry, root))),
            Pages = pages,
        };
    }

    static MmRecord LayoutOf(IReadOnlyList<ExtendedField> layout) => new()
    {
        StartCode = layout.Uint("start-code"),
        EndCode = layout.Uint("end-code"),
        StartData = layout.Uint("start-data"),
        EndData = layout.Uint("end-data"),
        StartBreak = layout.Uint("start-brk"),
        Break = layout.Uint("brk"),
        StartStack = layout.Uint("start-stack"),
        ArgumentStart = layout.Uint("arg-start"),
        ArgumentEnd = layout.Uint("arg-end"),
        EnvironmentStart = layout.Uint("env-start"),
        EnvironmentEnd = layout.Uint("env-end"),
    };

    static SavedFiles FilesOf(IReadOnlyList<ExtendedField> table, ExtendedObject? root)
    {
        var seen = new Dictionary<uint, SavedFile>();
        var descriptors = new List<SavedDescriptor>();
        foreach (var item in table.Items("files"))
        {
            if (item.Follow("file") is not { } file) continue;
            if (!seen.TryGetValue(file.Number, out var saved)) seen.Add(file.Number, saved = FileOf(file, root));
            descriptors.Add(new SavedDescriptor((int)item.Uint("number"), item.Word("close-on-exec") != 0, saved));
        }
        return new SavedFiles { Descriptors = descriptors };
    }

    static SavedFile FileOf(ExtendedObject file, ExtendedObject? root)
    {
        var dentry = file.Follow("dentry");
        return new SavedFile
        {
            ObjectReference = (int)file.Number,
            Kind = KindOf(dentry?.Follow("inode")?.Fields.Uint("mode") ?? 0),
            Mode = (FileModes)(file.Fields.Uint("mode") & 0x1F),
            Flags = (FileFlags)file.Fields.Uint("flags"),
            Position = file.Fields.Word("position"),
            Name = new FileName(GuestText.ToBytes(dentry == null ? file.Kind : PathOf(dentry, root))),
        };
    }

    static FileKind KindOf(uint mode) => (mode & FileModeBits.TypeMask) switch
    {
        FileModeBits.Regular => FileKind.Regular,
        FileModeBits.Directory => FileKind.Directory,
        FileModeBits.SymbolicLink => FileKind.SymbolicLink,
        FileModeBits.Fifo => ImageFileKinds.Pipe,
        FileModeBits.CharacterDevice => ImageFileKinds.CharacterDevice,
        FileModeBits.BlockDevice => ImageFileKinds.BlockDevice,
        FileModeBits.Socket => ImageFileKinds.Socket,
        _ => ImageFileKinds.Other,
    };

    static CpuRecord RegistersOf(IReadOnlyList<ExtendedField> registers, IReadOnlyList<ExtendedField> call)
    {
        var segments = registers.Bytes("segments");
        uint control = registers.Uint("dr7");
        var saved = new CpuRecord
        {
            Ax = registers.Uint("eax"),
            Bx = registers.Uint("ebx"),
            Cx = registers.Uint("ecx"),
            Dx = registers.Uint("edx"),
            Si = registers.Uint("esi"),
            Di = registers.Uint("edi"),
            Bp = registers.Uint("ebp"),
            Sp = registers.Uint("esp"),
            Ip = registers.Uint("eip"),
            OrigAx = call.Word("active") != 0 ? call.Uint("number") : uint.MaxValue,
            Flags = registers.Uint("eflags"),
            Es = Selector(0),
            Cs = Selector(1),
            Ss = Selector(2),
            Ds = Selector(3),
            Fs = Selector(4),
            Gs = Selector(5),
            UsesDebug = (control & 0xFF) != 0 ? (ushort)1 : (ushort)0,
            UsedMath = (ushort)registers.Uint("used-math"),
            HasFxsr = 1,
            Dr0 = registers.Uint("dr0"),
            Dr1 = registers.Uint("dr1"),
            Dr2 = registers.Uint("dr2"),
            Dr3 = registers.Uint("dr3"),
            Dr6 = registers.Uint("dr6"),
            Dr7 = control,
        };
        var area = registers.Bytes("fxsave");
        area.AsSpan(0, Math.Min(area.Length, 512)).CopyTo(MemoryMarshal.AsBytes(new Span<FxSaveArea>(ref saved.FxSave)));
        return saved;

        ushort Selector(int index) => segments.Length >= (index + 1) * 16 ? BinaryPrimitives.ReadUInt16LittleEndian(segments.AsSpan(index * 16 + 12)) : (ushort)0;
    }
}

/// <summary>Kinds of open files that v5 does not have, as views of Extended images show them.</summary>
public static class ImageFileKinds
{
    /// <summary>A pipe or FIFO.</summary>
    public const FileKind Pipe = (FileKind)4;

    /// <summary>A character device, terminals included.</summary>
    public const FileKind CharacterDevice = (FileKind)5;

    /// <summary>A block device.</summary>
    public const FileKind BlockDevice = (FileKind)6;

    /// <summary>A socket.</summary>
    public const FileKind Socket = (FileKind)7;

    /// <summary>An object without a file, such as an eventfd.</summary>
    public const FileKind Other = (FileKind)8;
}
