using System.Text;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Tests.Files;

/// <summary>The operations on a machine's tree, deep below a directory of it.</summary>
public sealed class TreeOperations : IFileOperations, IDisposable
{
    readonly TestMachine machine;
    readonly PathStart at;
    readonly OpenFile?[] open = new OpenFile?[OperationGenerator.Slots];

    public TreeOperations(TestMachine machine, string top = "/tmp")
    {
        this.machine = machine;
        var directory = machine.Find(top, WalkFlags.None);
        for (int depth = 0; depth < OperationGenerator.Depth; depth++)
        {
            var here = new PathStart(machine.Tree.Root, directory);
            if (machine.Tree.Walk(here, "x", WalkFlags.None, out var next) != Errno.None)
            {
                Xunit.Assert.Equal(Errno.None, machine.Tree.MakeDirectory(here, "x", 0x1ED));
                machine.Tree.Walk(here, "x", WalkFlags.None, out next);
            }
            directory = next!;
        }
        at = new PathStart(machine.Tree.Root, directory);
    }

    FileTree Tree => machine.Tree;

    public void Dispose()
    {
        foreach (var file in open) file?.Release();
    }

    public void Do(Operation operation, StringBuilder seen)
    {
        var file = open[operation.Slot];
        switch (operation.Kind)
        {
            case OperationKind.Open: Open(operation, seen); break;
            case OperationKind.Close:
                file?.Release();
                open[operation.Slot] = null;
                break;
            case OperationKind.Read: Read(seen, operation, file, static (file, to, _) => file.Read(to)); break;
            case OperationKind.ReadAt: Read(seen, operation, file, static (file, to, at) => file.ReadAt(at, to)); break;
            case OperationKind.Write: Say(seen, file?.Write(OperationGenerator.Data(operation))); break;
            case OperationKind.WriteAt: Say(seen, file?.WriteAt(operation.Number, OperationGenerator.Data(operation))); break;
            case OperationKind.Seek when file?.Inode.IsDirectory != true: Say(seen, file?.Seek(operation.Number, (Whence)(operation.Length % 3))); break;
            case OperationKind.TruncateOpen: Say(seen, file?.Truncate(operation.Number)); break;
            case OperationKind.StatOpen: Stat(seen, file == null ? Errno.EBADF : Errno.None, file?.Inode); break;
            case OperationKind.MakeDirectory: Say(seen, Tree.MakeDirectory(at, operation.Path, 0x1C0)); break;
            case OperationKind.RemoveDirectory: Say(seen, Tree.RemoveDirectory(at, operation.Path)); break;
            case OperationKind.Unlink: Say(seen, Tree.Unlink(at, operation.Path)); break;
            case OperationKind.Rename: Say(seen, Tree.Rename(at, operation.Path, at, operation.Other, (RenameFlags)Math.Max(0, operation.Length % 5 - 1))); break;
            case OperationKind.Link: Say(seen, Link(operation)); break;
            case OperationKind.SymbolicLink: Say(seen, Tree.MakeSymbolicLink(at, operation.Path, operation.Other)); break;
            case OperationKind.MakeFifo: Say(seen, Tree.MakeNode(at, operation.Path, FileModeBits.Fifo | 0x180, 0)); break;
            case OperationKind.Truncate: Say(seen, operation.Number < 0 ? Errno.EINVAL : Walked(operation.Path, WalkFlags.None, out var cut) is var error and not Errno.None ? error : Tree.Truncate(cut!.Inode, operation.Number)); break;
            case OperationKind.Stat: Stat(seen, Walked(operation.Path, WalkFlags.None, out var found), found?.Inode); break;
            case OperationKind.LinkStat: Stat(seen, Walked(operation.Path, WalkFlags.NoFollow, out var link), link?.Inode); break;
            case OperationKind.ReadLink: ReadLink(operation, seen); break;
            case OperationKind.SetMode: Say(seen, Walked(operation.Path, WalkFlags.None, out var moded) is var bad and not Errno.None ? bad : Tree.SetMode(moded!.Inode, ModeOf(operation))); break;
            case OperationKind.List: List(operation, seen); break;
        }
    }

    /// <summary>Permissions that leave the owner in: the tests need not be root's.</summary>
    public static uint ModeOf(Operation operation) => 0x1C0u | (uint)(operation.Number & 0x3F);

    Errno Walked(string path, WalkFlags flags, out Dentry? found) => Tree.Walk(at, path, flags, out found);

    Errno Link(Operation operation)
    {
        var error = Walked(operation.Path, WalkFlags.NoFollow, out var existing);
        return error != Errno.None ? error : Tree.Link(existing!, at, operation.Other);
    }

    void Open(Operation operation, StringBuilder seen)
    {
        open[operation.Slot]?.Release();
        open[operation.Slot] = null;
        var result = Tree.Open(at, operation.Path, operation.Flags | OpenFlags.NonBlock, 0x180, out var file);
        open[operation.Slot] = file;
        Say(seen, result);
    }

    void ReadLink(Operation operation, StringBuilder seen)
    {
        string target = "";
        var error = Walked(operation.Path, WalkFlags.NoFollow, out var link);
        if (error == Errno.None) error = Tree.ReadLink(link!, out target);
        seen.Append(error).Append(' ').Append(target);
    }

    void List(Operation operation, StringBuilder seen)
    {
        var result = Tree.Open(at, operation.Path, OpenFlags.Directory, 0, out var file);
        Say(seen, result);
        if (file == null) return;
        var names = new List<string>();
        var error = file.ReadDirectory((in DirectoryEntry entry) =>
        {
            names.Add($"{entry.Name}/{entry.Type}");
            return true;
        });
        file.Release();
        seen.Append(error).Append(' ').AppendJoin(' ', names.Order(StringComparer.Ordinal));
    }

    static void Read(StringBuilder seen, Operation operation, OpenFile? file, Func<OpenFile, byte[], long, IoResult> read)
    {
        if (file == null) return;
        var bytes = new byte[operation.Length];
        var result = read(file, bytes, operation.Number);
        Say(seen, result);
        if (result.Value > 0) seen.Append(OperationGenerator.Digest(bytes.AsSpan(0, (int)result.Value)));
    }

    static void Stat(StringBuilder seen, Errno error, Inode? inode)
    {
        var data = default(StatData);
        if (error == Errno.None) error = inode!.Stat(out data);
        seen.Append(error).Append(' ');
        if (error != Errno.None) return;
        seen.Append(data.Mode).Append(' ').Append(data.Links);
        if (!inode!.IsDirectory) seen.Append(' ').Append(data.Size);
    }

    static void Say(StringBuilder seen, IoResult? result)
    {
        if (result is { } value) seen.Append(value.Value < 0 ? value.Errno.ToString() : value.Value.ToString()).Append(' ');
    }

    static void Say(StringBuilder seen, Errno? error)
    {
        if (error is { } value) seen.Append(value == Errno.None ? "0" : value.ToString()).Append(' ');
    }
}
