namespace CheckpointRestart.Core.Files;

/// <summary>AF_* (include/linux/socket.h).</summary>
internal static class Families
{
    public const int Unspecified = 0, Unix = 1, Internet = 2, Internet6 = 10, Netlink = 16, Packet = 17, Highest = 45;
}

/// <summary>SOCK_* types (include/linux/net.h).</summary>
internal enum SocketType
{
    Stream = 1,
    Datagram = 2,
    Raw = 3,
    ReliableDatagram = 4,
    SequencedPacket = 5,
}

/// <summary>MSG_* (include/linux/socket.h).</summary>
[Flags]
internal enum MessageFlags : uint
{
    None = 0,
    OutOfBand = 1,
    Peek = 2,
    DontRoute = 4,
    ControlTruncated = 8,
    Truncated = 0x20,
    DontWait = 0x40,
    EndOfRecord = 0x80,
    WaitAll = 0x100,
    ErrorQueue = 0x2000,
    NoSignal = 0x4000,
    More = 0x8000,
    WaitForOne = 0x10000,
    CloseOnExec = 0x40000000,
}

/// <summary>Levels of setsockopt(2).</summary>
internal static class Levels
{
    public const int Ip = 0, Socket = 1, Tcp = 6, Udp = 17, Ip6 = 41, UdpLite = 136, Raw = 255, Netlink = 270;
}

/// <summary>SO_* of i386 (asm-generic/socket.h).</summary>
internal static class SocketOption
{
    public const int Debug = 1, ReuseAddress = 2, Type = 3, Error = 4, DontRoute = 5, Broadcast = 6, SendBuffer = 7, ReceiveBuffer = 8, KeepAlive = 9, OobInline = 10,
        NoCheck = 11, Priority = 12, Linger = 13, BsdCompatible = 14, ReusePort = 15, PassCredentials = 16, PeerCredentials = 17, ReceiveLowWater = 18,
        SendLowWater = 19, ReceiveTimeout = 20, SendTimeout = 21, BindToDevice = 25, AttachFilter = 26, DetachFilter = 27, PeerName = 28, Timestamp = 29, AcceptConnection = 30,
        PeerSecurity = 31, SendBufferForce = 32, ReceiveBufferForce = 33, PassSecurity = 34, TimestampNano = 35, Mark = 36, Timestamping = 37, Protocol = 38, Domain = 39,
        ReceiveQueueOverflow = 40, WifiStatus = 41, PeekOffset = 42, NoFcs = 43, LockFilter = 44, BusyPoll = 46, MaximumPacingRate = 47, IncomingCpu = 49, MemoryInformation = 55,
        IncomingNapi = 56, Cookie = 57, PeerGroups = 59, ZeroCopy = 60, BindToInterface = 62, TimestampNew = 63, TimestampNanoNew = 64, TimestampingNew = 65, ReceiveTimeoutNew = 66, SendTimeoutNew = 67,
        PreferBusyPoll = 69, BufferLock = 72;
}

/// <summary>Half closes of a socket (Linux: RCV_SHUTDOWN, SEND_SHUTDOWN).</summary>
[Flags]
internal enum Shut
{
    None = 0,
    Receive = 1,
    Send = 2,
    Both = 3,
}
