using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>What an image carries of every socket. Family, type and protocol are given to the constructor.</content>
internal abstract partial class Socket
{
    /// <summary>The most that SO_SNDBUFFORCE and SO_RCVBUFFORCE set.</summary>
    protected const int MostForcedBuffer = 1 << 27;

    /// <summary>The longest datagram that fits such a buffer.</summary>
    internal const int MostDatagram = MostForcedBuffer - 32;

    /// <summary>Names what all sockets have. The last open file of a dead one is gone.</summary>
    private protected void VisitSocket(StateVisitor visitor)
    {
        visitor.Int("family", Family);
        visitor.Enum("type", Type);
        visitor.Int("protocol", Protocol);
        Number = (ulong)visitor.Number("number", (long)Number, 1);
        IsDead = visitor.Flag("dead", IsDead);
        File = visitor.Ref("file", IsDead ? null : File);
        Owner = visitor.Identity("owner", Owner);
        Shutdowns = (Shut)visitor.Int("shutdowns", (int)Shutdowns, 0, (int)Shut.Both);
        PendingError = visitor.Enum("pending-error", PendingError);
        LastArrival = visitor.Time("last-arrival", LastArrival);
        WantsRoom = visitor.Flag("wants-room", WantsRoom);
        async = visitor.Ref("async-files", async);
        Readable.Visit(visitor, "waiting-readers");
        Writable.Visit(visitor, "waiting-writers");
        VisitOptions(visitor);
        if (!visitor.IsReading) return;
        async?.RequireAll(visitor, file => ReferenceEquals(file, File));
        Network.AddRestored(visitor, this);
        visitor.Later(OpenFile.HoldersAreThere, () =>
        {
            visitor.Require(Number < Network.NextSocket, "a socket's number is below that of the next one");
            visitor.Require(File == null || (!IsDead && ReferenceEquals(File.Socket, this) && Network.IsListed(this)), "a socket that has an open file is alive, is that file's, and is listed");
        });
    }

    void VisitOptions(StateVisitor visitor)
    {
        if (!visitor.BeginStructure("options", true)) return;
        SendBuffer = visitor.Int("send-buffer", SendBuffer, LeastSendBuffer, MostForcedBuffer);
        ReceiveBuffer = visitor.Int("receive-buffer", ReceiveBuffer, LeastReceiveBuffer, MostForcedBuffer);
        ReceiveLowWater = visitor.Int("receive-low-water", ReceiveLowWater, 1);
        ReceiveTimeout = visitor.Number("receive-timeout", ReceiveTimeout, 0);
        SendTimeout = visitor.Number("send-timeout", SendTimeout, 0);
        PassCredentials = visitor.Flag("pass-credentials", PassCredentials);
        ReuseAddress = visitor.Flag("reuse-address", ReuseAddress);
        ReusePort = visitor.Flag("reuse-port", ReusePort);
        Broadcast = visitor.Flag("broadcast", Broadcast);
        OobInline = visitor.Flag("oob-inline", OobInline);
        Linger = (visitor.Flag("linger", Linger.IsOn), visitor.Int("linger-seconds", Linger.Seconds));
        PeekOffset = visitor.Int("peek-offset", PeekOffset);
        BoundInterface = visitor.Int("interface", BoundInterface, 0, Network.Loopback);
        debug = visitor.Flag("debug", debug);
        dontRoute = visitor.Flag("dont-route", dontRoute);
        keepAlive = visitor.Flag("keep-alive", keepAlive);
        noCheck = visitor.Flag("no-check", noCheck);
        lockFilter = visitor.Flag("lock-filter", lockFilter);
        timestampKind = visitor.Int("timestamp", timestampKind, 0, KindNano | KindNew);
        visitor.Require(timestampKind is 0 or KindOld or KindNano or (KindOld | KindNew) or (KindNano | KindNew), "timestamp has one of its values");
        timestamping = visitor.Int("timestamping", timestamping);
        priority = visitor.Int("priority", priority);
        mark = visitor.Uint("mark", mark);
        incomingCpu = visitor.Int("incoming-cpu", incomingCpu);
        busyPoll = visitor.Int("busy-poll", busyPoll, 0);
        pacingRate = visitor.Uint("pacing-rate", pacingRate);
        visitor.EndStructure();
    }

    /// <summary>The family of a socket that is about to be made, one of two.</summary>
    private protected static int FamilyOf(StateVisitor visitor, int first, int second)
    {
        int family = visitor.Int("family", first);
        visitor.Require(family == first || family == second, $"a socket of its kind is of family {first} or {second}, not {family}");
        return family;
    }
}

/// <content>State.</content>
internal sealed partial class SocketInode : IStateObject
{
    string IStateObject.StateKind => "socket-inode";

    void IStateObject.Visit(StateVisitor visitor) => VisitInode(visitor);

    internal static SocketInode Create(StateVisitor visitor, Network network) => new(network.FileSystem, visitor.Word("number", 0));

    SocketInode(FileSystem fileSystem, ulong number) : base(fileSystem, number, FileModeBits.Socket)
    {
    }
}

/// <content>State.</content>
internal sealed partial class SocketFile : IStateObject
{
    string IStateObject.StateKind => "socket-file";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("socket", Socket);
        VisitFile(visitor);
        if (!visitor.IsReading) return;
        visitor.Require((Flags & (OpenFlags.AccessMode | OpenFlags.Path)) == OpenFlags.ReadWrite, "a socket is open for reading and writing");
        visitor.Later(OpenFile.HoldersAreThere, () => visitor.Require(ReferenceEquals(Socket.File, this), "a socket has one open file"));
    }

    internal static SocketFile Create(StateVisitor visitor) => new(visitor.Need<Socket>("socket", null), NameOf<SocketInode>(visitor), FlagsOf(visitor));

    SocketFile(Socket socket, Dentry name, OpenFlags flags) : base(name, flags, FMode.Read | FMode.Write) => Socket = socket;
}
