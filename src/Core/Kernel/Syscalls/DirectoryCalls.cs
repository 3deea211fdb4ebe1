using System.Buffers;
using System.Buffers.Binary;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Directories as places and as lists: chdir(2), chroot(2), getcwd(2), umask(2), readdir(2), getdents(2).</summary>
internal static class DirectoryCalls
{
    internal static readonly Syscall[] Table =
    [
        new(12, "chdir", Change, Support.Full),
        new(60, "umask", SetMask, Support.Full),
        new(61, "chroot", ChangeRoot, Support.Full),
        new(89, "readdir", ListOne, Support.Full),
        new(133, "fchdir", ChangeTo, Support.Full),
        new(141, "getdents", List, Support.Full),
        new(183, "getcwd", GetCurrent, Support.Full),
        new(220, "getdents64", ListLong, Support.Full),
    ];

    static Result Change(Task task, in CallArguments a)
    {
        var error = task.Walk(a[0], WalkFlags.Directory, out var dentry);
        if (error == Errno.None) error = FileTree.CheckAccess(dentry.Inode, AccessRights.Execute, task.Credentials.ForFiles);
        if (error != Errno.None) return error;
        task.FileSystem!.WorkingDirectory = dentry;
        return 0;
    }

    static Result ChangeTo(Task task, in CallArguments a)
    {
        var error = task.GetFile(a[0], out var file);
        if (error != Errno.None) return error;
        if (!file.Inode.IsDirectory) return Errno.ENOTDIR;
        error = FileTree.CheckAccess(file.Inode, AccessRights.Execute, task.Credentials.ForFiles);
        if (error != Errno.None) return error;
        task.FileSystem!.WorkingDirectory = file.Dentry;
        return 0;
    }

    static Result ChangeRoot(Task task, in CallArguments a)
    {
        var error = task.Walk(a[0], WalkFlags.Directory, out var dentry);
        if (error == Errno.None) error = FileTree.CheckAccess(dentry.Inode, AccessRights.Execute, task.Credentials.ForFiles);
        if (error != Errno.None) return error;
        if (!task.Credentials.Has(Capability.ChangeRoot)) return Errno.EPERM;
        task.FileSystem!.Root = dentry;
        return 0;
    }

    static Result SetMask(Task task, in CallArguments a)
    {
        uint old = task.FileSystem!.Umask;
        task.FileSystem.Umask = a[0] & 0x1FF;
        return old;
    }

    static Result GetCurrent(Task task, in CallArguments a)
    {
        var context = task.FileSystem!;
        if (context.WorkingDirectory.IsDeleted) return Errno.ENOENT;
        string path = context.WorkingDirectory.FullPath(context.Root);
        byte[] bytes = [.. GuestText.ToBytes(context.WorkingDirectory.IsWithin(context.Root) ? path : "(unreachable)" + path), 0];
        if (bytes.Length > a[1]) return Errno.ERANGE;
        return task.AddressSpace!.Write(a[0], bytes) ? bytes.Length : Errno.EFAULT;
    }

    /// <summary>One entry in a layout of its own (old_linux_dirent); 1, or 0 at the end.</summary>
    static Result ListOne(Task task, in CallArguments a)
    {
        const int header = 10;
        var error = task.GetFile(a[0], out var file);
        if (error != Errno.None) return error;
        byte[]? record = null;
        uint position = (uint)file.Position;
        error = file.ReadDirectory((in DirectoryEntry entry) =>
        {
            if (record != null) return false;
            byte[] name = GuestText.ToBytes(entry.Name);
            record = new byte[header + name.Length + 1];
            BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)entry.Inode);
            BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(4), position);
            BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(8), (ushort)name.Length);
            name.CopyTo(record, header);
            return true;
        });
        if (error != Errno.None) return error;
        FileNotices.Send(file.Dentry, FileEvents.Access);
        return record == null ? 0 : task.AddressSpace!.Write(a[1], record) ? 1 : Errno.EFAULT;
    }

    static Result List(Task task, in CallArguments a) => List(task, a[0], a[1], a[2], isLong: false);

    static Result ListLong(Task task, in CallArguments a) => List(task, a[0], a[1], a[2], isLong: true);

    static Result List(Task task, uint descriptor, uint address, uint size, bool isLong)
    {
        var error = task.GetFile(descriptor, out var file);
        if (error != Errno.None) return error;
        int most = (int)Math.Min(size, 65536), used = 0;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(most);
        bool isFull = false;
        error = file.ReadDirectory((in DirectoryEntry entry) =>
        {
            int nameLength = GuestText.ByteCount(entry.Name), header = isLong ? 19 : 10, length = header + nameLength + (isLong ? 1 : 2);
            length = (length + (isLong ? 7 : 3)) & ~(isLong ? 7 : 3);
            if (used + length > most)
            {
                isFull = true;
                return false;
            }
            var record = buffer.AsSpan(used, length);
            record.Clear();
            if (isLong)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(record, entry.Inode);
                BinaryPrimitives.WriteInt64LittleEndian(record[8..], entry.NextPosition);
                BinaryPrimitives.WriteUInt16LittleEndian(record[16..], (ushort)length);
                record[18] = entry.Type;
            }
            else
            {
                BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)entry.Inode);
                BinaryPrimitives.WriteUInt32LittleEndian(record[4..], (uint)entry.NextPosition);
                BinaryPrimitives.WriteUInt16LittleEndian(record[8..], (ushort)length);
                record[^1] = entry.Type;
            }
            GuestText.Encode(entry.Name, record.Slice(header, nameLength));
            used += length;
            return true;
        });
        Result result = error;
        if (error == Errno.None)
        {
            FileNotices.Send(file.Dentry, FileEvents.Access);
            result = used == 0 && isFull ? Errno.EINVAL : task.AddressSpace!.Write(address, buffer.AsSpan(0, used)) ? used : Errno.EFAULT;
        }
        ArrayPool<byte>.Shared.Return(buffer);
        return result;
    }
}
