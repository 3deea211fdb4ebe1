using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Sockets: socket(2), socketpair(2), bind(2), connect(2), listen(2), accept4(2), names, options, shutdown(2), and socketcall(2), which multiplexes all.</summary>
internal static class SocketCalls
{
    const string Inside = "UNIX sockets, TCP and UDP on lo, NETLINK_ROUTE dumps; nothing leaves the machine; no raw or packet sockets";
    const int LongestAddress = 128, LongestOption = 1024;
    const uint TypeMask = 0xF;

    internal static readonly Syscall[] Table =
    [
        new(102, "socketcall", Multiplexed, Support.Full),
        new(359, "socket", Make, Support.Partial, Inside),
        new(360, "socketpair", Pair, Support.Full),
        new(361, "bind", Bind, Support.Full),
        new(362, "connect", Connect, Support.Full),
        new(363, "listen", Listen, Support.Full),
        new(364, "accept4", Accept, Support.Full),
        new(365, "getsockopt", GetOption, Support.Full),
        new(366, "setsockopt", SetOption, Support.Partial, "no packet filters"),
        new(367, "getsockname", GetName, Support.Full),
        new(368, "getpeername", GetPeer, Support.Full),
        new(373, "shutdown", Shutdown, Support.Full),
    ];

    static readonly int[] ArgumentCounts = [0, 3, 3, 3, 2, 3, 3, 3, 4, 4, 4, 6, 6, 2, 5, 5, 3, 3, 4, 5, 4];

    static Result Multiplexed(Task task, in CallArguments a)
    {
        if (a[0] < 1 || a[0] >= ArgumentCounts.Length) return Errno.EINVAL;
        ref var inner = ref task.Call.Inner;
        if (!task.Call.IsRetry) inner = default;
        for (int index = 0; index < ArgumentCounts[a[0]] && !task.Call.IsRetry; index++)
        {
            if (!task.AddressSpace!.TryRead(a[1] + (uint)index * 4, out uint value)) return Errno.EFAULT;
            inner[index] = value;
        }
        return a[0] switch
        {
            1 => Make(task, inner),
            2 => Bind(task, inner),
            3 => Connect(task, inner),
            4 => Listen(task, inner),
            5 or 18 => Accept(task, inner),
            6 => GetName(task, inner),
            7 => GetPeer(task, inner),
            8 => Pair(task, inner),
            9 or 11 => MessageCalls.SendTo(task, inner),
            10 or 12 => MessageCalls.ReceiveFrom(task, inner),
            13 => Shutdown(task, inner),
            14 => SetOption(task, inner),
            15 => GetOption(task, inner),
            16 => MessageCalls.Send(task, inner),
            17 => MessageCalls.Receive(task, inner),
            19 => MessageCalls.ReceiveMany(task, inner),
            _ => MessageCalls.SendMany(task, inner),
        };
    }

    /// <summary>The socket of a descriptor. EBADF, ENOTSOCK.</summary>
    public static Errno GetSocket(Task task, uint descriptor, out SocketFile file)
    {
        file = null!;
        var error = task.GetFile(descriptor, out var found);
        if (error != Errno.None || (found.Mode & FMode.Path) != 0) return Errno.EBADF;
        if (found is not SocketFile socket) return Errno.ENOTSOCK;
        file = socket;
        return Errno.None;
    }

    /// <summary>Most descriptors of the task.</summary>
    public static int DescriptorLimit(Task task) => (int)Math.Min(task.Group.Limits[Resource.OpenFiles].Current, 1 << 20);

    static Errno CheckType(Task task, in CallArguments a, out Socket? socket)
    {
        socket = null;
        var flags = (OpenFlags)(a[1] & ~TypeMask);
        if ((flags & ~(OpenFlags.CloseOnExec | OpenFlags.NonBlock)) != 0) return Errno.EINVAL;
        int family = (int)a[0], protocol = (int)a[2];
        uint type = a[1] & TypeMask;
        if (family is < 0 or > Families.Highest) return Errno.EAFNOSUPPORT;
        if (type > 10) return Errno.EINVAL;
        var network = task.Machine.Network;
        var error = family switch
        {
            Families.Unix => MakeUnix(network, type, protocol, out socket),
            Families.Internet or Families.Internet6 => MakeInternet(task, family, type, protocol, out socket),
            Families.Netlink => MakeNetlink(task, type, protocol, out socket),
            Families.Packet => task.Credentials.Has(Capability.RawNetwork) ? Errno.EPROTONOSUPPORT : Errno.EPERM,
            _ => Errno.EAFNOSUPPORT,
        };
        if (socket != null) socket.Owner = new TaskCaller(task).Identity;
        return error;
    }

