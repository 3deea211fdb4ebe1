using System.Buffers.Binary;
using System.Security.Cryptography;

namespace CheckpointRestart.Core.Image.Protection;

/// <summary>What a protected image carries, read at any position: each chunk is opened and checked when it is asked for.</summary>
sealed class ProtectedBytes : ImageBytes
{
    readonly ImageBytes file;
    readonly ProtectionHeader header;
    readonly ChunkCipher? cipher;
    readonly ImageSignature? signature;
    readonly Lock gate = new();
    readonly byte[] stored = new byte[ProtectionLimits.PrefixBytes + ProtectionLimits.ChunkBytes + ProtectionLimits.TagBytes];
    readonly byte[] plain = new byte[ProtectionLimits.ChunkBytes];
    readonly long chunks;
    readonly int lastLength;
    long kept = -1;

    /// <param name="file">The protected image; it is disposed with this.</param>
    /// <param name="access">What opens it.</param>
    /// <exception cref="CheckpointImageException">Its header, its last chunk or its signature breaks a rule.</exception>
    /// <exception cref="ProtectionException">It cannot be opened with what was given.</exception>
    public ProtectedBytes(ImageBytes file, ImageAccess access)
    {
        this.file = file;
        long at = 0;
        header = ProtectionHeader.Read(Fill);
        if (!header.IsSigned && access.TrustedSigners.Count > 0) throw ProtectedStream.NotSigned();
        long whole = file.Length, body = whole - header.Bytes.Length;
        int each = ProtectionLimits.ChunkBytes + header.ChunkOverhead;
        uint behind = header.IsSigned ? SignatureLength(whole) : 0;
        if (behind > body) throw new CheckpointImageException("signature", whole, "a signed image ends with its signature", Errno.EPIPE);
        body -= behind;
        chunks = Math.Max(1, (body + each - 1) / each);
        lastLength = (int)(body - (chunks - 1) * each) - header.ChunkOverhead;
        if (header.IsSigned)
        {
            at = whole - behind;
            signature = ImageSignature.Read(Fill, header, chunks, at);
        }
        State = new ProtectionState(header.Flags, signature?.Judge(access) ?? SignatureStatus.NotSigned, signature?.Certificate);
        if (lastLength < 0) throw ChunkRules.Short(chunks - 1, OffsetOf(chunks - 1));
        cipher = header.Open(access);
        // It alone says that nothing was cut off.
        Keep(chunks - 1);
        Length = (chunks - 1) * ProtectionLimits.ChunkBytes + lastLength;

        int Fill(Memory<byte> buffer)
        {
            int filled = file.ReadAll(buffer.Span, at);
            at += filled;
            return filled;
        }
    }

    /// <summary>How the image is protected.</summary>
    public ProtectionState State { get; }

    public override long Length { get; }

    public override int Read(Span<byte> buffer, long offset)
    {
        int done = 0;
        lock (gate)
        {
            while (done < buffer.Length && offset < Length)
            {
                long chunk = offset / ProtectionLimits.ChunkBytes;
                int within = (int)(offset % ProtectionLimits.ChunkBytes), length = CarriedBy(chunk), some = Math.Min(buffer.Length - done, length - within);
                if (chunk != kept && some == length) Open(chunk, buffer.Slice(done, length));
                else
                {
                    if (chunk != kept) Keep(chunk);
                    plain.AsSpan(within, some).CopyTo(buffer[done..]);
                }
                done += some;
                offset += some;
            }
        }
        return done;
    }

    void Keep(long chunk)
    {
        kept = -1;
        Open(chunk, plain.AsSpan(0, CarriedBy(chunk)));
        kept = chunk;
    }

    void Open(long chunk, Span<byte> to)
    {
        long at = OffsetOf(chunk);
        var all = stored.AsSpan(0, to.Length + header.ChunkOverhead);
        if (file.ReadAll(all, at) < all.Length) throw ChunkRules.Short(chunk, at);
        if (signature != null && !signature.Covers(chunk, all)) throw ChunkRules.NotSigned(chunk, at);
        int length = ChunkRules.LengthOf(BinaryPrimitives.ReadUInt32LittleEndian(all), chunk, at, out bool isLast);
        if (length != to.Length || isLast != (chunk == chunks - 1)) throw ChunkRules.Short(chunk, at);
        ChunkRules.Open(cipher, chunk, at, all, to);
    }

    int CarriedBy(long chunk) => chunk == chunks - 1 ? lastLength : ProtectionLimits.ChunkBytes;

    long OffsetOf(long chunk) => header.Bytes.Length + chunk * (ProtectionLimits.ChunkBytes + header.ChunkOverhead);

    uint SignatureLength(long whole)
    {
        Span<byte> end = stackalloc byte[4];
        return file.ReadAll(end, whole - end.Length) == end.Length ? BinaryPrimitives.ReadUInt32LittleEndian(end) : uint.MaxValue;
    }

    protected override void Dispose(bool disposing)
    {
        CryptographicOperations.ZeroMemory(plain);
        if (!disposing) return;
        cipher?.Dispose();
        file.Dispose();
    }
}
