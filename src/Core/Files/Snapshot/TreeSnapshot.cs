using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Files;

/// <summary>A machine's files at one instant, apart from what lies unchanged on the host: names, attributes and contents of the overlay.
/// Contents share their frames with the machine, copy-on-write, and outlive it. Trees are built from it with
/// <see cref="FileTree(TreeSnapshot, RootOptions, FileTreeServices)"/>, any number of times, on any thread.</summary>
/// <remarks>Not in it: open files, mappings, and files without a name. A root that is writable in place keeps its state on the host:
/// then the snapshot holds only the file systems that are mounted over it in memory, such as /dev/shm.</remarks>
public sealed class TreeSnapshot : IDisposable
{
    readonly Lock gate = new();
    readonly RegularImage[] files;
    int users = 1;
    bool isDisposed;

    internal TreeSnapshot(RootOptions options, DirectoryImage root, IReadOnlyList<InodeImage> mounts, RegularImage[] files, MemoryAccount? copies)
    {
        Options = options;
        Root = root;
        Mounts = mounts;
        this.files = files;
        Copies = copies;
        Bytes = files.Sum(static file => (long)file.Pages.Length) * Frame.Size;
    }

    /// <summary>Frames lie outside the GC heap, and a checkpoint that a user forgets must not keep them.</summary>
    ~TreeSnapshot() => ReleaseFrames();

    /// <summary>What the tree was made from.</summary>
    public RootOptions Options { get; }

    /// <summary>Bytes of file contents that the snapshot holds.</summary>
    public long Bytes { get; }

    /// <summary>Full path of the host's directory behind the tree, or null.</summary>
    internal string? HostPath { get; init; }

    internal string? ProgramPath { get; init; }

    internal DirectoryImage Root { get; }

    /// <summary>The roots of the file systems, in the order of /proc/mounts.</summary>
    internal IReadOnlyList<InodeImage> Mounts { get; }

    /// <summary>Who is charged for contents that could not be shared, or null.</summary>
    internal MemoryAccount? Copies { get; }

    internal ulong NextPipe { get; init; }

    /// <summary>Files that have several names in the lower layer, some of them perhaps not looked at yet.</summary>
    internal IReadOnlyList<LinkedImage> LinkedBelow { get; init; } = [];

    /// <summary>Gives the frames back; a tree that is being built from it is finished first.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (isDisposed) return;
            isDisposed = true;
        }
        Leave();
        GC.SuppressFinalize(this);
    }

    /// <summary>Keeps the frames until <see cref="Leave"/>.</summary>
    /// <exception cref="ObjectDisposedException">The snapshot was disposed.</exception>
    internal void Enter()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            users++;
        }
    }

    internal void Leave()
    {
        lock (gate)
        {
            if (--users > 0) return;
        }
        ReleaseFrames();
    }

    /// <summary>Whether a tree of these options can be built: another root would have other files behind the same names.</summary>
    /// <exception cref="ArgumentException">The root is another one.</exception>
    internal void CheckOptions(RootOptions options)
    {
        bool isSame = options.Writable == Options.Writable && options.HostProgram == Options.HostProgram && options.Archive?.Path == Options.Archive?.Path
            && (options.HostDirectory == Options.HostDirectory
                || (options.HostDirectory != null && Options.HostDirectory != null && Path.GetFullPath(options.HostDirectory) == HostPath));
        if (!isSame) throw new ArgumentException("a snapshot of files goes with the root that it was taken from", nameof(options));
    }

    void ReleaseFrames()
    {
        foreach (var file in files)
            foreach (var (_, frame) in file.Pages) FrameStore.Release(frame);
        Copies?.Dispose();
    }
}
