namespace CheckpointRestart.Core.Files;

/// <summary>What is at a place that a copy goes to.</summary>
public enum TargetKind
{
    Nothing,
    Directory,
    /// <summary>Anything else.</summary>
    File,
}

/// <summary>Where copies go: a directory of the host, or of a guest. Places are relative to it, their components checked by <see cref="Refusal"/>.</summary>
public abstract class CopyTarget : IDisposable
{
    /// <summary>Why a name cannot stand here, as the rest of a sentence; null when it can. What leads elsewhere never can.</summary>
    public virtual string? Refusal(string name) =>
        name.Length == 0 ? "it is empty"
        : name is "." or ".." ? "it names a directory above or itself"
        : name.AsSpan().ContainsAny('/', '\0') ? "it has a slash or a zero byte in it"
        : null;

    /// <summary>Why a symbolic link is not made here, as the rest of a sentence; null when it is.</summary>
    /// <param name="depth">Directories between the target and the link.</param>
    /// <param name="text">What the link says.</param>
    public abstract string? RefusalOfLink(int depth, string text);

    public abstract TargetKind Find(string place);

    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="SeenFileException">The same of a guest.</exception>
    public abstract void MakeDirectory(string place);

    /// <summary>Takes away what is there, which is no directory.</summary>
    public abstract void Remove(string place);

    public abstract void MakeLink(string place, string text);

    /// <summary>Begins to write a file. What it replaces is there until it is complete, where the target can do that.</summary>
    public abstract CopyWriter Create(string place, bool replace);

    /// <summary>Gives a directory that is complete permissions and time.</summary>
    public abstract void Finish(string place, in StatData facts);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}

/// <summary>A file that is being written. Disposed without <see cref="Finish"/>, it is taken away again, where the target can do that.</summary>
public abstract class CopyWriter : IDisposable
{
    public abstract void Write(long position, ReadOnlyMemory<byte> bytes);

    /// <summary>Gives it its length, permissions and time: it is complete.</summary>
    public abstract void Finish(in StatData facts, long length);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}
