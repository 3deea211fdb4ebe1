using CheckpointRestart.Core.Files;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Drives;

/// <summary>A file of a guest. Links are followed on the way, and are themselves at a path's end.</summary>
sealed class FileNode(SeenFile root, SeenFile file, string name, string source, int links = 0) : Node
{
    /// <summary>Links that a path is followed through: a name is no longer a container beyond, so that no recursion of the engine's goes on for ever.</summary>
    const int MostLinks = 8;

    SeenFile? followed;
    bool isDead;

    internal override string Name => name;

    internal SeenFile File => file;

    /// <summary>What a link leads to; the file itself when it is none; null when it leads nowhere.</summary>
    internal SeenFile? Followed
    {
        get
        {
            if (followed != null || isDead) return followed;
            if (!file.IsSymbolicLink) return followed = file;
            try
            {
                if (links < MostLinks) followed = root.Follow(file);
            }
            catch (SeenFileException)
            {
            }
            isDead = followed == null;
            return followed;
        }
    }

    internal override bool IsContainer => Followed is { IsDirectory: true };

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

    FileNode Below(SeenFile child) => new(root, child, child.Name, source, file.IsSymbolicLink ? links + 1 : links);
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
