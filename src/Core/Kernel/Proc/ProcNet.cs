using System.Globalization;
using System.Text;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Proc;

/// <summary>/proc/net and what of /proc/sys/net a program looks at, in Linux's layout (proc(5), net/ipv4/*.c). /proc/net is that of every process.</summary>
internal static class ProcNet
{
    /// <summary>The directory that /proc/net and /proc/pid/net are.</summary>
    public static ProcList Make(Machine machine)
    {
        var list = new ProcList();
        var network = machine.Network;
        ProcFiles.Text(list, "unix", () => Unix(network));
        ProcFiles.Text(list, "tcp", () => Tcp(network, isLong: false));
        ProcFiles.Text(list, "tcp6", () => Tcp(network, isLong: true));
        ProcFiles.Text(list, "udp", () => Udp(network, isLong: false, Levels.Udp));
        ProcFiles.Text(list, "udp6", () => Udp(network, isLong: true, Levels.Udp));
        ProcFiles.Text(list, "udplite", () => Udp(network, isLong: false, Levels.UdpLite));
        ProcFiles.Text(list, "udplite6", () => Udp(network, isLong: true, Levels.UdpLite));
        ProcFiles.Text(list, "raw", () => DatagramHeader);
        ProcFiles.Text(list, "raw6", () => LongDatagramHeader);
        ProcFiles.Text(list, "netlink", () => Netlink(network));
        ProcFiles.Text(list, "packet", () => "sk       RefCnt Type Proto  Iface R Rmem   User   Inode\n");
        ProcFiles.Text(list, "dev", () => "Inter-|   Receive                                                |  Transmit\n"
            + " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"
            + "    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0\n");
        ProcFiles.Text(list, "route", () => "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT                                                       \n");
        ProcFiles.Text(list, "ipv6_route", () => "00000000000000000000000000000001 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001       lo\n"
            + "00000000000000000000000000000001 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000002 00000000 80200001       lo\n");
        ProcFiles.Text(list, "if_inet6", () => "00000000000000000000000000000001 01 80 10 80       lo\n");
        ProcFiles.Text(list, "arp", () => "IP address       HW type     Flags       HW address            Mask     Device\n");
        ProcFiles.Text(list, "sockstat", () => Statistics(network));
        ProcFiles.Text(list, "sockstat6", () => $"TCP6: inuse {Count<TcpSocket>(network, isLong: true)}\nUDP6: inuse {Count<UdpSocket>(network, isLong: true)}\nUDPLITE6: inuse 0\nRAW6: inuse 0\nFRAG6: inuse 0 memory 0\n");
        ProcFiles.Text(list, "protocols", () => "protocol  size sockets  memory press maxhdr  slab module     cl co di ac io in de sh ss gs se re bi br ha uh gp em\n");
        ProcFiles.Text(list, "snmp", () => "");
        ProcFiles.Text(list, "netstat", () => "");
        return list;
    }

    /// <summary>Fills /proc/sys/net.</summary>
    public static void AddSettings(ProcList sys, Machine machine)
    {
        var network = machine.Network;
        var core = sys.AddFolder("net").AddFolder("core");
        Setting(core, "somaxconn", () => network.MostBacklog, value => network.MostBacklog = value, 0);
        foreach (string name in (string[])["rmem_default", "rmem_max", "wmem_default", "wmem_max"]) ProcFiles.Text(core, name, () => "212992\n");
        ProcFiles.Text(core, "optmem_max", () => "20480\n");
        ProcFiles.Text(core, "netdev_max_backlog", () => "1000\n");
        var unix = sys.AddFolder("net").AddFolder("unix");
        Setting(unix, "max_dgram_qlen", () => network.UnixDatagrams, value => network.UnixDatagrams = value, 0);
        var v4 = sys.AddFolder("net").AddFolder("ipv4");
        ProcFiles.Text(v4, "ip_local_port_range", () => $"{PortSpace.First}\t{PortSpace.Last}\n");
        Setting(v4, "ip_unprivileged_port_start", () => network.UnprivilegedPorts, value => network.UnprivilegedPorts = value, 0);
        foreach (var (name, value) in ((string, string)[])[("tcp_rmem", "4096\t131072\t6291456"), ("tcp_wmem", "4096\t16384\t4194304"), ("tcp_fin_timeout", "60"), ("tcp_keepalive_time", "7200"),
            ("tcp_keepalive_intvl", "75"), ("tcp_keepalive_probes", "9"), ("tcp_max_syn_backlog", "512"), ("tcp_syn_retries", "6"), ("tcp_synack_retries", "5"), ("tcp_syncookies", "1"), ("tcp_tw_reuse", "2"),
            ("tcp_timestamps", "1"), ("tcp_sack", "1"), ("tcp_fastopen", "1"), ("tcp_congestion_control", "cubic"), ("tcp_available_congestion_control", "reno cubic"),
            ("tcp_allowed_congestion_control", "reno cubic"), ("tcp_max_tw_buckets", "8192"), ("ip_forward", "0"), ("ip_default_ttl", "64"), ("ip_nonlocal_bind", "0"), ("ping_group_range", "1\t0"), ("igmp_max_memberships", "20")])
            ProcFiles.Text(v4, name, () => value + "\n");
        var v6 = sys.AddFolder("net").AddFolder("ipv6");
        ProcFiles.Text(v6, "bindv6only", () => "0\n");
        foreach (string name in (string[])["all", "default", "lo"])
        {
            var folder = v6.AddFolder("conf").AddFolder(name);
            ProcFiles.Text(folder, "disable_ipv6", () => "0\n");
            ProcFiles.Text(folder, "forwarding", () => "0\n");
        }
    }

