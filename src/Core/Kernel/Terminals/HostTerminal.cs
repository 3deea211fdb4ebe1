using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Terminals;

/// <summary>The terminal of a task, with the machine's host at its other end. Members marked "any thread" may be called from everywhere.</summary>
/// <remarks>Output goes into the host's buffer at the instruction that writes it, so that a run does not depend on when the host looks. Only when the
/// buffer is full does the pty fill up, and then the program waits.</remarks>
public sealed partial class HostTerminal : IWaiter
{
    readonly Machine machine;
    Terminal terminal;
    TerminalFile? master;
    StreamBuffer output;
    readonly object gate = new();
    bool hasRoom;
    bool isPulling;
    bool isLeaderGone;

    internal HostTerminal(Machine machine, TerminalFile master, in WindowSize size)
    {
        this.machine = machine;
        this.master = master;
        terminal = master.Terminal;
        output = new StreamBuffer(machine.Options.StreamLimit);
        var pair = terminal.Pair;
        pair.HostSide = this;
        pair.IsLocked = false;
        pair.Slave.Resize(size);
        terminal.ReadWait.Add(this);
        terminal.WriteWait.Add(this);
    }

    /// <summary>n of /dev/pts/n. Any thread.</summary>
    public int Index => terminal.Pair.Index;

    /// <summary>True once nobody can write to it any more. Any thread.</summary>
    public bool IsClosed => output.IsEnded;

    /// <summary>True once <see cref="Machine.EndInput(HostTerminal)"/> was called: a virtual clock no longer waits for a user. Any thread.</summary>
    public bool IsInputEnded { get; internal set; }

    /// <summary>Bytes written to the terminal and not yet taken. Any thread.</summary>
    public int Unread => output.Count;

    /// <summary>True while the program's output waits for room in the buffer, until all of that is in it. Any thread.</summary>
    public bool IsFull => output.IsWriterWaiting;

    /// <summary>Takes all output that there is. Any thread.</summary>
    public byte[] TakeAll()
    {
        var bytes = output.TakeAll();
        if (bytes.Length > 0 && output.IsWriterWaiting) machine.Post(_ => PullAgain());
        return bytes;
    }

    /// <summary>Waits until there is output to take or the terminal is closed. Any thread but the machine's.</summary>
    /// <returns>True when there is output.</returns>
    public bool WaitForOutput(TimeSpan timeout, CancellationToken token) => output.WaitForData(timeout, token);

    /// <summary>While it is held, output that is there is not given out. Any thread.</summary>
    internal void Hold(bool holds) => output.Hold(holds);

    internal Terminal Slave => terminal.Pair.Slave;

    /// <summary>Waits until a program may have read. Any thread but the machine's.</summary>
    internal void WaitForRoom(TimeSpan timeout)
    {
        lock (gate)
        {
            if (!hasRoom) Monitor.Wait(gate, timeout);
            hasRoom = false;
        }
    }

    /// <summary>Types bytes. The machine's thread.</summary>
    /// <returns>Bytes taken.</returns>
    internal int Deliver(ReadOnlySpan<byte> bytes) => IsClosed ? bytes.Length : terminal.Line.Write(bytes);

    /// <summary>The process that was started with this terminal has ended: with the last that uses it, it goes.</summary>
    internal void LeaderEnded()
    {
        isLeaderGone = true;
        CloseWhenDone();
    }

    /// <summary>The machine went back: the host goes on to sit at the terminal that has taken this one's place, and has of its output what had come out by now.</summary>
    /// <param name="next">Null when there is none.</param>
    internal void GoOnAs(HostTerminal? next)
    {
        master = null;
        if (next == null)
        {
            output.End();
            TellRoom();
            return;
        }
        next.output = output;
        terminal = next.terminal;
        TellRoom();
    }

    internal void Close()
    {
        if (IsClosed) return;
        output.End();
        terminal.ReadWait.Remove(this);
        terminal.WriteWait.Remove(this);
        master?.Release();
        master = null;
        TellRoom();
    }

    void IWaiter.Woken(WaitQueue queue)
    {
        if (IsClosed) return;
        TellRoom();
        Pull();
    }

    void TellRoom()
    {
        lock (gate)
        {
            hasRoom = true;
            Monitor.PulseAll(gate);
        }
    }

    void PullAgain()
    {
        if (output.IsWriterWaiting) Pull();
    }

    void Pull()
    {
        if (isPulling) return;
        isPulling = true;
        Span<byte> bytes = stackalloc byte[1024];
        while (terminal.Line.HasInput())
        {
            int room = machine.Options.StreamLimit - output.Count;
            if (room <= 0)
            {
                output.Write([], waits: true);
                // Room that was made just before is not told of.
                if (output.Count < machine.Options.StreamLimit) continue;
                isPulling = false;
                return;
            }
            int count = terminal.Line.Take(bytes[..Math.Min(room, bytes.Length)]);
            output.Write(bytes[..count]);
            terminal.Move();
        }
        isPulling = false;
        output.StopWaiting();
        CloseWhenDone();
    }

    /// <summary>What the last program wrote is still to be taken, however full the buffer was.</summary>
    void CloseWhenDone()
    {
        if (isLeaderGone && Slave.Files.Count == 0 && !terminal.Line.HasInput() && terminal.Pending == 0) Close();
    }
}
