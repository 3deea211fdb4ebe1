using System.Globalization;
using System.Text;

namespace CheckpointRestart.Core.Files;

/// <summary>A mounted file system.</summary>
/// <param name="Id">Unique, from 1 in the order of mounting.</param>
/// <param name="ParentId">The one that it is mounted on; its own for the first.</param>
/// <param name="Root">Its root directory, at the place where it is mounted.</param>
public readonly record struct MountEntry(int Id, int ParentId, Dentry Root)
{
    /// <summary>Mount options: what statfs(2) tells in its flags.</summary>
    public static string Options => "rw,noatime";
}

/// <summary>What is mounted, as /proc/pid/mounts, mountinfo and mountstats tell it (proc(5)).</summary>
public sealed class MountTable(IReadOnlyList<Dentry> mounts)
{
    /// <summary>All mounts in the order of mounting.</summary>
    public IReadOnlyList<MountEntry> Entries
    {
        get
        {
            var entries = new MountEntry[mounts.Count];
            for (int index = 0; index < entries.Length; index++) entries[index] = new MountEntry(index + 1, ParentOf(index) + 1, mounts[index]);
            return entries;
        }
    }

    /// <summary>Whether a place in the tree is the root of what is mounted there.</summary>
    public bool IsMountPoint(Dentry dentry)
    {
        foreach (var mount in mounts)
            if (ReferenceEquals(mount, dentry)) return true;
        return false;
    }

    /// <summary>The identity of the mount that holds a place in the tree; 0 for what is in none (a pipe).</summary>
    public int IdOf(Dentry dentry)
    {
        for (var at = dentry; at != null; at = at.Parent)
            for (int index = mounts.Count - 1; index >= 0; index--)
                if (ReferenceEquals(mounts[index], at)) return index + 1;
        return 0;
    }

    /// <summary>/proc/pid/mounts, of what a process whose root is <paramref name="root"/> can reach.</summary>
    public string Mounts(Dentry root) => Lines(root, static (text, mount, path) =>
    {
        var system = mount.Root.Inode.FileSystem;
        text.Append(CultureInfo.InvariantCulture, $"{system.Source} {path} {system.Type} {MountEntry.Options} 0 0\n");
    });

    /// <summary>/proc/pid/mountinfo, likewise.</summary>
    public string MountInformation(Dentry root) => Lines(root, static (text, mount, path) =>
    {
        var system = mount.Root.Inode.FileSystem;
        text.Append(CultureInfo.InvariantCulture, $"{mount.Id} {mount.ParentId} {FileSystem.Major(system.Device)}:{FileSystem.Minor(system.Device)} / {path} {MountEntry.Options} - {system.Type} {system.Source} rw\n");
    });

    /// <summary>/proc/pid/mountstats, likewise.</summary>
    public string MountStatistics(Dentry root) => Lines(root, static (text, mount, path) =>
    {
        var system = mount.Root.Inode.FileSystem;
        text.Append(CultureInfo.InvariantCulture, $"device {system.Source} mounted on {path} with fstype {system.Type}\n");
    });

    string Lines(Dentry root, Action<StringBuilder, MountEntry, string> line)
    {
        var text = new StringBuilder();
        foreach (var mount in Entries)
        {
            if (!mount.Root.IsWithin(root)) continue;
            line(text, mount, Escaped(mount.Root.FullPath(root)));
        }
        return text.ToString();
    }

    int ParentOf(int index)
    {
        for (var at = mounts[index].Parent; at != null; at = at.Parent)
        {
            int id = IdOf(at);
            if (id != 0) return id - 1;
        }
        return index;
    }

    static string Escaped(string path) => path.Replace("\\", "\\134", StringComparison.Ordinal).Replace(" ", "\\040", StringComparison.Ordinal)
        .Replace("\t", "\\011", StringComparison.Ordinal).Replace("\n", "\\012", StringComparison.Ordinal);
}
