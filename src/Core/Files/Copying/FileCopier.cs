namespace CheckpointRestart.Core.Files;

/// <summary>How files are copied.</summary>
public sealed record CopyOptions
{
    /// <summary>Directories with all that is in them.</summary>
    public bool Recurse { get; init; }

    /// <summary>Files that are there are replaced.</summary>
    public bool Replace { get; init; }

    /// <summary>What links lead to is copied in their place; else they are copied as links.</summary>
    public bool FollowLinks { get; init; }

    /// <summary>Told what could not be copied, with its place; the rest goes on.</summary>
    public required Action<Exception, string> Failed { get; init; }

    /// <summary>Told bytes as they are copied.</summary>
    public Action<long>? Copied { get; init; }

    public CancellationToken Cancellation { get; init; }
}

/// <summary>Something of a source is not copied: the message says why.</summary>
/// <param name="reason">Which rule.</param>
/// <param name="message">A sentence.</param>
public sealed class CopyRefusedException(CopyRefusal reason, string message) : Exception(message)
{
    public CopyRefusal Reason { get; } = reason;
}

/// <summary>Why something is not copied.</summary>
public enum CopyRefusal
{
    /// <summary>A name that cannot stand where it would go.</summary>
    Name,
    /// <summary>A symbolic link that leads out of the target.</summary>
    Link,
    /// <summary>A device, a FIFO or a socket.</summary>
    Kind,
    /// <summary>A directory, and no recursion.</summary>
    Directory,
    /// <summary>Something is there.</summary>
    Exists,
    /// <summary>A link that leads back to a directory above it.</summary>
    Loop,
}

/// <summary>Copies files of guests and hosts: permissions without set-user-id, set-group-id and sticky, times of the last change, links as links. Owners stay behind: a copy
/// belongs to whom the target gives it. Extended attributes stay behind too, and each of several names of a file becomes a file.</summary>
public sealed class FileCopier(CopyTarget target, CopyOptions options)
{
    const int Piece = 1 << 18;

    /// <summary>Directories in each other.</summary>
    const int MostDepth = 256;

    readonly List<string> open = [];
    readonly byte[] buffer = new byte[Piece];

    /// <summary>Copies a file or directory.</summary>
    /// <param name="root">Where its links are followed from.</param>
    /// <param name="source">What.</param>
    /// <param name="name">The name that it gets in the target.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Copy(SeenFile root, SeenFile source, string name) => Copy(root, source, name, "", 0);

    void Copy(SeenFile root, SeenFile source, string name, string directory, int depth)
    {
        options.Cancellation.ThrowIfCancellationRequested();
        string place = directory.Length == 0 ? name : directory + "/" + name;
        try
        {
            if (target.Refusal(name) is { } refusal) throw new CopyRefusedException(CopyRefusal.Name, $"{Quote(source.Path)} is not copied: its name cannot stand there, {refusal}.");
            if (source.IsSymbolicLink && options.FollowLinks) source = root.Follow(source);
            if (source.IsDirectory) CopyDirectory(root, source, place, depth);
            else if (source.IsSymbolicLink) CopyLink(source, place, depth);
            else if (source.IsRegular) CopyFile(source, place);
            else throw new CopyRefusedException(CopyRefusal.Kind, $"{Quote(source.Path)} is not copied: it is {SeenFile.KindOf(source.Type)}.");
        }
        catch (Exception exception) when (exception is SeenFileException or CopyRefusedException or IOException or UnauthorizedAccessException)
        {
            options.Failed(exception, source.Path);
        }
    }

    void CopyDirectory(SeenFile root, SeenFile source, string place, int depth)
    {
        if (!options.Recurse) throw new CopyRefusedException(CopyRefusal.Directory, $"{Quote(source.Path)} is a directory.");
        if (depth >= MostDepth) throw new CopyRefusedException(CopyRefusal.Loop, $"{Quote(source.Path)} is not copied: it lies more than {MostDepth} directories deep.");
        string path = source.Path;
        if (options.FollowLinks && open.Contains(path)) throw new CopyRefusedException(CopyRefusal.Loop, $"{Quote(source.Path)} is not copied again: a link below it leads back to it.");
        var there = target.Find(place);
        if (there == TargetKind.File) throw new CopyRefusedException(CopyRefusal.Exists, $"'{place}' is there and no directory.");
        if (there == TargetKind.Nothing) target.MakeDirectory(place);
        open.Add(path);
        try
        {
            foreach (var child in source.List()) Copy(root, child, child.Name, place, depth + 1);
        }
        finally
        {
            open.RemoveAt(open.Count - 1);
        }
        // What was there before stays as it was, but for what is in it.
        if (there == TargetKind.Nothing) target.Finish(place, source.Facts);
    }

    void CopyLink(SeenFile source, string place, int depth)
    {
        string text = source.Target;
        if (target.RefusalOfLink(depth, text) is { } refusal) throw new CopyRefusedException(CopyRefusal.Link, $"The link {Quote(source.Path)} is not made: {refusal}.");
        if (target.Find(place) is var there && there != TargetKind.Nothing)
        {
            RequireReplaceable(place, there);
            target.Remove(place);
        }
        target.MakeLink(place, text);
    }

    void CopyFile(SeenFile source, string place)
    {
        var there = target.Find(place);
        if (there != TargetKind.Nothing) RequireReplaceable(place, there);
        using var file = target.Create(place, there != TargetKind.Nothing);
        long position = 0;
        while (true)
        {
            options.Cancellation.ThrowIfCancellationRequested();
            int read = source.Read(position, buffer);
            if (read == 0) break;
            // Holes stay holes.
            if (buffer.AsSpan(0, read).ContainsAnyExcept((byte)0)) file.Write(position, buffer.AsMemory(0, read));
            position += read;
            options.Copied?.Invoke(read);
        }
        file.Finish(source.Facts, position);
    }

    void RequireReplaceable(string place, TargetKind there)
    {
        if (there == TargetKind.Directory) throw new CopyRefusedException(CopyRefusal.Exists, $"'{place}' is there and a directory.");
        if (!options.Replace) throw new CopyRefusedException(CopyRefusal.Exists, $"'{place}' exists.");
    }

    /// <summary>A guest's path in a message: a hostile one has control characters in it.</summary>
    static string Quote(string path) => $"'{GuestText.ForDisplay(path)}'";
}
