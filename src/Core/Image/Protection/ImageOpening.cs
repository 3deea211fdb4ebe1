using CheckpointRestart.Core.Image.Extended;

namespace CheckpointRestart.Core.Image.Protection;

/// <summary>Takes an image out of its protection, if it has one.</summary>
static class ImageOpening
{
    /// <summary>Bytes that tell the revision of an image.</summary>
    const int BeginningBytes = 32;

    static readonly ImageAccess Nothing = new();

    /// <summary>The image in a file.</summary>
    /// <param name="file">The file's bytes; disposed with what is given back, and left alone on failure.</param>
    /// <exception cref="CheckpointImageException">The protection breaks a rule.</exception>
    /// <exception cref="ProtectionException">It cannot be opened with what was given.</exception>
    public static ImageBytes Open(ImageBytes file, ImageAccess? access, out ProtectionState state)
    {
        access ??= Nothing;
        Span<byte> beginning = stackalloc byte[8];
        if (ProtectionHeader.Begins(beginning[..file.ReadAll(beginning, 0)]))
        {
            var opened = new ProtectedBytes(file, access);
            state = opened.State;
            return opened;
        }
        if (access.TrustedSigners.Count > 0) throw ProtectedStream.NotSigned();
        state = ProtectionState.None;
        return file;
    }

    /// <summary>The image that comes through a stream.</summary>
    /// <param name="stream">Read forwards alone, and no further than to the image's end.</param>
    /// <param name="protection">What the image comes out of, to be asked once it was read; null for an image that is as it is.</param>
    public static Stream Open(Stream stream, ImageAccess? access, out ProtectedStream? protection)
    {
        access ??= Nothing;
        var whole = PrefixedStream.Peek(stream, 8, out var beginning);
        if (ProtectionHeader.Begins(beginning)) return protection = new ProtectedStream(whole, access);
        if (access.TrustedSigners.Count > 0) throw ProtectedStream.NotSigned();
        protection = null;
        return whole;
    }

    /// <summary>True when an image is of the format Extended.</summary>
    public static bool IsExtended(ImageBytes image)
    {
        Span<byte> beginning = stackalloc byte[BeginningBytes];
        return ExtendedReader.RevisionOf(beginning[..image.ReadAll(beginning, 0)]) == ExtendedLimits.Revision;
    }

    /// <summary>True when the image in a stream is of the format Extended; the stream is replaced by one that still has its beginning.</summary>
    public static bool IsExtended(ref Stream stream)
    {
        stream = PrefixedStream.Peek(stream, BeginningBytes, out var beginning);
        return ExtendedReader.RevisionOf(beginning) == ExtendedLimits.Revision;
    }
}

/// <summary>A stream whose first bytes have been looked at.</summary>
sealed class PrefixedStream(byte[] beginning, Stream rest) : ForwardStream
{
    int taken;

    /// <summary>Looks at the first bytes of a stream.</summary>
    /// <returns>The stream from its beginning on.</returns>
    public static PrefixedStream Peek(Stream stream, int count, out byte[] beginning)
    {
        beginning = new byte[count];
        beginning = beginning[..stream.ReadAtLeast(beginning, count, throwOnEndOfStream: false)];
        return new PrefixedStream(beginning, stream);
    }

    public override int Read(Span<byte> buffer)
    {
        if (taken == beginning.Length) return rest.Read(buffer);
        int some = Math.Min(buffer.Length, beginning.Length - taken);
        beginning.AsSpan(taken, some).CopyTo(buffer);
        taken += some;
        return some;
    }

    public override bool CanRead => true;
}
