using System.Net.Sockets;
using CheckpointRestart.Core.Files;
using HostSocket = System.Net.Sockets.Socket;

namespace CheckpointRestart.Core.Kernel;

/// <summary>One connection from the host to a port of the guest: two host threads with bounded buffers, and inside the machine a TCP socket without an open file.
/// The machine's thread never waits for the host.</summary>
internal sealed class PublishedConnection(Machine machine, PublishedPort port, HostSocket host) : IOutsideWaiter
{
    const int Piece = 65536;

    readonly Queue<byte[]> outgoing = new();
    readonly object gate = new();
    TcpSocket? inner;
    long id;
    int waiting;
    bool hasRoom, guestEnded, hostEnded, broken;

    /// <summary>Begins to move bytes.</summary>
    public void Start()
    {
        new Thread(ReadHost) { IsBackground = true, Name = "published port, in" }.Start();
        new Thread(WriteHost) { IsBackground = true, Name = "published port, out" }.Start();
    }

    /// <summary>Ends the connection from outside; the guest sees it end when its machine still runs.</summary>
    public void Break()
    {
        lock (gate)
        {
            if (broken) return;
            broken = true;
            Monitor.PulseAll(gate);
        }
        host.Dispose();
        port.Ended(this);
        machine.Post(CloseInner);
    }

    /// <summary>As <see cref="Break"/>, with the guest's end gone at once. The machine's thread.</summary>
    public void BreakHere()
    {
        Break();
        CloseInner(machine);
    }

    void CloseInner(Machine owner)
    {
        if (inner is not { } socket || owner.HasEnded || owner.PutsOff(CloseInner)) return;
        inner = null;
        socket.Readable.Remove(this);
        socket.Writable.Remove(this);
        if (!socket.IsDead) socket.Close();
        owner.Record(new MachineEvent(owner.RetiredInstructions, MachineEventKind.ConnectionClosed, id, []));
    }

    /// <summary>Connects inside the machine, as a program at 127.0.0.1 would. False when nobody listens; null when that is put off.</summary>
    bool? TryOpen(Machine owner)
    {
        if (WaitsForMove(owner)) return null;
        id = owner.NextConnection++;
        owner.Record(new MachineEvent(owner.RetiredInstructions, MachineEventKind.Connection, id << 32 | (uint)port.GuestPort, []));
        foreach (int family in (ReadOnlySpan<int>)[Families.Internet, Families.Internet6])
        {
            bool isLong = family == Families.Internet6;
            var socket = new TcpSocket(owner.Network, family) { IsFromOutside = true };
            var to = new Endpoint(isLong ? Endpoint.Loopback6 : Endpoint.LoopbackV4, port.GuestPort);
            var result = socket.Connect(to.Write(isLong), owner.Network.Nobody, nonBlocking: true, isRetry: false);
            if (result.Errno == Errno.EINPROGRESS && socket.State is TcpState.Established or TcpState.SynSent)
            {
                inner = socket;
                socket.Readable.Add(this);
                socket.Writable.Add(this);
                return true;
            }
            socket.Close();
        }
        return false;
    }

    /// <summary>Something changed inside: the machine's thread.</summary>
    void IWaiter.Woken(WaitQueue queue)
    {
        if (ReferenceEquals(queue, inner?.Readable)) TakeFromGuest();
        HasRoom();
    }

    /// <summary>Whoever brings something from the host has to wait: <see cref="HasRoom"/> is called when there is room again, or the machine stays.</summary>
    /// <returns>True when it has to wait now.</returns>
    bool WaitsForMove(Machine owner)
    {
        lock (gate) hasRoom = false;
        return owner.PutsOff(_ => HasRoom());
    }

