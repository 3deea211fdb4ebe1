using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel;

/// <summary>A regular file of a guest that somebody outside writes: always the one that was found, whatever the guest does to the names that led there. Any thread.</summary>
public sealed class GuestFileWriter
{
    readonly Machine machine;
    readonly FileTree tree;
    readonly Task task;
    readonly Dentry dentry;

    internal GuestFileWriter(Machine machine, FileTree tree, Task task, Dentry dentry)
    {
        this.machine = machine;
        this.tree = tree;
        this.task = task;
        this.dentry = dentry;
    }

    /// <summary>Writes at an offset, or at the end for -1: all, or as much as there is room for.</summary>
    /// <exception cref="SeenFileException">ENOSPC and the like: a part may have been written; ENOENT: the guest has taken the file away.</exception>
    /// <exception cref="ObjectDisposedException">The machine has ended.</exception>
    public void Write(long offset, ReadOnlyMemory<byte> bytes) => Do(FileChange.Write, offset, bytes, () =>
    {
        var result = tree.OpenFound(dentry, OpenFlags.WriteOnly | OpenFlags.LargeFile | (offset < 0 ? OpenFlags.Append : OpenFlags.ReadOnly), out var file);
        if (result.IsError || file == null) return result.Errno;
        try
        {
            var rest = bytes.Span;
            for (long at = Math.Max(offset, 0); !rest.IsEmpty;)
            {
                var written = file.WriteAt(at, rest);
                if (written.IsError || written.Value <= 0) return written.IsError ? written.Errno : Errno.ENOSPC;
                at += written.Value;
                rest = rest[(int)written.Value..];
            }
            return Errno.None;
        }
        finally
        {
            file.Release();
        }
    });

    /// <summary>Gives it a length.</summary>
    /// <exception cref="SeenFileException">EFBIG; ENOENT: the guest has taken the file away.</exception>
    /// <exception cref="ObjectDisposedException">The machine has ended.</exception>
    public void SetLength(long length) => Do(FileChange.SetLength, length, default, () => dentry.Inode.Truncate(length));

    /// <summary>Gives it permissions or a time.</summary>
    /// <param name="change"><see cref="FileChange.SetMode"/> or <see cref="FileChange.SetTime"/>.</param>
    /// <param name="number">See <see cref="FileChange"/>.</param>
    /// <exception cref="SeenFileException">ENOENT: the guest has taken the file away.</exception>
    /// <exception cref="ObjectDisposedException">The machine has ended.</exception>
    public void Set(FileChange change, long number) => Do(change, number, default, () => machine.SetAttribute(dentry.Inode, change, number));

    void Do(FileChange change, long number, ReadOnlyMemory<byte> bytes, Func<Errno> action) => machine.Execute(_ =>
    {
        string path = dentry.FullPath(task.FileSystem?.Root);
        // A machine that went back to an earlier state has other files.
        if (dentry.IsDeleted || !ReferenceEquals(machine.Tree, tree)) throw SeenFileException.Of(dentry.IsDeleted ? Errno.ENOENT : Errno.ESTALE, path);
        machine.RecordFile(task, change, path, number, bytes.Span);
        var error = action();
        if (error != Errno.None) throw SeenFileException.Of(error, path);
    });
}
