using System.Security.Cryptography;
using System.Text;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Tests.Files;

public enum StepKind
{
    Write, Truncate, MakeDirectory, RemoveDirectory, Unlink, Rename, Exchange, Link, SymbolicLink, MakeFifo, MakeDevice, SetMode, SetOwner, SetTimes, List, Stat,
    MapShared, MapPrivate, Poke, Unmap,
}

/// <summary>One change of a machine's files; what a kind does not need is ignored.</summary>
public sealed record Step(StepKind Kind, string Path, string Other, int Number, int Length)
{
    public override string ToString() => $"{Kind}({Path}, {Other}, {Number}, {Length})";
}

/// <summary>A tree with one address space that maps its files, and a clock that stands still during a step.</summary>
internal sealed class SnapshotMachine : IDisposable
{
    const uint Window = 0x40000000;
    const uint WindowSize = 4 * Frame.Size;
    const int Windows = 3;

    long time;

    public SnapshotMachine(RootOptions options, TreeSnapshot? snapshot = null, long time = 0, long frames = 65536)
    {
        this.time = time;
        Account = new MemoryAccount(frames);
        Memory = new AddressSpace(Account);
        var services = new FileTreeServices
        {
            Account = Account,
            Clock = () => new Timespec(1_000_000_000 + this.time, 0),
            Random = bytes => bytes.Fill(0x5A),
            Streams = new MachineStreams(),
        };
        Tree = snapshot == null ? new FileTree(options, services) : new FileTree(snapshot, options, services);
    }

    public FileTree Tree { get; }

    public MemoryAccount Account { get; }

    public AddressSpace Memory { get; }

    /// <summary>Steps done, those of the tree's past included.</summary>
    public long Time => time;

    PathStart At => new(Tree.Root, Tree.Root);

    public void Dispose()
    {
        Memory.Dispose();
        Tree.Dispose();
        Account.Dispose();
    }

    /// <summary>Does the steps.</summary>
    /// <returns>What could be seen.</returns>
    public string Run(IEnumerable<Step> steps)
    {
        var seen = new StringBuilder();
        foreach (var step in steps)
        {
            time++;
            seen.Append(Do(step)).Append('\n');
        }
        return seen.ToString();
    }

    public void UnmapAll() => Memory.UnmapAll();

    string Do(Step step)
    {
        switch (step.Kind)
        {
            case StepKind.Write: return Write(step);
            case StepKind.Truncate: return Walk(step.Path, out var cut) is var error && error != Errno.None ? error.ToString() : Tree.Truncate(cut!.Inode, step.Number).ToString();
            case StepKind.MakeDirectory: return Tree.MakeDirectory(At, step.Path, 0x1ED).ToString();
            case StepKind.RemoveDirectory: return Tree.RemoveDirectory(At, step.Path).ToString();
            case StepKind.Unlink: return Tree.Unlink(At, step.Path).ToString();
            case StepKind.Rename: return Tree.Rename(At, step.Path, At, step.Other, RenameFlags.None).ToString();
            case StepKind.Exchange: return Tree.Rename(At, step.Path, At, step.Other, RenameFlags.Exchange).ToString();
            case StepKind.Link: return Walk(step.Path, out var old) is var none && none != Errno.None ? none.ToString() : Tree.Link(old!, At, step.Other).ToString();
            case StepKind.SymbolicLink: return Tree.MakeSymbolicLink(At, step.Path, step.Other).ToString();
            case StepKind.MakeFifo: return Tree.MakeNode(At, step.Path, FileModeBits.Fifo | 0x180, 0).ToString();
            case StepKind.MakeDevice: return Tree.MakeNode(At, step.Path, FileModeBits.CharacterDevice | 0x180, FileSystem.MakeDevice(1, 5)).ToString();
            case StepKind.SetMode: return Change(step, inode => Tree.SetMode(inode, (uint)step.Number & 0xFFF));
            case StepKind.SetOwner: return Change(step, inode => Tree.SetOwner(inode, (uint)step.Number, null));
            case StepKind.SetTimes: return Change(step, inode => Tree.SetTimes(inode, new Timespec(step.Number, 1), null));
            case StepKind.List: return List(step.Path);
            case StepKind.Stat: return Walk(step.Path, out var found) is var bad && bad != Errno.None ? bad.ToString() : Stat(found!.Inode);
            case StepKind.MapShared: return Map(step, VmFlags.Shared | VmFlags.MayShare);
            case StepKind.MapPrivate: return Map(step, VmFlags.None);
            case StepKind.Poke: return Poke(step);
            default: return Memory.Unmap(WindowOf(step), WindowSize).ToString();
        }
    }

