namespace CheckpointRestart.Core.Image;

/// <summary>The bytes of an image that can be read at any position, again and again. Thread safe.</summary>
internal abstract class ImageBytes : IDisposable
{
    /// <summary>How many there are.</summary>
    public abstract long Length { get; }

    /// <summary>Reads some bytes from a position on.</summary>
    /// <returns>Bytes read; 0 at the end.</returns>
    public abstract int Read(Span<byte> buffer, long offset);

    /// <summary>Reads until the buffer is full.</summary>
    /// <returns>Bytes read; fewer at the end.</returns>
    public int ReadAll(Span<byte> buffer, long offset)
    {
        int done = 0;
        while (done < buffer.Length && Read(buffer[done..], offset + done) is > 0 and var some) done += some;
        return done;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives back what they take.</summary>
    protected abstract void Dispose(bool disposing);
}

/// <summary>An image as it stands in its file.</summary>
internal sealed class FileBytes(FileStream file) : ImageBytes
{
    /// <summary>The file.</summary>
    public FileStream File => file;

    public override long Length => RandomAccess.GetLength(file.SafeFileHandle);

    public override int Read(Span<byte> buffer, long offset) => RandomAccess.Read(file.SafeFileHandle, buffer, offset);

    protected override void Dispose(bool disposing)
    {
        if (disposing) file.Dispose();
    }
}
