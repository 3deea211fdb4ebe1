using System.Buffers.Binary;

namespace CheckpointRestart.Core.Kernel.Ipc;

/// <summary>The structures of i386's *ctl calls with IPC_64 (linux/ipc.h, asm-generic/{ipcbuf,shmbuf,msgbuf}.h, asm/sembuf.h): 32-bit words in order.</summary>
internal ref struct IpcLayout(Span<byte> destination)
{
    readonly Span<byte> room = destination;
    int at;

    /// <summary>Bytes of ipc64_perm, shmid64_ds, semid64_ds and msqid64_ds.</summary>
    public const int PermissionSize = 36, SegmentSize = 84, SemaphoreSetSize = 64, QueueSize = 88;

    public void Word(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(room[at..], value);
        at += 4;
    }

    public void Time(long seconds)
    {
        BinaryPrimitives.WriteInt64LittleEndian(room[at..], seconds);
        at += 8;
    }

    public void Permission(IpcObject of)
    {
        Word((uint)of.Key);
        Word(of.Uid);
        Word(of.Gid);
        Word(of.CreatorUid);
        Word(of.CreatorGid);
        Word(of.Mode);
        Word((uint)(of.Id >> 15) & 0xFFFF);
        Word(0);
        Word(0);
    }

    public static byte[] Of(SharedSegment segment)
    {
        var bytes = new byte[SegmentSize];
        var to = new IpcLayout(bytes);
        to.Permission(segment);
        to.Word(segment.Size);
        to.Time(segment.AttachTime);
        to.Time(segment.DetachTime);
        to.Time(segment.ChangeTime);
        to.Word((uint)segment.CreatorPid);
        to.Word((uint)segment.LastPid);
        to.Word((uint)segment.Attachments);
        return bytes;
    }

    public static byte[] Of(SemaphoreSet set)
    {
        var bytes = new byte[SemaphoreSetSize];
        var to = new IpcLayout(bytes);
        to.Permission(set);
        to.Time(set.OperationTime);
        to.Time(set.ChangeTime);
        to.Word((uint)set.Values.Length);
        return bytes;
    }

    public static byte[] Of(MessageQueue queue)
    {
        var bytes = new byte[QueueSize];
        var to = new IpcLayout(bytes);
        to.Permission(queue);
        to.Time(queue.SendTime);
        to.Time(queue.ReceiveTime);
        to.Time(queue.ChangeTime);
        to.Word(queue.Bytes);
        to.Word((uint)queue.Messages.Count);
        to.Word(queue.ByteLimit);
        to.Word((uint)queue.LastSender);
        to.Word((uint)queue.LastReceiver);
        return bytes;
    }

    /// <summary>A structure of words alone.</summary>
    public static byte[] Of(params ReadOnlySpan<uint> words)
    {
        var bytes = new byte[words.Length * 4];
        var to = new IpcLayout(bytes);
        foreach (uint word in words) to.Word(word);
        return bytes;
    }
}
