namespace CheckpointRestart.Core.Image.Protection;

/// <summary>The rules of a protected image's chunks.</summary>
static class ChunkRules
{
    public static string NameOf(long chunk) => $"chunk {chunk.ToString(System.Globalization.CultureInfo.InvariantCulture)}";

    /// <summary>What a chunk carries, as its prefix says.</summary>
    public static int LengthOf(uint prefix, long chunk, long offset, out bool isLast)
    {
        isLast = (prefix & ProtectionLimits.LastChunk) != 0;
        uint length = prefix & ~ProtectionLimits.LastChunk;
        if (isLast ? length > ProtectionLimits.ChunkBytes || length == 0 && chunk > 0 : length != ProtectionLimits.ChunkBytes)
            throw new CheckpointImageException(NameOf(chunk), offset, "each chunk carries 65536 bytes, and the last one 1 to 65536", Errno.EINVAL, length.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return (int)length;
    }

    /// <summary>Gives what a chunk carries.</summary>
    /// <param name="stored">The whole chunk, its prefix too.</param>
    public static void Open(ChunkCipher? cipher, long chunk, long offset, ReadOnlySpan<byte> stored, Span<byte> plain)
    {
        var prefix = stored[..ProtectionLimits.PrefixBytes];
        if (cipher == null) stored[prefix.Length..].CopyTo(plain);
        else if (!cipher.TryDecrypt(chunk, prefix, stored[prefix.Length..], plain))
            throw new CheckpointImageException(NameOf(chunk), offset, "a chunk is the one that was encrypted at its place", Errno.EIO);
    }

    public static CheckpointImageException Short(long chunk, long offset) => new(NameOf(chunk), offset, "a protected image ends with its last chunk, not before", Errno.EPIPE);

    public static CheckpointImageException NotSigned(long chunk, long offset) => new(NameOf(chunk), offset, "a chunk is the one that was signed", Errno.EIO);
}
