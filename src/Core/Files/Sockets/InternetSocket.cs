using System.Buffers.Binary;

namespace CheckpointRestart.Core.Files;

/// <summary>What sockets of TCP and UDP share: addresses, ports, and the options of IP. The machine has one interface, lo; nothing leaves it.</summary>
internal abstract partial class InternetSocket : Socket, IPortUser
{
    protected InternetSocket(Network network, int family, SocketType type, int protocol) : base(network, family, type, protocol)
    {
        IsV6 = family == Families.Internet6;
        Local = new(AnyAddress, 0);
        Remote = new(AnyAddress, 0);
    }

    /// <summary>True for AF_INET6.</summary>
    public bool IsV6 { get; }

    /// <inheritdoc/>
    public Endpoint Local { get; protected set; }

    /// <inheritdoc/>
    public Endpoint Remote { get; protected set; }

    /// <inheritdoc/>
    public bool IsV6Only { get; private set; }

    /// <inheritdoc/>
    public bool IsTimeWait => false;

    /// <inheritdoc/>
    public uint Uid => Owner.Uid;

    /// <summary>True when bind(2) gave the address, so that it stays when the connection goes.</summary>
    protected bool HasFixedAddress { get; set; }

    /// <summary>True when bind(2) gave the port.</summary>
    protected bool HasFixedPort { get; set; }

    /// <summary>True while it stands in the table of ports.</summary>
    protected bool HasPort { get; set; }

    protected abstract PortSpace Space { get; }

    UInt128 AnyAddress => IsV6 ? 0 : Endpoint.AnyV4;

    /// <summary>True when bind(2) is too late.</summary>
    protected abstract bool IsInUse { get; }

    /// <inheritdoc/>
    public override byte[] Name => Local.Write(IsV6);

    /// <inheritdoc/>
    public override Errno Bind(ReadOnlySpan<byte> address, SocketCaller caller)
    {
        var error = ReadForBind(address, out var wanted);
        if (error != Errno.None) return error;
        if (wanted.Port != 0 && wanted.Port < Network.UnprivilegedPorts && !caller.Has(Capability.BindService)) return Errno.EACCES;
        if (IsInUse || HasPort) return Errno.EINVAL;
        var before = Local;
        Local = wanted;
        if (!TakePort(wanted.Port == 0))
        {
            Local = before;
            return Errno.EADDRINUSE;
        }
        HasFixedAddress = !wanted.IsAny;
        HasFixedPort = wanted.Port != 0;
        return Errno.None;
    }

    Errno ReadForBind(ReadOnlySpan<byte> address, out Endpoint wanted)
    {
        wanted = default;
        if (address.Length < (IsV6 ? 24 : 16)) return Errno.EINVAL;
        int family = BinaryPrimitives.ReadUInt16LittleEndian(address);
        var error = Endpoint.Read(address, IsV6, out wanted);
        if (error != Errno.None) return error;
        if (family != Family && !(!IsV6 && family == Families.Unspecified && wanted.IsAny)) return Errno.EAFNOSUPPORT;
        if (IsV6 && wanted.IsV4 && IsV6Only) return Errno.EINVAL;
        if (wanted.IsAny || wanted.IsLocal || IsFree) return Errno.None;
        if (wanted.IsBroadcast) return Errno.None;
        if (wanted.IsMulticast) return IsV6 && Type == SocketType.Stream ? Errno.EINVAL : Errno.None;
        return !wanted.IsV4 && wanted.Address >> 118 == 0x3FA && wanted.Scope == 0 ? Errno.EINVAL : Errno.EADDRNOTAVAIL;
    }

    /// <summary>Takes the port of <see cref="Local"/>, or chooses one. False when it is not free.</summary>
    protected bool TakePort(bool choose)
    {
        if (choose)
        {
            int port = Space.Choose(forBind: true, candidate =>
            {
                Local = Local with { Port = candidate };
                return !Conflicts(isChosen: true);
            });
            if (port == 0)
            {
                Local = Local with { Port = 0 };
                return false;
            }
        }
        else if (Conflicts(isChosen: false))
        {
            return false;
        }
        HasPort = true;
        Space.Add(this);
        return true;
    }

    protected abstract bool Conflicts(bool isChosen);

    /// <summary>Gives the port back.</summary>
    protected void GivePort()
    {
        if (!HasPort) return;
        Space.Remove(this);
        HasPort = false;
    }

    /// <summary>Reads where to connect or send to, as a socket of this family may; :: and 0.0.0.0 are the machine itself.</summary>
    protected Errno ReadDestination(ReadOnlySpan<byte> address, out Endpoint to)
    {
        to = default;
        if (address.Length < 2) return Errno.EINVAL;
        int family = BinaryPrimitives.ReadUInt16LittleEndian(address);
        bool isLong = IsV6;
        if (IsV6 && family == Families.Internet && Type == SocketType.Datagram)
        {
            if (IsV6Only) return address.Length < 16 ? Errno.EINVAL : Errno.ENETUNREACH;
            isLong = false;
        }
        else if (address.Length < (IsV6 ? 24 : 16))
        {
            return Errno.EINVAL;
        }
        else if (family != Family && !(Type == SocketType.Datagram && family == Families.Unspecified))
        {
            return Errno.EAFNOSUPPORT;
        }
        var error = Endpoint.Read(address, isLong, out to);
        if (error != Errno.None) return error;
        if (to.Address == 0) to = to with { Address = Local.IsV4 && !Local.IsAny ? Endpoint.LoopbackV4 : Endpoint.Loopback6 };
        else if (to.IsAny) to = to with { Address = Endpoint.LoopbackV4 };
        if (to.IsV4 && IsV6Only) return Errno.ENETUNREACH;
        // A socket bound to an address of one version does not reach the other.
        if (!Local.IsAny && Local.IsV4 != to.IsV4) return to.IsV4 ? Errno.ENETUNREACH : Errno.EINVAL;
        return Errno.None;
    }

    /// <summary>The address that packets to another one leave from.</summary>
    protected static UInt128 SourceFor(Endpoint to) => to.IsV4 ? Endpoint.LoopbackV4 : Endpoint.Loopback6;

    /// <summary>How well a socket fits a destination: -1 not at all (compute_score).</summary>
    protected static int Score(InternetSocket socket, Endpoint to, Endpoint from)
    {
        if (socket.Local.Port != to.Port) return -1;
        int score = socket.IsV6 ? 1 : 2;
        if (socket.Local.IsAny)
        {
            if (to.IsV4 ? socket.IsV6Only && !socket.Local.IsV4 : socket.Local.IsV4) return -1;
        }
        else if (socket.Local.Address != to.Address)
        {
            return -1;
        }
        else
        {
            score += 4;
        }
        if (socket.Remote.Port != 0)
        {
            if (socket.Remote.Port != from.Port || socket.Remote.Address != from.Address) return -1;
            score += 8;
        }
        return socket.BoundInterface != 0 ? score + 4 : score;
    }
}
