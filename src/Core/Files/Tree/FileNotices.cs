namespace CheckpointRestart.Core.Files;

/// <summary>Tells watchers what happens in the tree (Linux: include/linux/fsnotify.h). Costs two looks where nobody watches.</summary>
internal static class FileNotices
{
    /// <summary>Something happened to a file: its directory's watchers hear of it under its name, then its own.</summary>
    public static void Send(Dentry dentry, FileEvents what)
    {
        var inode = dentry.Inode;
        var directory = dentry.Parent?.Inode;
        if (inode.Watches == null && directory?.Watches == null) return;
        if (inode.IsDirectory) what |= FileEvents.IsDirectory;
        if (directory?.Watches != null) Tell(directory, what, 0, dentry.Name, dentry.IsDeleted);
        if (inode.Watches != null) Tell(inode, what, 0, null, false);
    }

    /// <summary>Something happened to a name in a directory.</summary>
    public static void SendName(Inode directory, FileEvents what, string name, bool isDirectory, uint cookie = 0)
    {
        if (directory.Watches != null) Tell(directory, what | (isDirectory ? FileEvents.IsDirectory : 0), cookie, name, false);
    }

    /// <summary>Something happened to the file itself, which only its own watchers hear of.</summary>
    public static void SendSelf(Inode inode, FileEvents what)
    {
        if (inode.Watches == null) return;
        bool isQuiet = (what & (FileEvents.DeleteSelf | FileEvents.MoveSelf)) != 0;
        Tell(inode, inode.IsDirectory && !isQuiet ? what | FileEvents.IsDirectory : what, 0, null, false);
    }

    /// <summary>Attributes of an inode changed: heard under the name that it was last found by.</summary>
    public static void SendInode(Inode inode, FileEvents what)
    {
        if (inode.Alias is { } dentry) Send(dentry, what);
        else SendSelf(inode, what);
    }

    /// <summary>The inode has gone with its last name and last user.</summary>
    public static void SendGone(Inode inode)
    {
        if (inode.Watches is not { Count: > 0 } watches) return;
        SendSelf(inode, FileEvents.DeleteSelf);
        foreach (var watch in watches.ToArray()) watch.Owner.Forget(watch);
        watches.Clear();
    }

    static void Tell(Inode watched, FileEvents what, uint cookie, string? name, bool isUnlinked)
    {
        var watches = watched.Watches!;
        for (int index = 0; index < watches.Count; index++)
        {
            var watch = watches[index];
            if ((watch.Mask & what & FileEvents.All) == 0 || (isUnlinked && (watch.Mask & FileEvents.ExcludeUnlinked) != 0)) continue;
            watch.Owner.Put(watch.Number, what, cookie, name == null ? [] : GuestText.ToBytes(name));
            if ((watch.Mask & FileEvents.OneShot) == 0) continue;
            watches.RemoveAt(index--);
            watch.Owner.Forget(watch);
        }
    }
}
