using System.Buffers.Binary;
using CheckpointRestart.Core.Image.Protection;

namespace CheckpointRestart.Core.Checkpoint.Moving;

/// <summary>AES-GCM frames over a stream: a key for each direction, and the frame's number as its nonce.</summary>
sealed class FrameStream(Stream stream, byte[] writeKey, byte[] readKey) : ForwardStream
{
    const int MostBytes = 64 << 10, PrefixBytes = ProtectionLimits.PrefixBytes, TagBytes = ProtectionLimits.TagBytes;

    readonly ChunkCipher writer = new(writeKey), reader = new(readKey);
    readonly byte[] outgoing = new byte[MostBytes], sealedOut = new byte[PrefixBytes + MostBytes + TagBytes];
    readonly byte[] incoming = new byte[MostBytes], sealedIn = new byte[PrefixBytes + MostBytes + TagBytes];
    long written, read;
    int filled, taken, length;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        if (taken == length && !Next()) return 0;
        int some = Math.Min(buffer.Length, length - taken);
        incoming.AsSpan(taken, some).CopyTo(buffer);
        taken += some;
        return some;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int some = Math.Min(buffer.Length, MostBytes - filled);
            buffer[..some].CopyTo(outgoing.AsSpan(filled));
            filled += some;
            buffer = buffer[some..];
            if (filled == MostBytes) Put();
        }
    }

    public override void Flush()
    {
        Put();
        stream.Flush();
    }

    void Put()
    {
        if (filled == 0) return;
        BinaryPrimitives.WriteInt32LittleEndian(sealedOut, filled);
        writer.Encrypt(written++, sealedOut.AsSpan(0, PrefixBytes), outgoing.AsSpan(0, filled), sealedOut.AsSpan(PrefixBytes, filled + TagBytes));
        stream.Write(sealedOut.AsSpan(0, PrefixBytes + filled + TagBytes));
        filled = 0;
    }

    bool Next()
    {
        taken = length = 0;
        int some = stream.ReadAtLeast(sealedIn.AsSpan(0, PrefixBytes), PrefixBytes, throwOnEndOfStream: false);
        if (some == 0) return false;
        if (some < PrefixBytes) throw new EndOfStreamException();
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(sealedIn);
        if (size is 0 or > MostBytes) throw Altered();
        stream.ReadExactly(sealedIn.AsSpan(PrefixBytes, (int)size + TagBytes));
        if (!reader.TryDecrypt(read++, sealedIn.AsSpan(0, PrefixBytes), sealedIn.AsSpan(PrefixBytes, (int)size + TagBytes), incoming.AsSpan(0, (int)size))) throw Altered();
        length = (int)size;
        return true;
    }

    static ChannelException Altered() => new(ChannelProblem.Altered, "what came from the other end was altered on its way");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            writer.Dispose();
            reader.Dispose();
        }
        base.Dispose(disposing);
    }
}
