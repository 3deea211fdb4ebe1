using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image.Extended;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>A file of an Extended image: what the machine knew of its files when it was saved, and the rest from the root, where that is given. Reads pages when contents are asked for.</summary>
public sealed class StoredFile : SeenFile
{
    readonly IReadOnlyList<ExtendedField> inode;
    readonly ExtendedImage image;
    readonly Lazy<SeenFile?> below;
    readonly string kind;
    Dictionary<string, ExtendedObject>? entries;
    byte[]? made;
    int lastRun;

    StoredFile(ExtendedImage image, SeenFile? parent, string name, ExtendedObject inode, SeenFile? root) : base(parent, name)
    {
        this.image = image;
        Root = root;
        kind = inode.Kind;
        this.inode = inode.Fields;
        below = new(() => root != null && this.inode.Follow("lower") is { } lower ? Find(root, lower) : null);
        IsKnown = kind switch
        {
            "file" or "directory" => this.inode.Word("loaded") != 0 || this.inode.Follow("lower") == null,
            "symlink" => this.inode.Value("target") != null,
            _ => true,
        };
        Facts = IsKnown ? FactsOf() : Below?.Facts ?? FactsOf();
    }

    /// <summary>The files of the root that the image was taken over; null when they are not given.</summary>
    SeenFile? Root { get; }

    /// <summary>The root's file that it is what the machine has made of; null where there is none.</summary>
    SeenFile? Below => below.Value;

    /// <summary>The machine had looked at it.</summary>
    bool IsKnown { get; }

    /// <summary>What / is to a task of an image.</summary>
    /// <param name="checkpoint">An Extended image.</param>
    /// <param name="pid">Its task; one that has ended has the machine's root.</param>
    /// <param name="root">The root's files; null for what the image itself has.</param>
    /// <exception cref="SeenFileException">ENODATA: a v5 image, which holds no files; ESRCH: no such task.</exception>
    public static StoredFile RootOf(Checkpoint checkpoint, int pid, SeenFile? root = null)
    {
        var (machine, task) = TaskOf(checkpoint, pid);
        var dentry = task.Fields.Follow("fs")?.Fields.Follow("root") ?? machine.OfKind("files").FirstOrDefault()?.Follow("root");
        return new StoredFile(machine, null, "", dentry?.Follow("inode") ?? throw new SeenFileException(Errno.ENODATA, "/", "The image holds no files."), root);
    }

    /// <summary>The directory where a task's relative paths begin, as it names it; null for one that has ended.</summary>
    /// <exception cref="SeenFileException">ENODATA, ESRCH.</exception>
    public static string? WorkingDirectoryOf(Checkpoint checkpoint, int pid)
    {
        var context = TaskOf(checkpoint, pid).Task.Fields.Follow("fs")?.Fields ?? [];
        return context.Follow("cwd") is { } directory ? TaskView.PathOf(directory, context.Follow("root")) : null;
    }

    /// <summary>The program that a task ran, as it names it; null for none.</summary>
    /// <exception cref="SeenFileException">ENODATA, ESRCH.</exception>
    public static string? ProgramOf(Checkpoint checkpoint, int pid)
    {
        var task = TaskOf(checkpoint, pid).Task;
        return task.Fields.Follow("process")?.Fields.Follow("executable") is { } program ? PathSeen(task, program) : null;
    }

    /// <summary>The auxiliary vector that a task's program was started with.</summary>
    /// <exception cref="SeenFileException">ENODATA, ESRCH.</exception>
    public static byte[] AuxiliaryVectorOf(Checkpoint checkpoint, int pid) => TaskOf(checkpoint, pid).Task.Fields.Follow("process")?.Fields.Bytes("auxv") ?? [];

    /// <summary>What a descriptor of a task stands for.</summary>
    /// <returns>Null when it is closed.</returns>
    /// <exception cref="SeenFileException">ENODATA, ESRCH.</exception>
    public static StoredFile? OfDescriptor(Checkpoint checkpoint, int pid, int number, SeenFile? root = null)
    {
        var (machine, task) = TaskOf(checkpoint, pid);
        var table = task.Fields.Follow("files")?.Fields.Items("files") ?? [];
        var file = table.FirstOrDefault(item => item.Uint("number") == (uint)number)?.Follow("file");
        return Named(machine, task, file?.Follow("dentry"), root);
    }

