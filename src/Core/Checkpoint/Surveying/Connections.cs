using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;

namespace CheckpointRestart.Core.Checkpoint.Surveying;

/// <summary>What tasks can be connected by.</summary>
public enum ConnectionKind
{
    /// <summary>A file or directory that is open or mapped.</summary>
    File,
    /// <summary>A pipe or FIFO.</summary>
    Pipe,
    /// <summary>A socket, or two that are connected with each other.</summary>
    Socket,
    /// <summary>A terminal, or both sides of a pseudo-terminal.</summary>
    Terminal,
    /// <summary>A standard stream of the machine.</summary>
    Stream,
    /// <summary>Memory that is mapped shared.</summary>
    Memory,
    /// <summary>An eventfd, epoll or another object with a descriptor and no file.</summary>
    Object,
}

/// <summary>What one task has of a connection.</summary>
/// <param name="ProcessId">The pid of its process.</param>
/// <param name="Descriptor">The descriptor; null for a mapping.</param>
/// <param name="Address">Where it is mapped; null for a descriptor.</param>
/// <param name="Role">What it does there, such as reads, writes, listens or maps.</param>
public sealed record ConnectionEnd(int ProcessId, int? Descriptor, uint? Address, string Role);

/// <summary>Something that descriptors or mappings lead to.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Its path or address, or a kernel name such as pipe:[7].</param>
/// <param name="Detail">What it holds, in words; empty for nothing to tell.</param>
/// <param name="Ends">Who has it, by pid and descriptor.</param>
public sealed record Connection(ConnectionKind Kind, string Name, string Detail, IReadOnlyList<ConnectionEnd> Ends)
{
    /// <summary>Finds what the descriptors and shared mappings of a checkpoint's tasks lead to.</summary>
    /// <returns>Each thing once, in the order in which tasks and their descriptors lead there.</returns>
    public static IReadOnlyList<Connection> Of(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        return checkpoint.Extended is { } image ? new ConnectionSearch(image).Run() : OfOneTask(checkpoint.Image);
    }

    static Connection[] OfOneTask(CheckpointImage image) =>
    [
        .. image.Files.Descriptors.GroupBy(static descriptor => descriptor.File).Select(group => new Connection(ConnectionKind.File, GuestText.FromBytes(group.Key.Name.Bytes), "",
            [.. group.Select(descriptor => new ConnectionEnd((int)image.ProcessId, descriptor.Number, null, ConnectionSearch.RoleOf((uint)group.Key.Mode)))])),
    ];
}

/// <summary>Follows the descriptors and mappings of an Extended image.</summary>
sealed class ConnectionSearch(ExtendedImage image)
{
    readonly Dictionary<uint, Found> byNumber = [];
    readonly List<Found> all = [];

    sealed record Found(ConnectionKind Kind, string Name, string Detail, List<ConnectionEnd> Ends);

    public IReadOnlyList<Connection> Run()
    {
        var tables = new HashSet<(uint, uint)>();
        foreach (var task in image.OfKind("task").OrderBy(static task => task.Fields.Uint("pid")))
        {
            var process = task.Fields.Follow("process");
            if (process == null) continue;
            var root = task.Fields.Follow("fs")?.Fields.Follow("root");
            // Threads have one table and one memory.
            if (task.Fields.Follow("files") is { } files && tables.Add((process.Number, files.Number))) FollowTable(files, process, root);
            if (task.Fields.Follow("memory") is { } memory && tables.Add((process.Number, memory.Number))) FollowMemory(memory, process, root);
        }
        return [.. all.Select(static found => new Connection(found.Kind, found.Name, found.Detail, found.Ends.ToArray()))];
    }

    internal static string RoleOf(uint mode) => (mode & 3) switch { 1 => "reads", 2 => "writes", 3 => "reads and writes", _ => "holds" };

