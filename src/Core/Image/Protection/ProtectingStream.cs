using System.Buffers.Binary;
using System.Security.Cryptography;

namespace CheckpointRestart.Core.Image.Protection;

/// <summary>Protects what is written to it. Without <see cref="Complete"/> the image is cut short, and refused as such.</summary>
public sealed class ProtectingStream : ForwardStream
{
    readonly Stream stream;
    readonly ProtectionHeader header;
    readonly ChunkCipher? cipher;
    readonly System.Security.Cryptography.X509Certificates.X509Certificate2? signer;
    readonly MemoryStream digests = new();
    readonly byte[] plain = new byte[ProtectionLimits.ChunkBytes];
    readonly byte[] stored = new byte[ProtectionLimits.PrefixBytes + ProtectionLimits.ChunkBytes + ProtectionLimits.TagBytes];
    long chunk, position;
    int filled;
    bool isComplete;

    /// <param name="stream">Where the protected image goes; it need not seek, and stays open.</param>
    /// <param name="protection">What is done.</param>
    /// <exception cref="ProtectionException">A key cannot be used; nothing has been written.</exception>
    public ProtectingStream(Stream stream, ImageProtection protection)
    {
        ArgumentNullException.ThrowIfNull(protection);
        if (protection.Flags == ProtectionFlags.None) throw new ArgumentException("A protected image is encrypted, signed or both.", nameof(protection));
        this.stream = stream;
        signer = protection.Signer;
        if (signer != null) ImageSignature.Require(signer);
        (header, cipher) = ProtectionHeader.Create(protection);
        stream.Write(header.Bytes);
        BytesOut = header.Bytes.Length;
    }

    /// <summary>Bytes that went to the stream.</summary>
    public long BytesOut { get; private set; }

    /// <summary>Writes what is left, with its mark, and the signature.</summary>
    public void Complete()
    {
        if (isComplete) return;
        isComplete = true;
        Put(isLast: true);
        if (signer != null) Out(ImageSignature.Sign(header, digests.ToArray(), signer));
        stream.Flush();
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        position += buffer.Length;
        while (!buffer.IsEmpty)
        {
            // Only when more follows is a full chunk not the last.
            if (filled == plain.Length) Put(isLast: false);
            int some = Math.Min(buffer.Length, plain.Length - filled);
            buffer[..some].CopyTo(plain.AsSpan(filled));
            filled += some;
            buffer = buffer[some..];
        }
    }

    void Put(bool isLast)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(stored, (uint)filled | (isLast ? ProtectionLimits.LastChunk : 0));
        var prefix = stored.AsSpan(0, ProtectionLimits.PrefixBytes);
        if (cipher != null) cipher.Encrypt(chunk, prefix, plain.AsSpan(0, filled), stored.AsSpan(prefix.Length, filled + ProtectionLimits.TagBytes));
        else plain.AsSpan(0, filled).CopyTo(stored.AsSpan(prefix.Length));
        var all = stored.AsSpan(0, filled + header.ChunkOverhead);
        if (signer != null) digests.Write(SHA256.HashData(all));
        Out(all);
        chunk++;
        filled = 0;
    }

    void Out(ReadOnlySpan<byte> bytes)
    {
        stream.Write(bytes);
        BytesOut += bytes.Length;
    }

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Position
    {
        get => position;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) cipher?.Dispose();
        CryptographicOperations.ZeroMemory(plain);
        base.Dispose(disposing);
    }
}
