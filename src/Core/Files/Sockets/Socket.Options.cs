using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Files;

/// <content>Options of the level SOL_SOCKET (socket(7), net/core/sock.c).</content>
internal abstract partial class Socket
{
    /// <summary>A timeout that is none.</summary>
    public const long NoTimeout = long.MaxValue;

    const int LeastSendBuffer = 4608, LeastReceiveBuffer = 2304, MostBuffer = 212992;
    const int KindOld = 1, KindNano = 2, KindNew = 4;

    bool debug, dontRoute, keepAlive, noCheck, lockFilter;
    int timestampKind, priority, incomingCpu = -1, busyPoll, timestamping;
    uint mark, pacingRate = uint.MaxValue;

    /// <summary>Bytes that may be charged to senders (sk_sndbuf).</summary>
    public int SendBuffer { get; protected set; } = MostBuffer;

    /// <summary>Bytes that may wait to be received (sk_rcvbuf).</summary>
    public int ReceiveBuffer { get; protected set; } = MostBuffer;

    /// <summary>SO_RCVLOWAT.</summary>
    public int ReceiveLowWater { get; private set; } = 1;

    /// <summary>SO_RCVTIMEO in nanoseconds.</summary>
    public long ReceiveTimeout { get; private set; } = NoTimeout;

    /// <summary>SO_SNDTIMEO in nanoseconds.</summary>
    public long SendTimeout { get; private set; } = NoTimeout;

    /// <summary>SO_PASSCRED.</summary>
    public bool PassCredentials { get; private set; }

    /// <summary>SO_REUSEADDR.</summary>
    public bool ReuseAddress { get; private set; }

    /// <summary>SO_REUSEPORT.</summary>
    public bool ReusePort { get; private set; }

    /// <summary>SO_BROADCAST.</summary>
    public bool Broadcast { get; private set; }

    /// <summary>SO_OOBINLINE.</summary>
    public bool OobInline { get; private set; }

    /// <summary>SO_LINGER: whether, and seconds.</summary>
    public (bool IsOn, int Seconds) Linger { get; protected set; }

    /// <summary>SO_PEEK_OFF: where the next MSG_PEEK begins; -1 for off.</summary>
    public int PeekOffset { get; protected set; } = -1;

    /// <summary>The interface that it is bound to: 0 for none.</summary>
    public int BoundInterface { get; protected set; }

    /// <summary>True when arrivals are stamped.</summary>
    public bool WantsTimestamp => timestampKind != 0;

    /// <summary>The last arrival's time, for SIOCGSTAMP.</summary>
    public Timespec LastArrival { get; protected set; }

    /// <summary>What a connection takes over from the socket that listens.</summary>
    protected void CopyOptions(Socket from)
    {
        debug = from.debug;
        dontRoute = from.dontRoute;
        keepAlive = from.keepAlive;
        priority = from.priority;
        mark = from.mark;
        timestampKind = from.timestampKind;
        SendBuffer = from.SendBuffer;
        ReceiveBuffer = from.ReceiveBuffer;
        ReceiveLowWater = from.ReceiveLowWater;
        ReceiveTimeout = from.ReceiveTimeout;
        SendTimeout = from.SendTimeout;
        PassCredentials = from.PassCredentials;
        ReuseAddress = from.ReuseAddress;
        ReusePort = from.ReusePort;
        Broadcast = from.Broadcast;
        OobInline = from.OobInline;
        Linger = from.Linger;
        BoundInterface = from.BoundInterface;
    }

