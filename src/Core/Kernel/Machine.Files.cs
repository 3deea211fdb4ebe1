using System.Buffers.Binary;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel;

/// <summary>What somebody outside does to a file of the guest.</summary>
public enum FileChange
{
    /// <summary>Makes a regular file, or cuts one that is there to nothing. The number is the mode of a new one.</summary>
    Create = 1,
    /// <summary>Makes a regular file that is not there yet. The number is its mode.</summary>
    CreateNew,
    /// <summary>Finds a regular file that is to be written, or makes it. The number is the mode of a new one.</summary>
    Find,
    /// <summary>Writes at an offset: the number, or -1 for the end.</summary>
    Write,
    /// <summary>Makes a directory. The number is its mode.</summary>
    MakeDirectory,
    /// <summary>Makes a symbolic link. The bytes are its text.</summary>
    MakeLink,
    /// <summary>Takes a name off that is no directory's.</summary>
    Unlink,
    /// <summary>Removes an empty directory.</summary>
    RemoveDirectory,
    /// <summary>Gives permissions: the number.</summary>
    SetMode,
    /// <summary>Gives a time of the last change: nanoseconds since 1970. A link gets it itself.</summary>
    SetTime,
    /// <summary>Gives a length: the number.</summary>
    SetLength,
    /// <summary>Gives another name, in another directory if need be. The bytes are the new path; with the number 1 what has that name already stays, else it is replaced.</summary>
    Rename,
}

/// <content>What somebody outside does to the guest's files, as its root would, under the root of a task. Each is an event, as input is.</content>
public sealed partial class Machine
{
    /// <summary>Bytes that one write should have at most: the guest does not run meanwhile.</summary>
    public const int FilePiece = 1 << 18;

