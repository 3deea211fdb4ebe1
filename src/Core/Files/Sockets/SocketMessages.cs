namespace CheckpointRestart.Core.Files;

/// <summary>Who a process is to the one at the other end (struct ucred).</summary>
internal readonly record struct PeerIdentity(int Pid, uint Uid, uint Gid)
{
    /// <summary>Nobody known: pid 0 and the overflow ids are not used; as Linux, ids of -1.</summary>
    public static PeerIdentity None { get; } = new(0, uint.MaxValue, uint.MaxValue);
}

/// <summary>The task on whose behalf a socket acts, as far as a socket needs to know it.</summary>
internal abstract class SocketCaller
{
    /// <summary>Process id and effective ids.</summary>
    public abstract PeerIdentity Identity { get; }

    /// <summary>Process id with the real ids, as SCM_CREDENTIALS has them.</summary>
    public abstract PeerIdentity RealIdentity { get; }

    /// <summary>Supplementary groups.</summary>
    public abstract uint[] Groups { get; }

    /// <summary>Whether a capability is effective.</summary>
    public abstract bool Has(Capability capability);

    /// <summary>Makes a socket's node in the tree. EADDRINUSE when the name is taken.</summary>
    public abstract Errno MakeNode(string path, out Dentry? node);

    /// <summary>Finds a socket's node. ECONNREFUSED when it is something else.</summary>
    public abstract Errno FindNode(string path, out Inode? node);

    /// <summary>Most files that the caller's user may have in flight: RLIMIT_NOFILE; no limit for the privileged.</summary>
    public abstract long FlightLimit { get; }
}

/// <summary>One message of recvmsg(2)'s control part, in the layout of the guest but for descriptors, which the kernel floor makes.</summary>
internal readonly record struct ControlItem(int Level, int Type, byte[] Data);

/// <summary>What goes out with one send(2).</summary>
internal ref struct OutgoingMessage
{
    public ReadOnlySpan<byte> Data;
    public MessageFlags Flags;

    /// <summary>The sockaddr given; empty for none.</summary>
    public ReadOnlySpan<byte> To;

    /// <summary>SCM_RIGHTS: the socket takes references of its own.</summary>
    public OpenFile[]? Files;

    /// <summary>SCM_CREDENTIALS, checked; null when not given.</summary>
    public PeerIdentity? Credentials;

    /// <summary>The source address of IP_PKTINFO or IPV6_PKTINFO, and whether one was given.</summary>
    public UInt128 Source;

    public bool HasSource;

    /// <summary>Time to live and type of service of this packet alone, when control messages give them.</summary>
    public int? Ttl, Tos;

    public SocketCaller Caller;
    public bool IsNonBlocking;
}

/// <summary>What comes in with one recv(2).</summary>
internal ref struct IncomingMessage
{
    /// <summary>Where the data goes.</summary>
    public Span<byte> Data;

    /// <summary>Bytes that the caller has room for in all; with MSG_TRUNC a datagram's length counts.</summary>
    public MessageFlags Flags;

    /// <summary>MSG_* for the caller.</summary>
    public MessageFlags Result;

    /// <summary>The sender's sockaddr; null when there is none to tell, empty for a sender without a name.</summary>
    public byte[]? From;

    /// <summary>SCM_RIGHTS: references that the caller takes over.</summary>
    public OpenFile[]? Files;

    /// <summary>SCM_CREDENTIALS.</summary>
    public PeerIdentity? Credentials;

    /// <summary>Other control messages.</summary>
    public List<ControlItem>? Control;

    /// <summary>A stream: no more may be joined to what was read.</summary>
    public bool IsBoundary;

    /// <summary>A stream: bytes that must be there before MSG_PEEK gives any.</summary>
    public int Target;

    /// <summary>A stream: bytes already given by this call.</summary>
    public long Before;

    public bool IsNonBlocking;

    public void AddControl(int level, int type, byte[] data) => (Control ??= []).Add(new ControlItem(level, type, data));
}
