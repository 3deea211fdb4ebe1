using System.Buffers.Binary;

namespace CheckpointRestart.Core.Files;

/// <summary>A socket of NETLINK_ROUTE (netlink(7)): what is sent to the kernel is answered at once.</summary>
internal sealed partial class NetlinkSocket(Network network, SocketType type) : Socket(network, Families.Netlink, type, 0)
{
    const int AddressLength = 12, LongestMessage = 32768;

    readonly Queue<byte[]> queue = new();
    readonly byte[] options = new byte[16];
    uint port, groups;
    bool isBound;
    int charged;

    /// <summary>nl_pid.</summary>
    public uint Port => port;

    /// <inheritdoc/>
    public override bool IsListening => false;

    /// <inheritdoc/>
    public override byte[] Name => Address(port, groups);

    /// <inheritdoc/>
    public override IoResult UnreadBytes => IoResult.From(queue.Count > 0 ? queue.Peek().Length : 0);

    static byte[] Address(uint port, uint groups)
    {
        var bytes = new byte[AddressLength];
        bytes[0] = Families.Netlink;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), port);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), groups);
        return bytes;
    }

    /// <inheritdoc/>
    public override Errno GetPeer(out byte[] address)
    {
        address = Address(0, 0);
        return Errno.None;
    }

    static Errno Read(ReadOnlySpan<byte> address, out uint port, out uint groups)
    {
        port = groups = 0;
        if (address.Length < AddressLength || BinaryPrimitives.ReadUInt16LittleEndian(address) != Families.Netlink) return Errno.EINVAL;
        port = BinaryPrimitives.ReadUInt32LittleEndian(address[4..]);
        groups = BinaryPrimitives.ReadUInt32LittleEndian(address[8..]);
        return Errno.None;
    }

    /// <inheritdoc/>
    public override Errno Bind(ReadOnlySpan<byte> address, SocketCaller caller)
    {
        var error = Read(address, out uint wanted, out uint wantedGroups);
        if (error != Errno.None) return error;
        if (isBound && wanted != port) return Errno.EINVAL;
        if (!isBound)
        {
            if (wanted == 0) Autobind(caller);
            else if (IsTaken(wanted)) return Errno.EADDRINUSE;
            else port = wanted;
            isBound = true;
        }
        groups = wantedGroups;
        return Errno.None;
    }

    bool IsTaken(uint wanted)
    {
        foreach (var other in Network.Sockets)
            if (other is NetlinkSocket { isBound: true } socket && socket.port == wanted) return true;
        return false;
    }

    /// <summary>The process's id, or the first free number from -4097 down.</summary>
    void Autobind(SocketCaller caller)
    {
        uint wanted = (uint)caller.Identity.Pid;
        for (int next = -4097; IsTaken(wanted); next--) wanted = (uint)next;
        port = wanted;
        isBound = true;
    }

    /// <inheritdoc/>
    public override IoResult Connect(ReadOnlySpan<byte> address, SocketCaller caller, bool nonBlocking, bool isRetry)
    {
        if (address.Length < 2) return Errno.EINVAL;
        if (BinaryPrimitives.ReadUInt16LittleEndian(address) == Families.Unspecified) return Errno.None;
        var error = Read(address, out uint to, out _);
        if (error != Errno.None) return error;
        if (!isBound) Autobind(caller);
        return to == 0 ? Errno.None : Errno.ECONNREFUSED;
    }

    /// <inheritdoc/>
    public override IoResult Send(in OutgoingMessage message)
    {
        if ((message.Flags & MessageFlags.OutOfBand) != 0) return Errno.EOPNOTSUPP;
        if (message.Data.IsEmpty) return Errno.ENODATA;
        uint to = 0;
        if (!message.To.IsEmpty)
        {
            var error = Read(message.To, out to, out _);
            if (error != Errno.None) return error;
        }
        if (!isBound) Autobind(message.Caller);
        if (to != 0) return Errno.ECONNREFUSED;
        if (message.Data.Length > SendBuffer - 32) return Errno.EMSGSIZE;
        bool isPrivileged = message.Caller.Has(Capability.NetworkAdministration);
        for (var rest = message.Data; rest.Length >= 16;)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(rest);
            if (length < 16 || length > rest.Length || length > LongestMessage) break;
            if ((BinaryPrimitives.ReadUInt16LittleEndian(rest[6..]) & 1) != 0) NetlinkRoute.Answer(rest[..length], port, isPrivileged, Take);
            rest = rest[Math.Min((length + 3) & ~3, rest.Length)..];
        }
        return IoResult.From(message.Data.Length);
    }

    void Take(byte[] answer)
    {
        int charge = PacketMemory.OfDatagram(answer.Length);
        if (charged + charge > ReceiveBuffer || Network.IsFull)
        {
            Fail(Errno.ENOBUFS);
            return;
        }
        charged += charge;
        Network.Buffered += charge;
        queue.Enqueue(answer);
        HasInput();
    }

    /// <inheritdoc/>
    public override IoResult Receive(ref IncomingMessage message)
    {
        if ((message.Flags & MessageFlags.OutOfBand) != 0) return Errno.EOPNOTSUPP;
        if (PendingError != Errno.None) return TakeError();
        if (queue.Count == 0) return IoResult.Block(Readable);
        var packet = queue.Peek();
        int length = Math.Min(message.Data.Length, packet.Length);
        packet.AsSpan(0, length).CopyTo(message.Data);
        if (length < packet.Length) message.Result |= MessageFlags.Truncated;
        message.From = Address(0, 0);
        if (PassCredentials) message.Credentials = new PeerIdentity(0, 0, 0);
        if (options[3] != 0) message.AddControl(Levels.Netlink, 3, new byte[4]);
        if ((message.Flags & MessageFlags.Peek) == 0)
        {
            queue.Dequeue();
            int charge = PacketMemory.OfDatagram(packet.Length);
            charged -= charge;
            Network.Buffered -= charge;
        }
        return IoResult.From((message.Flags & MessageFlags.Truncated) != 0 ? packet.Length : length);
    }

    /// <inheritdoc/>
    public override Errno SetOption(int level, int option, ReadOnlySpan<byte> value, SocketCaller caller)
    {
        if (level != Levels.Netlink) return base.SetOption(level, option, value, caller);
        if (value.Length < 4) return Errno.EINVAL;
        int number = BinaryPrimitives.ReadInt32LittleEndian(value);
        switch (option)
        {
            // Nothing ever changes on lo, so the groups stay silent.
            case 1 or 2: return number is < 1 or > 64 ? Errno.EINVAL : Errno.None;
            case 3 or 4 or 5 or 10 or 11 or 12:
                options[option] = (byte)(number != 0 ? 1 : 0);
                return Errno.None;
            default: return Errno.ENOPROTOOPT;
        }
    }

    /// <inheritdoc/>
    public override IoResult GetOption(int level, int option, Span<byte> value) =>
        level != Levels.Netlink ? base.GetOption(level, option, value)
        : option is 3 or 4 or 5 or 10 or 11 or 12 ? Integer(value, options[option])
        : Errno.ENOPROTOOPT;

    /// <inheritdoc/>
    public override Errno Shutdown(Shut how) => Errno.EOPNOTSUPP;

    /// <inheritdoc/>
    public override PollEvents Poll()
    {
        var events = PollEvents.Out | PollEvents.WriteNormal | PollEvents.WriteBand;
        if (PendingError != Errno.None) events |= PollEvents.Error;
        return queue.Count > 0 ? events | PollEvents.In | PollEvents.ReadNormal : events;
    }

    protected override void OnClose()
    {
        Network.Buffered -= charged;
        charged = 0;
        queue.Clear();
    }

    /// <inheritdoc/>
    public override void AddState(Action<ReadOnlySpan<byte>> add)
    {
        add(Name);
        foreach (var packet in queue) add(packet);
    }
}
