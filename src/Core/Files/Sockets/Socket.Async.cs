namespace CheckpointRestart.Core.Files;

/// <content>Signals for those who do not want to wait: SIGIO and SIGURG (Linux: sock_wake_async, sk_send_sigurg).</content>
internal abstract partial class Socket
{
    AsyncFiles? async;

    /// <summary>Somebody found no room to send: room is news then, and only then.</summary>
    internal bool WantsRoom { get; set; }

    internal void SetAsync(SocketFile file, bool on, int descriptor)
    {
        (async ??= new()).Set(file, descriptor, on);
        if (!on) async = null;
    }

    /// <summary>SIGIO for what happened.</summary>
    protected void Signal(IoReason reason) => async?.Send(reason);

    /// <summary>Data or a connection arrived.</summary>
    protected void HasInput()
    {
        Readable.Wake();
        Signal(IoReason.Input);
    }

    /// <summary>There is room to send.</summary>
    protected void HasRoom()
    {
        Writable.Wake();
        if (!WantsRoom) return;
        WantsRoom = false;
        Signal(IoReason.Output);
    }

    /// <summary>A sender has to wait for room.</summary>
    protected IoResult WaitForRoom()
    {
        WantsRoom = true;
        return IoResult.Block(Writable);
    }

    /// <summary>Urgent data arrived.</summary>
    protected void HasUrgent()
    {
        if (File?.Owner?.SendUrgent() == true) async?.SendUrgent();
    }
}