    /// <summary>A number that root may write.</summary>
    static void Setting(ProcList list, string name, Func<int> get, Action<int> set, int least) => list.Add(name, new ProcText(() => GuestText.ToBytes($"{get()}\n"), bytes =>
    {
        if (!int.TryParse(GuestText.FromBytes(bytes).Trim(), NumberStyles.AllowLeadingSign, null, out int value) || value < least) return Errno.EINVAL;
        set(value);
        return IoResult.From(bytes.Length);
    }, 0x1A4));

    const string DatagramHeader = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops             \n";

    const string LongDatagramHeader =
        "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n";

    static int Count<T>(Network network, bool isLong) where T : InternetSocket => network.Sockets.Count(socket => socket is T internet && internet.IsV6 == isLong);

    static string Statistics(Network network) =>
        $"sockets: used {network.Sockets.Count}\nTCP: inuse {Count<TcpSocket>(network, isLong: false)} orphan 0 tw {network.Ports.Waits.Count()} alloc {network.Sockets.Count(static s => s is TcpSocket)} mem 0\n"
        + $"UDP: inuse {Count<UdpSocket>(network, isLong: false)} mem 0\nUDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\n";

    static string Unix(Network network)
    {
        var text = new StringBuilder("Num       RefCount Protocol Flags    Type St Inode Path\n");
        foreach (var socket in network.Sockets)
        {
            if (socket is not UnixSocket unix) continue;
            int state = unix.IsListening || !unix.IsConnected ? 1 : 3;
            text.Append($"{0:x8}: {2 + (unix.IsConnected ? 1 : 0):X8} {0:X8} {(unix.IsListening ? 0x10000 : 0):X8} {(int)unix.Type:X4} {state:X2} {unix.InodeNumber,5}");
            if (unix.ShownName is { Length: > 0 } name) text.Append(' ').Append(GuestText.FromBytes(name));
            text.Append('\n');
        }
        return text.ToString();
    }

    static string Address(Endpoint endpoint, bool isLong)
    {
        if (!isLong) return $"{Swap(endpoint.Short):X8}:{endpoint.Port:X4}";
        var address = endpoint.Address;
        return $"{Swap((uint)(address >> 96)):X8}{Swap((uint)(address >> 64)):X8}{Swap((uint)(address >> 32)):X8}{Swap((uint)address):X8}:{endpoint.Port:X4}";
    }

    /// <summary>Linux prints the words as they lie in memory.</summary>
    static uint Swap(uint value) => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value);

    static string Tcp(Network network, bool isLong)
    {
        string header = isLong
            ? "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
            : "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     \n";
        var text = new StringBuilder(header);
        int line = 0;
        void Add(string row) => text.Append(isLong ? row : row.PadRight(149)).Append('\n');
        var sockets = network.Sockets.OfType<TcpSocket>().Where(socket => socket.IsV6 == isLong).ToList();
        foreach (var socket in sockets.Where(static s => s.IsListening).Concat(sockets.Where(static s => !s.IsListening && s.State != TcpState.Close)))
        {
            int waiting = socket.IsListening ? socket.Pending.Count : socket.Unread;
            Add($"{line++,4}: {Address(socket.Local, isLong)} {Address(socket.Remote, isLong)} {(int)socket.State:X2} {0:X8}:{waiting:X8} 00:{0:X8} {0:X8} {socket.Uid,5} {0,8} {socket.InodeNumber} 1 {0:x8} 100 0 0 10 0");
            if (!socket.IsListening) continue;
            foreach (var waits in socket.Pending)
                Add($"{line++,4}: {Address(waits.Local, isLong)} {Address(waits.Remote, isLong)} {(int)waits.State:X2} {0:X8}:{waits.Unread:X8} 00:{0:X8} {0:X8} {waits.Uid,5} {0,8} 0 1 {0:x8} 20 4 0 10 -1");
        }
        foreach (var wait in network.Ports.Waits)
        {
            if (wait.IsV6 != isLong) continue;
            long ticks = (wait.Expires - network.Monotonic()) / 10_000_000;
            Add($"{line++,4}: {Address(wait.Local, isLong)} {Address(wait.Remote, isLong)} {(int)wait.State:X2} {0:X8}:{0:X8} 03:{ticks:X8} {0:X8} {0,5} {0,8} 0 3 {0:x8}");
        }
        return text.ToString();
    }

    static string Udp(Network network, bool isLong, int protocol)
    {
        var text = new StringBuilder(isLong ? LongDatagramHeader : DatagramHeader);
        foreach (var socket in network.Sockets)
        {
            if (socket is not UdpSocket udp || udp.IsV6 != isLong || udp.Protocol != protocol || udp.Local.Port == 0) continue;
            string row = $"{udp.Local.Port & 255,5}: {Address(udp.Local, isLong)} {Address(udp.Remote, isLong)} {(udp.IsConnected ? 1 : 7):X2} {0:X8}:{udp.Charged:X8} 00:{0:X8} {0:X8} {udp.Uid,5} {0,8} {udp.InodeNumber} 2 {0:x8} {udp.Drops}";
            text.Append(isLong ? row : row.PadRight(127)).Append('\n');
        }
        return text.ToString();
    }

    static string Netlink(Network network)
    {
        var text = new StringBuilder("sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n");
        foreach (var socket in network.Sockets)
            if (socket is NetlinkSocket netlink) text.Append($"{0:x16} {0,-3} {netlink.Port,-10} {0:x8} {0,-8} {0,-8} {0,-5} {2,-8} {0,-8} {netlink.InodeNumber,-8}\n");
        return text.ToString();
    }
}