    void FollowTable(ExtendedObject files, ExtendedObject process, ExtendedObject? root)
    {
        foreach (var item in files.Fields.Items("files"))
        {
            if (item.Follow("file") is not { } file) continue;
            var (found, role) = Find(file, root);
            found.Ends.Add(new ConnectionEnd((int)process.Fields.Uint("id"), (int)item.Uint("number"), null, role));
        }
    }

    void FollowMemory(ExtendedObject memory, ExtendedObject process, ExtendedObject? root)
    {
        foreach (var region in memory.Fields.Items("regions"))
        {
            if ((region.Uint("flags") & (uint)VmFlags.Shared) == 0 || region.Follow("source") is not { } source) continue;
            var dentry = source.Kind == "file-pages" ? source.Follow("dentry") : null;
            var found = dentry != null ? OfFile(dentry, root)
                : Enter(source, ConnectionKind.Memory, region.Value("name") as string is { Length: > 0 } name ? name : $"shared memory {source.Number}", Bytes((ulong)source.Fields.Runs("pages").Sum(static run => run.Count) * ImageLimits.PageSize, "in memory"));
            found.Ends.Add(new ConnectionEnd((int)process.Fields.Uint("id"), null, region.Uint("start"), (region.Uint("flags") & (uint)VmFlags.Write) != 0 ? "maps to write" : "maps to read"));
        }
    }

    (Found, string) Find(ExtendedObject file, ExtendedObject? root)
    {
        var dentry = file.Follow("dentry");
        string name = dentry == null ? file.Kind : TaskView.PathOf(dentry, root), role = RoleOf(file.Fields.Uint("mode"));
        if (file.Follow("pipe") is { } pipe)
            return (Enter(pipe, ConnectionKind.Pipe, name, Bytes((ulong)pipe.Fields.Items("contents").Sum(static part => part.Bytes("bytes").LongLength), "inside")), role);
        if (file.Follow("socket") is { } socket) return Find(socket, name);
        if (file.Kind == "terminal-file" && file.Follow("terminal") is { } terminal)
            return (Enter(terminal.Follow("pair") ?? terminal, ConnectionKind.Terminal, name, ""), terminal.Fields.Word("master") != 0 ? "drives" : role);
        var inode = dentry?.Follow("inode");
        if (file.Kind == "stream-file" && inode != null) return (Enter(inode, ConnectionKind.Stream, name, ""), role);
        return file.Kind is "regular-file" or "directory-file" or "path-file" && dentry != null ? (OfFile(dentry, root), role) : (Enter(file, ConnectionKind.Object, name, ObjectDetail(file)), role);
    }

    (Found, string) Find(ExtendedObject socket, string name)
    {
        bool isListening = SocketWords.IsListening(socket);
        var peer = isListening ? null : socket.Follow("peer");
        // Two ends are one connection, whichever is met first.
        var key = peer != null && byNumber.ContainsKey(peer.Number) ? peer : socket;
        return (Enter(key, ConnectionKind.Socket, SocketWords.NameOf(socket, peer) ?? name, SocketWords.DetailOf(socket)), isListening ? "listens" : peer != null ? "talks" : "holds");
    }

    Found OfFile(ExtendedObject dentry, ExtendedObject? root) =>
        Enter(dentry.Follow("inode") ?? dentry, ConnectionKind.File, TaskView.PathOf(dentry, root), "");

    Found Enter(ExtendedObject key, ConnectionKind kind, string name, string detail)
    {
        if (byNumber.TryGetValue(key.Number, out var found)) return found;
        byNumber.Add(key.Number, found = new Found(kind, name, detail, []));
        all.Add(found);
        return found;
    }

    static string ObjectDetail(ExtendedObject file) => file.Kind switch
    {
        "epoll" => $"watches {file.Fields.Items("items").Count}",
        "eventfd" => $"count {file.Fields.Word("count")}",
        _ => file.Kind,
    };

    static string Bytes(ulong count, string where) => count == 0 ? "" : count == 1 ? $"1 byte {where}" : $"{count} bytes {where}";
}
