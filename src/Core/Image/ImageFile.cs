using CheckpointRestart.Core.Image.Protection;

namespace CheckpointRestart.Core.Image;

/// <summary>Images as files of the host.</summary>
public static class ImageFile
{
    /// <summary>
    /// Opens an image and checks all of it except the contents of pages, which are read from the file when asked for: it
    /// stays open until the image is disposed. A path that cannot be read twice, such as a named pipe, is read whole.
    /// </summary>
    /// <exception cref="CheckpointImageException">The image is cut short (EPIPE) or breaks a rule (EINVAL, EMFILE, ENOSYS, EOVERFLOW).</exception>
    /// <exception cref="IOException">The file cannot be opened or read.</exception>
    public static CheckpointImage Open(string path, CancellationToken cancellation = default)
    {
        var full = Path.GetFullPath(path);
        var file = OpenForReading(full);
        try
        {
            if (file.CanSeek) return ImageReader.Read(new FileSource(new FileBytes(file)), full, file, cancellation);
            using (file) return ImageReader.Read(new StreamSource(file), full, null, cancellation);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes an image under a temporary name, flushes it and renames it: the path holds the old file or the whole new one, never a part.</summary>
    /// <param name="overwrite">False: an existing file is an error.</param>
    /// <param name="progress">Bytes written so far.</param>
    /// <exception cref="CheckpointImageException">The model breaks a rule; nothing was written.</exception>
    /// <exception cref="IOException">The file exists and must not be replaced, or it cannot be written.</exception>
    public static void Save(CheckpointImage image, string path, bool overwrite = false, IProgress<long>? progress = null, CancellationToken cancellation = default) =>
        Save(image, path, overwrite, null, progress, cancellation);

    /// <summary>As <see cref="Save(CheckpointImage, string, bool, IProgress{long}?, CancellationToken)"/>, protected.</summary>
    internal static void Save(CheckpointImage image, string path, bool overwrite, ImageProtection? protection, IProgress<long>? progress, CancellationToken cancellation)
    {
        ImageWriter.Measure(image);
        AtomicFile.Write(path, overwrite, protection, stream => ImageWriter.Write(image, stream, progress, cancellation));
    }

    /// <summary>Opened so that others may replace the file meanwhile; unbuffered, since images are read at positions of their own.</summary>
    internal static FileStream OpenForReading(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
}