    /// <summary>setsockopt(2).</summary>
    public virtual Errno SetOption(int level, int option, ReadOnlySpan<byte> value, SocketCaller caller)
    {
        if (level != Levels.Socket) return Family == Families.Unix ? Errno.EOPNOTSUPP : Errno.ENOPROTOOPT;
        if (option == SocketOption.BindToDevice) return BindToDevice(value);
        if (value.Length < 4) return Errno.EINVAL;
        int number = BinaryPrimitives.ReadInt32LittleEndian(value);
        bool on = number != 0;
        switch (option)
        {
            case SocketOption.Debug:
                if (on && !caller.Has(Capability.NetworkAdministration)) return Errno.EACCES;
                debug = on;
                return Errno.None;
            case SocketOption.ReuseAddress: ReuseAddress = on; return Errno.None;
            case SocketOption.ReusePort: ReusePort = on; return Errno.None;
            case SocketOption.DontRoute: dontRoute = on; return Errno.None;
            case SocketOption.Broadcast: Broadcast = on; return Errno.None;
            case SocketOption.SendBuffer: return SetSendBuffer(Math.Min((uint)number, MostBuffer));
            case SocketOption.SendBufferForce: return caller.Has(Capability.NetworkAdministration) ? SetSendBuffer(Math.Clamp(number, 0, 1 << 26)) : Errno.EPERM;
            case SocketOption.ReceiveBuffer: return SetReceiveBuffer(Math.Min((uint)number, MostBuffer));
            case SocketOption.ReceiveBufferForce: return caller.Has(Capability.NetworkAdministration) ? SetReceiveBuffer(Math.Clamp(number, 0, 1 << 26)) : Errno.EPERM;
            case SocketOption.KeepAlive: keepAlive = on; return Errno.None;
            case SocketOption.OobInline: OobInline = on; return Errno.None;
            case SocketOption.NoCheck: noCheck = on; return Errno.None;
            case SocketOption.Priority:
                if (number is (< 0 or > 6) && !caller.Has(Capability.NetworkAdministration)) return Errno.EPERM;
                priority = number;
                return Errno.None;
            case SocketOption.Linger:
                if (value.Length < 8) return Errno.EINVAL;
                Linger = (on, on ? BinaryPrimitives.ReadInt32LittleEndian(value[4..]) : Linger.Seconds);
                return Errno.None;
            case SocketOption.BsdCompatible: return Errno.None;
            case SocketOption.PassCredentials: PassCredentials = on; return Errno.None;
            case SocketOption.Timestamp: timestampKind = on ? KindOld : 0; return Errno.None;
            case SocketOption.TimestampNew: timestampKind = on ? KindOld | KindNew : 0; return Errno.None;
            case SocketOption.TimestampNano: timestampKind = on ? KindNano : 0; return Errno.None;
            case SocketOption.TimestampNanoNew: timestampKind = on ? KindNano | KindNew : 0; return Errno.None;
            case SocketOption.Timestamping or SocketOption.TimestampingNew: timestamping = number; return Errno.None;
            case SocketOption.ReceiveLowWater:
                ReceiveLowWater = number < 0 ? int.MaxValue : Math.Max(number, 1);
                Readable.Wake();
                return Errno.None;
            case SocketOption.ReceiveTimeout or SocketOption.ReceiveTimeoutNew:
                {
                    var error = ReadTimeout(value, option == SocketOption.ReceiveTimeoutNew, out long timeout);
                    if (error == Errno.None) ReceiveTimeout = timeout;
                    return error;
                }
            case SocketOption.SendTimeout or SocketOption.SendTimeoutNew:
                {
                    var error = ReadTimeout(value, option == SocketOption.SendTimeoutNew, out long timeout);
                    if (error == Errno.None) SendTimeout = timeout;
                    return error;
                }
            case SocketOption.Mark:
                if (!caller.Has(Capability.NetworkAdministration)) return Errno.EPERM;
                mark = (uint)number;
                return Errno.None;
            case SocketOption.PeekOffset:
                if (Family != Families.Unix && Type != SocketType.Datagram) return Errno.EOPNOTSUPP;
                PeekOffset = number;
                return Errno.None;
            case SocketOption.LockFilter: lockFilter = on; return Errno.None;
            case SocketOption.DetachFilter: return Errno.ENOENT;
            case SocketOption.BusyPoll:
                if (number < 0) return Errno.EINVAL;
                busyPoll = number;
                return Errno.None;
            case SocketOption.MaximumPacingRate: pacingRate = (uint)number; return Errno.None;
            case SocketOption.IncomingCpu: incomingCpu = number; return Errno.None;
            case SocketOption.BindToInterface:
                if (number is not (0 or Network.Loopback)) return number < 0 ? Errno.EINVAL : Errno.ENODEV;
                BoundInterface = number;
                return Errno.None;
            case SocketOption.ZeroCopy: return Errno.EOPNOTSUPP;
            default: return Errno.ENOPROTOOPT;
        }
    }

