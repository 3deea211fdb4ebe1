using Microsoft.Win32.SafeHandles;

namespace CheckpointRestart.Core.Files;

/// <summary>A host directory where there is no openat: every component is looked at before it is used, and what is a link or another
/// reparse point is refused.</summary>
internal sealed class PortableHostRoot(string directory) : HostRoot
{
    static readonly char[] Refused = OperatingSystem.IsWindows() ? ['\\', ':', '*', '?', '"', '<', '>', '|'] : [];

    readonly string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));

    public override Errno Stat(string path, out HostMetadata data) => Try(path, out data, static info => Describe(info));

    public override Errno Stat(SafeFileHandle file, out HostMetadata data)
    {
        data = default;
        try
        {
            data = new HostMetadata(FileModeBits.Regular | 0x1ED, RandomAccess.GetLength(file), TimeOf(File.GetLastWriteTimeUtc(file)), 0, 0, 0);
            return Errno.None;
        }
        catch (Exception error) when (IsHostError(error))
        {
            return ErrnoOf(error);
        }
    }

    public override Errno List(string path, List<HostEntry> entries) => Try(path, info =>
    {
        if (info is not DirectoryInfo directory) return Errno.ESTALE;
        foreach (var item in directory.EnumerateFileSystemInfos()) entries.Add(new HostEntry(item.Name, Describe(item).Type));
        return Errno.None;
    });

    public override Errno ReadLink(string path, out string target)
    {
        string found = "";
        var error = Try(path, info =>
        {
            if (info.LinkTarget == null) return Errno.ESTALE;
            found = OperatingSystem.IsWindows() ? info.LinkTarget.Replace('\\', '/') : info.LinkTarget;
            return Errno.None;
        });
        target = found;
        return error;
    }

    public override Errno OpenFile(string path, bool writable, out SafeFileHandle? file)
    {
        SafeFileHandle? opened = null;
        var error = Try(path, info =>
        {
            if (Describe(info).Type != FileModeBits.Regular) return Errno.ESTALE;
            opened = OpenAtOnce(info.FullName, writable);
            info.Refresh();
            _ = RandomAccess.GetLength(opened);
            return Describe(info).Type == FileModeBits.Regular ? Errno.None : Errno.ESTALE;
        });
        if (error != Errno.None) opened?.Dispose();
        file = error == Errno.None ? opened : null;
        return error;
    }

    public override Errno CreateFile(string path, uint mode, out SafeFileHandle? file)
    {
        SafeFileHandle? opened = null;
        var error = TryNew(path, full =>
        {
            opened = File.OpenHandle(full, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            SetUnixMode(full, mode);
        });
        file = opened;
        return error;
    }

    public override Errno MakeDirectory(string path, uint mode) => TryNew(path, full =>
    {
        if (File.Exists(full) || Directory.Exists(full)) throw new IOException("exists", OperatingSystem.IsWindows() ? 183 : 17);
        Directory.CreateDirectory(full);
        SetUnixMode(full, mode);
    });

    public override Errno MakeFifo(string path, uint mode) => Errno.EPERM;

    public override Errno MakeSymbolicLink(string path, string target) => TryNew(path, full => File.CreateSymbolicLink(full, target));

    public override Errno Link(string existing, string path) => Errno.EPERM;

    public override Errno Remove(string path, bool directory) => Try(path, info =>
    {
        if (info is DirectoryInfo { LinkTarget: null } folder) folder.Delete(recursive: false);
        else info.Delete();
        return Errno.None;
    });

    public override Errno Rename(string oldPath, string newPath, bool exchange)
    {
        if (exchange) return Errno.EINVAL;
        return Try(oldPath, info => TryNew(newPath, full =>
        {
            if (info is DirectoryInfo folder)
            {
                if (Directory.Exists(full)) Directory.Delete(full, recursive: false);
                folder.MoveTo(full);
            }
            else
            {
                File.Move(info.FullName, full, overwrite: true);
            }
        }));
    }

    public override Errno SetMode(string path, uint mode) => Try(path, info =>
    {
        if (info.LinkTarget == null) SetUnixMode(info.FullName, mode);
        return Errno.None;
    });

    public override Errno SetTimes(string path, Timespec access, Timespec modify) => Try(path, info =>
    {
        if (info.LinkTarget == null) info.LastWriteTimeUtc = DateTimeOffset.FromUnixTimeSeconds(modify.Seconds).UtcDateTime.AddTicks(modify.Nanoseconds / 100);
        return Errno.None;
    });

    public override void Dispose()
    {
    }

    /// <summary>Opens without waiting: the base library cannot tell a FIFO of a Unix host from a file, and would wait for its other end.
    /// What cannot be positioned in is then refused by its missing length.</summary>
    static SafeFileHandle OpenAtOnce(string full, bool writable)
    {
        if (!OperatingSystem.IsMacOS())
            return File.OpenHandle(full, FileMode.Open, writable ? FileAccess.ReadWrite : FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        const int NonBlock = 4, NoFollow = 0x100, CloseOnExec = 0x1000000;
        int descriptor = LinuxCalls.Open([.. GuestText.ToBytes(full), 0], (writable ? 2 : 0) | NonBlock | NoFollow | CloseOnExec, 0);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw new FileNotFoundException(full);
    }

    static void SetUnixMode(string full, uint mode)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(full, (UnixFileMode)(mode & FileModeBits.Permissions));
    }

    static Timespec TimeOf(DateTime time)
    {
        long ticks = time.Ticks - DateTime.UnixEpoch.Ticks;
        long seconds = Math.DivRem(ticks, TimeSpan.TicksPerSecond, out long rest);
        return rest >= 0 ? new Timespec(seconds, (uint)rest * 100) : new Timespec(seconds - 1, (uint)(rest + TimeSpan.TicksPerSecond) * 100);
    }

    static HostMetadata Describe(FileSystemInfo info)
    {
        if (!info.Exists && info.LinkTarget == null) throw new FileNotFoundException(info.Name);
        uint permissions = OperatingSystem.IsWindows() ? 0x1EDu : (uint)info.UnixFileMode;
        var (type, size) = info switch
        {
            { LinkTarget: not null } => (FileModeBits.SymbolicLink, (long)info.LinkTarget.Length),
            DirectoryInfo => (FileModeBits.Directory, 0L),
            FileInfo file when (file.Attributes & (FileAttributes.Device | FileAttributes.ReparsePoint)) == 0 => (FileModeBits.Regular, file.Length),
            _ => (FileModeBits.Socket, 0L),
        };
        return new HostMetadata(type | permissions, size, TimeOf(info.LastWriteTimeUtc), 0, 0, 0);
    }

    Errno Try(string path, out HostMetadata data, Func<FileSystemInfo, HostMetadata> describe)
    {
        var found = default(HostMetadata);
        var error = Try(path, info =>
        {
            found = describe(info);
            return Errno.None;
        });
        data = found;
        return error;
    }

    Errno Try(string path, Func<FileSystemInfo, Errno> action)
    {
        try
        {
            var error = Resolve(path, out string full);
            if (error != Errno.None) return error;
            FileSystemInfo info = Directory.Exists(full) ? new DirectoryInfo(full) : new FileInfo(full);
            return action(info);
        }
        catch (Exception error) when (IsHostError(error))
        {
            return ErrnoOf(error);
        }
    }

    Errno TryNew(string path, Action<string> action)
    {
        try
        {
            var error = Resolve(path, out string full);
            if (error == Errno.None) action(full);
            return error;
        }
        catch (Exception error) when (IsHostError(error))
        {
            return ErrnoOf(error);
        }
    }

    /// <summary>The host's path, when no directory on the way is a link.</summary>
    Errno Resolve(string path, out string full)
    {
        full = root;
        if (path.Length == 0) return Errno.None;
        var names = path.Split('/');
        for (int index = 0; index < names.Length; index++)
        {
            string name = names[index];
            if (name.IndexOfAny(Refused) >= 0 || name is "." or ".." or "" || !IsNameOfHost(name)) return Errno.ENOENT;
            full = Path.Combine(full, name);
            if (index == names.Length - 1) break;
            var info = new DirectoryInfo(full);
            if (!info.Exists) return Errno.ENOENT;
            if (info.LinkTarget != null || (info.Attributes & FileAttributes.ReparsePoint) != 0) return Errno.ESTALE;
        }
        return Errno.None;
    }

    static bool IsNameOfHost(string name)
    {
        if (GuestText.HasLoneSurrogate(name)) return false;
        if (!OperatingSystem.IsWindows()) return true;
        if (name[^1] is '.' or ' ') return false;
        string stem = name.Split('.')[0].ToUpperInvariant();
        return stem is not ("CON" or "PRN" or "AUX" or "NUL") && !(stem.Length == 4 && (stem.StartsWith("COM", StringComparison.Ordinal) || stem.StartsWith("LPT", StringComparison.Ordinal)) && char.IsAsciiDigit(stem[3]));
    }
}
