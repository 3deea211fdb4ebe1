using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Image.Records;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>A task that an image has.</summary>
/// <param name="Pid">Its pid.</param>
/// <param name="ThreadGroupId">The pid of its process.</param>
/// <param name="ParentPid">The pid of its parent; 0 when it has none.</param>
/// <param name="Comm">Its name.</param>
/// <param name="State">What it was doing.</param>
public sealed record ImageTask(int Pid, int ThreadGroupId, int ParentPid, string Comm, TaskState State)
{
    /// <summary>True when its memory is in the image: it has not ended.</summary>
    public bool IsAlive => State is not (TaskState.Zombie or TaskState.Dead);

    /// <inheritdoc/>
    public override string ToString() => $"{Pid} ({Comm})";
}

/// <summary>The tasks of an Extended image.</summary>
internal static class ImageTasks
{
    /// <summary>All but the machine's own first one, by pid.</summary>
    public static IReadOnlyList<ImageTask> List(ExtendedImage image)
    {
        var init = Init(image);
        return [.. image.OfKind("task").Where(task => !ReferenceEquals(task, init)).Select(Describe).OrderBy(static task => task.Pid)];
    }

    /// <summary>The object of a task, or null.</summary>
    public static ExtendedObject? Find(ExtendedImage image, int pid) => image.OfKind("task").FirstOrDefault(task => task.Fields.Uint("pid") == (uint)pid);

    /// <summary>The task that was saved, else the oldest child of the machine's own first task, else the first that lives; 0 when there is none.</summary>
    public static int SavedPid(ExtendedImage image)
    {
        if (image.OfKind("checkpoint").FirstOrDefault()?.Follow("task") is { } named) return (int)named.Fields.Uint("pid");
        var all = List(image);
        int init = (int)(Init(image)?.Fields.Uint("pid") ?? 1);
        return (all.FirstOrDefault(task => task.ParentPid == init && task.IsAlive) ?? all.FirstOrDefault(static task => task.IsAlive) ?? (all.Count > 0 ? all[0] : null))?.Pid ?? 0;
    }

    /// <summary>The hash that the machine had, or null.</summary>
    public static string? HashOf(ExtendedImage image) => image.OfKind("checkpoint").FirstOrDefault()?["state-hash"] as string;

    /// <summary>Names that lead out of the image.</summary>
    public static IReadOnlyList<string> External(ExtendedImage image) =>
        [.. image.OfKind("external-ends").SelectMany(static ends => ends.Fields.Items("ends")).Select(static end => end.Value("name") as string ?? "").Distinct(StringComparer.Ordinal)];

    /// <summary>Guest paths of the root's files that open files and mappings need.</summary>
    public static IReadOnlyList<string> FilesNeeded(ExtendedImage image)
    {
        var paths = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var one in image.Objects)
        {
            if (one.Kind is not ("regular-file" or "file-pages" or "directory-file")) continue;
            if (one.Fields.Follow("dentry")?.Fields.Follow("inode")?.Fields.Follow("lower") is { } lower && LowerPath(lower) is { Length: > 1 } path) paths.Add(path);
        }
        return [.. paths];
    }

    static ExtendedObject? Init(ExtendedImage image) => image.OfKind("machine").FirstOrDefault()?.Follow("init");

    static ImageTask Describe(ExtendedObject task)
    {
        var process = task.Fields.Follow("process")?.Fields ?? [];
        return new ImageTask((int)task.Fields.Uint("pid"), (int)process.Uint("id"), (int)(process.Follow("parent")?.Fields.Uint("id") ?? 0),
            CommOf(task), (TaskState)task.Fields.Uint("state"));
    }

    internal static string CommOf(ExtendedObject task) => new Image.FileName(task.Fields.Bytes("comm")).ToString();

    static string LowerPath(ExtendedObject lower)
    {
        var names = new Stack<string>();
        for (var at = lower; at?.Fields.Follow("parent") is { } parent && names.Count < 4096; at = parent) names.Push(at.Fields.Value("name") as string ?? "");
        return "/" + string.Join('/', names);
    }
}
