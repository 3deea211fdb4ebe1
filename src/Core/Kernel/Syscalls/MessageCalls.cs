using System.Buffers;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Sending and receiving: sendto(2), sendmsg(2), sendmmsg(2), recvfrom(2), recvmsg(2), recvmmsg(2), and read(2) and write(2) of sockets.</summary>
internal static class MessageCalls
{
    const int Piece = 65536, LargestPiece = 1 << 20, MostMessages = 1024;

    internal static readonly Syscall[] Table =
    [
        new(337, "recvmmsg", ReceiveMany, Support.Full),
        new(345, "sendmmsg", SendMany, Support.Full),
        new(369, "sendto", SendTo, Support.Full),
        new(370, "sendmsg", Send, Support.Full),
        new(371, "recvfrom", ReceiveFrom, Support.Full),
        new(372, "recvmsg", Receive, Support.Full),
        new(417, "recvmmsg_time64", ReceiveManyLong, Support.Full),
    ];

    internal static Result SendTo(Task task, in CallArguments a)
    {
        var error = SocketCalls.GetSocket(task, a[0], out var file);
        if (error != Errno.None) return error;
        var header = MessageHeader.Of(a[1], a[2]);
        byte[] to = [];
        if (a[4] != 0) error = SocketCalls.ReadAddress(task, a[4], a[5], out to);
        if (error != Errno.None) return error;
        long moved = task.Call.BytesMoved;
        var result = Send(task, file, header, to, (MessageFlags)a[3], ref moved);
        task.Call.BytesMoved = moved;
        return result;
    }

    internal static Result Send(Task task, in CallArguments a)
    {
        var error = SocketCalls.GetSocket(task, a[0], out var file);
        if (error != Errno.None) return error;
        long moved = task.Call.BytesMoved;
        var result = SendOne(task, file, a[1], (MessageFlags)a[2], ref moved);
        task.Call.BytesMoved = moved;
        return result;
    }

    static Result SendOne(Task task, SocketFile file, uint address, MessageFlags flags, ref long moved)
    {
        var error = MessageHeader.Read(task, address, out var header);
        byte[] to = [];
        if (error == Errno.None && header.NameLength > 0) error = SocketCalls.ReadAddress(task, header.Name, header.NameLength, out to);
        return error != Errno.None ? error : Send(task, file, header, to, flags, ref moved);
    }

    /// <summary>write(2) and writev(2).</summary>
    public static Result Write(Task task, SocketFile file, uint buffer, uint length)
    {
        long moved = task.Call.BytesMoved;
        var result = Send(task, file, MessageHeader.Of(buffer, length), [], MessageFlags.None, ref moved);
        task.Call.BytesMoved = moved;
        return result;
    }

    /// <summary>As above, from several buffers.</summary>
    public static Result WriteVector(Task task, SocketFile file, uint vectors, uint count)
    {
        var header = new MessageHeader();
        var error = header.ReadVectors(task, vectors, count);
        if (error != Errno.None) return error;
        long moved = task.Call.BytesMoved;
        var result = Send(task, file, header, [], MessageFlags.None, ref moved);
        task.Call.BytesMoved = moved;
        return result;
    }

    /// <summary>read(2) and readv(2).</summary>
    public static Result Read(Task task, SocketFile file, uint buffer, uint length) =>
        length == 0 ? 0 : Receive(task, file, MessageHeader.Of(buffer, length), MessageFlags.None);

    /// <summary>As above, into several buffers.</summary>
    public static Result ReadVector(Task task, SocketFile file, uint vectors, uint count)
    {
        var header = new MessageHeader();
        var error = header.ReadVectors(task, vectors, count);
        return error != Errno.None ? error : header.Total == 0 ? 0 : Receive(task, file, header, MessageFlags.None);
    }

    static Result Receive(Task task, SocketFile file, MessageHeader header, MessageFlags flags)
    {
        long moved = task.Call.BytesMoved;
        var result = Receive(task, file, header, flags, ref moved, out _, out var message);
        task.Call.BytesMoved = moved;
        task.Machine.Network.Release(message.Files);
        return result;
    }

