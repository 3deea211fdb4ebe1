using System.Globalization;
using System.Net;
using CheckpointRestart.Core.Debugging.Gdb;

namespace CheckpointRestart.PS.Objects;

/// <summary>A port where a debugger can connect to a task or an image.</summary>
public sealed class CrDebugSession
{
    readonly GdbServer server;

    internal CrDebugSession(GdbServer server, string source, int? taskId) => (this.server, Source, CrTaskId) = (server, source, taskId);

    /// <summary>What is debugged.</summary>
    public string Source { get; }

    /// <summary>The task's Id; null for an image.</summary>
    public int? CrTaskId { get; }

    /// <summary>The port, on this host alone.</summary>
    public int Port => server.EndPoint.Port;

    /// <summary>The address and the port.</summary>
    public IPEndPoint EndPoint => server.EndPoint;

    /// <summary>Whether a debugger is there.</summary>
    public GdbServerState State => server.State;

    /// <summary>What to type in another terminal.</summary>
    public string Command => string.Create(CultureInfo.InvariantCulture, $"gdb -ex 'target remote localhost:{Port}'");

    /// <inheritdoc/>
    public override string ToString() => $"{Source} on port {Port.ToString(CultureInfo.InvariantCulture)}";
}
