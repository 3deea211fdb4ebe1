using System.Net;
using System.Net.Sockets;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>A receiver of a machine behind a connection that carries as many bytes from the sender as <see cref="CutStream"/> has it.</summary>
sealed class Receiving : IDisposable
{
    readonly TcpClient client = new(), other;
    readonly Thread thread;
    Machine? machine;
    TransferException? error;

    public Receiving(RootOptions? root = null, long cut = long.MaxValue)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        client.Connect((IPEndPoint)listener.LocalEndpoint);
        other = listener.AcceptTcpClient();
        Way = new CutStream(client.GetStream(), client.GetStream(), cut);
        root ??= GuestSession.Options(GuestSession.SharedRoot).Root;
        thread = new Thread(() => Receive(new RestoreOptions { Root = root })) { IsBackground = true };
        thread.Start();
    }

    /// <summary>The sender's end.</summary>
    public Stream Way { get; }

    /// <summary>Waits for the receiver's end.</summary>
    /// <returns>The machine, if it got one that runs; else what it holds, if anything.</returns>
    public (Machine? Machine, HeldMachine? Held) Finish()
    {
        thread.Join();
        return (machine, error?.Machine);
    }

    void Receive(RestoreOptions options)
    {
        try
        {
            machine = MachineTransfer.Receive(other.GetStream(), _ => options).Machine;
        }
        catch (TransferException exception)
        {
            error = exception;
        }
        catch (Exception wrong) when (wrong is Core.Image.CheckpointImageException or RestoreException)
        {
            // An image that ended too early, or no files for it.
        }
        other.Dispose();
    }

    public void Dispose()
    {
        client.Dispose();
        other.Dispose();
    }
}

/// <summary>Two streams as one, up to a byte at which the way is cut.</summary>
/// <param name="from">Read from.</param>
/// <param name="to">Written to.</param>
/// <param name="cut">So many bytes are carried; when that is negative, all but so many of the 41 that follow the last image: CrGo0001, the token, and whether the machine runs.</param>
sealed class CutStream(Stream from, Stream to, long cut) : ForwardStream
{
    long most = cut >= 0 ? cut : long.MaxValue;

    public long Sent { get; private set; }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override int Read(Span<byte> buffer) => from.Read(buffer);

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (cut < 0 && buffer.SequenceEqual("CrGo0001"u8)) most = Sent + 41 + cut;
        int some = (int)Math.Min(buffer.Length, most - Sent);
        to.Write(buffer[..some]);
        Sent += some;
        if (some == buffer.Length) return;
        to.Dispose();
        throw new IOException("the way is cut");
    }

    public override void Flush() => to.Flush();

    protected override void Dispose(bool disposing)
    {
        if (disposing) to.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>Does something once, when the first bytes have gone.</summary>
sealed class Once(Action action) : IProgress<long>
{
    bool isDone;

    public void Report(long value)
    {
        if (isDone) return;
        isDone = true;
        action();
    }
}
