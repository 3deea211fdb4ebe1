using System.Text;

namespace CheckpointRestart.Core.Files;

/// <summary>Builds the tree that the entries of a tar file make, as if they were unpacked one after the other by somebody who follows no link.</summary>
internal sealed class TarIndex
{
    const int NameMax = 255;
    const int PathMax = 4096;

    readonly List<TarNode> nodes = [];

    /// <summary>The name of the directory that the last entry lies in, with a slash at its end, and the directory; null when it may no longer be one.</summary>
    byte[]? lastPath;
    TarNode? lastDirectory;

    TarIndex() => NewDirectory();

    public TarNode Root => nodes[0];

    /// <summary>All files and directories by <see cref="TarNode.Number"/>, the root first.</summary>
    public IReadOnlyList<TarNode> Nodes => nodes;

    /// <summary>Reads all entries.</summary>
    /// <exception cref="TarException">The archive is malformed, or an entry has no place in the tree.</exception>
    public static TarIndex Read(TarReader reader)
    {
        var index = new TarIndex();
        while (reader.Next() is { } header) index.Add(header);
        return index;
    }

    TarNode NewDirectory()
    {
        var node = new TarNode
        {
            Mode = FileModeBits.Directory | 0x1ED,
            Number = (uint)nodes.Count,
            Children = new Dictionary<string, TarNode>(StringComparer.Ordinal),
        };
        nodes.Add(node);
        return node;
    }

    void Add(TarHeader header)
    {
        bool isDirectory = header.Type == '5' || (header.Type is '0' or '\0' && header.NameBytes.EndsWith("/"u8));
        var (parent, name) = IsBeside(header.NameBytes, out string? beside) ? (lastDirectory!, beside!) : Place(header, header.Name, isLink: false);
        if (name.Length == 0)
        {
            if (!isDirectory) throw Wrong(header, "only a directory can be the root");
            SetAttributes(Root, header, FileModeBits.Directory);
            return;
        }
        var children = parent.Children!;
        bool isThere = children.TryGetValue(name, out var old);
        if (isThere) lastPath = null;
        if (isDirectory)
        {
            if (old?.Children == null)
            {
                if (isThere) old!.Links--;
                children[name] = old = NewDirectory();
            }
            SetAttributes(old, header, FileModeBits.Directory);
            return;
        }
        if (old?.Children is { Count: > 0 }) throw Wrong(header, "there is a directory of that name that is not empty");
        var node = header.Type == '1' ? LinkedNode(header, old) : NewNode(header);
        if (isThere) old!.Links--;
        children[name] = node;
    }

    TarNode LinkedNode(TarHeader header, TarNode? old)
    {
        var (parent, name) = Place(header, header.LinkName, isLink: true);
        if (name.Length == 0 || !parent.Children!.TryGetValue(name, out var node)) throw Wrong(header, $"no entry before it is '{header.LinkName}', to which it is a hard link");
        if (node.Children != null) throw Wrong(header, "it is a hard link to a directory");
        if (ReferenceEquals(node, old) && node.Links == 1) throw Wrong(header, "it is a hard link to itself");
        node.Links++;
        return node;
    }

    TarNode NewNode(TarHeader header)
    {
        uint type = header.Type switch
        {
            '0' or '\0' or '7' => FileModeBits.Regular,
            '2' => FileModeBits.SymbolicLink,
            '3' => FileModeBits.CharacterDevice,
            '4' => FileModeBits.BlockDevice,
            '6' => FileModeBits.Fifo,
            'S' => throw Wrong(header, "it is a sparse file, which is not supported"),
            _ => throw Wrong(header, $"its type '{header.Type}' is not supported"),
        };
        if (type == FileModeBits.SymbolicLink && (header.LinkName.Length == 0 || GuestText.ByteCount(header.LinkName) >= PathMax || header.LinkName.Contains('\0', StringComparison.Ordinal)))
            throw Wrong(header, "a symbolic link has 1 to 4095 bytes of text");
        var node = new TarNode
        {
            Number = (uint)nodes.Count,
            DataOffset = header.DataOffset,
            Size = type == FileModeBits.Regular ? header.Size : 0,
            Target = type == FileModeBits.SymbolicLink ? header.LinkName : null,
            Device = FileSystem.MakeDevice(header.Major, header.Minor),
        };
        SetAttributes(node, header, type);
        nodes.Add(node);
        return node;
    }

    static void SetAttributes(TarNode node, TarHeader header, uint type)
    {
        node.Mode = type | (type == FileModeBits.SymbolicLink ? 0x1FF : header.Permissions);
        (node.Uid, node.Gid, node.Modified, node.Attributes) = (header.Uid, header.Gid, header.Modified, header.Attributes);
    }

    /// <summary>True for the name of a file in the directory that the last entry lies in, where there is nothing to look for in it.</summary>
    bool IsBeside(ReadOnlySpan<byte> path, out string? name)
    {
        name = null;
        if (lastPath == null || path.Length >= NameMax || !path.StartsWith(lastPath)) return false;
        var last = path[lastPath.Length..];
        if (last.IsEmpty || last[0] == '.' || last.ContainsAny((byte)'/', (byte)0) || !Ascii.IsValid(last)) return false;
        name = GuestText.FromBytes(last);
        return true;
    }

    /// <summary>The directory of a name, which is made where the archive has no entry for it, and the name in it; no name for the root.</summary>
    (TarNode Parent, string Name) Place(TarHeader header, string path, bool isLink)
    {
        string what = isLink ? "the name that it links to" : "its name";
        if (path.StartsWith('/')) throw Wrong(header, $"{what} is absolute");
        if (path.Length == 0) throw Wrong(header, $"{what} is empty");
        if (path.Contains('\0', StringComparison.Ordinal)) throw Wrong(header, $"{what} holds a zero byte");
        if (GuestText.ByteCount(path) >= PathMax) throw Wrong(header, $"{what} is longer than a path may be");
        var at = Root;
        ReadOnlySpan<char> name = default;
        foreach (var range in path.AsSpan().Split('/'))
        {
            var part = path.AsSpan(range);
            if (part is "" or ".") continue;
            if (part is "..") throw Wrong(header, $"{what} leads out of the archive ('..')");
            if (GuestText.ByteCount(part) > NameMax) throw Wrong(header, $"a part of {what} is longer than {NameMax} bytes");
            if (!name.IsEmpty) at = Enter(header, at, name, what, mayMake: !isLink);
            name = part;
        }
        string last = name.ToString();
        if (isLink) return (at, last);
        int slash = path.LastIndexOf('/');
        lastPath = slash >= 0 && path.AsSpan(slash + 1).SequenceEqual(name) ? GuestText.ToBytes(path.AsSpan(0, slash + 1)) : null;
        lastDirectory = at;
        return (at, last);
    }

    TarNode Enter(TarHeader header, TarNode directory, ReadOnlySpan<char> name, string what, bool mayMake)
    {
        if (directory.Children!.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var next))
            return next.Children != null ? next : throw Wrong(header, $"{what} leads through '{name}', which is no directory in the archive");
        if (!mayMake) throw Wrong(header, $"{what} is in no entry before it");
        next = NewDirectory();
        directory.Children.Add(name.ToString(), next);
        return next;
    }

    static TarException Wrong(TarHeader header, string rule) => new(header.Offset, header.Name, rule);
}
