using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Ipc;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>Shared memory, semaphores and message queues of System V in a state hash.</summary>
internal static class IpcHash
{
    public static void Add(StateDigest digest, Machine machine)
    {
        digest.Section("ipc");
        foreach (var segment in machine.Ipc.SharedMemory.Objects.Values)
        {
            AddObject(digest, segment);
            digest.Number(segment.Size);
            digest.Number(segment.Attachments);
            foreach (var (index, frame) in segment.Contents)
            {
                if (frame.Bytes.IndexOfAnyExcept((byte)0) < 0) continue;
                digest.Number(index);
                digest.Bytes(frame.Bytes);
            }
        }
        foreach (var set in machine.Ipc.Semaphores.Objects.Values)
        {
            AddObject(digest, set);
            digest.Number(set.OperationTime);
            foreach (ushort value in set.Values) digest.Number(value);
        }
        foreach (var queue in machine.Ipc.MessageQueues.Objects.Values)
        {
            AddObject(digest, queue);
            digest.Number(queue.ByteLimit);
            foreach (var message in queue.Messages)
            {
                digest.Number(message.Type);
                digest.Bytes(message.Bytes);
            }
        }
        foreach (var queue in machine.PosixQueues.All)
        {
            digest.Text(queue.Name);
            digest.Number(queue.Maximum);
            digest.Number(queue.MessageSize);
            foreach (var (priority, bytes) in queue.Messages)
            {
                digest.Number(priority);
                digest.Bytes(bytes);
            }
        }
    }

    /// <summary>What a task's end gives back to semaphores.</summary>
    public static void Add(StateDigest digest, SemaphoreUndo? undo)
    {
        if (undo == null) return;
        foreach (var (set, adjustments) in undo.Entries)
        {
            digest.Number(set.Id);
            foreach (short change in adjustments) digest.Number(change);
        }
    }

    static void AddObject(StateDigest digest, IpcObject of)
    {
        digest.Number(of.Key);
        digest.Number(of.Id);
        digest.Number(of.Mode);
        digest.Number(of.Uid | ((ulong)of.Gid << 32));
        digest.Number(of.ChangeTime);
    }
}
