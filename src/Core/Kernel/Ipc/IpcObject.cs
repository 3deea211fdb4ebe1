namespace CheckpointRestart.Core.Kernel.Ipc;

/// <summary>What shared memory, semaphores and message queues of System V have in common (Linux: struct kern_ipc_perm).</summary>
public abstract partial class IpcObject
{
    /// <summary>The key of an object that no key leads to.</summary>
    public const int PrivateKey = 0;

    public int Key { get; internal set; }

    /// <summary>What the calls name it by: sequence number * 32768 + index.</summary>
    public int Id { get; internal set; }

    public uint Uid { get; internal set; }

    public uint Gid { get; internal set; }

    public uint CreatorUid { get; internal set; }

    public uint CreatorGid { get; internal set; }

    /// <summary>Nine permission bits, and of shared memory SHM_DEST and SHM_LOCKED.</summary>
    public uint Mode { get; internal set; }

    /// <summary>Seconds since 1970 of the last change of the object itself.</summary>
    public long ChangeTime { get; internal set; }

    /// <summary>True once it was removed: who still waits gets EIDRM.</summary>
    public bool IsRemoved { get; internal set; }

    /// <summary>Whether the task has the rights of an access as in the nine bits (ipcperms).</summary>
    internal bool Allows(Task task, uint wanted)
    {
        var c = task.Credentials;
        uint granted = Mode;
        if (c.EffectiveUid == CreatorUid || c.EffectiveUid == Uid) granted >>= 6;
        else if (IsIn(c, CreatorGid) || IsIn(c, Gid)) granted >>= 3;
        wanted = wanted >> 6 | wanted >> 3 | wanted;
        return (wanted & ~granted & 7) == 0 || c.Has(Capability.IpcOwner);
    }

    /// <summary>Whether the task may change or remove the object.</summary>
    internal bool IsOwnedBy(Task task) =>
        task.Credentials.EffectiveUid == CreatorUid || task.Credentials.EffectiveUid == Uid || task.Credentials.IsPrivileged;

    static bool IsIn(Credentials credentials, uint group) => credentials.EffectiveGid == group || Array.IndexOf(credentials.Groups, group) >= 0;
}
