namespace CheckpointRestart.Core.Files;

/// <content>The host's names of a file, where it has any.</content>
public abstract partial class Inode
{
    List<HostNode>? otherNames;

    /// <summary>The host's file behind it; null for what only the machine knows.</summary>
    internal HostNode? Host { get; private protected init; }

    /// <summary>Takes over what the lower layer says of the file.</summary>
    internal void SetLower(in HostMetadata data)
    {
        mode = data.Mode;
        uid = data.Uid;
        gid = data.Gid;
        attributes = data.Attributes;
        if (!IsDirectory && data.Links > 1) Links = data.Links;
        AccessTime = ModifyTime = ChangeTime = data.Modified;
    }

    /// <summary>The lower layer has further names for it.</summary>
    internal bool IsLinkedBelow { get; set; }

    /// <summary>A hard link was made on the host.</summary>
    internal void AddHostName(HostNode node) => (otherNames ??= []).Add(node);

    /// <summary>The host's name for it in a directory.</summary>
    internal HostNode? HostAt(HostNode directory, string name)
    {
        if (Host != null && Host.Is(directory, name)) return Host;
        if (Host != null && otherNames == null && Host.Layer.AreOneFile(Host.Path, directory.PathOf(name))) return Host;
        return otherNames?.Find(node => node.Is(directory, name));
    }

    /// <summary>A name was removed on the host; another one takes its place.</summary>
    internal void RemoveHostName(HostNode directory, string name)
    {
        var node = HostAt(directory, name);
        if (node == null || otherNames == null || otherNames.Count == 0) return;
        if (ReferenceEquals(node, Host))
        {
            node = otherNames[0];
            Host.MoveTo(node.Parent!, node.Name);
        }
        otherNames.Remove(node);
    }
}
