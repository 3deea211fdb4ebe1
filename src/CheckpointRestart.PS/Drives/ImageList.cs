using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image.Protection;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Drives;

/// <summary>The images that CrImage: shows: those that were opened in this process. An image that nobody holds any more is opened again when it is looked at. Any thread.</summary>
static class ImageList
{
    /// <summary>Images that are kept open for the next look.</summary>
    const int MostOpen = 4;

    static readonly Lock Access = new();
    static readonly SortedDictionary<string, ListedImage> ByName = new(StringComparer.Ordinal);
    static readonly LinkedList<CrCheckpoint> Recent = [];

    /// <summary>Enters an image, or finds the entry that it has.</summary>
    /// <param name="checkpoint">It, opened from a file.</param>
    /// <param name="keys">What opened it.</param>
    /// <param name="files">The files of the root that it was taken over; null for what was said before.</param>
    internal static ListedImage Add(CrCheckpoint checkpoint, ImageAccess? keys, SeenFile? files = null)
    {
        lock (Access)
        {
            string path = checkpoint.Path!;
            var entry = ByName.Values.FirstOrDefault(known => known.Path == path);
            if (entry == null)
            {
                string leaf = Path.GetFileName(path), name = leaf;
                for (int more = 2; ByName.ContainsKey(name); more++) name = $"{leaf}~{more}";
                ByName.Add(name, entry = new ListedImage(name, path));
            }
            entry.Take(checkpoint, keys, files);
            return entry;
        }
    }

    /// <summary>Those whose files are there, by name.</summary>
    internal static IReadOnlyList<ListedImage> All()
    {
        lock (Access) return [.. ByName.Values.Where(static image => File.Exists(image.Path))];
    }

    internal static ListedImage? Find(string name)
    {
        lock (Access) return ByName.GetValueOrDefault(name);
    }

    internal static void Keep(CrCheckpoint checkpoint)
    {
        lock (Access)
        {
            Recent.Remove(checkpoint);
            Recent.AddFirst(checkpoint);
            if (Recent.Count > MostOpen) Recent.RemoveLast();
        }
    }

    /// <summary>Forgets all: the module is being removed.</summary>
    internal static void Clear()
    {
        lock (Access)
        {
            ByName.Clear();
            Recent.Clear();
        }
    }
}

/// <summary>An image that CrImage: shows.</summary>
sealed class ListedImage(string name, string path)
{
    readonly Lock access = new();
    readonly WeakReference<CrCheckpoint?> opened = new(null);
    (long Length, DateTime Written) stamp;
    ImageAccess? keys;
    SeenFile? files;

    internal string Name => name;

    /// <summary>Full path of its file.</summary>
    internal string Path => path;

    /// <summary>The files of the root that it was taken over, where somebody has said where they are.</summary>
    internal SeenFile? Files => files;

    internal void Take(CrCheckpoint checkpoint, ImageAccess? given, SeenFile? root)
    {
        lock (access)
        {
            keys = given ?? keys;
            files = root ?? files;
            stamp = Stamp();
            opened.SetTarget(checkpoint);
        }
    }

    /// <summary>It, opened again when it was closed or its file is another one.</summary>
    internal CrCheckpoint Open()
    {
        lock (access)
        {
            var now = Stamp();
            if (!opened.TryGetTarget(out var checkpoint) || now != stamp)
            {
                checkpoint = new CrCheckpoint(Checkpoint.Open(path, keys), null);
                opened.SetTarget(checkpoint);
                stamp = now;
            }
            ImageList.Keep(checkpoint);
            return checkpoint;
        }
    }

    (long, DateTime) Stamp() => new FileInfo(path) is { Exists: true } file ? (file.Length, file.LastWriteTimeUtc) : default;
}