    static Errno MakeUnix(Network network, uint type, int protocol, out Socket? socket)
    {
        socket = null;
        if (protocol is not (0 or Families.Unix)) return Errno.EPROTONOSUPPORT;
        // A raw socket of this family has always been a datagram socket.
        if (type == (uint)SocketType.Raw) type = (uint)SocketType.Datagram;
        if ((SocketType)type is not (SocketType.Stream or SocketType.Datagram or SocketType.SequencedPacket)) return Errno.ESOCKTNOSUPPORT;
        socket = new UnixSocket(network, (SocketType)type);
        return Errno.None;
    }

    static Errno MakeInternet(Task task, int family, uint type, int protocol, out Socket? socket)
    {
        socket = null;
        if (protocol is < 0 or >= 263) return Errno.EINVAL;
        switch ((SocketType)type)
        {
            case SocketType.Stream:
                if (protocol is not (0 or Levels.Tcp)) return Errno.EPROTONOSUPPORT;
                socket = new TcpSocket(task.Machine.Network, family);
                return Errno.None;
            case SocketType.Datagram:
                if (protocol is not (0 or Levels.Udp or Levels.UdpLite)) return Errno.EPROTONOSUPPORT;
                socket = new UdpSocket(task.Machine.Network, family, protocol == 0 ? Levels.Udp : protocol);
                return Errno.None;
            case SocketType.Raw:
                if (protocol == 0) return Errno.EPROTONOSUPPORT;
                return task.Credentials.Has(Capability.RawNetwork) ? Errno.EPROTONOSUPPORT : Errno.EPERM;
            default: return Errno.ESOCKTNOSUPPORT;
        }
    }

    static Errno MakeNetlink(Task task, uint type, int protocol, out Socket? socket)
    {
        socket = null;
        if ((SocketType)type is not (SocketType.Raw or SocketType.Datagram)) return Errno.ESOCKTNOSUPPORT;
        if (protocol != 0) return Errno.EPROTONOSUPPORT;
        socket = new NetlinkSocket(task.Machine.Network, (SocketType)type);
        return Errno.None;
    }

    static Result Make(Task task, in CallArguments a)
    {
        var error = CheckType(task, a, out var socket);
        if (error != Errno.None) return error;
        if (task.Files!.IsFull(DescriptorLimit(task))) return Errno.EMFILE;
        return Install(task, socket!, (OpenFlags)(a[1] & ~TypeMask));
    }

    static Result Install(Task task, Socket socket, OpenFlags flags)
    {
        var file = new SocketFile(socket, flags & OpenFlags.NonBlock);
        return task.AddFile(file, (flags & OpenFlags.CloseOnExec) != 0);
    }

    static Result Pair(Task task, in CallArguments a)
    {
        var flags = (OpenFlags)(a[1] & ~TypeMask);
        var error = CheckType(task, a, out var socket);
        if (error != Errno.None) return error;
        if (socket is not UnixSocket) return Errno.EOPNOTSUPP;
        var (first, second) = UnixSocket.Pair(task.Machine.Network, socket.Type, new TaskCaller(task));
        return PipeCalls.AddPair(task, a[3], new SocketFile(first, flags), new SocketFile(second, flags), (flags & OpenFlags.CloseOnExec) != 0);
    }

    /// <summary>Reads a sockaddr: EINVAL for a bad length, EFAULT.</summary>
    public static Errno ReadAddress(Task task, uint address, uint length, out byte[] bytes)
    {
        bytes = [];
        if (length > LongestAddress) return Errno.EINVAL;
        bytes = new byte[length];
        return task.AddressSpace!.Read(address, bytes) ? Errno.None : Errno.EFAULT;
    }

    /// <summary>Writes a sockaddr, cut to the room that there is, and its whole length (move_addr_to_user).</summary>
    public static Errno WriteAddress(Task task, ReadOnlySpan<byte> bytes, uint address, uint lengthAddress)
    {
        var memory = task.AddressSpace!;
        if (!memory.TryRead(lengthAddress, out int room)) return Errno.EFAULT;
        if (room < 0) return Errno.EINVAL;
        if (room > 0 && !memory.Write(address, bytes[..Math.Min(room, bytes.Length)])) return Errno.EFAULT;
        return memory.TryWrite(lengthAddress, bytes.Length) ? Errno.None : Errno.EFAULT;
    }

    static Result Bind(Task task, in CallArguments a)
    {
        var error = GetSocket(task, a[0], out var file);
        if (error == Errno.None) error = ReadAddress(task, a[1], a[2], out var address) is var e && e != Errno.None ? e : file.Socket.Bind(address, new TaskCaller(task));
        return error;
    }

    static Result Listen(Task task, in CallArguments a)
    {
        var error = GetSocket(task, a[0], out var file);
        // As on Linux a negative number is a large one.
        return error != Errno.None ? error : file.Socket.Listen((int)Math.Min(a[1], (uint)task.Machine.Network.MostBacklog), new TaskCaller(task));
    }

