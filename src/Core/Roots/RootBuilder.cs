using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Roots;

/// <summary>How a root is made.</summary>
public sealed record RootBuilderOptions
{
    /// <summary>The tar file to write, uncompressed; null for a temporary one that goes with the archive.</summary>
    public string? Destination { get; init; }

    /// <summary>Runs the packages' maintainer scripts inside a machine and keeps what they leave.</summary>
    public bool Configure { get; init; }

    /// <summary>Goes on where dependencies are missing or packages conflict.</summary>
    public bool Force { get; init; }

    /// <summary>Told how far it is: what is done, and how much of how much.</summary>
    public IProgress<(string What, int Done, int Of)>? Progress { get; init; }

    /// <summary>Takes what the maintainer scripts print.</summary>
    public Action<string>? Output { get; init; }

    /// <summary>Most instructions that the maintainer scripts may run together.</summary>
    public ulong InstructionLimit { get; init; } = 1_000_000_000_000;
}

/// <summary>A root that was made.</summary>
/// <param name="Archive">To be given to machines as <see cref="RootOptions.Archive"/>.</param>
/// <param name="IsTemporary">Its file is deleted when nobody uses the archive any more.</param>
/// <param name="Packages">Names and versions of the packages in it, in the order in which they were unpacked.</param>
/// <param name="Warnings">What a user should know.</param>
public sealed record BuiltRoot(TarArchive Archive, bool IsTemporary, IReadOnlyList<(string Name, string Version)> Packages, IReadOnlyList<string> Warnings);

/// <summary>Makes roots: tar files that machines take as their read-only lower layer.</summary>
public static class RootBuilder
{
    /// <summary>From a tar file, plain or compressed with gzip, xz or zstd, which its contents tell. A plain one without a destination is used where it is.</summary>
    /// <exception cref="TarException">An entry has no place below a root, or the archive is damaged.</exception>
    /// <exception cref="RootException">The compressed file is damaged.</exception>
    public static BuiltRoot FromTar(string path, RootBuilderOptions options, CancellationToken token = default)
    {
        using (var file = File.OpenRead(path))
        {
            if (options.Destination == null && !Compression.IsCompressed(file)) return new BuiltRoot(TarArchive.Open(path), false, [], []);
        }
        return Write(options, to =>
        {
            try
            {
                using var source = Compression.Open(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16));
                var buffer = new byte[1 << 18];
                int count;
                while ((count = source.Read(buffer, 0, buffer.Length)) > 0)
                {
                    token.ThrowIfCancellationRequested();
                    to.Write(buffer, 0, count);
                }
            }
            catch (Exception error) when (Compression.IsDamage(error))
            {
                throw new RootException(path, $"it is damaged ({error.Message})", error);
            }
            return ([], []);
        });
    }

    /// <summary>From a directory of the host. On Linux and as its superuser files keep their owners; otherwise they belong to root.</summary>
    /// <exception cref="RootException">A file cannot be read.</exception>
    public static BuiltRoot FromDirectory(string path, RootBuilderOptions options, CancellationToken token = default) => Write(options, to =>
    {
        using var host = HostRoot.Open(path);
        var tar = new TarWriter(to);
        TreeExport.Write(host, tar, token);
        tar.Finish();
        return ([], []);
    });

    /// <summary>From Debian packages for i386: their files, and what an installer lays beside them.</summary>
    /// <exception cref="RootException">A package is damaged or for another architecture; dependencies are missing; or a maintainer script failed.</exception>
    public static BuiltRoot FromPackages(IReadOnlyCollection<string> paths, RootBuilderOptions options, CancellationToken token = default)
    {
        var packages = new List<DebianPackage>();
        foreach (string path in paths)
        {
            token.ThrowIfCancellationRequested();
            packages.Add(DebianPackage.Read(path));
        }
        var set = new PackageSet(packages);
        var problems = set.Problems();
        if (problems.Count > 0 && !options.Force) throw new RootException("the packages", problems);
        if (!options.Configure) return Write(options, to => Unpack(set, problems, to, options, token));
        var unpacked = Write(options with { Destination = null }, to => Unpack(set, problems, to, options, token));
        using (unpacked.Archive)
        {
            return Write(options, to =>
            {
                Configuration.Run(unpacked.Archive, set, to, options, token);
                return (unpacked.Packages, unpacked.Warnings);
            });
        }
    }

    static (IReadOnlyList<(string, string)>, IReadOnlyList<string>) Unpack(PackageSet set, IReadOnlyList<string> problems, Stream to, RootBuilderOptions options, CancellationToken token)
    {
        var tar = new TarWriter(to);
        var root = new RootWriter(tar);
        var layout = new RootLayout(root);
        var lists = new Dictionary<DebianPackage, List<string>>();
        var order = set.InOrder();
        layout.Begin();
        foreach (var package in order)
        {
            token.ThrowIfCancellationRequested();
            options.Progress?.Report((package.Name, lists.Count, order.Count));
            lists.Add(package, root.Unpack(package));
        }
        layout.Finish(order);
        foreach (var (path, permissions, contents) in DpkgDatabase.Records(order, lists, isConfigured: !options.Configure || !Configuration.HasDpkg(set))) root.File(path, contents, permissions);
        tar.Finish();
        return ([.. order.Select(static package => (package.Name, package.Version))], [.. set.Warnings, .. problems, .. root.Warnings]);
    }

    /// <summary>Writes beside the destination, checks the result by indexing it, and puts it in its place.</summary>
    static BuiltRoot Write(RootBuilderOptions options, Func<Stream, (IReadOnlyList<(string, string)>, IReadOnlyList<string>)> write)
    {
        string? destination = options.Destination == null ? null : Path.GetFullPath(options.Destination);
        string temporary = destination != null ? destination + ".new" : Path.Combine(Path.GetTempPath(), $"cr-root-{Guid.NewGuid():N}.tar");
        try
        {
            IReadOnlyList<(string, string)> packages;
            IReadOnlyList<string> warnings;
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 20)) (packages, warnings) = write(stream);
            if (destination == null) return new BuiltRoot(TarArchive.OpenTemporary(temporary), true, packages, warnings);
            using (var check = TarArchive.OpenUnshared(temporary)) _ = check.Count;
            File.Move(temporary, destination, overwrite: true);
            return new BuiltRoot(TarArchive.Open(destination), false, packages, warnings);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
