using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using static CheckpointRestart.Core.Files.LinuxCalls;

namespace CheckpointRestart.Core.Files;

/// <summary>A host directory on Linux: opened once, everything below it is reached from its handle with openat2(2) and RESOLVE_BENEATH,
/// or component by component with O_NOFOLLOW where the kernel has no openat2.</summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe class LinuxHostRoot : HostRoot
{
    static readonly byte[] Empty = [0];
    static readonly byte[] Here = "."u8.ToArray().Append((byte)0).ToArray();

    readonly int root;
    bool hasOpenat2;
    bool isClosed;

    public LinuxHostRoot(string directory, bool useOpenat2 = true)
    {
        hasOpenat2 = useOpenat2;
        root = LinuxCalls.Open(Terminated(directory), PathOnly | LinuxCalls.Directory | CloseOnExec, 0);
        if (root < 0) throw new IOException($"the root directory '{directory}' cannot be opened: {LastError}");
    }

    public override Errno Stat(string path, out HostMetadata data)
    {
        data = default;
        var error = OpenParent(path, out int parent, out var name);
        if (error != Errno.None) return error;
        int result = StatAt(parent, name, SymlinkNoFollow | (path.Length == 0 ? EmptyPath : 0), BasicStats, out var host);
        error = result == 0 ? Errno.None : LastError;
        CloseParent(parent);
        if (error == Errno.None) data = Convert(host);
        return error;
    }

    public override Errno Stat(SafeFileHandle file, out HostMetadata data)
    {
        data = default;
        if (StatHandle(file, Empty, EmptyPath, BasicStats, out var host) != 0) return LastError;
        data = Convert(host);
        return Errno.None;
    }

    public override Errno List(string path, List<HostEntry> entries)
    {
        int descriptor = OpenBelow(path, LinuxCalls.ReadOnly | LinuxCalls.Directory | NonBlock | CloseOnExec, 0, out var error);
        if (descriptor < 0) return error == Errno.ENOTDIR ? Errno.ESTALE : error;
        nint stream = OpenDirectoryStream(descriptor);
        if (stream == 0)
        {
            error = LastError;
            _ = Close(descriptor);
            return error;
        }
        while (true)
        {
            // readdir(3) tells an error from the end by errno alone.
            Marshal.SetLastSystemError(0);
            byte* entry = ReadDirectoryStream(stream);
            if (entry == null)
            {
                error = LastError;
                break;
            }
            var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + 19);
            if (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8)) continue;
            uint type = (uint)entry[18] << 12;
            if (type == 0)
            {
                if (StatAt(descriptor, [.. name, 0], SymlinkNoFollow, BasicStats, out var data) != 0) continue;
                type = data.Mode & FileModeBits.TypeMask;
            }
            entries.Add(new HostEntry(GuestText.FromBytes(name), type));
        }
        _ = CloseDirectoryStream(stream);
        return error;
    }

    public override Errno ReadLink(string path, out string target)
    {
        target = "";
        var error = OpenParent(path, out int parent, out var name);
        if (error != Errno.None) return error;
        var buffer = new byte[4096];
        nint length = ReadLinkAt(parent, name, buffer, (nuint)buffer.Length);
        error = length >= 0 ? Errno.None : LastError;
        CloseParent(parent);
        if (error != Errno.None) return error == Errno.EINVAL ? Errno.ESTALE : error;
        target = GuestText.FromBytes(buffer.AsSpan(0, (int)length));
        return Errno.None;
    }

    public override Errno OpenFile(string path, bool writable, out SafeFileHandle? file)
    {
        // A file that was exchanged for a device or a FIFO since it was listed must not be opened, not even for a moment.
        file = null;
        var error = Stat(path, out var before);
        if (error != Errno.None) return error;
        if (before.Type != FileModeBits.Regular) return Errno.ESTALE;
        int access = writable ? LinuxCalls.ReadWrite : LinuxCalls.ReadOnly;
        int descriptor = OpenBelow(path, access | LinuxCalls.NoFollow | NonBlock | NoControllingTty | CloseOnExec, 0, out error);
        if (descriptor < 0) return error;
        file = new SafeFileHandle(descriptor, ownsHandle: true);
        error = Stat(file, out var data);
        if (error == Errno.None && data.Type == FileModeBits.Regular) return Errno.None;
        file.Dispose();
        file = null;
        return error != Errno.None ? error : Errno.ESTALE;
    }

    public override Errno CreateFile(string path, uint mode, out SafeFileHandle? file)
    {
        int flags = LinuxCalls.ReadWrite | LinuxCalls.Create | LinuxCalls.Exclusive | LinuxCalls.NoFollow | NonBlock | CloseOnExec;
        int descriptor = OpenBelow(path, flags, mode, out var error);
        file = descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
        if (descriptor >= 0) _ = ChangeMode(descriptor, mode);
        return error;
    }

    public override Errno MakeDirectory(string path, uint mode)
    {
        var error = InParent(path, (parent, name) => MakeDirectoryAt(parent, name, mode));
        return error != Errno.None ? error : SetMode(path, mode);
    }

    public override Errno MakeFifo(string path, uint mode) => InParent(path, (parent, name) => MakeFifoAt(parent, name, mode));

    public override Errno MakeSymbolicLink(string path, string target) =>
        InParent(path, (parent, name) => SymlinkAt(Terminated(target), parent, name));

    public override Errno Link(string existing, string path) => InParents(existing, path, static (oldParent, oldName, newParent, newName) =>
        LinkAt(oldParent, oldName, newParent, newName, 0));

    public override Errno Remove(string path, bool directory) =>
        InParent(path, (parent, name) => UnlinkAt(parent, name, directory ? LinuxCalls.RemoveDirectory : 0));

    public override Errno Rename(string oldPath, string newPath, bool exchange) => InParents(oldPath, newPath, (oldParent, oldName, newParent, newName) =>
        RenameAt(oldParent, oldName, newParent, newName, exchange ? RenameExchange : 0));

    public override Errno SetMode(string path, uint mode)
    {
        var error = Stat(path, out var data);
        if (error != Errno.None) return error;
        if (data.Type is not (FileModeBits.Regular or FileModeBits.Directory)) return Errno.None;
        int descriptor = OpenBelow(path, LinuxCalls.ReadOnly | LinuxCalls.NoFollow | NonBlock | NoControllingTty | CloseOnExec, 0, out error);
        if (descriptor < 0) return error;
        error = ChangeMode(descriptor, mode & FileModeBits.Permissions) == 0 ? Errno.None : LastError;
        _ = Close(descriptor);
        return error;
    }

    public override Errno SetTimes(string path, Timespec access, Timespec modify) => InParent(path, (parent, name) =>
    {
        var times = stackalloc HostTimespec[2];
        times[0] = new HostTimespec { Seconds = access.Seconds, Nanoseconds = access.Nanoseconds };
        times[1] = new HostTimespec { Seconds = modify.Seconds, Nanoseconds = modify.Nanoseconds };
        return SetTimesAt(parent, name, times, SymlinkNoFollow);
    });

    public override void Dispose()
    {
        if (isClosed) return;
        isClosed = true;
        _ = Close(root);
    }

    static HostMetadata Convert(in Statx host) => new(
        host.Mode,
        (long)host.Size,
        new Timespec(host.ModifySeconds, host.ModifyNanoseconds),
        FileSystem.MakeDevice(host.RepresentedMajor, host.RepresentedMinor),
        ((ulong)host.DeviceMajor << 32) | host.DeviceMinor,
        host.Inode)
    {
        OnHost = (host.Uid, host.Gid, host.Links),
    };

    static byte[] Terminated(string text) => [.. GuestText.ToBytes(text), 0];

    Errno InParent(string path, Func<int, byte[], int> action)
    {
        var error = OpenParent(path, out int parent, out var name);
        if (error != Errno.None) return error;
        error = action(parent, name) == 0 ? Errno.None : LastError;
        CloseParent(parent);
        return error;
    }

    Errno InParents(string oldPath, string newPath, Func<int, byte[], int, byte[], int> action)
    {
        var error = OpenParent(oldPath, out int oldParent, out var oldName);
        if (error != Errno.None) return error;
        error = InParent(newPath, (newParent, newName) => action(oldParent, oldName, newParent, newName));
        CloseParent(oldParent);
        return error;
    }

    /// <summary>The directory that holds a path's last component, as a descriptor without rights; the root's own must not be closed.</summary>
    Errno OpenParent(string path, out int parent, out byte[] name)
    {
        int slash = path.LastIndexOf('/');
        name = Terminated(path[(slash + 1)..]);
        parent = root;
        var error = Errno.None;
        if (isClosed) return Errno.EIO;
        if (slash >= 0) parent = OpenBelow(path[..slash], PathOnly | LinuxCalls.Directory | CloseOnExec, 0, out error);
        return error;
    }

    void CloseParent(int parent)
    {
        if (parent != root) _ = Close(parent);
    }

    /// <summary>Opens without following any link. A component that has become a link is ESTALE.</summary>
    int OpenBelow(string path, int flags, uint mode, out Errno error)
    {
        error = Errno.EIO;
        if (isClosed) return -1;
        int descriptor;
        if (hasOpenat2)
        {
            descriptor = OpenBeneath(root, path.Length == 0 ? Here : Terminated(path), flags, mode);
            error = descriptor >= 0 ? Errno.None : LastError;
            if (error is not (Errno.ENOSYS or Errno.EPERM)) return Checked(descriptor, ref error);
            hasOpenat2 = error != Errno.ENOSYS && hasOpenat2;
        }
        descriptor = OpenEach(path, flags, mode);
        error = descriptor >= 0 ? Errno.None : LastError;
        return Checked(descriptor, ref error);
    }

    static int Checked(int descriptor, ref Errno error)
    {
        if (error is Errno.ELOOP or Errno.EXDEV) error = Errno.ESTALE;
        return descriptor;
    }

    int OpenEach(string path, int flags, uint mode)
    {
        if (path.Length == 0) return OpenAt(root, Here, flags, mode);
        int at = root;
        var names = path.Split('/');
        for (int index = 0; index < names.Length; index++)
        {
            bool isLast = index == names.Length - 1;
            int next = OpenAt(at, Terminated(names[index]), (isLast ? flags : PathOnly | LinuxCalls.Directory | CloseOnExec) | LinuxCalls.NoFollow, mode);
            int failure = Marshal.GetLastPInvokeError();
            if (at != root) _ = Close(at);
            if (next < 0 || isLast)
            {
                Marshal.SetLastPInvokeError(failure);
                return next;
            }
            at = next;
        }
        return -1;
    }
}