    static Result Connect(Task task, in CallArguments a)
    {
        var error = GetSocket(task, a[0], out var file);
        if (error != Errno.None) return error;
        error = ReadAddress(task, a[1], a[2], out var address);
        if (error != Errno.None) return error;
        var socket = file.Socket;
        bool nonBlocking = (file.Flags & OpenFlags.NonBlock) != 0;
        var result = socket.Connect(address, new TaskCaller(task), nonBlocking || socket.SendTimeout == 0, task.Call.IsRetry);
        if (!result.WouldBlock) return Result.From(result);
        if (socket.SendTimeout != Socket.NoTimeout) task.SetDeadline(TimerCalls.After(task.Machine.Clock.Now, socket.SendTimeout));
        else if (socket is TcpSocket) task.SetDeadline(TimerCalls.After(task.Machine.Clock.Now, TcpSocket.DialTimeout));
        if (!task.IsPastDeadline) return Result.Wait(result.Wait, InterruptionOf(socket.SendTimeout));
        if (socket is not TcpSocket tcp) return Errno.EAGAIN;
        if (socket.SendTimeout != Socket.NoTimeout) return Errno.EINPROGRESS;
        tcp.GiveUp();
        return Errno.ETIMEDOUT;
    }

    /// <summary>A call with a timeout of its own is not begun again (sock_intr_errno).</summary>
    public static Interruption InterruptionOf(long timeout) => timeout == Socket.NoTimeout ? Interruption.Restart : Interruption.Interrupted;

    static Result Accept(Task task, in CallArguments a)
    {
        var flags = (OpenFlags)a[3];
        if ((flags & ~(OpenFlags.CloseOnExec | OpenFlags.NonBlock)) != 0) return Errno.EINVAL;
        var error = GetSocket(task, a[0], out var file);
        if (error != Errno.None) return error;
        if (task.Files!.IsFull(DescriptorLimit(task))) return Errno.EMFILE;
        var socket = file.Socket;
        var result = socket.Accept(out var accepted);
        if (result.WouldBlock)
        {
            if ((file.Flags & OpenFlags.NonBlock) != 0 || socket.ReceiveTimeout == 0) return Errno.EAGAIN;
            if (socket.ReceiveTimeout != Socket.NoTimeout) task.SetDeadline(TimerCalls.After(task.Machine.Clock.Now, socket.ReceiveTimeout));
            return task.IsPastDeadline ? Errno.EAGAIN : Result.Wait(result.Wait, InterruptionOf(socket.ReceiveTimeout));
        }
        if (result.IsError) return result.Errno;
        var number = Install(task, accepted!, flags);
        if (number.Value < 0 || a[1] == 0) return number;
        _ = accepted!.GetPeer(out var address);
        error = WriteAddress(task, address, a[1], a[2]);
        if (error == Errno.None) return number;
        task.Files.Close(number.Value);
        return error;
    }

    static Result GetName(Task task, in CallArguments a)
    {
        var error = GetSocket(task, a[0], out var file);
        return error != Errno.None ? error : WriteAddress(task, file.Socket.Name, a[1], a[2]);
    }

    static Result GetPeer(Task task, in CallArguments a)
    {
        var error = GetSocket(task, a[0], out var file);
        if (error == Errno.None) error = file.Socket.GetPeer(out var address) is var e && e != Errno.None ? e : WriteAddress(task, address, a[1], a[2]);
        return error;
    }

    static Result Shutdown(Task task, in CallArguments a)
    {
        var error = GetSocket(task, a[0], out var file);
        if (error != Errno.None) return error;
        return a[1] > 2 ? Errno.EINVAL : file.Socket.Shutdown((Shut)(a[1] + 1));
    }

    static Result SetOption(Task task, in CallArguments a)
    {
        if ((int)a[4] < 0) return Errno.EINVAL;
        var error = GetSocket(task, a[0], out var file);
        if (error != Errno.None) return error;
        Span<byte> value = stackalloc byte[(int)Math.Min(a[4], LongestOption)];
        if (!task.AddressSpace!.Read(a[3], value)) return Errno.EFAULT;
        return file.Socket.SetOption((int)a[1], (int)a[2], value, new TaskCaller(task));
    }

    static Result GetOption(Task task, in CallArguments a)
    {
        var error = GetSocket(task, a[0], out var file);
        if (error != Errno.None) return error;
        var memory = task.AddressSpace!;
        if (!memory.TryRead(a[4], out int length)) return Errno.EFAULT;
        if (length < 0) return Errno.EINVAL;
        Span<byte> value = stackalloc byte[Math.Min(length, LongestOption)];
        var result = file.Socket.GetOption((int)a[1], (int)a[2], value);
        if (result.IsError) return result.Errno;
        return memory.Write(a[3], value[..(int)result.Value]) && memory.TryWrite(a[4], (int)result.Value) ? 0 : Errno.EFAULT;
    }
}
