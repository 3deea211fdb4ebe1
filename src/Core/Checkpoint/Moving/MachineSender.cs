using System.Net.Sockets;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Kernel;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint.Moving;

/// <summary>Sends machines to a receiver (<see cref="MachineListener"/>).</summary>
public sealed class MachineSender
{
    /// <summary>How the receiver is known.</summary>
    public LinkProtection Protection { get; init; } = new();

    /// <summary>How long connecting and sending may take together; null for any time.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Where the token is kept while it is not known whether the receiver's machine runs; null for nowhere.</summary>
    public string? RecordPath { get; init; }

    /// <summary>Most images that go ahead while the machine runs, up to <see cref="MachineTransfer.MostRounds"/>, so that it stands still only for what has changed since.</summary>
    public int Rounds { get; init; }

    /// <summary>Bytes sent so far.</summary>
    public IProgress<long>? Progress { get; init; }

    /// <summary>Connects to a receiver and sends it a machine.</summary>
    /// <param name="task">A task of it, which the receiver gets first.</param>
    /// <param name="host">Name or address.</param>
    /// <param name="port">Its port.</param>
    /// <param name="cancellation">Ends the attempt while the machine has not been given up.</param>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    /// <exception cref="TransferException">As <see cref="MachineTransfer.Send"/> has it.</exception>
    public TransferResult Send(Task task, string host, int port, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(task);
        long? deadline = Deadline();
        using var client = new TcpClient { NoDelay = true };
        using (var connecting = CancellationTokenSource.CreateLinkedTokenSource(cancellation))
        {
            if (Timeout is { } most) connecting.CancelAfter(most);
            try
            {
                client.ConnectAsync(host, port, connecting.Token).AsTask().GetAwaiter().GetResult();
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                throw new SocketException((int)SocketError.TimedOut);
            }
        }
        return Send(task, client.GetStream(), deadline, cancellation);
    }

    /// <summary>Sends a machine over a stream of both directions, at the end of which a receiver is.</summary>
    /// <inheritdoc cref="Send(Task, string, int, CancellationToken)"/>
    public TransferResult Send(Task task, Stream stream, CancellationToken cancellation = default) => Send(task, stream, Deadline(), cancellation);

    long? Deadline() => Timeout is { } most ? Environment.TickCount64 + (long)most.TotalMilliseconds : null;

    TransferResult Send(Task task, Stream stream, long? deadline, CancellationToken cancellation)
    {
        var way = new InterruptibleStream(stream, cancellation) { Deadline = deadline };
        var link = Protection.Send(way);
        try
        {
            return MachineTransfer.Send(task.Machine, link, RecordPath, task, Rounds, Progress, cancellation);
        }
        finally
        {
            if (!ReferenceEquals(link, way)) Close(link);
        }
    }

    /// <summary>Says good-bye, if the way still carries that.</summary>
    internal static void Close(Stream link)
    {
        try
        {
            link.Dispose();
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // All that had to be said was said.
        }
    }
}
