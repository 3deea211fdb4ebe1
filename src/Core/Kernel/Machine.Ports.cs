namespace CheckpointRestart.Core.Kernel;

/// <content>Ports of the guest that the host may connect to. There is no way in the other direction.</content>
public sealed partial class Machine
{
    readonly List<PublishedPort> publishedPorts = [];
    readonly List<(int GuestPort, int HostPort)> unpublishedPorts = [];

    /// <summary>The number that the next connection from outside gets.</summary>
    internal long NextConnection { get; set; }

    /// <summary>Ports that the host may connect to. Any thread.</summary>
    public IReadOnlyList<PublishedPort> PublishedPorts
    {
        get
        {
            lock (publishedPorts) return [.. publishedPorts];
        }
    }

    /// <summary>Ports that programs of the host could connect to in the machine whose image this one is from, and that were not published again.
    /// Nothing listens on the host unless it is asked to, and the host's ports may be others' by now. Any thread.</summary>
    public IReadOnlyList<(int GuestPort, int HostPort)> UnpublishedPorts
    {
        get
        {
            lock (publishedPorts) return [.. unpublishedPorts];
        }
    }

    /// <summary>Lets programs of the host connect to a TCP port of the guest, by 127.0.0.1. It ends with the machine. Any thread.</summary>
    /// <param name="guestPort">1 to 65535; the guest may begin to listen later.</param>
    /// <param name="hostPort">0 to 65535; 0 takes one that is free.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is none of a port.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The host's port is taken or not allowed.</exception>
    /// <exception cref="ObjectDisposedException">The machine has ended.</exception>
    public PublishedPort PublishPort(int guestPort, int hostPort = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(guestPort, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(guestPort, 65535);
        ArgumentOutOfRangeException.ThrowIfNegative(hostPort);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(hostPort, 65535);
        lock (publishedPorts)
        {
            ObjectDisposedException.ThrowIf(HasEnded || stopping, this);
            var port = new PublishedPort(this, guestPort, hostPort);
            publishedPorts.Add(port);
            unpublishedPorts.RemoveAll(unpublished => unpublished.GuestPort == guestPort);
            return port;
        }
    }

    /// <summary>Lets go of all ports of the host. Any thread.</summary>
    public void ClosePorts()
    {
        PublishedPort[] ports;
        lock (publishedPorts)
        {
            ports = [.. publishedPorts];
            publishedPorts.Clear();
        }
        foreach (var port in ports) port.Dispose();
    }
}
