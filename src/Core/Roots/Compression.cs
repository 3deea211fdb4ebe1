using System.IO.Compression;
using SharpCompress.Compressors.Xz;
using SharpCompress.Compressors.ZStandard;

namespace CheckpointRestart.Core.Roots;

/// <summary>Compressed streams, told by their first bytes.</summary>
internal static class Compression
{
    /// <summary>The uncompressed contents: of gzip, xz or zstd; anything else as it is.</summary>
    /// <param name="stream">Can be read from anywhere.</param>
    public static Stream Open(Stream stream)
    {
        Span<byte> start = stackalloc byte[6];
        long at = stream.Position;
        int length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        stream.Position = at;
        start = start[..length];
        if (start.StartsWith([(byte)0x1F, (byte)0x8B])) return new GZipStream(stream, CompressionMode.Decompress);
        if (start.SequenceEqual([(byte)0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', (byte)0])) return new XZStream(stream);
        if (start.StartsWith([(byte)0x28, (byte)0xB5, (byte)0x2F, (byte)0xFD])) return new DecompressionStream(stream);
        return stream;
    }

    public static bool IsCompressed(Stream stream)
    {
        var opened = Open(stream);
        return !ReferenceEquals(opened, stream);
    }

    /// <summary>True for what a decompressor throws when its input is damaged.</summary>
    public static bool IsDamage(Exception error) =>
        error is InvalidDataException or EndOfStreamException or InvalidOperationException or FormatException or NotSupportedException or IndexOutOfRangeException or ArgumentException
            or OverflowException or NotImplementedException
        || error.GetType().Namespace?.StartsWith("SharpCompress", StringComparison.Ordinal) == true;
}
