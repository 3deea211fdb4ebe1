using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Files;

/// <summary>From where a path is walked, and by whom.</summary>
/// <param name="Root">The process's root.</param>
/// <param name="Directory">Where a relative path starts.</param>
/// <param name="Who">Whose rights are looked at; null for the superuser.</param>
public readonly record struct PathStart(Dentry Root, Dentry Directory, FileIdentity? Who = null);

/// <summary>Fills a span with random bytes.</summary>
public delegate void RandomSource(Span<byte> bytes);

/// <summary>What the tree takes from its machine.</summary>
public sealed record FileTreeServices
{
    /// <summary>Who is charged for frames.</summary>
    public required MemoryAccount Account { get; init; }

    /// <summary>The machine's time, for timestamps.</summary>
    public required Func<Timespec> Clock { get; init; }

    /// <summary>What /dev/random and /dev/urandom give.</summary>
    public required RandomSource Random { get; init; }

    /// <summary>Told when the pages of a mapped file from an index on are gone: no mapping may show them any more.</summary>
    public Action<RegularInode, uint>? PagesGone { get; init; }

    /// <summary>What /dev/.cr holds.</summary>
    public required MachineStreams Streams { get; init; }
}

/// <summary>A machine's whole tree of files. All methods are called on the machine's thread. They never throw for what a guest does;
/// a mode that is given is the final one, with the umask taken off by the caller.</summary>
public sealed partial class FileTree : IDisposable
{
    readonly FileTreeServices services;
    readonly StorageLimits limits;
    readonly Volume rootVolume;
    readonly List<LowerLayer> hosts = [];
    readonly List<Dentry> mounts = [];
    string? hostPath;
    TarLayer? archiveLayer;
    uint nextMinor = 16;

    /// <summary>Builds a machine's tree.</summary>
    /// <exception cref="IOException">The host's directory or program cannot be opened.</exception>
    /// <exception cref="ArgumentException">More than one of directory, archive and program are given, or no directory with <see cref="RootOptions.Writable"/>.</exception>
    public FileTree(RootOptions options, FileTreeServices services) : this(options, services, null)
    {
    }

    /// <summary>Builds the tree that a snapshot was taken of, for another machine. Unchanged files are those of the host's directory, which is opened again.</summary>
    /// <param name="snapshot">The snapshot, which may be disposed afterwards.</param>
    /// <param name="options">The root that the snapshot was taken from; its limits may be others.</param>
    /// <param name="services">The new machine's.</param>
    /// <exception cref="IOException">The host's directory cannot be opened.</exception>
    /// <exception cref="ArgumentException">The options name another root.</exception>
    /// <exception cref="ObjectDisposedException">The snapshot was disposed.</exception>
    public FileTree(TreeSnapshot snapshot, RootOptions options, FileTreeServices services)
        : this(options, services, snapshot ?? throw new ArgumentNullException(nameof(snapshot)))
    {
    }

