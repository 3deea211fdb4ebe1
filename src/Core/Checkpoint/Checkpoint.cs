using System.Collections.Concurrent;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Image.Records;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>A checkpoint: the image of a task or a machine, in memory or in a file, with what was found when it was taken. May be used on any thread.</summary>
public sealed partial class Checkpoint : IDisposable
{
    readonly CheckpointImage? image;
    readonly Lazy<IReadOnlyList<ImageTask>> tasks;
    readonly ConcurrentDictionary<int, CheckpointImage> views = new();
    readonly WeakReference<Kernel.Machine>? source;

    internal Checkpoint(CheckpointImage image) : this() => this.image = image;

    /// <summary>A checkpoint of an image that was read or made, which is disposed with it.</summary>
    public Checkpoint(ExtendedImage machine) : this()
    {
        ArgumentNullException.ThrowIfNull(machine);
        Extended = machine;
        Bytes = machine.Bytes;
        Path = machine.Path;
    }

    Checkpoint() => tasks = new(() => Extended != null ? ImageTasks.List(Extended) : [new ImageTask((int)image!.ProcessId, (int)image.ProcessId, 0, image.Task.Comm,
        image.Task.State == TaskStates.Interruptible ? TaskState.Sleeping : image.Task.State == TaskStates.Stopped ? TaskState.Stopped : TaskState.Running)]);

    /// <summary>The machine that an Extended image holds, as objects; null for v5.</summary>
    public ExtendedImage? Extended { get; }

    /// <summary>What the image holds of the task that was saved; of an Extended image a view. Its pages are read when they are asked for.</summary>
    /// <exception cref="RestoreException">ESRCH: an Extended image has no such task, or it has ended.</exception>
    public CheckpointImage Image => image ?? ViewOf(ProcessId);

    /// <summary>The image's header.</summary>
    public HeadRecord Head => Extended?.Head ?? image!.Head;

    /// <summary>The pid of the task that was saved; of an image of a machine that no task was named for, its oldest.</summary>
    public int ProcessId => Extended != null ? ImageTasks.SavedPid(Extended) : (int)image!.ProcessId;

    /// <summary>The tasks that the image has, by pid.</summary>
    public IReadOnlyList<ImageTask> Tasks => tasks.Value;

    /// <summary>The machine's state hash when it was taken, where that was asked for; else null.</summary>
    public string? StateHash => Extended == null ? null : ImageTasks.HashOf(Extended);

    /// <summary>Names of pipes, sockets and terminals whose other ends tasks had that were not saved: <see cref="RestoreOptions.Bind"/> gives each another.</summary>
    public IReadOnlyList<string> External => Extended == null ? [] : ImageTasks.External(Extended);

    /// <summary>What the image holds of one of its tasks. It is made once.</summary>
    /// <exception cref="RestoreException">ESRCH: the image has no such task, or it has ended.</exception>
    public CheckpointImage ViewOf(int pid)
    {
        if (Extended == null) return pid == image!.ProcessId ? image : throw new RestoreException(Errno.ESRCH, $"the image has task {image.ProcessId} and no task {pid}");
        return views.GetOrAdd(pid, MakeView);
    }

    CheckpointImage MakeView(int pid)
    {
        var task = ImageTasks.Find(Extended!, pid) ?? throw new RestoreException(Errno.ESRCH, $"the image has no task {pid}");
        return TaskView.Of(Extended!, task) ?? throw new RestoreException(Errno.ESRCH, $"task {pid} ({ImageTasks.CommOf(task)}) of the image has ended: it has no memory, registers or descriptors");
    }

    /// <summary>The format.</summary>
    public CheckpointFormat Format => Extended == null ? CheckpointFormat.V5 : CheckpointFormat.Extended;

    /// <summary>Full path of the file that it was written to or opened from; null while it is only in memory.</summary>
    public string? Path { get; internal set; }

    /// <summary>Bytes that the image has in its file; 0 while it is only in memory.</summary>
    public long Bytes { get; internal set; }

    /// <summary>What the task had and the image leaves out; empty for one opened from a file, which does not say.</summary>
    public IReadOnlyList<NotCarriedItem> NotCarried { get; internal init; } = [];

    /// <summary>How long the task stood still for it; zero for one opened from a file.</summary>
    public TimeSpan Pause { get; internal init; }

    /// <summary>When it was taken, by the machine's clock.</summary>
    public DateTimeOffset Taken => DateTimeOffset.FromUnixTimeSeconds((long)Math.Min(Head.Time, 253_402_300_799));

    /// <summary>Pages whose contents the image holds.</summary>
    public long PagesStored => Extended == null ? image!.Memory.Vmas.Sum(vma => (long)vma.Pages.Count) : Extended.Pages.Count - PagesZero - PagesInherited;

    /// <summary>Pages of an Extended image that are zero and take no room; 0 until it was written.</summary>
    public long PagesZero => Extended?.Pages.ZeroCount ?? 0;

    /// <summary>How long the writing took; zero for one that was not written.</summary>
    public TimeSpan WriteTime { get; internal set; }

    /// <summary>Pages that are its parent's and take no room; known once it was written.</summary>
    public long PagesInherited => Extended?.Pages.InheritedCount ?? 0;

    /// <summary>Images that it takes to have all pages of this one: 1 for a whole image.</summary>
    public int ChainLength => Extended?.ChainLength ?? 1;

    /// <summary>Full path of the image that it builds on; null for a whole image, and where only its identity is known.</summary>
    public string? ParentPath =>
        Extended?.Parent?.Path ?? (Extended?.ParentReference is { Path.Length: > 0 } parent && Path != null ? parent.ResolveFrom(Path) : null);

    /// <summary>The machine that it was taken of; null for one opened from a file.</summary>
    internal Kernel.Machine? Source
    {
        get => source != null && source.TryGetTarget(out var machine) ? machine : null;
        init => source = value == null ? null : new WeakReference<Kernel.Machine>(value);
    }

    /// <summary>The machine's options when it was taken; null for one opened from a file.</summary>
    public MachineOptions? Machine { get; internal init; }

    /// <summary>The machine's files when it was taken, for a restart over the same root; null for one opened from a file.</summary>
    public TreeSnapshot? Files { get; internal init; }

    /// <summary>Guest paths that a restart opens: mapped files and descriptors, the machine's own streams left out.</summary>
    public IReadOnlyList<string> FilesNeeded => Extended != null ? ImageTasks.FilesNeeded(Extended) :
    [
        .. Image.Memory.Vmas.Where(vma => vma.File != null).Select(vma => GuestText.FromBytes(vma.File!.Value.Bytes))
            .Concat(Image.Files.Descriptors.Select(descriptor => GuestText.FromBytes(descriptor.File.Name.Bytes)))
            .Where(path => !path.StartsWith("/dev/", StringComparison.Ordinal))
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
    ];

    /// <summary>Gives the pages and the files back, or closes the image's file.</summary>
    public void Dispose()
    {
        views.Clear();
        image?.Dispose();
        Extended?.Dispose();
        Files?.Dispose();
    }
}