    string Write(Step step)
    {
        var opened = Tree.Open(At, step.Path, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.NonBlock, 0x1A4, out var file);
        if (file == null) return opened.ToString();
        string seen = file.WriteAt(step.Number, Data(step)).ToString();
        file.Release();
        return seen;
    }

    string Map(Step step, VmFlags sharing)
    {
        var opened = Tree.Open(At, step.Path, OpenFlags.ReadWrite | OpenFlags.NonBlock, 0, out var file);
        if (file == null) return opened.ToString();
        var error = file.GetPages(out var source);
        file.Release();
        if (error != Errno.None || source == null) return error.ToString();
        return Memory.Map(WindowOf(step), WindowSize, VmFlags.Read | VmFlags.Write | VmFlags.May | sharing, isFixed: true, source, 0, out _).ToString();
    }

    string Poke(Step step)
    {
        uint address = WindowOf(step) + (uint)step.Length % WindowSize;
        Span<byte> before = stackalloc byte[8];
        bool isThere = Memory.Read(address, before);
        return $"{isThere} {Convert.ToHexString(before)} {Memory.Write(address, Data(step with { Length = 8 }))}";
    }

    static uint WindowOf(Step step) => Window + (uint)(step.Number % Windows) * WindowSize;

    string Change(Step step, Func<Inode, Errno> change)
    {
        var error = Walk(step.Path, out var found);
        return (error != Errno.None ? error : change(found!.Inode)).ToString();
    }

    Errno Walk(string path, out Dentry? found) => Tree.Walk(At, path, WalkFlags.NoFollow, out found);

    static byte[] Data(Step step)
    {
        var bytes = new byte[step.Length];
        for (int index = 0; index < bytes.Length; index++) bytes[index] = (byte)(1 + (index * 7 + step.Number + step.Length) % 255);
        return bytes;
    }

    string Stat(Inode inode)
    {
        var error = inode.Stat(out var data);
        return error == Errno.None ? $"{data} {inode.Origin}" : error.ToString();
    }

    string List(string path)
    {
        var opened = Tree.Open(At, path, OpenFlags.Directory | OpenFlags.NoFollow, 0, out var file);
        if (file == null) return opened.ToString();
        var names = new List<string>();
        file.ReadDirectory((in DirectoryEntry entry) =>
        {
            names.Add(entry.ToString());
            return true;
        });
        file.Release();
        return string.Join(' ', names);
    }

    static string Digest(ReadOnlySpan<byte> bytes) => $"{bytes.Length}:{Convert.ToHexString(SHA256.HashData(bytes))}";

    /// <summary>All that a program could find out: every name but those in /proc, attributes, contents, and what is mapped.</summary>
    public string Describe()
    {
        var text = new StringBuilder();
        var pending = new Stack<string>(["/"]);
        while (pending.TryPop(out var path))
        {
            var error = Walk(path, out var found);
            text.Append(path).Append(' ').Append(error).Append(' ');
            if (error != Errno.None) continue;
            text.Append(Stat(found!.Inode)).Append(' ');
            if (found.Inode.IsDirectory && path != "/proc")
            {
                text.Append(List(path));
                var names = new List<DirectoryItem>();
                ((DirectoryInode)found.Inode).List(names);
                foreach (var item in names) pending.Push(path == "/" ? "/" + item.Name : path + "/" + item.Name);
            }
            else if (found.Inode.IsSymbolicLink)
            {
                Tree.ReadLink(found, out string target);
                text.Append(target);
            }
            else if (found.Inode is RegularInode)
            {
                Tree.OpenFound(found, OpenFlags.ReadOnly, out var file);
                text.Append(Digest(TestMachine.ReadAll(file!)));
                file!.Release();
            }
            text.Append('\n');
        }
        for (uint address = Window; address < Window + Windows * WindowSize; address += Frame.Size)
        {
            var page = new byte[Frame.Size];
            text.Append(Memory.Read(address, page)).Append(' ').Append(Digest(page)).Append('\n');
        }
        foreach (var mount in Tree.Mounts) text.Append(mount.FullPath()).Append(' ').Append(mount.Inode.FileSystem.Device).Append(mount.Inode.FileSystem.Type).Append('\n');
        return text.Append(Tree.OverlayUsed).Append(' ').Append(Tree.StatFileSystem(Tree.Root.Inode)).Append(' ').Append(Tree.ProgramPath).ToString();
    }
}
