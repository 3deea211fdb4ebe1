using System.Buffers.Binary;
using CheckpointRestart.Core.Image.Protection;
using CheckpointRestart.Core.Image.Records;

namespace CheckpointRestart.Core.Image.Extended;

/// <summary>Reads Extended images, every rule of the format checked. Nothing but memory is touched, and no more of it than the image has bytes, times a small
/// factor, plus a constant.</summary>
public static partial class ExtendedReader
{
    /// <summary>Reads an image from any stream, a pipe too. Pages are held in memory. What follows the image stays unread.</summary>
    /// <exception cref="CheckpointImageException">The image is cut short (EPIPE), damaged (EIO), or breaks a rule (EINVAL). ENOENT: it builds on another one.</exception>
    public static ExtendedImage Read(Stream stream, CancellationToken cancellation = default) => Read(stream, null, cancellation);

    /// <summary>As <see cref="Read(Stream, CancellationToken)"/>, with the image that it may build on, which is disposed with it.</summary>
    /// <exception cref="CheckpointImageException">As there. ESTALE: it builds on another one than <paramref name="parent"/>.</exception>
    public static ExtendedImage Read(Stream stream, ExtendedImage? parent, CancellationToken cancellation = default)
    {
        var image = new Reading(new StreamSource(stream), cancellation).Image();
        if (image.ParentReference == null && parent == null) return image;
        try
        {
            ImageChain.Join(image, parent);
            return image;
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    /// <summary>Opens an image's file, and those that it builds on. Their pages stay there until they are asked for; all else is read and checked.</summary>
    /// <exception cref="CheckpointImageException">As for a stream; a parent that is not there (ENOENT), or is not the image that it was (ESTALE), is named.</exception>
    /// <exception cref="IOException">The file cannot be opened or read.</exception>
    public static ExtendedImage Open(string path, CancellationToken cancellation = default) => Open(path, null, cancellation);

    /// <summary>As <see cref="Open(string, CancellationToken)"/>, with what opens protected images: it and those that it builds on.</summary>
    /// <exception cref="ProtectionException">The image is encrypted and no key fits, or a signature that is asked for is not there.</exception>
    public static ExtendedImage Open(string path, ImageAccess? access, CancellationToken cancellation) => WithParents(OpenAlone(path, access, cancellation), access, cancellation);

    /// <summary>Opens an image that can be read at any position, out of its protection, and those that it builds on. On failure the bytes are the caller's to dispose.</summary>
    internal static ExtendedImage Open(ImageBytes bytes, string path, ImageAccess? access, CancellationToken cancellation) =>
        WithParents(OpenAlone(bytes, path, cancellation), access, cancellation);

    static ExtendedImage WithParents(ExtendedImage image, ImageAccess? access, CancellationToken cancellation)
    {
        try
        {
            ImageChain.OpenParents(image, access, cancellation);
            return image;
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file without those that it builds on.</summary>
    internal static ExtendedImage OpenAlone(string path, ImageAccess? access, CancellationToken cancellation)
    {
        string full = System.IO.Path.GetFullPath(path);
        var file = ImageFile.OpenForReading(full);
        ImageBytes bytes = new FileBytes(file);
        try
        {
            if (file.CanSeek)
            {
                // An image without pages closes its file at once.
                long length = file.Length;
                bytes = ImageOpening.Open(bytes, access, out _);
                var opened = OpenAlone(bytes, full, cancellation);
                opened.Bytes = length;
                return opened;
            }
            using (file)
            {
                var image = ImageOpening.Open(file, access, out var protection);
                using (protection)
                {
                    var read = new Reading(new StreamSource(image), cancellation).Image();
                    protection?.Finish();
                    read.Path = full;
                    return read;
                }
            }
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
    }

    static ExtendedImage OpenAlone(ImageBytes bytes, string path, CancellationToken cancellation)
    {
        long length = bytes.Length;
        var image = new Reading(new FileSource(bytes), cancellation) { File = bytes }.Image();
        image.Bytes = length;
        image.Path = path;
        return image;
    }

    /// <summary>The revision of an image's format, from its first bytes: 2 is v5, <see cref="ExtendedLimits.Revision"/> Extended; 0 when it is no image.</summary>
    public static int RevisionOf(ReadOnlySpan<byte> beginning)
    {
        if (beginning.Length < RecordHeader.Size + 16 || BinaryPrimitives.ReadInt16LittleEndian(beginning) != (short)RecordType.Head) return 0;
        var payload = beginning[RecordHeader.Size..];
        return BinaryPrimitives.ReadUInt64LittleEndian(payload) == HeadRecord.ImageMagic ? BinaryPrimitives.ReadUInt16LittleEndian(payload[14..]) : 0;
    }
}
