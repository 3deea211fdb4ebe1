namespace CheckpointRestart.Core.Files;

/// <content>After an image was read: a directory of the host that is written in place has what it has now.</content>
internal sealed partial class TreeDirectory
{
    /// <summary>Takes in names that the host's directory has got since, and lets those go that it has lost or has for something else.</summary>
    /// <param name="used">What is open or mapped, and stays as it is.</param>
    internal void ListAgain(IReadOnlySet<Inode> used)
    {
        if (!Volume.WritesThrough || Host == null || !isListed) return;
        var found = new List<HostEntry>();
        // Of a directory that is gone each file is told that is needed.
        if (Host.Layer.List(Host.Path, found) != Errno.None) return;
        var types = new Dictionary<string, uint>(StringComparer.Ordinal);
        foreach (var entry in found) types[entry.Name] = entry.Type;
        foreach (var child in entries.Values.ToArray())
        {
            if (child.Inode.Host == null || child.IsMountPoint || used.Contains(child.Inode)) continue;
            if (types.TryGetValue(child.Name, out uint type) && type == child.Inode.Type) continue;
            entries.Remove(child.Name);
            if (child.Inode.IsDirectory) directories--;
        }
        TakeIn(found);
    }
}