    /// <summary>The file that a region of a task's memory shows.</summary>
    /// <param name="checkpoint">An Extended image.</param>
    /// <param name="pid">Its task.</param>
    /// <param name="start">Where the region begins.</param>
    /// <param name="root">The root's files; null for what the image itself has.</param>
    /// <returns>Null when it shows none.</returns>
    /// <exception cref="SeenFileException">ENODATA, ESRCH.</exception>
    public static StoredFile? OfRegion(Checkpoint checkpoint, int pid, uint start, SeenFile? root = null)
    {
        var (machine, task) = TaskOf(checkpoint, pid);
        var regions = task.Fields.Follow("memory")?.Fields.Items("regions") ?? [];
        var source = regions.FirstOrDefault(region => region.Uint("start") == start)?.Follow("source");
        return source is { Kind: "file-pages" } ? Named(machine, task, source.Follow("dentry"), root) : null;
    }

    /// <summary>What a name stands for, by the path that a task sees; null for none.</summary>
    static StoredFile? Named(ExtendedImage machine, ExtendedObject task, ExtendedObject? dentry, SeenFile? root) =>
        dentry?.Follow("inode") is { } inode ? new StoredFile(machine, null, PathSeen(task, dentry), inode, root) : null;

    static string PathSeen(ExtendedObject task, ExtendedObject dentry) => TaskView.PathOf(dentry, task.Fields.Follow("fs")?.Fields.Follow("root"));

    /// <summary>Makes sure that the root has what the image leaves to it, by size and time of the last change, as a restore does.</summary>
    /// <exception cref="SeenFileException">ENODATA: no root is given; ENOENT: it has no such file; ESTALE: it has another one.</exception>
    public void RequireLower()
    {
        if (inode.Follow("lower") == null) return;
        if (Root == null) throw Elsewhere("contents");
        if (Below is not { } here) throw new SeenFileException(Errno.ENOENT, Path, $"The root that was given has no {Path}.");
        var then = inode.Structure("identity");
        if (then.Count == 0) return;
        var time = then.Structure("mtime");
        if ((long)then.Word("size") != here.Facts.Size || (long)time.Word("seconds") != here.Facts.ModifyTime.Seconds || time.Uint("nanoseconds") != here.Facts.ModifyTime.Nanoseconds)
            throw new SeenFileException(Errno.ESTALE, Path, $"{Path} of the root that was given is another file than the image was taken over: its size or the time of its last change differs.");
    }

    /// <inheritdoc/>
    public override StatData Facts { get; }

    /// <inheritdoc/>
    public override string Target =>
        !IsSymbolicLink ? throw Error(Errno.EINVAL)
        : inode.Value("target") as string ?? Below?.Target ?? throw Elsewhere("target");

    /// <inheritdoc/>
    public override IReadOnlyList<SeenFile> List()
    {
        var known = Entries();
        var found = new SortedDictionary<string, SeenFile>(StringComparer.Ordinal);
        foreach (var (name, child) in known) found[name] = new StoredFile(image, this, name, child, Root);
        if (!IsListed)
        {
            if (Below == null && known.Count == 0) throw Elsewhere("listing");
            foreach (var file in Below?.List() ?? []) found.TryAdd(file.Name, file);
        }
        return [.. found.Values];
    }

    /// <inheritdoc/>
    public override SeenFile? Child(string name)
    {
        if (Entries().TryGetValue(name, out var child)) return new StoredFile(image, this, name, child, Root);
        return IsListed ? null : Below != null ? Below.Child(name) : throw Elsewhere("listing");
    }

    /// <inheritdoc/>
    public override int Read(long position, Span<byte> to)
    {
        if (kind == "file") return ReadPages(position, to);
        made ??= Make() ?? throw NoContents();
        if (position >= made.Length) return 0;
        int length = (int)Math.Min(to.Length, made.Length - position);
        made.AsSpan((int)position, length).CopyTo(to);
        return length;
    }

    bool IsListed => kind != "directory" || inode.Word("listed") != 0 || inode.Follow("lower") == null;

    Dictionary<string, ExtendedObject> Entries()
    {
        if (!IsDirectory) throw Error(Errno.ENOTDIR);
        if (entries != null) return entries;
        entries = new(StringComparer.Ordinal);
        var self = inode.Follow("self");
        foreach (var dentry in inode.Objects("entries"))
        {
            if (dentry.Fields.Value("name") is not string name || dentry.Follow("inode") is not { } target) continue;
            // A directory has one place. One that an image has in several would be more each time that one looks.
            if (target.Kind == "directory" && (ReferenceEquals(dentry, self) || !ReferenceEquals(dentry.Follow("parent"), self) || !ReferenceEquals(target.Follow("self"), dentry))) continue;
            entries.TryAdd(name, target);
        }
        return entries;
    }

