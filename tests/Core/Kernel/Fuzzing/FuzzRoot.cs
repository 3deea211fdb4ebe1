using System.Globalization;
using CheckpointRestart.Core.Tests.Guests;

namespace CheckpointRestart.Core.Tests.Kernel.Fuzzing;

/// <summary>A root directory on the host with ways out of it, in the middle of files that nobody may touch.</summary>
sealed class FuzzRoot : IDisposable
{
    readonly string around;
    readonly SortedDictionary<string, string> before;
    readonly bool watchesRoot;

    /// <param name="watchesRoot">True when the root's own files may not be touched either.</param>
    public FuzzRoot(bool watchesRoot)
    {
        this.watchesRoot = watchesRoot;
        around = Directory.CreateTempSubdirectory("cr-fuzz-").FullName;
        Root = Directory.CreateDirectory(Path.Combine(around, "root")).FullName;
        string sibling = Directory.CreateDirectory(Path.Combine(around, "sibling")).FullName;
        File.WriteAllText(Path.Combine(around, "canary"), "canary\n");
        File.WriteAllText(Path.Combine(sibling, "file"), "sibling\n");
        File.WriteAllText(Path.Combine(sibling, "other"), "");
        foreach (string name in new[] { "bin", "tmp", "dev", "proc", "etc", "deep/er/still" }) Directory.CreateDirectory(Path.Combine(Root, name));
        PlaceProgram();
        File.WriteAllText(Path.Combine(Root, "etc", "passwd"), "root:x:0:0::/:/bin/sh\n");
        File.WriteAllText(Path.Combine(Root, "deep", "er", "file"), new string('f', 20_000));
        string[] links = ["up", "../sibling", "upper", "../../..", "out", around, "canary", Path.Combine(around, "canary"), "loop", "loop", "inner", "deep/er/file", "deep/out", "../../sibling/file"];
        for (int i = 0; i < links.Length; i += 2) File.CreateSymbolicLink(Path.Combine(Root, links[i]), links[i + 1]);
        foreach (string path in new[] { Path.Combine(around, "canary"), Path.Combine(sibling, "file"), Path.Combine(sibling, "other") })
        {
            File.SetLastWriteTimeUtc(path, new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc));
            File.SetLastAccessTimeUtc(path, new DateTime(2020, 1, 1, 1, 1, 1, DateTimeKind.Utc));
        }
        GuestPaths =
        [
            "/", "/tmp", "/start", "/etc/passwd", "/deep", "/deep/er", "/deep/er/file", "/inner", "/loop", "/up", "/up/file", "/upper", "/out", "/out/canary", "/canary", "/deep/out",
            around, Path.Combine(around, "canary"), "/../../sibling/file", "../sibling", "..", ".", "", "/dev/shm/s", "/tmp/n1", "tmp/n2",
        ];
        before = Look();
    }

    /// <summary>On the host.</summary>
    public string Root { get; }

    /// <summary>Names that a guest may try.</summary>
    public IReadOnlyList<string> GuestPaths { get; }

    /// <summary>Puts the program that is started where it belongs, if it is not there.</summary>
    public void PlaceProgram()
    {
        string path = Path.Combine(Root, "start");
        if (new FileInfo(path) is { Exists: true, LinkTarget: null, Length: > 0 } file && file.UnixFileMode == Executable) return;
        Remove(path);
        File.WriteAllBytes(path, File.ReadAllBytes(GuestFiles.Program("spin")));
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, Executable);
    }

    const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserExecute;

    /// <summary>What is different from the beginning; empty when nobody has touched anything.</summary>
    public string Changes()
    {
        var now = Look();
        return string.Join('\n', before.Keys.Union(now.Keys, StringComparer.Ordinal)
            .Where(path => before.GetValueOrDefault(path) != now.GetValueOrDefault(path))
            .Select(path => $"{path}: {before.GetValueOrDefault(path, "absent")} became {now.GetValueOrDefault(path, "absent")}"));
    }

    /// <summary>Files of this directory that the test's process has open.</summary>
    public int OpenHandles()
    {
        int count = 0;
        foreach (string link in Directory.EnumerateFileSystemEntries("/proc/self/fd"))
        {
            try
            {
                if (new FileInfo(link).LinkTarget is { } target && target.StartsWith(around, StringComparison.Ordinal)) count++;
            }
            catch (IOException)
            {
                // Closed in the meantime by another test.
            }
        }
        return count;
    }

    public void Dispose() => Remove(around);

    /// <summary>Names need not be UTF-8, and .NET cannot say others; the guest may also have closed directories to us.</summary>
    static void Remove(string path)
    {
        if (new FileInfo(path).LinkTarget != null)
        {
            // chmod would follow it.
            File.Delete(path);
            return;
        }
        foreach (string[] command in (string[][])[["chmod", "-R", "u+rwx", path], ["rm", "-rf", path]])
        {
            using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true, UseShellExecute = false })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
        }
    }

    IEnumerable<string> Outside() => Under(around).Where(path => watchesRoot || !path.StartsWith(Root, StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    /// <summary>All that is under a directory, without what links lead to.</summary>
    IEnumerable<string> Under(string directory)
    {
        foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0 }))
        {
            yield return entry.FullName;
            if (entry is not DirectoryInfo { LinkTarget: null } || (!watchesRoot && entry.FullName == Root)) continue;
            foreach (string inner in Under(entry.FullName)) yield return inner;
        }
    }

    SortedDictionary<string, string> Look()
    {
        var seen = new SortedDictionary<string, string>(StringComparer.Ordinal);
        // Times first: reading contents changes them.
        foreach (string path in Outside())
        {
            var info = new FileInfo(path);
            bool isFile = (info.Attributes & (FileAttributes.Directory | FileAttributes.ReparsePoint)) == 0;
            string times = isFile && !path.StartsWith(Root, StringComparison.Ordinal) ? Time(info.LastAccessTimeUtc) : "";
            seen.Add(path, $"{info.Attributes} {info.UnixFileMode} {Time(info.LastWriteTimeUtc)} {times} {info.LinkTarget} {(isFile ? info.Length : 0)}");
        }
        foreach (string path in seen.Keys.ToArray())
        {
            var info = new FileInfo(path);
            if ((info.Attributes & (FileAttributes.Directory | FileAttributes.ReparsePoint)) != 0) continue;
            var (written, read) = (info.LastWriteTimeUtc, info.LastAccessTimeUtc);
            seen[path] += Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)));
            if (path.StartsWith(Root, StringComparison.Ordinal)) continue;
            File.SetLastAccessTimeUtc(path, read);
            File.SetLastWriteTimeUtc(path, written);
        }
        return seen;
    }

    static string Time(DateTime time) => time.ToString("O", CultureInfo.InvariantCulture);
}
