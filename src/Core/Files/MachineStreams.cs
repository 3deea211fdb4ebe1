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
public sealed class MachineStreams(int limit = MachineStreams.DefaultLimit)
{
    /// <summary>16 MiB.</summary>
    public const int DefaultLimit = 16 << 20;

    /// <summary>Bytes that a stream holds unread.</summary>
    public int Limit { get; } = limit;

    /// <summary>The guest's name of a stream.</summary>
    public static string PathOf(StreamKind stream) => stream switch
    {
        StreamKind.Input => "/dev/.cr/stdin",
        StreamKind.Output => "/dev/.cr/stdout",
        _ => "/dev/.cr/stderr",
    };

    /// <summary>Called on the host thread that took output from a full stream: the machine then calls <see cref="WakeWriters"/> on its own thread.</summary>
    public Action? OutputDrained { get; set; }

    /// <summary>Input that the guest can read from now on. The machine's thread, at an instruction boundary.</summary>
    /// <returns>Bytes taken: less than given when the stream is full.</returns>
    public int DeliverInput(ReadOnlySpan<byte> bytes) => throw new NotSupportedException();

    /// <summary>No input follows: a reader sees the end after what is there. The machine's thread.</summary>
    public void DeliverEndOfInput() => throw new NotSupportedException();

    /// <summary>True after <see cref="DeliverEndOfInput"/>. Any thread.</summary>
    public bool IsInputEnded => throw new NotSupportedException();

    /// <summary>Lets writers that waited for room try again. The machine's thread.</summary>
    public void WakeWriters() => throw new NotSupportedException();

    /// <summary>Waits until input can be delivered again. Any thread but the machine's.</summary>
    /// <returns>Bytes of room; 0 after the time.</returns>
    public int WaitForInputRoom(TimeSpan timeout, CancellationToken token) => throw new NotSupportedException();

    /// <summary>Takes output that the guest wrote. Any thread.</summary>
    /// <returns>Bytes taken; 0 when there is none now.</returns>
    public int Take(StreamKind stream, Span<byte> to) => throw new NotSupportedException();

    /// <summary>Takes all output that there is. Any thread.</summary>
    public byte[] TakeAll(StreamKind stream) => throw new NotSupportedException();

    /// <summary>Waits until there is output to take or the machine has closed its streams. Any thread but the machine's.</summary>
    /// <returns>True when there is output.</returns>
    public bool WaitForOutput(StreamKind stream, TimeSpan timeout, CancellationToken token) => throw new NotSupportedException();

    /// <summary>The machine has ended or has no writer any more: who waits for output is let go. The machine's thread.</summary>
    public void Close() => throw new NotSupportedException();

    /// <summary>Bytes that are in a stream and not yet read (input: by the guest; output: by the host). Any thread.</summary>
    public int Unread(StreamKind stream) => throw new NotSupportedException();

    /// <summary>Bytes that have passed: read by the guest from input, written by it to the others. Any thread.</summary>
    public long Position(StreamKind stream) => throw new NotSupportedException();

    /// <summary>Goes on counting from a position that an image names.</summary>
    public void SetPosition(StreamKind stream, long position) => throw new NotSupportedException();

    /// <summary>True while a guest writer waits because the stream is full. Any thread.</summary>
    public bool IsFull(StreamKind stream) => throw new NotSupportedException();

}
