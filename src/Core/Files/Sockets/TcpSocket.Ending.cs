namespace CheckpointRestart.Core.Files;

/// <content>How connections end.</content>
internal sealed partial class TcpSocket
{
    /// <summary>Back to a socket that was never connected (tcp_disconnect); the other end sees a reset.</summary>
    void Disconnect()
    {
        dialled?.dropped.Remove(this);
        dialled = null;
        if (State is TcpState.SynSent or TcpState.Established or TcpState.CloseWait or TcpState.FinWait2) PendingError = Errno.ECONNRESET;
        if (State == TcpState.Listen) StopListening();
        var other = peer;
        peer = null;
        if (other != null && !ReferenceEquals(other, this)) other.Reset(Errno.None);
        State = TcpState.Close;
        stage = Stage.Unconnected;
        Shutdowns = Shut.None;
        isDone = false;
        urgent = Urgent.None;
        DropInput();
        Remote = new(Local.IsV4 ? Endpoint.AnyV4 : 0, 0);
        if (!HasFixedPort) GivePort();
        if (!HasFixedPort || !HasFixedAddress) Rename(HasFixedAddress ? Local.Address : IsV6 ? 0 : Endpoint.AnyV4, HasFixedPort ? Local.Port : 0);
        WakeAll();
    }

    void Rename(UInt128 address, int port)
    {
        // The table finds a socket by its port, which does not change while it stands there.
        Local = new(address, port);
    }

    void StopListening()
    {
        State = TcpState.Close;
        foreach (var connection in pending)
        {
            var client = connection.peer;
            connection.MarkDead();
            connection.peer = null;
            connection.State = TcpState.Close;
            connection.DropInput();
            connection.GivePort();
            client?.Reset(Errno.None);
        }
        pending.Clear();
        var turnedAway = dropped.ToArray();
        dropped.Clear();
        foreach (var client in turnedAway)
        {
            client.dialled = null;
            client.Reset(Errno.ECONNREFUSED);
        }
    }

    /// <summary>A reset arrived (tcp_reset).</summary>
    void Reset(Errno error)
    {
        if (State == TcpState.Close) return;
        var why = error != Errno.None ? error : State == TcpState.CloseWait ? Errno.EPIPE : Errno.ECONNRESET;
        peer = null;
        Done();
        if (!IsDead) Fail(why);
    }

    /// <summary>The connection is over (tcp_done).</summary>
    void Done()
    {
        State = TcpState.Close;
        Shutdowns = Shut.Both;
        if (!HasFixedPort || IsDead) GivePort();
        WakeAll();
    }

    /// <inheritdoc/>
    public override Errno Shutdown(Shut how)
    {
        if (stage == Stage.Connecting) stage = State is TcpState.SynSent or TcpState.Close ? Stage.Unconnected : Stage.Connected;
        switch (State)
        {
            case TcpState.Close:
                Shutdowns |= how;
                WakeAll();
                return Errno.ENOTCONN;
            case TcpState.Listen:
                if ((how & Shut.Receive) != 0) Disconnect();
                return Errno.None;
            case TcpState.SynSent:
                Disconnect();
                return Errno.None;
        }
        Shutdowns |= how;
        if ((how & Shut.Send) != 0) SendFin();
        WakeAll();
        return Errno.None;
    }

    /// <summary>No more bytes follow.</summary>
    void SendFin()
    {
        if (State is not (TcpState.Established or TcpState.CloseWait)) return;
        var other = peer!;
        bool isLast = State == TcpState.CloseWait;
        if (ReferenceEquals(other, this))
        {
            State = TcpState.Close;
            Shutdowns = Shut.Both;
            isDone = true;
            WakeAll();
            return;
        }
        State = TcpState.FinWait2;
        if (isLast)
        {
            peer = null;
            Done();
        }
        other.TakeFin();
    }

    void TakeFin()
    {
        Shutdowns |= Shut.Receive;
        isDone = true;
        if (State == TcpState.Established)
        {
            State = TcpState.CloseWait;
        }
        else if (State == TcpState.FinWait2)
        {
            peer = null;
            Network.Ports.Free(trace);
            trace = Network.Ports.Keep(this, TcpState.TimeWait);
            Done();
        }
        WakeAll();
        Signal(Shutdowns == Shut.Both || State == TcpState.Close ? IoReason.HangUp : IoReason.Input);
        Signal(IoReason.Input);
    }

    protected override void OnClose()
    {
        LeaveGroups();
        if (State == TcpState.Listen) StopListening();
        dialled?.dropped.Remove(this);
        dialled = null;
        bool unread = input.Count > 0;
        var other = peer;
        if (ReferenceEquals(other, this)) other = peer = null;
        if (other != null && (unread || Linger is { IsOn: true, Seconds: 0 }))
        {
            peer = null;
            State = TcpState.Close;
            DropInput();
            GivePort();
            other.Reset(Errno.None);
            return;
        }
        DropInput();
        if (other != null) SendFin();
        Shutdowns = Shut.Both;
        // Who closed first keeps the port for a while, also when the other end is still open.
        if (State == TcpState.FinWait2) trace = Network.Ports.Keep(this, TcpState.FinWait2);
        GivePort();
    }
}