    /// <summary>getsockopt(2): writes the value, cut to what there is room for.</summary>
    /// <returns>Bytes.</returns>
    public virtual IoResult GetOption(int level, int option, Span<byte> value)
    {
        if (level != Levels.Socket) return Family == Families.Unix ? Errno.EOPNOTSUPP : Errno.ENOPROTOOPT;
        switch (option)
        {
            case SocketOption.Debug: return Integer(value, debug);
            case SocketOption.ReuseAddress: return Integer(value, ReuseAddress);
            case SocketOption.ReusePort: return Integer(value, ReusePort);
            case SocketOption.DontRoute: return Integer(value, dontRoute);
            case SocketOption.Broadcast: return Integer(value, Broadcast);
            case SocketOption.SendBuffer: return Integer(value, SendBuffer);
            case SocketOption.ReceiveBuffer: return Integer(value, ReceiveBuffer);
            case SocketOption.KeepAlive: return Integer(value, keepAlive);
            case SocketOption.OobInline: return Integer(value, OobInline);
            case SocketOption.NoCheck: return Integer(value, noCheck);
            case SocketOption.Priority: return Integer(value, priority);
            case SocketOption.Type: return Integer(value, (int)Type);
            case SocketOption.Protocol: return Integer(value, Protocol);
            case SocketOption.Domain: return Integer(value, Family);
            case SocketOption.Error: return Integer(value, (int)TakeError());
            case SocketOption.Linger: return Bytes(value, MemoryMarshal.AsBytes<int>([Linger.IsOn ? 1 : 0, Linger.Seconds]));
            case SocketOption.BsdCompatible: return Integer(value, 0);
            case SocketOption.Timestamp: return Integer(value, timestampKind is KindOld);
            case SocketOption.TimestampNew: return Integer(value, timestampKind is (KindOld | KindNew));
            case SocketOption.TimestampNano: return Integer(value, timestampKind is KindNano);
            case SocketOption.TimestampNanoNew: return Integer(value, timestampKind is (KindNano | KindNew));
            case SocketOption.Timestamping or SocketOption.TimestampingNew: return Integer(value, timestamping);
            case SocketOption.ReceiveTimeout: return Timeout(value, ReceiveTimeout, isNew: false);
            case SocketOption.ReceiveTimeoutNew: return Timeout(value, ReceiveTimeout, isNew: true);
            case SocketOption.SendTimeout: return Timeout(value, SendTimeout, isNew: false);
            case SocketOption.SendTimeoutNew: return Timeout(value, SendTimeout, isNew: true);
            case SocketOption.ReceiveLowWater: return Integer(value, ReceiveLowWater);
            case SocketOption.SendLowWater: return Integer(value, 1);
            case SocketOption.PassCredentials: return Integer(value, PassCredentials);
            case SocketOption.PassSecurity: return Integer(value, 0);
            case SocketOption.PeerCredentials:
                {
                    var who = (this as UnixSocket)?.PeerIdentity ?? PeerIdentity.None;
                    return Bytes(value, MemoryMarshal.AsBytes<uint>([(uint)who.Pid, who.Uid, who.Gid]));
                }
            case SocketOption.PeerGroups:
                if (this is not UnixSocket { PeerGroups: { } groups }) return Errno.ENODATA;
                return value.Length < groups.Length * 4 ? Errno.ERANGE : Bytes(value, MemoryMarshal.AsBytes<uint>(groups));
            case SocketOption.PeerName:
                {
                    var error = GetPeer(out var address);
                    if (error != Errno.None) return error;
                    return address.Length < value.Length ? Errno.EINVAL : Bytes(value, address);
                }
            case SocketOption.AcceptConnection: return Integer(value, IsListening);
            case SocketOption.Mark: return Integer(value, (int)mark);
            case SocketOption.ReceiveQueueOverflow or SocketOption.WifiStatus or SocketOption.NoFcs or SocketOption.ZeroCopy or SocketOption.IncomingNapi
                or SocketOption.PreferBusyPoll or SocketOption.BufferLock:
                return Integer(value, 0);
            case SocketOption.PeekOffset: return Family != Families.Unix && Type != SocketType.Datagram ? Errno.EOPNOTSUPP : Integer(value, PeekOffset);
            case SocketOption.BindToDevice: return BoundInterface == 0 ? IoResult.From(0) : value.Length < 16 ? Errno.EINVAL : Bytes(value, "lo\0"u8);
            case SocketOption.BindToInterface: return Integer(value, BoundInterface);
            case SocketOption.AttachFilter: return IoResult.From(0);
            case SocketOption.LockFilter: return Integer(value, lockFilter);
            case SocketOption.BusyPoll: return Integer(value, busyPoll);
            case SocketOption.MaximumPacingRate: return Integer(value, (int)pacingRate);
            case SocketOption.IncomingCpu: return Integer(value, incomingCpu);
            case SocketOption.Cookie: return value.Length < 8 ? Errno.EINVAL : Bytes(value, MemoryMarshal.AsBytes<ulong>([Number]));
            default: return Errno.ENOPROTOOPT;
        }
    }

