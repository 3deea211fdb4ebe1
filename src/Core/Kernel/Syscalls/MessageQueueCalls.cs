using CheckpointRestart.Core.Kernel.Ipc;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Message queues of System V: msgget(2), msgsnd(2), msgrcv(2), msgctl(2) (Linux: ipc/msg.c).</summary>
internal static class MessageQueueCalls
{
    internal static readonly Syscall[] Table =
    [
        new(399, "msgget", Get, Support.Full),
        new(400, "msgsnd", Send, Support.Full),
        new(401, "msgrcv", Receive, Support.Full),
        new(402, "msgctl", Control, Support.Full),
    ];

    const uint NoWait = 0x800, NoError = 0x1000, Except = 0x2000, Copy = 0x4000;
    const uint StatIndex = 11, InfoUsed = 12, StatAny = 13;

    internal static Result Get(Task task, in CallArguments a)
    {
        var state = task.Machine.Ipc;
        return state.MessageQueues.Get(task, (int)a[0], a[1], Make, static _ => Errno.None);

        (MessageQueue?, Errno) Make()
        {
            if (state.MessageQueues.Objects.Count >= state.MessageQueues.Limit) return (null, Errno.ENOSPC);
            return state.TryCharge(MessageQueue.Cost) ? (new MessageQueue(state.QueueLimit), Errno.None) : (null, Errno.ENOMEM);
        }
    }

    internal static Result Send(Task task, in CallArguments a)
    {
        var state = task.Machine.Ipc;
        if (task.Call.Subject is not MessageSender sender)
        {
            var memory = task.AddressSpace!;
            if (!memory.TryRead(a[1], out int type)) return Errno.EFAULT;
            uint size = a[2];
            if (size > state.MessageLimit || (int)size < 0 || (int)a[0] < 0 || type < 1) return Errno.EINVAL;
            if (size > IpcState.MemoryLimit - state.Memory) return Errno.ENOMEM;
            var bytes = new byte[size];
            if (!memory.Read(a[1] + 4, bytes)) return Errno.EFAULT;
            var error = state.MessageQueues.Find((int)a[0], out var queue);
            if (error != Errno.None) return error;
            sender = new(task, queue, new Message(type, bytes));
        }
        var (to, message) = (sender.Queue, sender.Message);
        if (to.IsRemoved) return Errno.EIDRM;
        if (!to.Allows(task, IpcControl.WriteRight)) return Errno.EACCES;
        long cost = message.Bytes.Length + Message.Overhead;
        if (!to.Fits((uint)message.Bytes.Length))
        {
            if ((a[3] & NoWait) != 0) return Errno.EAGAIN;
            task.Call.Subject = sender;
            return Result.Wait(to.Room, Interruption.NoHandler);
        }
        if (!state.TryCharge(cost)) return Errno.ENOMEM;
        int before = to.Messages.Count;
        to.Send(message, task.Tgid, IpcControl.Seconds(task));
        if (to.Messages.Count == before) state.Memory -= cost;
        return 0;
    }

    internal static Result Receive(Task task, in CallArguments a)
    {
        uint size = a[2], flags = a[4];
        int type = (int)a[3];
        if (task.Call.Subject is MessageReceiver waiting)
        {
            if (waiting.Outcome is not { } outcome) return Result.Wait(null, Interruption.NoHandler);
            return outcome != Errno.None ? outcome : Deliver(task, a[1], size, waiting.Received!);
        }
        if ((int)a[0] < 0 || (int)size < 0) return Errno.EINVAL;
        bool except = (flags & Except) != 0 && type > 0, isCopy = (flags & Copy) != 0;
        if (isCopy && ((flags & Except) != 0 || (flags & NoWait) == 0)) return Errno.EINVAL;
        var state = task.Machine.Ipc;
        var error = state.MessageQueues.Find((int)a[0], out var queue);
        if (error != Errno.None) return error;
        if (!queue.Allows(task, IpcControl.ReadRight)) return Errno.EACCES;
        if (isCopy)
        {
            var there = type < 0 ? null : queue.Messages.ElementAtOrDefault(type);
            return there == null ? Errno.ENOMSG : size < there.Bytes.Length && (flags & NoError) == 0 ? Errno.E2BIG : Deliver(task, a[1], size, there);
        }
        if (queue.Find(type, except) is { } node)
        {
            if (size < node.Value.Bytes.Length && (flags & NoError) == 0) return Errno.E2BIG;
            queue.Take(node, task.Tgid, IpcControl.Seconds(task));
            state.Memory -= node.Value.Bytes.Length + Message.Overhead;
            return Deliver(task, a[1], size, node.Value);
        }
        if ((flags & NoWait) != 0) return Errno.ENOMSG;
        var receiver = new MessageReceiver(task, queue, type, except, size, (flags & NoError) != 0);
        receiver.Enter();
        task.Call.Subject = receiver;
        return Result.Wait(null, Interruption.NoHandler);
    }