    int ReadPages(long position, Span<byte> to)
    {
        if (!IsKnown) return (Below ?? throw Elsewhere("contents")).Read(position, to);
        long size = Facts.Size, lower = (long)inode.Word("lower-size");
        if (position < 0 || position >= size) return 0;
        to = to[..(int)Math.Min(to.Length, size - position)];
        var runs = inode.Runs("pages");
        Span<byte> page = stackalloc byte[4096];
        int done = 0;
        while (done < to.Length)
        {
            uint index = (uint)(position >> 12);
            int offset = (int)(position & 0xFFF), length = Math.Min(to.Length - done, 4096 - offset);
            var part = to.Slice(done, length);
            if (PageOf(runs, index) is { } stored)
            {
                image.Pages.CopyTo((int)stored, page);
                page.Slice(offset, length).CopyTo(part);
            }
            else if (position >= lower)
            {
                part.Clear();
            }
            else
            {
                if (Below == null) return done > 0 ? done : throw Elsewhere("contents");
                part.Clear();
                _ = Below.Read(position, part[..(int)Math.Min(length, lower - position)]);
            }
            done += length;
            position += length;
        }
        return done;
    }

    /// <summary>The number of a page of the file; pages are asked for in turn.</summary>
    uint? PageOf(PageRun[] runs, uint index)
    {
        for (int tried = 0; tried < runs.Length; tried++)
        {
            var run = runs[lastRun = (lastRun + (tried == 0 ? 0 : 1)) % runs.Length];
            if (index >= run.First && index - run.First < run.Count) return run.Page + (index - run.First);
        }
        return null;
    }

    byte[]? Make() => kind switch
    {
        "pipe-inode" => InPipe(inode.Follow("pipe")),
        "special-file" when Type == FileModeBits.Fifo => InPipe(inode.Follow("pipe")),
        "stream" => InStream((int)inode.Word("stream")),
        _ => null,
    };

    static byte[] InPipe(ExtendedObject? pipe) => pipe == null ? [] : [.. pipe.Fields.Items("contents").SelectMany(static slot => slot.Bytes("bytes"))];

    byte[] InStream(int number)
    {
        var streams = image.OfKind("machine").FirstOrDefault()?.Fields.Items("streams") ?? [];
        return number >= 0 && number < streams.Count ? streams[number].Bytes("unread") : [];
    }

    StatData FactsOf()
    {
        uint mode = inode.Uint("mode"), type = mode & FileModeBits.TypeMask;
        if (type == 0) mode |= TypeOf(kind);
        long size = kind switch
        {
            "file" => (long)inode.Word("size"),
            "directory" => 4096,
            "symlink" => GuestText.ByteCount(inode.Value("target") as string ?? ""),
            _ => 0,
        };
        return new StatData
        {
            Inode = inode.Word("number"),
            Mode = mode,
            Links = Math.Max(inode.Uint("links"), kind == "directory" ? 2u : 1u),
            Uid = inode.Uint("uid"),
            Gid = inode.Uint("gid"),
            RepresentedDevice = inode.Uint("rdev"),
            Size = size,
            BlockSize = 4096,
            Blocks = (size + 511) / 512,
            AccessTime = TimeOf("atime"),
            ModifyTime = TimeOf("mtime"),
            ChangeTime = TimeOf("ctime"),
        };
    }

    /// <summary>Of a file that was never looked at an image has no type bits of its own.</summary>
    static uint TypeOf(string kind) => kind switch
    {
        "file" or "stream" or "proc-text" or "proc-memory" => FileModeBits.Regular,
        "directory" or "proc-directory" or "proc-root" or "pts-root" => FileModeBits.Directory,
        "symlink" or "proc-link" => FileModeBits.SymbolicLink,
        "pipe-inode" => FileModeBits.Fifo,
        "socket-inode" => FileModeBits.Socket,
        _ => FileModeBits.CharacterDevice,
    };

    Timespec TimeOf(string name)
    {
        var time = inode.Structure(name);
        return new Timespec((long)time.Word("seconds"), time.Uint("nanoseconds"));
    }

    static SeenFile? Find(SeenFile root, ExtendedObject lower)
    {
        var names = new Stack<string>();
        for (var at = lower; at?.Fields.Follow("parent") is { } parent && names.Count < 4096; at = parent) names.Push(at.Fields.Value("name") as string ?? "");
        SeenFile? found = root;
        while (found != null && names.TryPop(out string? name)) found = found.IsDirectory ? found.Child(name) : null;
        return found;
    }

    SeenFileException Elsewhere(string what) =>
        new(Errno.ENODATA, Path, $"The image does not hold the {what} of {Path}: the machine had left that to its root.");

    static (ExtendedImage Image, ExtendedObject Task) TaskOf(Checkpoint checkpoint, int pid)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var machine = checkpoint.Extended ?? throw new SeenFileException(Errno.ENODATA, "/", "A v5 image holds no files: they are those of the root that its task is restored with.");
        return (machine, ImageTasks.Find(machine, pid) ?? throw new SeenFileException(Errno.ESRCH, "/", $"The image has no task {pid}."));
    }
}
