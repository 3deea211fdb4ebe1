using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Core.Checkpoint.External;

/// <summary>A stream of the host at the other end of a machine's pipe, socket or terminal: a host thread for each direction, and the machine's thread never waits for them.
/// What arrives is an event, as input is.</summary>
internal sealed class BoundStream : IOutsideWaiter
{
    const int Piece = 65536;

    readonly Machine machine;
    readonly ExternalEnds ends;
    readonly ExternalEnd end;
    readonly Stream host;
    readonly object gate = new();
    readonly bool reads, writes;
    int directions;
    volatile bool isBroken;
    bool isWoken, isClosed, isCounted;

    /// <summary>On the machine's thread.</summary>
    public BoundStream(Machine machine, ExternalEnds ends, ExternalEnd end, Stream host)
    {
        (this.machine, this.ends, this.end, this.host) = (machine, ends, end, host);
        // What the guest writes is read here, and the other way round.
        reads = (end.Outside.Mode & FMode.Read) != 0 && host.CanWrite;
        writes = (end.Outside.Mode & FMode.Write) != 0 && host.CanRead;
        directions = (reads ? 1 : 0) + (writes ? 1 : 0);
        if (writes) machine.CountOutsideInput(1);
        isCounted = writes;
        end.Outside.Readable?.Add(this);
        if (!ReferenceEquals(end.Outside.Writable, end.Outside.Readable)) end.Outside.Writable?.Add(this);
    }

    /// <summary>True when the stream can do what the end needs.</summary>
    public static bool Fits(OpenFile outside, Stream host) => ((outside.Mode & FMode.Read) == 0 || host.CanWrite || (outside.Mode & FMode.Write) != 0) && ((outside.Mode & FMode.Write) == 0 || host.CanRead || (outside.Mode & FMode.Read) != 0);

    /// <summary>Begins to move bytes. Any thread.</summary>
    public void Start()
    {
        if (reads) new Thread(FromGuest) { IsBackground = true, Name = $"{end.Name}, out" }.Start();
        if (writes) new Thread(ToGuest) { IsBackground = true, Name = $"{end.Name}, in" }.Start();
    }

    /// <summary>Moves no more: the file is gone, with its machine or the state that it was of. On the machine's thread.</summary>
    public void Break()
    {
        isBroken = isClosed = true;
        EndInput();
        Tell();
    }

    /// <summary>Nothing comes any more. On the machine's thread.</summary>
    void EndInput()
    {
        if (isCounted) machine.CountOutsideInput(-1);
        isCounted = false;
    }

    void IWaiter.Woken(WaitQueue queue) => Tell();

    void Tell()
    {
        lock (gate)
        {
            isWoken = true;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Waits for news since the last time that the file was looked at.</summary>
    void WaitForNews()
    {
        lock (gate)
        {
            while (!isWoken && !isBroken) Monitor.Wait(gate);
        }
    }

    /// <returns>What the file said: a count, -1 to try again later, -2 for an error.</returns>
    int Try(Func<OpenFile, IoResult> move, MachineEventKind kind, Func<int, byte[]> bytes) => machine.Execute(m =>
    {
        lock (gate) isWoken = false;
        if (isClosed) return -2;
        var result = move(end.Outside);
        if (result.WouldBlock || result.Errno == Errno.EAGAIN) return -1;
        if (result.IsError) return -2;
        m.Record(new MachineEvent(m.RetiredInstructions, kind, (long)end.Inside.Number << 32 | (uint)result.Value, bytes((int)result.Value)));
        return (int)result.Value;
    });

    void FromGuest()
    {
        var buffer = new byte[Piece];
        try
        {
            while (!isBroken)
            {
                int count = Try(file => file.Read(buffer), MachineEventKind.ExternalTaken, static _ => []);
                if (count == -1)
                {
                    WaitForNews();
                    continue;
                }
                if (count <= 0) break;
                host.Write(buffer, 0, count);
                host.Flush();
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or NotSupportedException)
        {
            // The stream takes no more, or the machine has ended: the guest sees that this end is gone.
        }
        EndDirection();
    }

    void ToGuest()
    {
        var buffer = new byte[Piece];
        try
        {
            while (!isBroken && host.Read(buffer, 0, buffer.Length) is > 0 and var length)
            {
                for (int done = 0; done < length && !isBroken;)
                {
                    int start = done;
                    int taken = Try(file => file.Write(buffer.AsSpan(start, length - start)), MachineEventKind.ExternalInput, count => buffer[start..(start + count)]);
                    if (taken == -2)
                    {
                        isBroken = true;
                        break;
                    }
                    if (taken > 0) done += taken;
                    else WaitForNews();
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or NotSupportedException)
        {
            // As above.
        }
        try
        {
            machine.Execute(m =>
            {
                EndInput();
                if (isClosed) return;
                m.Record(new MachineEvent(m.RetiredInstructions, MachineEventKind.ExternalEnd, (long)end.Inside.Number << 32, []));
                if (reads && end.Outside is SocketFile socket) socket.Socket.Shutdown(Shut.Send);
            });
        }
        catch (ObjectDisposedException)
        {
            return;
        }
        EndDirection();
    }

    /// <summary>The last direction to end closes the end.</summary>
    void EndDirection()
    {
        if (Interlocked.Decrement(ref directions) > 0) return;
        try
        {
            machine.Execute(_ =>
            {
                if (isClosed) return;
                isClosed = true;
                end.Outside.Readable?.Remove(this);
                end.Outside.Writable?.Remove(this);
                ends.Close(end);
            });
        }
        catch (ObjectDisposedException)
        {
            // With the machine all is closed.
        }
    }
}
