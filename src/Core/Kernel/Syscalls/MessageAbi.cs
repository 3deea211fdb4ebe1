using System.Buffers.Binary;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>struct msghdr of i386 with what it points to: 28 bytes of name, vectors, control messages and flags.</summary>
internal ref struct MessageHeader
{
    /// <summary>Bytes of a msghdr.</summary>
    public const uint Size = 28;

    const int MostVectors = 1024, MostControl = 20480, MostFiles = 253;
    const uint LongestName = 128;
    const int Rights = 1, Credentials = 2, HeaderLength = 12;

    public uint Address, Name, NameLength, Control, ControlLength;
    public (uint Address, uint Length)[] Vectors;
    public long Total;

    /// <summary>One buffer as a header.</summary>
    public static MessageHeader Of(uint buffer, uint length)
    {
        length = Math.Min(length, 0x7FFFF000);
        return new MessageHeader { Vectors = [(buffer, length)], Total = length };
    }

    /// <summary>Reads a header. EFAULT; EMSGSIZE for too many vectors, EINVAL for a bad length.</summary>
    public static Errno Read(Task task, uint address, out MessageHeader header)
    {
        header = new MessageHeader { Address = address, Vectors = [] };
        Span<byte> bytes = stackalloc byte[(int)Size];
        if (!task.AddressSpace!.Read(address, bytes)) return Errno.EFAULT;
        header.Name = Word(bytes);
        header.NameLength = header.Name == 0 ? 0 : Word(bytes[4..]);
        if ((int)header.NameLength < 0) return Errno.EINVAL;
        header.NameLength = Math.Min(header.NameLength, LongestName);
        uint count = Word(bytes[12..]);
        header.Control = Word(bytes[16..]);
        header.ControlLength = Word(bytes[20..]);
        if (count > MostVectors) return Errno.EMSGSIZE;
        return header.ReadVectors(task, Word(bytes[8..]), count);
    }

    /// <summary>Reads an array of iovec. EFAULT, EINVAL.</summary>
    public Errno ReadVectors(Task task, uint address, uint count)
    {
        if (count > MostVectors) return Errno.EINVAL;
        Vectors = count == 0 ? [] : new (uint, uint)[count];
        Total = 0;
        for (uint i = 0; i < count; i++)
        {
            if (!task.AddressSpace!.TryRead(address + i * 8, out uint start) || !task.AddressSpace.TryRead(address + i * 8 + 4, out uint length)) return Errno.EFAULT;
            if ((int)length < 0) return Errno.EINVAL;
            length = (uint)Math.Min(length, 0x7FFFF000 - Total);
            Total += length;
            Vectors[i] = (start, length);
        }
        return Errno.None;
    }

    static uint Word(ReadOnlySpan<byte> from) => BinaryPrimitives.ReadUInt32LittleEndian(from);

    /// <summary>Copies from the guest, beginning at an offset of the whole. Bytes up to the first that cannot be read.</summary>
    public readonly int Gather(Task task, long offset, Span<byte> to)
    {
        int done = 0;
        foreach (var (address, length) in Vectors)
        {
            if (offset >= length)
            {
                offset -= length;
                continue;
            }
            uint at = address + (uint)offset, left = length - (uint)offset;
            offset = 0;
            while (left > 0 && done < to.Length)
            {
                var span = task.AddressSpace!.ReadableSpan(at, (uint)Math.Min(left, to.Length - done));
                if (span.IsEmpty) return done;
                span.CopyTo(to[done..]);
                done += span.Length;
                at += (uint)span.Length;
                left -= (uint)span.Length;
            }
            if (done == to.Length) break;
        }
        return done;
    }

    /// <summary>Copies to the guest. Without <paramref name="from"/> it only counts what can be written, up to <paramref name="most"/>.</summary>
    public readonly int Scatter(Task task, long offset, ReadOnlySpan<byte> from, int most)
    {
        int done = 0;
        foreach (var (address, length) in Vectors)
        {
            if (offset >= length)
            {
                offset -= length;
                continue;
            }
            uint at = address + (uint)offset, left = length - (uint)offset;
            offset = 0;
            while (left > 0 && done < most)
            {
                var span = task.AddressSpace!.WritableSpan(at, (uint)Math.Min(left, most - done));
                if (span.IsEmpty) return done;
                if (!from.IsEmpty) from.Slice(done, span.Length).CopyTo(span);
                done += span.Length;
                at += (uint)span.Length;
                left -= (uint)span.Length;
            }
            if (done == most) break;
        }
        return done;
    }

    /// <summary>Reads the control messages of a send (cmsg(3)).</summary>
    public readonly Errno ReadControl(Task task, SocketFile file, ref OutgoingMessage message)
    {
        if (Control == 0 || ControlLength == 0) return Errno.None;
        if (ControlLength > MostControl) return Errno.ENOBUFS;
        var bytes = new byte[ControlLength];
        if (!task.AddressSpace!.Read(Control, bytes)) return Errno.EFAULT;
        for (int at = 0; at + HeaderLength <= bytes.Length;)
        {
            var header = bytes.AsSpan(at);
            uint length = Word(header);
            if (length < HeaderLength || length > (uint)header.Length) return Errno.EINVAL;
            int level = (int)Word(header[4..]), type = (int)Word(header[8..]);
            var data = header[HeaderLength..(int)length];
            var error = ReadControl(task, file, level, type, data, ref message);
            if (error != Errno.None) return error;
            at += (int)(length + 3 & ~3u);
        }
        return Errno.None;
    }

    static Errno ReadControl(Task task, SocketFile file, int level, int type, ReadOnlySpan<byte> data, ref OutgoingMessage message)
    {
        bool isUnix = file.Socket.Family == Families.Unix;
        if (level != Levels.Socket)
        {
            return file.Socket is UdpSocket udp ? udp.ReadControl(level, type, data, ref message) : Errno.None;
        }
        switch (type)
        {
            case Rights: return isUnix ? ReadRights(task, data, ref message) : Errno.EINVAL;
            case Credentials: return isUnix || file.Socket is NetlinkSocket ? ReadCredentials(task, data, ref message) : Errno.EINVAL;
            default: return Errno.EINVAL;
        }
    }

    static Errno ReadRights(Task task, ReadOnlySpan<byte> data, ref OutgoingMessage message)
    {
        int count = data.Length / 4, before = message.Files?.Length ?? 0;
        if (count == 0) return Errno.None;
        if (count + before > MostFiles) return Errno.EINVAL;
        if (task.Machine.Network.Collector.CountOf(task.Credentials.EffectiveUid) > message.Caller.FlightLimit) return Errno.ETOOMANYREFS;
        var files = new OpenFile[before + count];
        message.Files?.CopyTo(files, 0);
        for (int i = 0; i < count; i++)
        {
            var error = task.GetFile(Word(data[(i * 4)..]), out var file);
            if (error != Errno.None) return error;
            files[before + i] = file;
        }
        message.Files = files;
        return Errno.None;
    }

    static Errno ReadCredentials(Task task, ReadOnlySpan<byte> data, ref OutgoingMessage message)
    {
        if (data.Length != 12) return Errno.EINVAL;
        int pid = (int)Word(data);
        uint uid = Word(data[4..]), gid = Word(data[8..]);
        var c = task.Credentials;
        bool allowed = (pid == task.Tgid || c.Has(Capability.Administration))
            && (uid == c.Uid || uid == c.EffectiveUid || uid == c.SavedUid || c.Has(Capability.SetUid))
            && (gid == c.Gid || gid == c.EffectiveGid || gid == c.SavedGid || c.Has(Capability.SetGid));
        if (!allowed) return Errno.EPERM;
        if (pid != task.Tgid && task.Machine.FindTask(pid) == null) return Errno.ESRCH;
        message.Credentials = new PeerIdentity(pid, uid, gid);
        return Errno.None;
    }

    /// <summary>Writes the control messages of a receive and takes over the files; what finds no room is let go of, with MSG_CTRUNC.</summary>
    /// <returns>Bytes written.</returns>
    public readonly uint WriteControl(Task task, ref IncomingMessage message, bool closeOnExec)
    {
        uint at = 0;
        if (message.Control != null)
            foreach (var item in message.Control) Put(task, item.Level, item.Type, item.Data, ref at, ref message);
        if (message.Credentials is { } who)
        {
            const uint nobody = 65534;
            Span<byte> data = stackalloc byte[12];
            BinaryPrimitives.WriteInt32LittleEndian(data, who.Pid);
            BinaryPrimitives.WriteUInt32LittleEndian(data[4..], who.Uid == uint.MaxValue ? nobody : who.Uid);
            BinaryPrimitives.WriteUInt32LittleEndian(data[8..], who.Gid == uint.MaxValue ? nobody : who.Gid);
            Put(task, Levels.Socket, Credentials, data, ref at, ref message);
        }
        if (message.Files is { } files)
        {
            message.Files = null;
            PutFiles(task, files, ref at, ref message, closeOnExec);
        }
        return at;
    }

    readonly uint Room(uint at) => Control == 0 || at >= ControlLength ? 0 : ControlLength - at;

    readonly void Put(Task task, int level, int type, scoped ReadOnlySpan<byte> data, ref uint at, ref IncomingMessage message)
    {
        uint room = Room(at), length = (uint)(HeaderLength + data.Length);
        if (room < HeaderLength)
        {
            message.Result |= MessageFlags.ControlTruncated;
            return;
        }
        if (length > room)
        {
            message.Result |= MessageFlags.ControlTruncated;
            length = room;
        }
        WriteItem(task, at, length, level, type, data[..(int)(length - HeaderLength)]);
        at += Math.Min(length + 3 & ~3u, room);
    }

    readonly void PutFiles(Task task, OpenFile[] files, ref uint at, ref IncomingMessage message, bool closeOnExec)
    {
        uint room = Room(at);
        int most = room < HeaderLength ? 0 : (int)((room - HeaderLength) / 4), placed = 0;
        var numbers = new byte[files.Length * 4];
        int limit = SocketCalls.DescriptorLimit(task);
        while (placed < files.Length && placed < most)
        {
            int number = task.Files!.Add(files[placed], closeOnExec, limit);
            if (number < 0) break;
            BinaryPrimitives.WriteInt32LittleEndian(numbers.AsSpan(placed * 4), number);
            placed++;
        }
        if (placed > 0)
        {
            uint length = (uint)(HeaderLength + placed * 4);
            WriteItem(task, at, length, Levels.Socket, Rights, numbers.AsSpan(0, placed * 4));
            at += Math.Min(length + 3 & ~3u, room);
        }
        if (placed == files.Length) return;
        message.Result |= MessageFlags.ControlTruncated;
        task.Machine.Network.Release(files[placed..]);
    }

    readonly void WriteItem(Task task, uint at, uint length, int level, int type, ReadOnlySpan<byte> data)
    {
        Span<byte> bytes = stackalloc byte[HeaderLength];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], level);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], type);
        // A place that cannot be written is the caller's loss: what was received stays received.
        _ = task.AddressSpace!.Write(Control + at, bytes) && task.AddressSpace.Write(Control + at + HeaderLength, data);
    }
}
