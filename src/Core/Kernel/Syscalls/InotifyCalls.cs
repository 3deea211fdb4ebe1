using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Watching files: inotify_init(2), inotify_add_watch(2), inotify_rm_watch(2).</summary>
internal static class InotifyCalls
{
    internal static readonly Syscall[] Table =
    [
        new(291, "inotify_init", Create, Support.Full),
        new(292, "inotify_add_watch", Add, Support.Full),
        new(293, "inotify_rm_watch", Remove, Support.Full),
        new(332, "inotify_init1", CreateFlagged, Support.Full),
    ];

    static Result Create(Task task, in CallArguments a) => Create(task, 0);

    static Result CreateFlagged(Task task, in CallArguments a) => Create(task, (OpenFlags)a[0]);

    static Result Create(Task task, OpenFlags flags)
    {
        if ((flags & ~(OpenFlags.CloseOnExec | OpenFlags.NonBlock)) != 0) return Errno.EINVAL;
        if (task.Machine.Tree.Inotifies >= InotifyFile.MostInstances) return Errno.EMFILE;
        return task.AddFile(new InotifyFile(task.Machine.Tree, flags & OpenFlags.NonBlock), (flags & OpenFlags.CloseOnExec) != 0);
    }

    static Result Add(Task task, in CallArguments a)
    {
        var mask = (FileEvents)a[2];
        const FileEvents known = FileEvents.All | FileEvents.QueueOverflow | FileEvents.Ignored | FileEvents.OnlyDirectory | FileEvents.DoNotFollow
            | FileEvents.ExcludeUnlinked | FileEvents.MaskCreate | FileEvents.MaskAdd | FileEvents.IsDirectory | FileEvents.OneShot | (FileEvents)0x2000;
        if ((mask & known) == 0) return Errno.EINVAL;
        var error = task.GetRealFile(a[0], out var file);
        if (error != Errno.None) return error;
        if ((mask & FileEvents.MaskAdd) != 0 && (mask & FileEvents.MaskCreate) != 0) return Errno.EINVAL;
        if (file is not InotifyFile inotify) return Errno.EINVAL;
        var walk = ((mask & FileEvents.DoNotFollow) != 0 ? WalkFlags.NoFollow : 0) | ((mask & FileEvents.OnlyDirectory) != 0 ? WalkFlags.Directory : 0);
        error = task.Walk(a[1], walk, out var dentry);
        if (error != Errno.None) return error;
        error = inotify.Add(dentry.Inode, mask, out int number);
        return error != Errno.None ? error : number;
    }

    static Result Remove(Task task, in CallArguments a)
    {
        var error = task.GetRealFile(a[0], out var file);
        return error != Errno.None ? error : file is InotifyFile inotify ? inotify.Remove((int)a[1]) : Errno.EINVAL;
    }
}