    static Result Deliver(Task task, uint address, uint size, Message message)
    {
        int length = (int)Math.Min(size, (uint)message.Bytes.Length);
        var memory = task.AddressSpace!;
        return memory.TryWrite(address, message.Type) && memory.Write(address + 4, message.Bytes.AsSpan(0, length)) ? length : Errno.EFAULT;
    }

    static Result Control(Task task, in CallArguments a) => Control(task, (int)a[0], a[1] | IpcControl.Wide, a[2]);

    internal static Result Control(Task task, int id, uint command, uint buffer)
    {
        var state = task.Machine.Ipc;
        var memory = task.AddressSpace!;
        if (id < 0 || (int)command < 0) return Errno.EINVAL;
        if ((command & IpcControl.Wide) == 0 && command is IpcControl.Set or IpcControl.Stat or StatIndex or StatAny) return Errno.EINVAL;
        command &= ~IpcControl.Wide;
        switch (command)
        {
            case IpcControl.Info or InfoUsed:
                return memory.Write(buffer, Information(state, command == InfoUsed)) ? state.MessageQueues.HighestIndex : Errno.EFAULT;
            case IpcControl.Stat or StatIndex or StatAny:
                return IpcControl.Describe(task, state.MessageQueues, id, command != IpcControl.Stat, command == StatAny, buffer, IpcLayout.Of);
            case IpcControl.Set:
                var given = new byte[IpcLayout.QueueSize];
                if (!memory.Read(buffer, given)) return Errno.EFAULT;
                var error = IpcControl.FindOwned(task, state.MessageQueues, id, out var queue);
                if (error != Errno.None) return error;
                uint limit = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(given.AsSpan(68));
                if (limit > state.QueueLimit && !task.Credentials.Has(Capability.Resource)) return Errno.EPERM;
                error = IpcControl.Change(task, queue, given);
                if (error != Errno.None) return error;
                queue.ByteLimit = limit;
                queue.Room.Wake();
                return 0;
            case IpcControl.Remove:
                error = IpcControl.FindOwned(task, state.MessageQueues, id, out queue);
                if (error != Errno.None) return error;
                state.MessageQueues.Remove(queue);
                state.Memory -= MessageQueue.Cost + queue.Messages.Sum(static message => (long)message.Bytes.Length + Message.Overhead);
                queue.WakeAll();
                return 0;
            default:
                return Errno.EINVAL;
        }
    }

    /// <summary>struct msginfo.</summary>
    static byte[] Information(IpcState state, bool used)
    {
        const uint pool = 32000 * 16384 / 1024, map = 16384, segmentSize = 16, segments = 0xFFFF;
        var queues = state.MessageQueues.Objects.Values;
        return IpcLayout.Of(
            used ? (uint)queues.Count() : pool, used ? (uint)queues.Sum(static queue => queue.Messages.Count) : map, state.MessageLimit, state.QueueLimit,
            (uint)state.MessageQueues.Limit, segmentSize, used ? (uint)queues.Sum(static queue => queue.Bytes) : map, segments);
    }
}
