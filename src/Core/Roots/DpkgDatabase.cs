using System.Text;

namespace CheckpointRestart.Core.Roots;

/// <summary>dpkg's own records below /var/lib/dpkg, as if dpkg had unpacked, or installed, the packages.</summary>
internal static class DpkgDatabase
{
    const uint Plain = 0x1A4, Executable = 0x1ED;

    /// <summary>The records' paths, permissions and contents.</summary>
    /// <param name="packages">The packages.</param>
    /// <param name="lists">The paths that each has brought, absolute.</param>
    /// <param name="isConfigured">False when the maintainer scripts are still to be run.</param>
    public static IEnumerable<(string Path, uint Permissions, byte[] Contents)> Records(IReadOnlyList<DebianPackage> packages, IReadOnlyDictionary<DebianPackage, List<string>> lists, bool isConfigured)
    {
        const string Folder = "var/lib/dpkg/";
        var status = new StringBuilder();
        var files = new StringBuilder();
        var explicitly = new SortedDictionary<string, StringBuilder>(StringComparer.Ordinal);
        foreach (var package in packages.OrderBy(static package => package.Name, StringComparer.Ordinal))
        {
            string name = package.DatabaseName;
            status.Append(Status(package, isConfigured)).Append('\n');
            yield return (Folder + $"info/{name}.list", Plain, GuestBytes(string.Join('\n', lists[package]) + "\n"));
            foreach (var (file, contents) in package.ControlFiles)
                yield return (Folder + $"info/{name}.{file}", file is "preinst" or "postinst" or "prerm" or "postrm" or "config" ? Executable : Plain, contents);
            if (package.ControlFiles.TryGetValue("triggers", out var triggers)) AddInterests(Encoding.UTF8.GetString(triggers), name, files, explicitly);
        }
        yield return (Folder + "status", Plain, Encoding.UTF8.GetBytes(status.ToString()));
        yield return (Folder + "info/format", Plain, "1\n"u8.ToArray());
        yield return (Folder + "available", Plain, []);
        yield return (Folder + "diversions", Plain, []);
        yield return (Folder + "statoverride", Plain, []);
        yield return (Folder + "arch", Plain, "i386\n"u8.ToArray());
        yield return (Folder + "triggers/File", Plain, Encoding.UTF8.GetBytes(files.ToString()));
        yield return (Folder + "triggers/Unincorp", Plain, []);
        foreach (var (trigger, names) in explicitly) yield return (Folder + "triggers/" + trigger, Plain, Encoding.UTF8.GetBytes(names.ToString()));
    }

    static byte[] GuestBytes(string text) => Files.GuestText.ToBytes(text);

    static void AddInterests(string triggers, string package, StringBuilder files, SortedDictionary<string, StringBuilder> explicitly)
    {
        foreach (string line in triggers.Split('\n'))
        {
            string[] words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length != 2 || !words[0].StartsWith("interest", StringComparison.Ordinal)) continue;
            string awaits = words[0] == "interest-noawait" ? "/noawait" : "";
            if (words[1].StartsWith('/'))
            {
                files.Append(words[1]).Append(' ').Append(package).Append(awaits).Append('\n');
            }
            else if (!words[1].Contains('/', StringComparison.Ordinal))
            {
                if (!explicitly.TryGetValue(words[1], out var names)) explicitly.Add(words[1], names = new StringBuilder());
                names.Append(package).Append(awaits).Append('\n');
            }
        }
    }

    static string Status(DebianPackage package, bool isConfigured)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in package.Fields)
        {
            if (key == "Description") AppendConffiles(text, package);
            text.Append(key).Append(':').Append(value.StartsWith('\n') ? "" : " ").Append(value).Append('\n');
            if (key == "Package") text.Append("Status: install ok ").Append(isConfigured ? "installed" : "unpacked").Append('\n');
        }
        if (package.Field("Description").Length == 0) AppendConffiles(text, package);
        return text.ToString();
    }

    static void AppendConffiles(StringBuilder text, DebianPackage package)
    {
        if (package.Conffiles.Count == 0) return;
        text.Append("Conffiles:\n");
        foreach (var (path, digest) in package.Conffiles) text.Append(' ').Append(path).Append(' ').Append(digest).Append('\n');
    }
}
