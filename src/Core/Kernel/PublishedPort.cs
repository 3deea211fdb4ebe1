using System.Net;
using System.Net.Sockets;

namespace CheckpointRestart.Core.Kernel;

/// <summary>A port of the guest that programs of the host can connect to, at 127.0.0.1 alone. What arrives is an event, as input is. Any thread.</summary>
public sealed class PublishedPort : IDisposable
{
    /// <summary>Most connections at a time; a further one is closed at once.</summary>
    public const int MostConnections = 64;

    readonly Machine machine;
    readonly TcpListener listener;
    readonly HashSet<PublishedConnection> connections = [];
    readonly Lock gate = new();
    bool closed;

    internal PublishedPort(Machine machine, int guestPort, int hostPort)
    {
        this.machine = machine;
        GuestPort = guestPort;
        listener = new TcpListener(IPAddress.Loopback, hostPort);
        listener.Start();
        HostPort = ((IPEndPoint)listener.LocalEndpoint).Port;
        new Thread(Accept) { IsBackground = true, Name = $"port {GuestPort} of machine {machine.Id}" }.Start();
    }

    /// <summary>The TCP port inside the machine.</summary>
    public int GuestPort { get; }

    /// <summary>The TCP port at 127.0.0.1 of the host.</summary>
    public int HostPort { get; }

    /// <summary>Ends the listening and all connections.</summary>
    public void Dispose()
    {
        PublishedConnection[] open;
        lock (gate)
        {
            if (closed) return;
            closed = true;
            open = [.. connections];
            connections.Clear();
        }
        listener.Dispose();
        foreach (var connection in open) connection.Break();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{GuestPort}:{HostPort}";

    /// <summary>Ends the connections that there are; further ones may come. The machine's thread.</summary>
    internal void BreakConnections()
    {
        PublishedConnection[] open;
        lock (gate) open = [.. connections];
        foreach (var connection in open) connection.BreakHere();
    }

    internal void Ended(PublishedConnection connection)
    {
        lock (gate) connections.Remove(connection);
    }

    void Accept()
    {
        while (true)
        {
            Socket accepted;
            try
            {
                accepted = listener.AcceptSocket();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                // The listener was disposed: nobody can connect any more.
                return;
            }
            bool isTaken = false;
            PublishedConnection? connection = null;
            lock (gate)
            {
                if (!closed && connections.Count < MostConnections)
                {
                    connections.Add(connection = new PublishedConnection(machine, this, accepted));
                    isTaken = true;
                }
            }
            if (isTaken) connection!.Start();
            else accepted.Dispose();
        }
    }
}
