using System.Buffers.Binary;

namespace CheckpointRestart.Core.Kernel.Ipc;

/// <summary>The commands that shmctl(2), semctl(2) and msgctl(2) have in common.</summary>
internal static class IpcControl
{
    public const uint Remove = 0, Set = 1, Stat = 2, Info = 3;

    /// <summary>IPC_64: the structures of today, which the calls with numbers of their own always use.</summary>
    public const uint Wide = 0x100;

    public const uint ReadRight = 0x124, WriteRight = 0x92;

    /// <summary>IPC_STAT, *_STAT and *_STAT_ANY: the structure goes to <paramref name="buffer"/>.</summary>
    public static Result Describe<T>(Task task, IpcRegistry<T> registry, int id, bool byIndex, bool anybody, uint buffer, Func<T, byte[]> describe) where T : IpcObject
    {
        var error = byIndex ? registry.FindIndex(id, out var found) : registry.Find(id, out found);
        if (error != Errno.None) return error;
        if (!anybody && !found.Allows(task, ReadRight)) return Errno.EACCES;
        return task.AddressSpace!.Write(buffer, describe(found)) ? byIndex ? found.Id : 0 : Errno.EFAULT;
    }

    /// <summary>The object for IPC_SET and IPC_RMID: EINVAL, EPERM.</summary>
    public static Errno FindOwned<T>(Task task, IpcRegistry<T> registry, int id, out T found) where T : IpcObject
    {
        var error = registry.Find(id, out found!);
        return error != Errno.None ? error : found.IsOwnedBy(task) ? Errno.None : Errno.EPERM;
    }

    /// <summary>IPC_SET: owner, group and permissions from the beginning of the structure.</summary>
    public static Errno Change(Task task, IpcObject of, ReadOnlySpan<byte> permission)
    {
        uint uid = BinaryPrimitives.ReadUInt32LittleEndian(permission[4..]), gid = BinaryPrimitives.ReadUInt32LittleEndian(permission[8..]);
        if (uid == uint.MaxValue || gid == uint.MaxValue) return Errno.EINVAL;
        of.Uid = uid;
        of.Gid = gid;
        of.Mode = (of.Mode & ~0x1FFu) | (BinaryPrimitives.ReadUInt16LittleEndian(permission[20..]) & 0x1FFu);
        of.ChangeTime = Seconds(task);
        return Errno.None;
    }

    public static long Seconds(Task task) => task.Machine.Clock.Realtime / TimeConversions.Second;
}
