using System.Management.Automation;
using CheckpointRestart.Core;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

public sealed partial class CopyCrFileCommand
{
    /// <summary>The directory that is copied to: of the host, or of the guest with links resolved.</summary>
    string into = "";

    SeenFile? files;

    /// <summary>The files that a path names.</summary>
    IEnumerable<Source> Find(string given)
    {
        if (FromTask is null && FromCheckpoint is null) return HostFiles(given);
        var subject = FromTask?.Subject ?? ImageOf(FromCheckpoint!);
        var root = subject.Root();
        var found = GuestPaths.Expand(root, GuestPaths.Absolute(subject, given), LiteralPath is not null);
        return found.Select(file => new Source(file, root, file.Name, $"{file.Path} of {subject.Label}", null));
    }

    ImageSubject ImageOf(CrCheckpoint checkpoint)
    {
        if (Root is not null && files is null) files = LowerFile.Open(ResolveRoot(Root));
        return new ImageSubject(checkpoint.Checkpoint, checkpoint.Label, ProcessId ?? checkpoint.ProcessId) { Files = files };
    }

    IEnumerable<Source> HostFiles(string given)
    {
        foreach (string path in HostPaths(given))
        {
            FileSystemInfo info = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
            string name = info.Name;
            // What is named itself is followed; in it are links that are copied, or followed below it.
            string full = System.IO.Path.TrimEndingDirectorySeparator(info.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? info.FullName);
            string? parent = System.IO.Path.GetDirectoryName(full);
            var top = LowerFile.Open(new RootOptions { HostDirectory = parent ?? full });
            var file = parent == null ? top : top.Child(GuestText.FromBytes(System.Text.Encoding.UTF8.GetBytes(System.IO.Path.GetFileName(full))));
            if (file == null)
            {
                top.Dispose();
                throw new FileNotFoundException($"There is no file '{full}'.", full);
            }
            yield return new Source(file, top, name, full, top);
        }
    }

    IReadOnlyList<string> HostPaths(string given)
    {
        bool literal = LiteralPath is not null;
        if (!literal && WildcardPattern.ContainsWildcardCharacters(given))
            return [.. SessionState.Path.GetResolvedProviderPathFromPSPath(given, out var provider).Where(_ => InFileSystem(provider))];
        string full = ResolveNew(literal ? given : WildcardPattern.Unescape(given));
        return System.IO.Path.Exists(full)
            ? [full]
            : throw new CrException("PathNotFound", ErrorCategory.ObjectNotFound, $"There is no file '{full}'.", "With -FromTask the path is the guest's, with -ToTask the host's.");
    }

    /// <summary>The directory of the host that is copied to, and the new name; null when each keeps its own.</summary>
    (CopyTarget Folder, string? Name) HostPlace(int count)
    {
        string full = ResolveNew(Destination);
        if (Directory.Exists(into = full)) return (new HostFolder(full), null);
        RequireSingle(count, full);
        string? parent = System.IO.Path.GetDirectoryName(System.IO.Path.TrimEndingDirectorySeparator(full));
        if (parent == null || !Directory.Exists(parent))
            throw new CrException("DirectoryNotFound", ErrorCategory.ObjectNotFound, $"There is no directory '{parent}'.", "Make the directory first.");
        return (new HostFolder(into = parent), System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(full)));
    }

    /// <summary>The same in a guest.</summary>
    (CopyTarget Folder, string? Name) GuestPlace(int count)
    {
        var task = ToTask!;
        string path = GuestPaths.Absolute(task.Subject, Destination);
        var root = LiveFile.RootOf(task.Task);
        if (DirectoryAt(root, path) is { } directory)
        {
            into = directory.Path;
            return (new GuestFolder(task.Task, path), null);
        }
        RequireSingle(count, path);
        string trimmed = path.TrimEnd('/');
        int slash = trimmed.LastIndexOf('/');
        string parent = slash <= 0 ? "/" : trimmed[..slash];
        var above = root.Find(parent);
        into = above.Path;
        if (!above.IsDirectory) throw new CrException("DirectoryNotFound", ErrorCategory.ObjectNotFound, $"{parent} of {task.Label} is no directory.", "Make the directory first.");
        return (new GuestFolder(task.Task, parent), trimmed[(slash + 1)..]);
    }

    static SeenFile? DirectoryAt(LiveFile root, string path)
    {
        try
        {
            return root.Find(path) is { IsDirectory: true } found ? found : null;
        }
        catch (SeenFileException exception) when (exception.Errno == Errno.ENOENT)
        {
            return null;
        }
    }

    static void RequireSingle(int count, string path)
    {
        if (count > 1) throw new CrException("DestinationNotDirectory", ErrorCategory.InvalidArgument, $"'{path}' is no directory: {count} files cannot have one name.", "Give -Destination a directory that is there.");
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) (files as IDisposable)?.Dispose();
        base.Dispose(disposing);
    }
}