    /// <summary>An int as getsockopt(2) gives it.</summary>
    protected static IoResult Integer(Span<byte> value, int number) => Bytes(value, MemoryMarshal.AsBytes<int>([number]));

    /// <summary>A flag as getsockopt(2) gives it.</summary>
    protected static IoResult Integer(Span<byte> value, bool flag) => Integer(value, flag ? 1 : 0);

    /// <summary>Bytes as getsockopt(2) gives them: as many as there is room for.</summary>
    protected static IoResult Bytes(Span<byte> value, ReadOnlySpan<byte> bytes)
    {
        int length = Math.Min(value.Length, bytes.Length);
        bytes[..length].CopyTo(value);
        return IoResult.From(length);
    }

    /// <summary>Adds SCM_TIMESTAMP in the layout that was asked for.</summary>
    protected void AddTimestamp(ref IncomingMessage message, Timespec time)
    {
        bool isNew = (timestampKind & KindNew) != 0, isNano = (timestampKind & KindNano) != 0;
        int fraction = isNano ? (int)time.Nanoseconds : (int)time.Nanoseconds / 1000;
        var bytes = isNew ? MemoryMarshal.AsBytes<long>([time.Seconds, fraction]) : MemoryMarshal.AsBytes<int>([(int)time.Seconds, fraction]);
        message.AddControl(Levels.Socket, isNano ? isNew ? SocketOption.TimestampNanoNew : SocketOption.TimestampNano : isNew ? SocketOption.TimestampNew : SocketOption.Timestamp, bytes.ToArray());
    }

    Errno SetSendBuffer(long bytes)
    {
        SendBuffer = (int)Math.Max(bytes * 2, LeastSendBuffer);
        Writable.Wake();
        return Errno.None;
    }

    Errno SetReceiveBuffer(long bytes)
    {
        ReceiveBuffer = (int)Math.Max(bytes * 2, LeastReceiveBuffer);
        return Errno.None;
    }

    Errno BindToDevice(ReadOnlySpan<byte> value)
    {
        if (value.Length > 15) value = value[..15];
        int end = value.IndexOf((byte)0);
        if (end >= 0) value = value[..end];
        if (!value.IsEmpty && !value.SequenceEqual("lo"u8)) return Errno.ENODEV;
        BoundInterface = value.IsEmpty ? 0 : Network.Loopback;
        return Errno.None;
    }

    static Errno ReadTimeout(ReadOnlySpan<byte> value, bool isNew, out long timeout)
    {
        timeout = NoTimeout;
        if (value.Length < (isNew ? 16 : 8)) return Errno.EINVAL;
        long seconds = isNew ? BinaryPrimitives.ReadInt64LittleEndian(value) : BinaryPrimitives.ReadInt32LittleEndian(value);
        long fraction = isNew ? BinaryPrimitives.ReadInt64LittleEndian(value[8..]) : BinaryPrimitives.ReadInt32LittleEndian(value[4..]);
        if (fraction is < 0 or >= 1_000_000) return Errno.EDOM;
        if (seconds < 0) timeout = 0;
        else if (seconds < 1_000_000_000 && (seconds | fraction) != 0) timeout = seconds * 1_000_000_000 + fraction * 1000;
        return Errno.None;
    }

    static IoResult Timeout(Span<byte> value, long timeout, bool isNew)
    {
        long seconds = timeout == NoTimeout ? 0 : timeout / 1_000_000_000, fraction = timeout == NoTimeout ? 0 : timeout / 1000 % 1_000_000;
        return isNew ? Bytes(value, MemoryMarshal.AsBytes<long>([seconds, fraction])) : Bytes(value, MemoryMarshal.AsBytes<int>([(int)seconds, (int)fraction]));
    }
}
