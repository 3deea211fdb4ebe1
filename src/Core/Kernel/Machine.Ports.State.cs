using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel;

/// <content>State: ports that programs of the host can connect to, as numbers. A machine that is made from an image listens on none by itself, as nothing is
/// open to the host unless it was asked for, but says which there were, so that whoever restores it may publish them again: <see cref="UnpublishedPorts"/>.
/// Connections that such programs had at the time stay with the machine that goes on, and are reset in the one that is made: see TcpSocket.IsFromOutside.</content>
public sealed partial class Machine
{
    void VisitPorts(StateVisitor visitor)
    {
        NextConnection = visitor.Number("next-connection", NextConnection, 0);
        IReadOnlyList<(int GuestPort, int HostPort)> ports = [.. UnpublishedPorts, .. PublishedPorts.Select(static port => (port.GuestPort, port.HostPort))];
        var read = visitor.List("published-ports", ports, 1 << 16, static (v, port) => (v.Int("guest-port", port.Item1, 1, 0xFFFF), v.Int("host-port", port.Item2, 1, 0xFFFF)));
        if (!visitor.IsReading) return;
        // A machine that goes back is listening on those that it had all along.
        lock (publishedPorts) unpublishedPorts.AddRange(read.Where(port => !publishedPorts.Exists(published => published.GuestPort == port.Item1)));
    }
}
