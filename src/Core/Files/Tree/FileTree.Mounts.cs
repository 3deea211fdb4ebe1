namespace CheckpointRestart.Core.Files;

/// <content>What every machine has whatever its root holds: /dev, /dev/shm, /proc and /tmp; and /sys and /run where there are such directories.</content>
public sealed partial class FileTree
{
    internal const uint OverlayMagic = 0x794C7630;
    internal const uint TemporaryMagic = 0x01021994;
    const uint ProcMagic = 0x9FA0;
    const uint SystemMagic = 0x62656572;
    const uint PtsMagic = 0x1CD1;
    const uint PipeMagic = 0x50495045;
    const uint Everybody = 0x1B6;

    void MountKernelFiles(TreeDirectory root)
    {
        var devices = MountTemporary(root, "dev", "devtmpfs", 0x1ED);
        AddDevice(devices, "null", 1, 3);
        AddDevice(devices, "zero", 1, 5);
        AddDevice(devices, "full", 1, 7);
        AddDevice(devices, "random", 1, 8);
        AddDevice(devices, "urandom", 1, 9);
        AddDevice(devices, "tty", 5, 0);
        AddDevice(devices, "console", 5, 1);
        AddDevice(devices, "ptmx", 5, 2);
        AddLink(devices, "fd", "/proc/self/fd");
        AddLink(devices, "stdin", "/proc/self/fd/0");
        AddLink(devices, "stdout", "/proc/self/fd/1");
        AddLink(devices, "stderr", "/proc/self/fd/2");
        var streams = new TreeDirectory(devices.Volume, devices.Self, ".cr", 0x1ED);
        devices.Insert(streams.Self);
        foreach (var kind in Enum.GetValues<StreamKind>())
        {
            string path = MachineStreams.PathOf(kind);
            var inode = new StreamInode(devices.FileSystem, services.Streams, kind, services.Clock);
            streams.Insert(new Dentry(streams.Self, path[(path.LastIndexOf('/') + 1)..], inode));
        }
        MountTemporary(devices, "shm", "tmpfs", 0x3FF);
        var terminals = new PtsDirectoryInode(NewFileSystem("devpts", PtsMagic), FileSystem.RootInode, Terminals, Devices);
        terminals.Self = new Dentry(devices.Self, "pts", terminals);
        Mount(devices, terminals.Self);

        var proc = new Dentry(root.Self, "proc", new ProcDirectoryInode(NewFileSystem("proc", ProcMagic), FileSystem.RootInode, Proc, 0x16D, services.Clock));
        Mount(root, proc);
        if (root.Find(root.Self, "sys", out var sys) == Errno.None && sys!.Inode.IsDirectory)
            Mount(root, new Dentry(root.Self, "sys", new ProcDirectoryInode(NewFileSystem("sysfs", SystemMagic), FileSystem.RootInode, System, 0x16D, services.Clock)));

        MountOverRoot(root);
    }

    /// <summary>tmpfs on /tmp and /run, as a booted system has them. What a root holds in /tmp stays in sight, and a root that is writable in
    /// place keeps both on the host.</summary>
    void MountOverRoot(TreeDirectory root)
    {
        bool hasTmp = root.Find(root.Self, "tmp", out var tmp) != Errno.ENOENT;
        if (!hasTmp || (!rootVolume.WritesThrough && tmp?.Inode is TreeDirectory directory && directory.ListHost() == Errno.None && directory.IsEmpty))
            MountTemporary(root, "tmp", "tmpfs", 0x3FF);
        if (rootVolume.WritesThrough || root.Find(root.Self, "run", out var run) != Errno.None || run!.Inode is not TreeDirectory) return;
        var mounted = MountTemporary(root, "run", "tmpfs", 0x1ED);
        mounted.Insert(new TreeDirectory(mounted.Volume, mounted.Self, "lock", 0x3FF).Self);
    }

    TreeDirectory MountTemporary(TreeDirectory parent, string name, string type, uint permissions)
    {
        var volume = new Volume(NewFileSystem(type, TemporaryMagic), limits, Devices, services);
        var directory = new TreeDirectory(volume, parent.Self, name, permissions);
        Mount(parent, directory.Self);
        return directory;
    }

    void Mount(TreeDirectory parent, Dentry child)
    {
        if (parent.Find(parent.Self, child.Name, out var covered) == Errno.None) parent.Remove(covered!);
        var (modified, changed) = (parent.ModifyTime, parent.ChangeTime);
        parent.Insert(child);
        (parent.ModifyTime, parent.ChangeTime) = (modified, changed);
        child.IsMountPoint = true;
        mounts.Add(child);
    }

    static void AddDevice(TreeDirectory directory, string name, uint major, uint minor)
    {
        var inode = new SpecialInode(directory.Volume, FileModeBits.CharacterDevice | Everybody, FileSystem.MakeDevice(major, minor));
        directory.Insert(new Dentry(directory.Self, name, inode));
    }

    static void AddLink(TreeDirectory directory, string name, string target) =>
        directory.Insert(new Dentry(directory.Self, name, new SymbolicLinkInode(directory.Volume, target)));
}
