using System.Buffers.Binary;
using System.Security.Cryptography;

namespace CheckpointRestart.Core.Image.Protection;

/// <summary>What a protected image carries, read forwards from a stream that need not seek. Nothing behind the image is read.</summary>
sealed class ProtectedStream : ForwardStream
{
    readonly Stream stream;
    readonly ImageAccess access;
    readonly ProtectionHeader header;
    readonly ChunkCipher? cipher;
    readonly MemoryStream digests = new();
    readonly byte[] stored = new byte[ProtectionLimits.PrefixBytes + ProtectionLimits.ChunkBytes + ProtectionLimits.TagBytes];
    readonly byte[] plain = new byte[ProtectionLimits.ChunkBytes];
    long offset, chunk;
    int taken, length;
    bool isLast;

    /// <param name="stream">At the image's beginning.</param>
    /// <param name="access">What opens it.</param>
    /// <exception cref="CheckpointImageException">Its header breaks a rule.</exception>
    /// <exception cref="ProtectionException">It cannot be opened with what was given.</exception>
    public ProtectedStream(Stream stream, ImageAccess access)
    {
        this.stream = stream;
        this.access = access;
        header = ProtectionHeader.Read(Fill);
        if (!header.IsSigned && access.TrustedSigners.Count > 0) throw NotSigned();
        cipher = header.Open(access);
    }

    internal static ProtectionException NotSigned() => new(ProtectionProblem.NotSigned, "the image is not signed, and a signature of somebody who is trusted is asked for");

    /// <summary>Once the image has been read: nothing else is in its protection, and its signature is good.</summary>
    /// <exception cref="CheckpointImageException">It is not so.</exception>
    /// <exception cref="ProtectionException">Others are trusted than who signed.</exception>
    public ProtectionState Finish()
    {
        while (taken == length && !isLast) Next();
        if (taken < length) throw new CheckpointImageException(ChunkRules.NameOf(chunk - 1), offset - length, "nothing follows an image in its protection");
        if (!header.IsSigned) return new ProtectionState(header.Flags, SignatureStatus.NotSigned, null);
        long at = offset;
        var signature = ImageSignature.Read(Fill, header, chunk, at);
        if (!signature.Digests.AsSpan().SequenceEqual(digests.GetBuffer().AsSpan(0, (int)digests.Length)))
        {
            int wrong = signature.Digests.AsSpan().CommonPrefixLength(digests.GetBuffer().AsSpan(0, (int)digests.Length)) / SHA256.HashSizeInBytes;
            throw ChunkRules.NotSigned(wrong, header.Bytes.Length + wrong * (long)(ProtectionLimits.ChunkBytes + header.ChunkOverhead));
        }
        return new ProtectionState(header.Flags, signature.Judge(access), signature.Certificate);
    }

    public override int Read(Span<byte> buffer)
    {
        while (taken == length)
        {
            if (isLast) return 0;
            Next();
        }
        int some = Math.Min(buffer.Length, length - taken);
        plain.AsSpan(taken, some).CopyTo(buffer);
        taken += some;
        return some;
    }

    void Next()
    {
        long at = offset;
        if (Fill(stored.AsMemory(0, ProtectionLimits.PrefixBytes)) < ProtectionLimits.PrefixBytes) throw ChunkRules.Short(chunk, at);
        length = taken = 0;
        int carried = ChunkRules.LengthOf(BinaryPrimitives.ReadUInt32LittleEndian(stored), chunk, at, out bool last);
        int rest = carried + header.ChunkOverhead - ProtectionLimits.PrefixBytes;
        if (Fill(stored.AsMemory(ProtectionLimits.PrefixBytes, rest)) < rest) throw ChunkRules.Short(chunk, at);
        var all = stored.AsSpan(0, ProtectionLimits.PrefixBytes + rest);
        if (header.IsSigned) digests.Write(SHA256.HashData(all));
        ChunkRules.Open(cipher, chunk, at, all, plain.AsSpan(0, carried));
        isLast = last;
        length = carried;
        chunk++;
    }

    int Fill(Memory<byte> buffer)
    {
        int filled = stream.ReadAtLeast(buffer.Span, buffer.Length, throwOnEndOfStream: false);
        offset += filled;
        return filled;
    }

    public override bool CanRead => true;

    protected override void Dispose(bool disposing)
    {
        if (disposing) cipher?.Dispose();
        CryptographicOperations.ZeroMemory(plain);
        base.Dispose(disposing);
    }
}
