using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel;

/// <summary>A file of a live machine as a task sees it: under its root, with what is mounted there. Any thread.</summary>
public sealed class LiveFile : SeenFile
{
    readonly Task task;
    readonly Glance glance;

    LiveFile(Task task, SeenFile? parent, string name, Glance glance) : base(parent, name)
    {
        this.task = task;
        this.glance = glance;
        Check(glance.Stat(out var facts));
        Facts = facts;
    }

    LiveFile(Task task, SeenFile parent, string name, Glance glance, StatData facts) : base(parent, name)
    {
        this.task = task;
        this.glance = glance;
        Facts = facts;
    }

    /// <summary>What / is to a task; to one that has ended, the machine's root.</summary>
    /// <exception cref="ObjectDisposedException">The machine has ended.</exception>
    public static LiveFile RootOf(Task task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return task.Machine.Execute(_ => new LiveFile(task, null, "", new Glance(task.FileSystem?.Root ?? task.Machine.Tree.Root)));
    }

    /// <summary>The directory where a task's relative paths begin, as it names it.</summary>
    /// <exception cref="SeenFileException">ESRCH: it has ended.</exception>
    /// <exception cref="ObjectDisposedException">The machine has ended.</exception>
    public static string WorkingDirectoryOf(Task task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return task.Machine.Execute(_ => Context(task).WorkingDirectory.FullPath(Context(task).Root));
    }

    /// <summary>The program that a task runs, as it names it; null for none.</summary>
    /// <exception cref="ObjectDisposedException">The machine has ended.</exception>
    public static string? ProgramOf(Task task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return task.Machine.Execute(_ => task.Group.Executable?.FullPath(task.FileSystem?.Root));
    }

    /// <summary>What a descriptor of a task stands for.</summary>
    /// <returns>Null when it is closed.</returns>
    /// <exception cref="ObjectDisposedException">The machine has ended.</exception>
    public static LiveFile? OfDescriptor(Task task, int number)
    {
        ArgumentNullException.ThrowIfNull(task);
        return task.Machine.Execute(_ => task.Files?[number] is { } file ? At(task, file.Dentry) : null);
    }

    /// <inheritdoc/>
    public override StatData Facts { get; }

    /// <inheritdoc/>
    public override string Target => Look(() =>
    {
        Check(glance.ReadLink(out string target));
        return target;
    });

    /// <inheritdoc/>
    protected override SeenFile? Jump => !glance.Jumps ? null : Look(() => glance.Jump is { } there ? At(task, there) : throw Error(Errno.ENOENT));

    /// <inheritdoc/>
    public override SeenFile Find(string path, bool follow = true) => Look(() => base.Find(path, follow));

    /// <inheritdoc/>
    public override SeenFile Follow(SeenFile link) => Look(() => base.Follow(link));

    /// <inheritdoc/>
    public override IReadOnlyList<SeenFile> List() => Look<IReadOnlyList<SeenFile>>(() =>
    {
        if (!IsDirectory) throw Error(Errno.ENOTDIR);
        var found = new List<Glance>();
        Check(glance.List(found));
        var files = new List<SeenFile>(found.Count);
        foreach (var entry in found.OrderBy(static entry => entry.Name, StringComparer.Ordinal))
        {
            // What the host has taken away since is not there.
            if (entry.Stat(out var facts) == Errno.None) files.Add(new LiveFile(task, this, entry.Name, entry, facts));
        }
        return files;
    });

    /// <inheritdoc/>
    public override SeenFile? Child(string name) => Look(() =>
    {
        if (!IsDirectory) throw Error(Errno.ENOTDIR);
        Check(glance.Child(name, out var child));
        return child == null ? null : new LiveFile(task, this, name, child);
    });

    /// <inheritdoc/>
    public override int Read(long position, Span<byte> to)
    {
        var copy = new byte[to.Length];
        int read = Look(() =>
        {
            var error = glance.Read(position, copy, out int count);
            return error == Errno.EOPNOTSUPP ? throw NoContents() : error != Errno.None ? throw Error(error) : count;
        });
        copy.AsSpan(0, read).CopyTo(to);
        return read;
    }

    static FileSystemContext Context(Task task) => task.FileSystem ?? throw new SeenFileException(Errno.ESRCH, "/", $"Task {task.Pid} ({task.Comm}) has ended: it has no working directory.");

    /// <summary>A place of the tree with the directories above it, as far as they lie under the task's root; what lies elsewhere has its name alone.</summary>
    static LiveFile At(Task task, Dentry dentry)
    {
        var root = task.FileSystem?.Root;
        if (dentry.IsDeleted) return new LiveFile(task, null, dentry.FullPath(root), new Glance(dentry));
        var names = new Stack<Dentry>();
        for (var at = dentry; at != null && !ReferenceEquals(at, root); at = at.Parent) names.Push(at);
        if (names.Count > 0 && names.Peek().Parent == null && names.Peek().Name.Length > 0) return new LiveFile(task, null, dentry.Name, new Glance(dentry));
        var found = new LiveFile(task, null, "", new Glance(root != null && dentry.IsWithin(root) ? root : names.Pop()));
        while (names.TryPop(out var next)) found = new LiveFile(task, found, next.Name, new Glance(next));
        return found;
    }

    T Look<T>(Func<T> look) => task.Machine.Execute(machine => machine.Scheduler.As(task, look));

    void Check(Errno error)
    {
        if (error != Errno.None) throw Error(error);
    }
}