    /// <summary>Sends. Of a stream piece by piece: <paramref name="moved"/> says how far it has got when it waits.</summary>
    static Result Send(Task task, SocketFile file, in MessageHeader header, byte[] to, MessageFlags flags, ref long moved)
    {
        var socket = file.Socket;
        bool nonBlocking = (file.Flags & OpenFlags.NonBlock) != 0 || (flags & MessageFlags.DontWait) != 0 || socket.SendTimeout == 0;
        var message = new OutgoingMessage { Flags = flags, To = to, Caller = new TaskCaller(task), IsNonBlocking = nonBlocking };
        var error = header.ReadControl(task, file, ref message);
        if (error != Errno.None) return error;
        if (!socket.IsStream && header.Total > Math.Max(socket.SendBuffer, 0xFFFF)) return Errno.EMSGSIZE;
        int size = (int)Math.Min(header.Total - moved, socket.IsStream ? Piece : int.MaxValue);
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Max(size, 1));
        try
        {
            do
            {
                int wanted = (int)Math.Min(size, header.Total - moved);
                int gathered = header.Gather(task, moved, buffer.AsSpan(0, wanted));
                if (gathered < wanted && (gathered == 0 || !socket.IsStream)) return moved > 0 ? (int)moved : Errno.EFAULT;
                message.Data = buffer.AsSpan(0, gathered);
                // An urgent byte is the last of all.
                bool isLast = moved + gathered == header.Total;
                message.Flags = isLast ? flags : flags & ~MessageFlags.OutOfBand;
                if (moved > 0) message.Files = null;
                var result = socket.Send(message);
                if (result.WouldBlock)
                {
                    if (nonBlocking) return moved > 0 ? (int)moved : Errno.EAGAIN;
                    if (socket.SendTimeout != Socket.NoTimeout) task.SetDeadline(TimerCalls.After(task.Machine.Clock.Now, socket.SendTimeout));
                    if (task.IsPastDeadline) return moved > 0 ? (int)moved : Errno.EAGAIN;
                    return Result.Wait(result.Wait, SocketCalls.InterruptionOf(socket.SendTimeout));
                }
                if (result.IsError)
                {
                    if (moved > 0) return (int)moved;
                    if (result.Errno == Errno.EPIPE && socket.IsStream && (flags & MessageFlags.NoSignal) == 0)
                        task.Machine.SendSignal(task, SignalInfo.FromTask(Signal.SIGPIPE, SignalCode.User, task.Tgid));
                    return result.Errno;
                }
                moved += result.Value;
            }
            while (socket.IsStream && moved < header.Total && !task.IsBeingKilled);
            return (int)moved;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    internal static Result ReceiveFrom(Task task, in CallArguments a)
    {
        var error = SocketCalls.GetSocket(task, a[0], out var file);
        if (error != Errno.None) return error;
        long moved = task.Call.BytesMoved;
        var result = Receive(task, file, MessageHeader.Of(a[1], a[2]), (MessageFlags)a[3], ref moved, out bool isDone, out var message);
        task.Call.BytesMoved = moved;
        task.Machine.Network.Release(message.Files);
        if (!isDone || a[4] == 0) return result;
        error = SocketCalls.WriteAddress(task, message.From ?? [], a[4], a[5]);
        return error != Errno.None ? error : result;
    }

    internal static Result Receive(Task task, in CallArguments a)
    {
        var error = SocketCalls.GetSocket(task, a[0], out var file);
        if (error != Errno.None) return error;
        long moved = task.Call.BytesMoved;
        var result = ReceiveOne(task, file, a[1], (MessageFlags)a[2], ref moved, out _);
        task.Call.BytesMoved = moved;
        return result;
    }

    static Result ReceiveOne(Task task, SocketFile file, uint address, MessageFlags flags, ref long moved, out MessageFlags given)
    {
        given = 0;
        var error = MessageHeader.Read(task, address, out var header);
        if (error != Errno.None) return error;
        long before = moved;
        var result = Receive(task, file, header, flags, ref moved, out bool isDone, out var message);
        if (!isDone && moved == before) return result;
        var memory = task.AddressSpace!;
        bool isSet = true;
        if (header.Name != 0)
        {
            var name = (ReadOnlySpan<byte>)message.From;
            isSet = memory.Write(header.Name, name[..(int)Math.Min(header.NameLength, (uint)name.Length)]) && memory.TryWrite(address + 4, name.Length);
        }
        uint used = header.WriteControl(task, ref message, (flags & MessageFlags.CloseOnExec) != 0);
        given = message.Result;
        isSet = isSet && memory.TryWrite(address + 24, (uint)(message.Result | (flags & MessageFlags.CloseOnExec))) && memory.TryWrite(address + 20, used);
        return isSet || result.IsWait ? result : Errno.EFAULT;
    }

    /// <summary>Receives. Of a stream until there is as much as was asked for: <paramref name="moved"/> says how far it has got when it waits.</summary>
    static Result Receive(Task task, SocketFile file, MessageHeader header, MessageFlags flags, ref long moved, out bool isDone, out IncomingMessage message)
    {
        var socket = file.Socket;
        bool nonBlocking = (file.Flags & OpenFlags.NonBlock) != 0 || (flags & MessageFlags.DontWait) != 0 || socket.ReceiveTimeout == 0;
        message = new IncomingMessage { Flags = flags, IsNonBlocking = nonBlocking };
        isDone = false;
        // Nothing ever lands in the queue of errors: on lo they are told at once.
        if ((flags & MessageFlags.ErrorQueue) != 0) return Errno.EAGAIN;
        bool peek = (flags & MessageFlags.Peek) != 0, drops = socket is TcpSocket && (flags & MessageFlags.Truncated) != 0;
        long target = Math.Max((flags & MessageFlags.WaitAll) != 0 ? header.Total : Math.Min(socket.ReceiveLowWater, header.Total), 1);
        while (true)
        {
            long waiting = Math.Max(socket.UnreadBytes.Value, 1);
            int size = (int)Math.Min(Math.Min(header.Total - moved, waiting), socket.IsStream && !peek ? LargestPiece : int.MaxValue);
            int writable = drops ? size : header.Scatter(task, moved, [], size);
            if (writable < size && writable == 0 && socket.IsStream) return moved > 0 ? (int)moved : Errno.EFAULT;
            var buffer = ArrayPool<byte>.Shared.Rent(Math.Max(size, 1));
            IoResult result;
            message.Data = buffer.AsSpan(0, socket.IsStream ? writable : size);
            message.Target = (int)Math.Min(target, int.MaxValue);
            message.Before = moved;
            try
            {
                result = socket.Receive(ref message);
                int given = (int)Math.Min(result.Value, message.Data.Length);
                if (given > 0 && !drops && header.Scatter(task, moved, message.Data[..given], given) < given && !result.IsError) result = Errno.EFAULT;
            }
            finally
            {
                message.Data = default;
                ArrayPool<byte>.Shared.Return(buffer);
            }
            if (result.WouldBlock)
            {
                isDone = moved > 0;
                if (moved >= target || (moved > 0 && nonBlocking)) return (int)moved;
                if (nonBlocking) return Errno.EAGAIN;
                if (socket.ReceiveTimeout != Socket.NoTimeout) task.SetDeadline(TimerCalls.After(task.Machine.Clock.Now, socket.ReceiveTimeout));
                if (task.IsPastDeadline) return moved > 0 ? (int)moved : Errno.EAGAIN;
                return Result.Wait(result.Wait, SocketCalls.InterruptionOf(socket.ReceiveTimeout));
            }
            isDone = moved > 0 || !result.IsError;
            if (result.IsError) return moved > 0 ? (int)moved : result.Errno;
            moved += result.Value;
            if (!socket.IsStream || peek || result.Value == 0 || message.IsBoundary || moved >= header.Total || (moved >= target && socket.UnreadBytes.Value <= 0)) return (int)moved;
            if (task.IsBeingKilled) return (int)moved;
        }
    }

    internal static Result SendMany(Task task, in CallArguments a)
    {
        var error = SocketCalls.GetSocket(task, a[0], out var file);
        if (error != Errno.None) return error;
        uint count = Math.Min(a[2], MostMessages);
        var call = task.Call;
        while (call.BytesMoved < count)
        {
            uint at = a[1] + (uint)call.BytesMoved * (MessageHeader.Size + 4);
            long moved = call.Scratch1;
            var result = SendOne(task, file, at, (MessageFlags)a[3], ref moved);
            call.Scratch1 = result.IsWait ? (uint)moved : 0;
            if (result.IsWait) return result;
            if (result.Value < 0) return call.BytesMoved > 0 ? (int)call.BytesMoved : result;
            call.BytesMoved++;
            if (!task.AddressSpace!.TryWrite(at + MessageHeader.Size, result.Value)) return call.BytesMoved > 1 ? (int)call.BytesMoved - 1 : Errno.EFAULT;
        }
        return (int)call.BytesMoved;
    }

    internal static Result ReceiveMany(Task task, in CallArguments a) => ReceiveMany(task, a, RemainderKind.Timespec32);

    static Result ReceiveManyLong(Task task, in CallArguments a) => ReceiveMany(task, a, RemainderKind.Timespec64);

    /// <summary>As on Linux the timeout is looked at between messages only.</summary>
    static Result ReceiveMany(Task task, in CallArguments a, RemainderKind layout)
    {
        var error = SocketCalls.GetSocket(task, a[0], out var file);
        if (error != Errno.None) return error;
        var call = task.Call;
        var flags = (MessageFlags)a[3];
        long timeout = SystemCallState.Never;
        if (a[4] != 0)
        {
            error = TimeAbi.Read(task, a[4], layout, out timeout);
            if (error != Errno.None) return error;
        }
        long end = timeout == SystemCallState.Never ? timeout : TimerCalls.After(task.Machine.Clock.Now, timeout);
        if (!call.IsRetry && file.Socket.TakeError() is var pending && pending != Errno.None) return pending;
        uint count = Math.Min(a[2], MostMessages);
        while (call.BytesMoved < count)
        {
            uint at = a[1] + (uint)call.BytesMoved * (MessageHeader.Size + 4);
            long moved = call.Scratch1;
            var once = (flags & MessageFlags.WaitForOne) != 0 && call.BytesMoved > 0 ? MessageFlags.DontWait : 0;
            var result = ReceiveOne(task, file, at, (flags & ~MessageFlags.WaitForOne) | once, ref moved, out var given);
            call.Scratch1 = result.IsWait ? (uint)moved : 0;
            if (result.IsWait) return result;
            if (result.Value < 0) return call.BytesMoved > 0 ? (int)call.BytesMoved : result;
            if (!task.AddressSpace!.TryWrite(at + MessageHeader.Size, result.Value)) return call.BytesMoved > 0 ? (int)call.BytesMoved : Errno.EFAULT;
            call.BytesMoved++;
            if (task.Machine.Clock.Now >= end || (given & MessageFlags.OutOfBand) != 0) break;
        }
        if (a[4] != 0) TimeAbi.Write(task, a[4], layout, Math.Max(end - task.Machine.Clock.Now, 0));
        return (int)call.BytesMoved;
    }
}
