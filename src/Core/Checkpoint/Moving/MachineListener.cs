using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Image;

namespace CheckpointRestart.Core.Checkpoint.Moving;

/// <summary>Listens for a sender of a machine. Who connects and is none, or may not send, is turned away, and the next one is served; the first machine that comes whole is taken.</summary>
public sealed class MachineListener : IDisposable
{
    const int MostWaiting = 16;

    /// <summary>How long who connects may take to show who it is, and then to begin.</summary>
    static readonly TimeSpan Introduction = TimeSpan.FromSeconds(30), Silence = TimeSpan.FromMinutes(2);

    readonly TcpListener listener;
    readonly LinkProtection protection;
    readonly BlockingCollection<object> news = [];
    readonly SemaphoreSlim turn = new(1), room = new(MostWaiting);
    readonly CancellationTokenSource ending = new();
    volatile bool isDone;

    /// <param name="endPoint">Where to listen; port 0 takes a free one.</param>
    /// <param name="protection">How senders are known; without any, only those of this host can connect.</param>
    /// <exception cref="ArgumentException">Others than this host's could connect, and nothing says who may.</exception>
    /// <exception cref="SocketException">The port is taken, or the address is not this host's.</exception>
    public MachineListener(IPEndPoint endPoint, LinkProtection? protection = null)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        this.protection = protection ?? new LinkProtection();
        if (this.protection.IsNone && !IPAddress.IsLoopback(endPoint.Address)) throw new ArgumentException($"Whoever reaches {endPoint.Address} could send a machine: that takes a secret or a certificate.", nameof(endPoint));
        listener = new TcpListener(endPoint);
        listener.Start();
        LocalEndPoint = (IPEndPoint)listener.LocalEndpoint;
        // Ready before the first one asks.
        if (this.protection.Secret is { } secret) ThreadPool.UnsafeQueueUserWorkItem(static shared => shared.MakeReady(), secret, preferLocal: false);
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>Waits for a machine. Once.</summary>
    /// <param name="options">How it is made, from its image.</param>
    /// <param name="timeout">How long to wait; null for any time.</param>
    /// <param name="turnedAway">Told who was turned away and why, on this thread.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="TransferException">A machine came and is held, not knowing whether its sender has given it up.</exception>
    /// <exception cref="TimeoutException">None came in time.</exception>
    public ReceivedMachine Receive(Func<Checkpoint, RestoreOptions>? options = null, TimeSpan? timeout = null, Action<string>? turnedAway = null, CancellationToken cancellation = default)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation, ending.Token);
        if (timeout is { } most) stopping.CancelAfter(most);
        var accepting = System.Threading.Tasks.Task.Run(() => Accept(options, stopping.Token), CancellationToken.None);
        object? outcome = null;
        try
        {
            while (outcome == null) outcome = Look(news.Take(stopping.Token), turnedAway);
        }
        catch (OperationCanceledException)
        {
            // Unless one came at the last moment: whoever gave it up counts on it.
        }
        finally
        {
            isDone = true;
            stopping.Cancel();
            listener.Stop();
            accepting.Wait(CancellationToken.None);
        }
        while (news.TryTake(out var late)) outcome ??= Look(late, turnedAway);
        if (outcome is ReceivedMachine machine) return machine;
        if (outcome is TransferException held) throw held;
        cancellation.ThrowIfCancellationRequested();
        throw new TimeoutException($"no machine came to {LocalEndPoint} within the time");
    }

    static object? Look(object news, Action<string>? turnedAway)
    {
        if (news is not string message) return news;
        turnedAway?.Invoke(message);
        return null;
    }

    async System.Threading.Tasks.Task Accept(Func<Checkpoint, RestoreOptions>? options, CancellationToken stop)
    {
        var serving = new List<System.Threading.Tasks.Task>();
        try
        {
            while (!isDone)
            {
                await room.WaitAsync(stop).ConfigureAwait(false);
                var client = await listener.AcceptTcpClientAsync(stop).ConfigureAwait(false);
                serving.RemoveAll(static one => one.IsCompleted);
                serving.Add(System.Threading.Tasks.Task.Factory.StartNew(() => Serve(client, options, stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Nobody is waited for any more.
        }
        await System.Threading.Tasks.Task.WhenAll(serving).ConfigureAwait(false);
    }

    void Serve(TcpClient client, Func<Checkpoint, RestoreOptions>? options, CancellationToken stop)
    {
        string who = client.Client.RemoteEndPoint?.ToString() ?? "somebody";
        using (client)
        {
            try
            {
                client.NoDelay = true;
                var way = new InterruptibleStream(client.GetStream(), stop) { Deadline = Environment.TickCount64 + (long)Introduction.TotalMilliseconds };
                var link = protection.Receive(way);
                try
                {
                    turn.Wait(stop);
                    try
                    {
                        if (!isDone) Take(link, way, options, stop);
                    }
                    finally
                    {
                        turn.Release();
                    }
                }
                finally
                {
                    if (!ReferenceEquals(link, way)) MachineSender.Close(link);
                }
            }
            catch (Exception exception) when (exception is IOException or InvalidDataException or OperationCanceledException or SocketException or ObjectDisposedException or RestoreException or CheckpointImageException or UnauthorizedAccessException)
            {
                if (!stop.IsCancellationRequested) news.Add($"{who} was turned away: {exception.Message}", CancellationToken.None);
            }
            finally
            {
                room.Release();
            }
        }
    }

    void Take(Stream link, InterruptibleStream way, Func<Checkpoint, RestoreOptions>? options, CancellationToken stop)
    {
        way.Deadline = Environment.TickCount64 + (long)Introduction.TotalMilliseconds;
        try
        {
            var received = MachineTransfer.Receive(link, options, () => (way.Deadline, way.Patience) = (null, Silence), stop);
            isDone = true;
            news.Add(received, CancellationToken.None);
        }
        catch (TransferException held) when (held.Machine != null)
        {
            isDone = true;
            news.Add(held, CancellationToken.None);
        }
    }

    /// <summary>Ends listening.</summary>
    public void Dispose()
    {
        ending.Cancel();
        listener.Dispose();
        ending.Dispose();
        news.Dispose();
        turn.Dispose();
        room.Dispose();
    }
}
