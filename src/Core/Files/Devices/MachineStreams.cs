namespace CheckpointRestart.Core.Files;

/// <summary>The three standard streams.</summary>
public enum StreamKind
{
    Input = 0,
    Output = 1,
    Error = 2,
}

/// <summary>A machine's standard streams: to the guest, regular append-only files /dev/.cr/stdin, stdout and stderr; to the host, buffers.
/// Members marked "any thread" may be called from everywhere, the others on the machine's thread.</summary>
/// <param name="limit">Bytes that a stream holds unread; then its writer waits.</param>
public sealed partial class MachineStreams(int limit = MachineStreams.DefaultLimit)
{
    /// <summary>16 MiB.</summary>
    public const int DefaultLimit = 16 << 20;

    readonly StreamBuffer[] buffers = [new(limit), new(limit), new(limit)];
    readonly WaitQueue inputArrived = new();
    readonly WaitQueue[] roomAgain = [new(), new(), new()];

    /// <summary>Bytes that a stream holds unread.</summary>
    public int Limit { get; } = limit;

    /// <summary>The guest's name of a stream.</summary>
    public static string PathOf(StreamKind stream) => stream switch
    {
        StreamKind.Input => "/dev/.cr/stdin",
        StreamKind.Output => "/dev/.cr/stdout",
        _ => "/dev/.cr/stderr",
    };

    /// <summary>Called on the host thread that took output from a stream whose writer waits: the machine then calls
    /// <see cref="WakeWriters"/> on its own thread.</summary>
    public Action? OutputDrained { get; set; }

    /// <summary>Input that the guest can read from now on. The machine's thread, at an instruction boundary.</summary>
    /// <returns>Bytes taken: less than given when the stream is full or ended.</returns>
    public int DeliverInput(ReadOnlySpan<byte> bytes)
    {
        int taken = buffers[0].Write(bytes);
        if (taken > 0) inputArrived.Wake();
        return taken;
    }

    /// <summary>No input follows: a reader sees the end after what is there. The machine's thread.</summary>
    public void DeliverEndOfInput()
    {
        buffers[0].End();
        inputArrived.Wake();
    }

    /// <summary>True after <see cref="DeliverEndOfInput"/>. Any thread.</summary>
    public bool IsInputEnded => buffers[0].IsEnded;

    /// <summary>Lets writers that waited for room try again. The machine's thread.</summary>
    public void WakeWriters()
    {
        for (int stream = 1; stream < buffers.Length; stream++)
        {
            if (buffers[stream].TryStopWaiting()) roomAgain[stream].Wake();
        }
    }

    /// <summary>Waits until input can be delivered. Any thread but the machine's.</summary>
    /// <returns>Bytes of room; 0 after the time or when the stream has ended.</returns>
    public int WaitForInputRoom(TimeSpan timeout, CancellationToken token) => buffers[0].WaitForRoom(timeout, token);

    /// <summary>Takes output that the guest wrote. Any thread.</summary>
    /// <returns>Bytes taken; 0 when there is none now.</returns>
    public int Take(StreamKind stream, Span<byte> to)
    {
        var buffer = Output(stream);
        int taken = buffer.Read(to);
        if (taken > 0 && buffer.IsWriterWaiting) OutputDrained?.Invoke();
        return taken;
    }

    /// <summary>Takes all output that there is. Any thread.</summary>
    public byte[] TakeAll(StreamKind stream)
    {
        var buffer = Output(stream);
        var bytes = buffer.TakeAll();
        if (bytes.Length > 0 && buffer.IsWriterWaiting) OutputDrained?.Invoke();
        return bytes;
    }

    /// <summary>Waits until there is output to take or the machine has closed its streams. Any thread but the machine's.</summary>
    /// <returns>True when there is output.</returns>
    public bool WaitForOutput(StreamKind stream, TimeSpan timeout, CancellationToken token) => Output(stream).WaitForData(timeout, token);

    /// <summary>True after <see cref="Close"/>. Any thread.</summary>
    public bool IsClosed => buffers[1].IsEnded;

    /// <summary>The machine has ended: who waits for output is let go. The machine's thread.</summary>
    public void Close()
    {
        foreach (var buffer in buffers) buffer.End();
    }

    /// <summary>While they are held, output that is there is not given out. Any thread.</summary>
    internal void Hold(bool holds)
    {
        buffers[1].Hold(holds);
        buffers[2].Hold(holds);
    }

    /// <summary>Bytes that are in a stream and not yet read (input: by the guest; output: by the host). Any thread.</summary>
    public int Unread(StreamKind stream) => buffers[(int)stream].Count;

    /// <summary>A copy of the bytes that are in a stream and not yet read. Any thread.</summary>
    public byte[] Peek(StreamKind stream) => buffers[(int)stream].Peek();

    /// <summary>Bytes that have passed: read by the guest from input, written by it to the others. Any thread.</summary>
    public long Position(StreamKind stream) => stream == StreamKind.Input ? buffers[0].BytesOut : buffers[(int)stream].BytesIn;

    /// <summary>Goes on counting from a position that an image names; never backwards.</summary>
    public void SetPosition(StreamKind stream, long position) => buffers[(int)stream].Skip(position - Position(stream));

    /// <summary>True while a guest's write waits because the stream is full. Any thread.</summary>
    public bool IsFull(StreamKind stream) => buffers[(int)stream].IsWriterWaiting;

    internal WaitQueue QueueOf(StreamKind stream) => stream == StreamKind.Input ? inputArrived : roomAgain[(int)stream];

    internal long SizeOf(StreamKind stream) => buffers[(int)stream].BytesIn;

    internal bool HasRoom(StreamKind stream) => buffers[(int)stream].Count < Limit;

    internal IoResult GuestRead(Span<byte> to)
    {
        if (to.IsEmpty) return Errno.None;
        int count = buffers[0].Read(to);
        return count > 0 || buffers[0].IsEnded ? IoResult.From(count) : IoResult.Block(inputArrived);
    }

    internal IoResult GuestWrite(StreamKind stream, ReadOnlySpan<byte> from, bool nonBlocking)
    {
        if (from.IsEmpty) return Errno.None;
        int count = buffers[(int)stream].Write(from, waits: !nonBlocking);
        if (count > 0) return IoResult.From(count);
        if (buffers[(int)stream].IsEnded) return Errno.EIO;
        return IoResult.Block(roomAgain[(int)stream]);
    }

    StreamBuffer Output(StreamKind stream) =>
        stream != StreamKind.Input ? buffers[(int)stream] : throw new ArgumentOutOfRangeException(nameof(stream), "input is taken by the guest alone");
}
