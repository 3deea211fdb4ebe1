using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Drives;

/// <summary>A range of guest memory, from front to back, as it is when each piece is read.</summary>
sealed class GuestMemoryStream(Subject subject, uint start, uint end) : Core.ForwardStream
{
    uint at = start;
    readonly uint first = start;

    public override bool CanRead => true;

    public override long Position
    {
        get => at - first;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        int read = subject.Read(at, buffer[..(int)Math.Min((uint)buffer.Length, end - at)]);
        at += (uint)read;
        return read;
    }
}
