using System.Net;
using System.Net.Sockets;

namespace CheckpointRestart.Core.Debugging.Gdb;

/// <summary>What a server is doing.</summary>
public enum GdbServerState
{
    /// <summary>Waits for a debugger.</summary>
    Waiting,
    /// <summary>A debugger is connected and has hold of the process.</summary>
    Connected,
    /// <summary>It serves no more.</summary>
    Ended,
}

/// <summary>Waits on a port of this host alone for a debugger that speaks gdb's remote protocol, one at a time.</summary>
public sealed class GdbServer : IDisposable
{
    readonly DebugTarget target;
    readonly Socket listener;
    volatile GdbServerState state;

    /// <summary>Begins to listen.</summary>
    /// <param name="target">What is debugged; disposed with the server.</param>
    /// <param name="port">0 for a free one.</param>
    /// <exception cref="SocketException">The port is taken, or may not be taken.</exception>
    public GdbServer(DebugTarget target, int port)
    {
        ArgumentNullException.ThrowIfNull(target);
        this.target = target;
        listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
            listener.Listen(4);
            EndPoint = (IPEndPoint)listener.LocalEndPoint!;
        }
        catch
        {
            listener.Dispose();
            target.Dispose();
            throw;
        }
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>What it is doing. Any thread.</summary>
    public GdbServerState State => state;

    /// <summary>Serves debuggers, one after the other as long as they only lose the connection.</summary>
    /// <returns>How it ended.</returns>
    /// <exception cref="Kernel.ChangeRefusedException">ESRCH: the process has ended.</exception>
    /// <exception cref="Kernel.Debugging.DebuggerPresentException">The process has another debugger.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public GdbSessionEnd Run(CancellationToken token)
    {
        try
        {
            while (true)
            {
                state = GdbServerState.Waiting;
                var socket = Accept(token);
                using var refusing = CancellationTokenSource.CreateLinkedTokenSource(token);
                var others = RefuseOthers(refusing.Token);
                try
                {
                    using var session = new GdbSession(new NetworkStream(socket, ownsSocket: true), target);
                    var end = session.Run(() => state = GdbServerState.Connected, token);
                    if (end != GdbSessionEnd.Disconnected) return end;
                }
                finally
                {
                    refusing.Cancel();
                    others.GetAwaiter().GetResult();
                }
            }
        }
        finally
        {
            state = GdbServerState.Ended;
        }
    }

    Socket Accept(CancellationToken token)
    {
        var socket = listener.AcceptAsync(token).AsTask().GetAwaiter().GetResult();
        // Each packet waits for its answer.
        socket.NoDelay = true;
        return socket;
    }

    /// <summary>Whoever else comes meanwhile is told at once that there is no place.</summary>
    async System.Threading.Tasks.Task RefuseOthers(CancellationToken token)
    {
        try
        {
            while (true) (await listener.AcceptAsync(token).ConfigureAwait(false)).Dispose();
        }
        catch (OperationCanceledException)
        {
            // The place is free again.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        listener.Dispose();
        target.Dispose();
        state = GdbServerState.Ended;
    }
}
