using System.Management.Automation;
using CheckpointRestart.Core;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.PS.Runtime;

/// <summary>Guest paths that a user gives: from the root that a task sees, or from its working directory.</summary>
static class GuestPaths
{
    /// <summary>A path from the root on.</summary>
    internal static string Absolute(Subject subject, string path)
    {
        if (path.StartsWith('/')) return path;
        string from = subject.WorkingDirectory() ?? "/";
        return from.EndsWith('/') ? from + path : from + "/" + path;
    }

    /// <summary>The files that a pattern names; what it names without wildcards must be there.</summary>
    /// <exception cref="SeenFileException">ENOENT and the like.</exception>
    internal static IReadOnlyList<SeenFile> Expand(SeenFile root, string path, bool literal)
    {
        if (literal || !WildcardPattern.ContainsWildcardCharacters(path)) return [root.Find(literal ? path : WildcardPattern.Unescape(path), follow: false)];
        var found = new List<SeenFile> { root };
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!WildcardPattern.ContainsWildcardCharacters(part))
            {
                found = [.. found.Select(at => Below(root, at, WildcardPattern.Unescape(part))).OfType<SeenFile>()];
                continue;
            }
            // As the guest's own shell: names are told apart by case, and hidden ones have to be asked for.
            var pattern = WildcardPattern.Get(part, WildcardOptions.CultureInvariant);
            found = [.. found.SelectMany(at => Entries(root, at)).Where(entry => pattern.IsMatch(entry.Name) && (part.StartsWith('.') || !entry.Name.StartsWith('.')))];
        }
        return found;
    }

    static SeenFile? Below(SeenFile root, SeenFile at, string name)
    {
        try
        {
            if (name == "..") return at.Parent ?? at;
            var directory = at.IsSymbolicLink ? root.Follow(at) : at;
            return !directory.IsDirectory ? null : name == "." ? directory : directory.Child(name);
        }
        catch (SeenFileException exception) when (exception.Errno is Errno.ENOENT or Errno.ELOOP or Errno.ENOTDIR)
        {
            return null;
        }
    }

    static IReadOnlyList<SeenFile> Entries(SeenFile root, SeenFile at)
    {
        try
        {
            var directory = at.IsSymbolicLink ? root.Follow(at) : at;
            return directory.IsDirectory ? directory.List() : [];
        }
        catch (SeenFileException exception) when (exception.Errno is Errno.ENOENT or Errno.ELOOP or Errno.ENOTDIR)
        {
            return [];
        }
    }
}
