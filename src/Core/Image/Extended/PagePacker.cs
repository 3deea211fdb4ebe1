using SharpCompress.Compressors.ZStandard;

namespace CheckpointRestart.Core.Image.Extended;

/// <summary>Packs groups of pages, each into one zstd frame. Not thread safe.</summary>
/// <param name="level">As the zstd program has it.</param>
internal sealed class PagePacker(int level) : IDisposable
{
    readonly Compressor compressor = new(level);

    /// <summary>Packs bytes.</summary>
    /// <param name="bytes">What to pack.</param>
    /// <param name="packed">Room for it.</param>
    /// <param name="length">Bytes that it became.</param>
    /// <returns>False when that would be no fewer.</returns>
    public bool TryPack(ReadOnlySpan<byte> bytes, Span<byte> packed, out int length) =>
        compressor.TryWrap(bytes, packed[..(bytes.Length - 1)], out length);

    /// <summary>The bytes of a frame.</summary>
    /// <returns>False when it is none, or has another number of them than <paramref name="bytes"/> has room.</returns>
    public static bool TryUnpack(ReadOnlySpan<byte> packed, Span<byte> bytes)
    {
        using var decompressor = new Decompressor();
        try
        {
            return decompressor.TryUnwrap(packed, bytes, out int length) && length == bytes.Length;
        }
        catch (ZstdException)
        {
            return false;
        }
    }

    public void Dispose() => compressor.Dispose();
}
