using CheckpointRestart.Core.Files;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Drives;

/// <summary>A file of a guest. Links are followed on the way, and are themselves at a path's end.</summary>
/// <param name="root">What links are followed from.</param>
/// <param name="file">The file.</param>
/// <param name="name">Its name in the path.</param>
/// <param name="source">Whose it is.</param>
/// <param name="isBehindLink">The path leads through a link.</param>
sealed class FileNode(SeenFile root, SeenFile file, string name, string source, bool isBehindLink = false) : Node
{
    SeenFile? followed;
    bool isDead;

    internal override string Name => name;

    internal SeenFile File => file;

    /// <summary>What a link leads to; the file itself when it is none; null when it leads nowhere.</summary>
    SeenFile? Followed
    {
        get
        {
            if (followed != null || isDead) return followed;
            if (!file.IsSymbolicLink) return followed = file;
            try
            {
                followed = root.Follow(file);
            }
            catch (SeenFileException)
            {
                isDead = true;
            }
            return followed;
        }
    }

    internal override bool CanEnter => Followed is { IsDirectory: true };

    /// <summary>What the engine goes into by itself, so that it comes to an end: no link behind another, and none that leads back to where it lies.</summary>
    internal override bool IsContainer => file.IsDirectory || (!isBehindLink && CanEnter && !LeadsBack);

    bool LeadsBack
    {
        get
        {
            string there = Followed!.Path.TrimEnd('/') + "/", here = (file.Parent?.Path ?? "").TrimEnd('/') + "/";
            return here.StartsWith(there, StringComparison.Ordinal);
        }
    }

    internal override bool IsDescended => file.IsDirectory;

    internal override object Item() => new CrFile(file, source);

    internal override IEnumerable<Node> Children() => Directory.List().Select(Below);

    internal override Node? Child(string name) => Directory.Child(name) is { } child ? Below(child) : null;

    internal override Readable? Contents()
    {
        var read = file.IsSymbolicLink ? root.Follow(file) : file;
        return new Readable(() => new SeenStream(read), true);
    }

    SeenFile Directory => Followed ?? root.Follow(file);

    FileNode Below(SeenFile child) => new(root, child, child.Name, source, isBehindLink || file.IsSymbolicLink);
}

/// <summary>Contents of a file, from front to back.</summary>
sealed class SeenStream(SeenFile file) : Core.ForwardStream
{
    long position;

    public override bool CanRead => true;

    public override long Position
    {
        get => position;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        int read = file.Read(position, buffer);
        position += read;
        return read;
    }
}