    FileTree(RootOptions options, FileTreeServices services, TreeSnapshot? snapshot)
    {
        snapshot?.CheckOptions(options);
        if ((options.HostDirectory != null ? 1 : 0) + (options.HostProgram != null ? 1 : 0) + (options.Archive != null ? 1 : 0) > 1)
            throw new ArgumentException("a root is a host directory, or an archive, or holds a host program, and only one of them", nameof(options));
        if (options.Writable && options.HostDirectory == null)
            throw new ArgumentException("only a host directory can be writable in place", nameof(options));
        Options = options;
        this.services = services;
        limits = new StorageLimits(options);
        Devices = new DeviceTable(services.Random);
        Terminals = new TerminalTable(services.Clock);
        rootVolume = new Volume(NewFileSystem("overlay", OverlayMagic), limits, Devices, services, options.Writable) { RootOf = this };
        PipeFiles = NewFileSystem("pipefs", PipeMagic);
        try
        {
            Root = snapshot == null ? MakeRoot() : RestoreRoot(snapshot);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What the tree was made from.</summary>
    public RootOptions Options { get; }

    /// <summary>The root directory.</summary>
    public Dentry Root { get; private set; }

    /// <summary>What /proc holds; the kernel adds to it.</summary>
    public ProcList Proc { get; } = new();

    /// <summary>What /sys shows where the root has such a directory: filled by the kernel.</summary>
    public ProcList System { get; } = new();

    /// <summary>The character devices; the kernel adds terminals.</summary>
    public DeviceTable Devices { get; }

    /// <summary>The path of <see cref="RootOptions.HostProgram"/> in the tree, or null.</summary>
    public string? ProgramPath { get; private set; }

    /// <summary>The roots of the mounted file systems, in the order of /proc/mounts.</summary>
    public IReadOnlyList<Dentry> Mounts => mounts;

    /// <summary>The same as a table.</summary>
    public MountTable MountTable => new(mounts);

    /// <summary>Bytes of file contents that the guest has added (<see cref="RootOptions.OverlayLimit"/>).</summary>
    public long OverlayUsed => limits.Used;

    internal TerminalTable Terminals { get; }

    internal FileSystem PipeFiles { get; }

    /// <summary>Pages that the guest has added to its files.</summary>
    internal long OverlayPages => limits.Used / Memory.Frame.Size;

    internal PipeBudget PipeBudget => limits.Pipes;

    internal Timespec Now => services.Clock();

    /// <summary>A file system for objects without a place in the tree, such as sockets.</summary>
    public FileSystem NewFileSystem(string type, uint magic) => new(type, magic, nextMinor++, limits.Opens);

    /// <summary>Files that are open, however they are held.</summary>
    public int OpenFiles => limits.Opens.Value;

    /// <summary>Writes out everything that the host does not have yet (sync).</summary>
    public Errno Sync()
    {
        var result = Errno.None;
        foreach (var file in limits.Files.ToArray())
        {
            var error = file.Flush();
            if (error != Errno.None) result = error;
        }
        return result;
    }

    /// <summary>Writes out what the host does not have yet, frees all frames and closes the host's directory.</summary>
    public void Dispose()
    {
        foreach (var file in limits.Files.ToArray())
        {
            _ = file.FlushMapped();
            file.FlushTimes();
            file.ReleasePages();
        }
        limits.Dispose();
        foreach (var host in hosts) host.Dispose();
        hosts.Clear();
    }

    Dentry MakeRoot()
    {
        LowerLayer? lower = Options.Archive != null ? OpenArchive(Options.Archive) : Options.HostDirectory != null ? OpenHost(Options.HostDirectory) : null;
        var root = ListedRoot(lower == null ? null : new HostNode(lower, null, ""));
        if (Options.HostProgram != null) PlaceProgram(root, Options.HostProgram);
        MountKernelFiles(root);
        return root.Self;
    }

    TreeDirectory ListedRoot(HostNode? host)
    {
        var root = new TreeDirectory(rootVolume, null, "", 0x1ED, host);
        mounts.Add(root.Self);
        var error = root.ListHost();
        if (error != Errno.None) throw new IOException($"the root directory '{Options.HostDirectory}' cannot be listed: {error}");
        return root;
    }

    HostRoot OpenHost(string directory)
    {
        hostPath = Path.GetFullPath(directory);
        var host = HostRoot.Open(directory);
        hosts.Add(host);
        return host;
    }

    TarLayer OpenArchive(TarArchive archive)
    {
        archiveLayer = new TarLayer(archive);
        hosts.Add(archiveLayer);
        return archiveLayer;
    }

    void PlaceProgram(TreeDirectory root, string program)
    {
        var target = new FileInfo(Path.GetFullPath(program));
        if (!target.Exists) throw new FileNotFoundException($"the program '{program}' does not exist", program);
        string full = target.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? target.FullName;
        var top = new HostNode(OpenHost(Path.GetDirectoryName(full)!), null, "");
        var inode = new RegularInode(rootVolume, new HostNode(top.Layer, top, Path.GetFileName(full)));
        var error = inode.Load();
        if (error != Errno.None) throw new IOException($"the program '{program}' cannot be read: {error}");
        root.Insert(new Dentry(root.Self, target.Name, inode));
        ProgramPath = "/" + target.Name;
    }
}
