using CheckpointRestart.Core.Debugging.Gdb;

namespace CheckpointRestart.PS.Objects;

/// <summary>A job that serves a debugger. It completes when the debugger lets go, or the task has ended.</summary>
public sealed class CrDebugJob : CrThreadJob
{
    readonly GdbServer server;

    internal CrDebugJob(GdbServer server, CrDebugSession session, string command) : base(command, "serves a debugger")
    {
        this.server = server;
        Session = session;
    }

    /// <summary>Where a debugger can connect, and whether one is there.</summary>
    public CrDebugSession Session { get; }

    /// <summary>The port, on this host alone.</summary>
    public int Port => Session.Port;

    /// <summary>What to type in another terminal.</summary>
    public string DebuggerCommand => Session.Command;

    /// <summary>How the debugger went; null while it has not.</summary>
    public GdbSessionEnd? End { get; private set; }

    /// <inheritdoc/>
    public override string Location => Session.EndPoint.ToString();

    private protected override object? Subject => Session;

    private protected override void Work(CancellationToken cancellation)
    {
        using (server) End = server.Run(cancellation);
    }
}
