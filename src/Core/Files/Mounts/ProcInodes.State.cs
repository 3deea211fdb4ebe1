using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <summary>Where an inode of /proc or /sys is: it is made of what the kernel shows there, and found again in the same way.</summary>
/// <param name="Above">The directory.</param>
/// <param name="Name">The name in it.</param>
/// <param name="Subject">What the directory tells of, where a name may come to mean another one: a task.</param>
internal sealed record ProcPlace(ProcDirectoryInode Above, string Name, object? Subject);

/// <summary>An inode below the root of /proc or /sys.</summary>
internal interface IProcInode
{
    /// <summary>Where it is; null for the root.</summary>
    ProcPlace? Place { get; set; }
}

/// <summary>Names of the fields that tell where an inode of /proc is.</summary>
internal static class ProcPlaceFields
{
    /// <summary>When tasks and descriptors are there.</summary>
    const int TasksAreThere = 70;

    /// <summary>Where an inode is; its node is looked up once all is there that it may tell of.</summary>
    /// <typeparam name="T">The kind of node.</typeparam>
    public static void VisitPlace<T>(this StateVisitor visitor, IProcInode inode, Action<T> found) where T : ProcNode
    {
        var above = visitor.Need("above", inode.Place?.Above);
        string name = visitor.Text("name", inode.Place?.Name, 255) ?? "";
        object? subject = visitor.Reference("subject", inode.Place?.Subject);
        if (!visitor.IsReading) return;
        var place = new ProcPlace(above, name, subject);
        inode.Place = place;
        visitor.Later(TasksAreThere, () => found(Find<T>(visitor, place, 0)));
    }

    /// <summary>The node of a place.</summary>
    public static T Find<T>(StateVisitor visitor, ProcPlace place, int depth) where T : ProcNode
    {
        const int deepest = 32;
        visitor.Require(depth < deepest, "the way to an entry of /proc begins at its root");
        place.Above.FindDirectory(visitor, depth + 1);
        return place.Above.Directory.FindAgain(place.Name, place.Subject) as T ?? throw visitor.Broken($"there is an entry {place.Name}");
    }
}

/// <content>State: what is below the root is looked up again when tasks are there.</content>
internal sealed partial class ProcDirectoryInode : IStateObject, IProcInode
{
    bool isFound = true;

    string IStateObject.StateKind => Place == null ? "proc-root" : "proc-directory";

    public ProcPlace? Place { get; set; }

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("filesystem", FileSystem);
        if (!isFound || Place != null) visitor.VisitPlace<ProcFolder>(this, _ => FindDirectory(visitor, 0));
        else visitor.Require(Number == FileSystem.RootInode, "the root of a file system has its number");
        VisitInode(visitor);
    }

    /// <summary>Reading: finds what the kernel shows in it.</summary>
    public void FindDirectory(StateVisitor visitor, int depth)
    {
        if (isFound) return;
        var folder = ProcPlaceFields.Find<ProcFolder>(visitor, Place ?? throw visitor.Broken("a directory of /proc is below another"), depth);
        directory = folder.Directory;
        owner = folder.Owner ?? Place.Above.owner;
        IsOpen = folder.IsOpen;
        isFound = true;
    }

    /// <summary>True for a directory of a task, and all below.</summary>
    public bool IsOfTask => owner != null;

    internal static ProcDirectoryInode Create(StateVisitor visitor, FileTree tree, FileTreeServices services)
    {
        var fileSystem = visitor.Need<FileSystem>("filesystem", null);
        return new(fileSystem, visitor.Word("number", 0), fileSystem.Type == "sysfs" ? tree.System : tree.Proc, 0, services.Clock);
    }

    internal static ProcDirectoryInode CreateBelow(StateVisitor visitor, FileTreeServices services) =>
        new(visitor.Need<FileSystem>("filesystem", null), visitor.Word("number", 0), new ProcList(), 0, services.Clock) { isFound = false };
}

/// <content>State.</content>
internal abstract partial class ProcNodeInode<T> : IStateObject, IProcInode
{
    protected abstract string Kind { get; }

    string IStateObject.StateKind => Kind;

    public ProcPlace? Place { get; set; }

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("filesystem", FileSystem);
        visitor.VisitPlace<T>(this, found => Node = found);
        VisitInode(visitor);
    }
}

/// <content>State.</content>
internal sealed partial class ProcLinkInode
{
    protected override string Kind => "proc-link";

    internal static ProcLinkInode Create(StateVisitor visitor) => new(visitor.Need<FileSystem>("filesystem", null), visitor.Word("number", 0), new ProcLink(static () => ""), default);
}

/// <content>State.</content>
internal sealed partial class ProcTextInode
{
    protected override string Kind => "proc-text";

    internal static ProcTextInode Create(StateVisitor visitor) => new(visitor.Need<FileSystem>("filesystem", null), visitor.Word("number", 0), new ProcText(static () => []), default);
}

/// <content>State.</content>
internal sealed partial class ProcMemoryInode
{
    protected override string Kind => "proc-memory";

    internal static ProcMemoryInode Create(StateVisitor visitor) => new(visitor.Need<FileSystem>("filesystem", null), visitor.Word("number", 0),
        new ProcMemory(static () => null, static (_, _, _) => Errno.EIO, static (_, _, _) => Errno.EIO), default);
}

/// <content>State: with the text that was made at the first read.</content>
internal sealed partial class ProcTextFile : IStateObject
{
    const int MostBytes = 1 << 28;

    string IStateObject.StateKind => "proc-text-file";

    void IStateObject.Visit(StateVisitor visitor)
    {
        VisitFile(visitor);
        contents = visitor.Bytes("text", contents, MostBytes);
    }

    internal static ProcTextFile Create(StateVisitor visitor)
    {
        var name = NameOf(visitor);
        visitor.Require(name.Inode is ProcTextInode, "a text of /proc is open");
        return new(name, FlagsOf(visitor));
    }
}

/// <content>State: the memory while it is still that of the task; else there is nothing to read.</content>
internal sealed partial class ProcMemoryFile : IStateObject
{
    const int NodesAreThere = 80;

    string IStateObject.StateKind => "proc-memory-file";

    void IStateObject.Visit(StateVisitor visitor)
    {
        VisitFile(visitor);
        memory = visitor.Reference("memory", visitor.IsReading || ReferenceEquals(memory, Node.Open()) ? memory : null);
        if (visitor.IsReading) visitor.Later(NodesAreThere, () => visitor.Require(memory == null || ReferenceEquals(memory, Node.Open()), "the memory that is read is that of the task"));
    }

    internal static ProcMemoryFile Create(StateVisitor visitor)
    {
        var name = NameOf(visitor);
        visitor.Require(name.Inode is ProcMemoryInode, "a memory of /proc is open");
        return new(name, FlagsOf(visitor), null);
    }
}
