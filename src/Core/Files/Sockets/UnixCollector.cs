namespace CheckpointRestart.Core.Files;

/// <summary>Files in flight in UNIX sockets, and the sockets among them that only reach each other (unix(7), net/unix/garbage.c).</summary>
internal sealed partial class UnixCollector(Network network)
{
    const int ManySockets = 1000;

    readonly Dictionary<UnixSocket, int> inFlight = new(ReferenceEqualityComparer.Instance);
    readonly Dictionary<uint, long> byUser = [];
    bool isDue;

    /// <summary>Files in flight that a user has sent.</summary>
    public long CountOf(uint user) => byUser.GetValueOrDefault(user);

    /// <summary>Files were put into a queue.</summary>
    public void Sent(OpenFile[] files, uint user)
    {
        byUser[user] = CountOf(user) + files.Length;
        // Those who never close a socket may still fill queues that nobody reads.
        if (inFlight.Count > ManySockets) isDue = true;
        foreach (var file in files)
            if (file is SocketFile { Socket: UnixSocket socket }) inFlight[socket] = inFlight.GetValueOrDefault(socket) + 1;
    }

    /// <summary>Files were taken out of a queue.</summary>
    public void Received(OpenFile[] files, uint user)
    {
        byUser[user] = CountOf(user) - files.Length;
        foreach (var file in files)
        {
            if (file is not SocketFile { Socket: UnixSocket socket }) continue;
            int count = inFlight[socket] - 1;
            if (count == 0) inFlight.Remove(socket);
            else inFlight[socket] = count;
        }
    }

    /// <summary>A reference to a socket was dropped while some are in flight.</summary>
    public void Suspect() => isDue |= inFlight.Count > 0;

    /// <summary>Lets go of what is held by sockets that nobody can reach: those whose every reference is in flight in one of them.</summary>
    public void Collect()
    {
        if (!isDue) return;
        isDue = false;
        if (inFlight.Count == 0) return;
        var reached = new HashSet<UnixSocket>(ReferenceEqualityComparer.Instance);
        var open = new Stack<UnixSocket>();
        foreach (var socket in network.Sockets)
        {
            if (socket is not UnixSocket unix || IsOnlyInFlight(unix)) continue;
            reached.Add(unix);
            open.Push(unix);
        }
        while (open.TryPop(out var socket))
        {
            foreach (var packet in socket.Packets) Reach(packet.Files, reached, open);
            foreach (var connection in socket.Pending)
                foreach (var packet in connection.Packets) Reach(packet.Files, reached, open);
        }
        var lost = new List<OpenFile>();
        foreach (var socket in network.Sockets)
            if (socket is UnixSocket unix && !reached.Contains(unix)) lost.AddRange(unix.TakeAllFiles());
        if (lost.Count > 0) network.Release([.. lost]);
    }

    bool IsOnlyInFlight(UnixSocket socket) => inFlight.TryGetValue(socket, out int count) && socket.File!.References == count;

    static void Reach(OpenFile[]? files, HashSet<UnixSocket> reached, Stack<UnixSocket> open)
    {
        if (files == null) return;
        foreach (var file in files)
            if (file is SocketFile { Socket: UnixSocket socket } && reached.Add(socket)) open.Push(socket);
    }
}