    /// <summary>Does something to a file, or to a name. Any thread.</summary>
    /// <param name="task">A task of this machine: its root is where the path begins.</param>
    /// <param name="change">What: what needs no open file; <see cref="OpenForWriting"/> is for the rest.</param>
    /// <param name="path">Guest path. Its last component is not followed when it is a link.</param>
    /// <param name="number">See <see cref="FileChange"/>.</param>
    /// <param name="bytes">See <see cref="FileChange"/>.</param>
    /// <exception cref="SeenFileException">It is refused, and nothing changed.</exception>
    /// <exception cref="ObjectDisposedException">The machine has ended.</exception>
    public void ChangeFile(Task task, FileChange change, string path, long number = 0, ReadOnlyMemory<byte> bytes = default)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(path);
        Execute(machine =>
        {
            // Also what is refused: the guest's directories have been looked at, which gives files their numbers.
            machine.RecordFile(task, change, path, number, bytes.Span);
            var error = machine.Change(machine.StartOf(task), change, path, number, bytes.Span, out string about);
            if (error != Errno.None) throw SeenFileException.Of(error, about);
        });
    }

    /// <summary>Finds or makes a regular file that is to be written. Nothing stays open meanwhile, and nothing that an image would have to carry. Any thread.</summary>
    /// <param name="task">A task of this machine: its root is where the path begins.</param>
    /// <param name="path">Guest path. Links are followed, within the root.</param>
    /// <param name="change"><see cref="FileChange.Create"/>, <see cref="FileChange.CreateNew"/>, or <see cref="FileChange.Find"/> for a file that may be there or not, and keeps what it has.</param>
    /// <param name="mode">Permissions of a new one.</param>
    /// <exception cref="SeenFileException">It is refused; EOPNOTSUPP: it is there and no regular file.</exception>
    /// <exception cref="ObjectDisposedException">The machine has ended.</exception>
    public GuestFileWriter OpenForWriting(Task task, string path, FileChange change, uint mode)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(path);
        return Execute(machine =>
        {
            machine.RecordFile(task, change, path, mode, default);
            var error = machine.FindOrMake(machine.StartOf(task), path, change, mode, out var found);
            string name = found?.FullPath(task.FileSystem?.Root) ?? path;
            if (error != Errno.None)
                throw error == Errno.EOPNOTSUPP ? new SeenFileException(error, name, $"{name} is {SeenFile.KindOf(found!.Inode.Type)} and no regular file: nothing is written to it.") : SeenFileException.Of(error, path);
            return new GuestFileWriter(machine, machine.Tree, task, found!);
        });
    }

    PathStart StartOf(Task task)
    {
        var root = task.FileSystem?.Root ?? Tree.Root;
        return new PathStart(root, root);
    }

    Errno Change(in PathStart at, FileChange change, string path, long number, ReadOnlySpan<byte> bytes, out string about)
    {
        about = path;
        switch (change)
        {
            case FileChange.MakeDirectory: return Tree.MakeDirectory(at, path, (uint)number);
            case FileChange.MakeLink: return Tree.MakeSymbolicLink(at, path, GuestText.FromBytes(bytes));
            case FileChange.Unlink: return Tree.Unlink(at, path);
            case FileChange.RemoveDirectory: return Tree.RemoveDirectory(at, path);
            case FileChange.Rename: return Rename(at, path, GuestText.FromBytes(bytes), number != 0, ref about);
            case FileChange.SetMode or FileChange.SetTime: break;
            default: throw new ArgumentOutOfRangeException(nameof(change), change, "contents are written by OpenForWriting");
        }
        var error = Tree.Walk(at, path, WalkFlags.NoFollow, out var found);
        return error != Errno.None ? error : SetAttribute(found!.Inode, change, number);
    }

    Errno Rename(in PathStart at, string path, string target, bool mustBeNew, ref string about)
    {
        // What is not there is the file itself, or the directory that it goes to.
        var error = Tree.Walk(at, path, WalkFlags.NoFollow, out _);
        if (error != Errno.None) return error;
        error = Tree.Rename(at, path, at, target, mustBeNew ? RenameFlags.NoReplace : 0);
        // Where no name can be made, the kernel says that there is none.
        if (error == Errno.ENOENT && Tree.Walk(at, target[..(target.LastIndexOf('/') + 1)], WalkFlags.None, out _) == Errno.None) error = Errno.EPERM;
        bool isAboutTarget = error == Errno.EBUSY ? Tree.Walk(at, target, WalkFlags.NoFollow, out _) == Errno.None : error is not (Errno.EINVAL or Errno.EPERM);
        if (isAboutTarget) about = target;
        return error;
    }

    internal Errno SetAttribute(Inode inode, FileChange change, long number)
    {
        if (change == FileChange.SetMode) return Tree.SetMode(inode, (uint)number);
        var time = TimeConversions.ToTimespec(number);
        return Tree.SetTimes(inode, time, time);
    }

    Errno FindOrMake(in PathStart at, string path, FileChange change, uint mode, out Dentry? found)
    {
        var error = Tree.Walk(at, path, WalkFlags.None, out found);
        if (error is not (Errno.None or Errno.ENOENT)) return error;
        if (found != null)
        {
            if (change == FileChange.CreateNew) return Errno.EEXIST;
            if (found.Inode.IsDirectory) return Errno.EISDIR;
            // Nothing else is opened: a FIFO would wait, a device or a file of /proc do something.
            if (found.Inode is not RegularInode) return Errno.EOPNOTSUPP;
            if (change == FileChange.Find) return Errno.None;
        }
        var flags = OpenFlags.WriteOnly | OpenFlags.LargeFile | OpenFlags.Create | (change == FileChange.Create ? OpenFlags.Truncate : OpenFlags.Exclusive);
        var result = Tree.Open(at, path, flags, mode & FileModeBits.Permissions, out var file);
        if (result.IsError || file == null) return result.Errno;
        found = file.Dentry;
        file.Release();
        return Errno.None;
    }

    /// <summary>The path's length in bytes, the path, the number, the bytes.</summary>
    internal void RecordFile(Task task, FileChange change, string path, long number, ReadOnlySpan<byte> bytes)
    {
        var name = GuestText.ToBytes(path);
        var all = new byte[12 + name.Length + bytes.Length];
        BinaryPrimitives.WriteInt32LittleEndian(all, name.Length);
        name.CopyTo(all.AsSpan(4));
        BinaryPrimitives.WriteInt64LittleEndian(all.AsSpan(4 + name.Length), number);
        bytes.CopyTo(all.AsSpan(12 + name.Length));
        Record(new MachineEvent(retired, MachineEventKind.File, (long)task.Pid << 32 | (uint)change, all));
    }
}
