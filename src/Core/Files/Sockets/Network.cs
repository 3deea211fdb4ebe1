namespace CheckpointRestart.Core.Files;

/// <summary>All sockets of a machine and what they share (Linux: struct net): names, ports, and what is in flight.</summary>
internal sealed partial class Network
{
    /// <summary>The inet interface lo is the only one there is.</summary>
    public const int Loopback = 1;

    /// <summary>Most bytes that all queues of a machine hold together, beyond which a queue that is not empty takes no more.</summary>
    public const long BufferLimit = 64L << 20;

    readonly Func<Timespec> clock;
    readonly Queue<Socket> closing = new();
    readonly Queue<OpenFile> releasing = new();
    bool isDraining;

    public Network(FileTree tree, Func<Timespec> clock, Func<long> monotonic)
    {
        this.clock = clock;
        Monotonic = monotonic;
        FileSystem = tree.NewFileSystem("sockfs", 0x534F434B);
        Ports = new PortTable(this);
        Collector = new UnixCollector(this);
    }

    /// <summary>The file system of sockets' inodes.</summary>
    public FileSystem FileSystem { get; }

    /// <summary>Sockets with an open file, in the order in which they were made.</summary>
    public SortedSet<Socket> Sockets { get; } = new(Comparer<Socket>.Create(static (a, b) => a.Number.CompareTo(b.Number)));

    /// <summary>Abstract names of UNIX sockets, sun_path without its first NUL as text of bytes.</summary>
    public SortedDictionary<string, UnixSocket> AbstractNames { get; } = new(StringComparer.Ordinal);

    /// <summary>Ports of TCP and UDP.</summary>
    public PortTable Ports { get; }

    /// <summary>Files in flight.</summary>
    public UnixCollector Collector { get; }

    /// <summary>Wall clock time.</summary>
    public Timespec Now => clock();

    /// <summary>Nanoseconds of the machine's monotonic clock.</summary>
    public Func<long> Monotonic { get; }

    /// <summary>The caller when no task is behind a write.</summary>
    public SocketCaller Nobody { get; } = new NoCaller();

    /// <summary>The number of the next socket.</summary>
    public ulong NextSocket { get; set; } = 1;

    /// <summary>The next name that autobind tries.</summary>
    public uint NextAutobind { get; set; }

    /// <summary>Bytes in all queues.</summary>
    public long Buffered { get; set; }

    /// <summary>net.core.somaxconn.</summary>
    public int MostBacklog { get; set; } = 4096;

    /// <summary>net.unix.max_dgram_qlen.</summary>
    public int UnixDatagrams { get; set; } = 10;

    /// <summary>net.ipv4.ip_unprivileged_port_start.</summary>
    public int UnprivilegedPorts { get; set; } = 1024;

    /// <summary>True when a queue that holds something must take no more.</summary>
    public bool IsFull => Buffered >= BufferLimit;

    /// <summary>Lets go of files that were in flight.</summary>
    public void Release(OpenFile[]? files)
    {
        if (files == null) return;
        foreach (var file in files) releasing.Enqueue(file);
        Drain();
    }

    /// <summary>Closes a socket. A socket's queue may hold sockets whose queues hold sockets: all in a loop, not on the stack.</summary>
    public void Closing(Socket socket)
    {
        closing.Enqueue(socket);
        Drain();
    }

    void Drain()
    {
        if (isDraining) return;
        isDraining = true;
        do
        {
            while (true)
            {
                if (closing.TryDequeue(out var socket)) socket.Close();
                else if (releasing.TryDequeue(out var file)) file.Release();
                else break;
            }
            Collector.Collect();
        }
        while (closing.Count > 0 || releasing.Count > 0);
        isDraining = false;
    }

    sealed class NoCaller : SocketCaller
    {
        public override PeerIdentity Identity => PeerIdentity.None;

        public override PeerIdentity RealIdentity => PeerIdentity.None;

        public override uint[] Groups => [];

        public override bool Has(Capability capability) => false;

        public override long FlightLimit => 0;

        public override Errno MakeNode(string path, out Dentry? node)
        {
            node = null;
            return Errno.EACCES;
        }

        public override Errno FindNode(string path, out Inode? node)
        {
            node = null;
            return Errno.EACCES;
        }
    }
}
