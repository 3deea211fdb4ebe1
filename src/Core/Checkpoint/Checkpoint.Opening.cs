using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Image.Protection;

namespace CheckpointRestart.Core.Checkpoint;

public sealed partial class Checkpoint
{
    /// <summary>How its file or stream was protected.</summary>
    public ProtectionState Protection { get; internal set; } = ProtectionState.None;

    /// <summary>What keeps another image as shut as this one is, as far as its keys are known here: for what opened it. Null when it is not encrypted.</summary>
    public ImageProtection? LikeProtection => (Protection.Flags & ProtectionFlags.Encrypted) != 0 && Access is { Keys.Count: > 0 } known ? new ImageProtection { Keys = known.Keys } : null;

    /// <summary>What opened its file; null for nothing.</summary>
    internal ImageAccess? Access { get; set; }

    /// <summary>Opens an image file that is not encrypted: structure and rules are checked, pages stay in the file until they are asked for.</summary>
    /// <exception cref="CheckpointImageException">The file breaks a rule of the format.</exception>
    /// <exception cref="ProtectionException">The image is encrypted.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Checkpoint Open(string path, CancellationToken cancellation = default) => Open(path, null, cancellation);

    /// <summary>Opens an image file: structure and rules are checked, pages stay in the file until they are asked for.</summary>
    /// <param name="path">Host path.</param>
    /// <param name="access">What opens a protected image, and whose signature is asked for; null for nothing.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="CheckpointImageException">The file breaks a rule of the format.</exception>
    /// <exception cref="ProtectionException">The image is encrypted and no key fits, or a signature that is asked for is not there.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Checkpoint Open(string path, ImageAccess? access, CancellationToken cancellation = default)
    {
        string full = System.IO.Path.GetFullPath(path);
        var file = ImageFile.OpenForReading(full);
        ImageBytes bytes = new FileBytes(file);
        try
        {
            if (!file.CanSeek)
            {
                using (file)
                {
                    var read = Read(file, access, cancellation);
                    read.Path = full;
                    return read;
                }
            }
            // An image without pages closes its file at once.
            long length = file.Length;
            bytes = ImageOpening.Open(bytes, access, out var state);
            var opened = ImageOpening.IsExtended(bytes) ? new Checkpoint(ExtendedReader.Open(bytes, full, access, cancellation)) : new Checkpoint(ImageReader.Read(new FileSource(bytes), full, bytes, cancellation));
            opened.Path = full;
            opened.Bytes = length;
            opened.Protection = state;
            opened.Access = access;
            return opened;
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
    }

    /// <summary>Reads an image from a stream, to its end and no further; the pages are kept in memory.</summary>
    /// <exception cref="CheckpointImageException">The image breaks a rule of the format.</exception>
    /// <exception cref="ProtectionException">The image is encrypted.</exception>
    public static Checkpoint Read(Stream stream, CancellationToken cancellation = default) => Read(stream, null, cancellation);

    /// <summary>As <see cref="Read(Stream, CancellationToken)"/>, with what opens a protected image. Nothing of it is given before all of it is known to be good.</summary>
    /// <exception cref="CheckpointImageException">The image breaks a rule of the format.</exception>
    /// <exception cref="ProtectionException">The image is encrypted and no key fits, or a signature that is asked for is not there.</exception>
    public static Checkpoint Read(Stream stream, ImageAccess? access, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var opened = ImageOpening.Open(stream, access, out var protection);
        using (protection)
        {
            var read = ImageOpening.IsExtended(ref opened) ? new Checkpoint(ExtendedReader.Read(opened, cancellation)) : new Checkpoint(ImageReader.Read(opened, cancellation));
            try
            {
                if (protection != null) read.Protection = protection.Finish();
                return read;
            }
            catch
            {
                read.Dispose();
                throw;
            }
        }
    }

    /// <summary>The records that it has in its file, or would have in one.</summary>
    /// <exception cref="CheckpointImageException">Thrown by the enumeration where the framing breaks.</exception>
    public IEnumerable<ImageRecord> Records()
    {
        if (Extended == null) return image!.Path != null ? RecordInspector.Enumerate(image.Path, Access) : RecordInspector.Enumerate(image);
        // One that was taken here may be encrypted for others alone.
        bool isShut = Machine != null && Protection.Flags != ProtectionFlags.None;
        return Path != null && !isShut ? RecordInspector.Enumerate(Path, Access) : RecordInspector.Enumerate(Extended);
    }
}