    void HasRoom()
    {
        lock (gate)
        {
            hasRoom = true;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Moves what the guest has sent to the host's side, as far as there is room there. The machine's thread.</summary>
    void TakeFromGuest()
    {
        if (inner is not { } socket || machine.PutsOff(_ => TakeFromGuest())) return;
        while (true)
        {
            lock (gate)
            {
                if (broken || guestEnded || waiting >= Piece * 4) return;
            }
            var buffer = new byte[Math.Clamp(socket.Unread, 1, Piece)];
            var message = new IncomingMessage { Data = buffer, IsNonBlocking = true, Target = 1 };
            var result = socket.Receive(ref message);
            if (result.WouldBlock) return;
            lock (gate)
            {
                if (result.Value > 0)
                {
                    outgoing.Enqueue(buffer[..(int)result.Value]);
                    waiting += (int)result.Value;
                }
                else
                {
                    guestEnded = true;
                }
                Monitor.PulseAll(gate);
            }
            // How much the host's side had room for is not the guest's doing, and lets the guest go on writing.
            machine.Record(new MachineEvent(machine.RetiredInstructions, MachineEventKind.ConnectionTaken, id << 32 | (uint)Math.Max(result.Value, 0), []));
        }
    }

    /// <summary>Gives bytes to the guest. The machine's thread.</summary>
    /// <returns>Bytes taken; -1 when the connection is no more.</returns>
    int Give(Machine owner, byte[] bytes, int from, int count)
    {
        if (inner is not { } socket) return -1;
        if (WaitsForMove(owner)) return 0;
        var result = socket.Send(new OutgoingMessage { Data = bytes.AsSpan(from, count), Caller = owner.Network.Nobody, IsNonBlocking = true });
        if (result.WouldBlock) return 0;
        if (result.IsError) return -1;
        owner.Record(new MachineEvent(owner.RetiredInstructions, MachineEventKind.ConnectionInput, id, bytes[from..(from + (int)result.Value)]));
        return (int)result.Value;
    }

    void ReadHost()
    {
        var buffer = new byte[Piece];
        try
        {
            bool? isOpen;
            while ((isOpen = machine.Execute(TryOpen)) == null)
            {
                WaitForRoom();
                if (broken) return;
            }
            if (isOpen == false) return;
            machine.Execute(_ => TakeFromGuest());
            while (host.Receive(buffer) is > 0 and var length)
            {
                for (int done = 0; done < length;)
                {
                    int start = done;
                    int taken = machine.Execute(owner => Give(owner, buffer, start, length - start));
                    if (taken < 0) return;
                    done += taken;
                    if (taken == 0) WaitForRoom();
                    if (broken) return;
                }
            }
            machine.Execute(EndInput);
            lock (gate)
            {
                hostEnded = true;
                Monitor.PulseAll(gate);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The program of the host went away, or the machine ended: so does the connection.
        }
        finally
        {
            if (!hostEnded) Break();
        }
    }

    void EndInput(Machine owner)
    {
        if (owner.PutsOff(EndInput)) return;
        inner?.Shutdown(Shut.Send);
        owner.Record(new MachineEvent(owner.RetiredInstructions, MachineEventKind.ConnectionEnd, id, []));
    }

    void WaitForRoom()
    {
        lock (gate)
        {
            while (!hasRoom && !broken) Monitor.Wait(gate);
        }
    }

    void WriteHost()
    {
        try
        {
            while (true)
            {
                byte[] bytes;
                lock (gate)
                {
                    while (outgoing.Count == 0 && !guestEnded && !broken) Monitor.Wait(gate);
                    if (broken) return;
                    if (outgoing.Count == 0)
                    {
                        host.Shutdown(SocketShutdown.Send);
                        break;
                    }
                    bytes = outgoing.Dequeue();
                    waiting -= bytes.Length;
                }
                for (int done = 0; done < bytes.Length;) done += host.Send(bytes.AsSpan(done));
                machine.Post(_ => TakeFromGuest());
            }
            // Both directions have to end before the connection is let go of.
            lock (gate)
            {
                while (!hostEnded && !broken) Monitor.Wait(gate);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // As above.
        }
        finally
        {
            Break();
        }
    }
}
