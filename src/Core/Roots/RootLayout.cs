using System.Text;

namespace CheckpointRestart.Core.Roots;

/// <summary>What Debian's installer and the maintainer scripts put into a root beside the packages' own files.</summary>
internal sealed class RootLayout(RootWriter root)
{
    /// <summary>A whole path from the root of merged /usr (usrmerge).</summary>
    public static IReadOnlyList<string> MergedDirectories { get; } = ["bin", "sbin", "lib"];

    const uint MailGroup = 8, UtmpGroup = 43, StaffGroup = 50;
    const uint Sticky = 0x3FF, GroupDirectory = 0x5FD;

    public void Begin()
    {
        foreach (string name in MergedDirectories) root.Link(name, "usr/" + name);
    }

    public void Finish(IReadOnlyList<DebianPackage> packages)
    {
        Directories();
        Accounts();
        Names();
        if (root.Contents.TryGetValue("usr/share/base-files/profile", out var profile)) Default("etc/profile", profile);
        if (root.Contents.TryGetValue("usr/share/base-files/motd", out var motd)) Default("etc/motd", motd);
        if (root.Contents.TryGetValue("usr/share/base-files/dot.bashrc", out var bashrc)) Default("root/.bashrc", bashrc);
        if (root.Contents.TryGetValue("usr/share/base-files/dot.profile", out var dotProfile)) Default("root/.profile", dotProfile);
        if (root.HasName("etc/dpkg/origins/debian") && !root.HasName("etc/dpkg/origins/default")) root.Link("etc/dpkg/origins/default", "debian");
        Shells();
        if (root.Has("usr/share/zoneinfo/Etc/UTC"))
        {
            Default("etc/timezone", "Etc/UTC\n"u8);
            if (!root.HasName("etc/localtime")) root.Link("etc/localtime", "/usr/share/zoneinfo/Etc/UTC");
        }
        AlternativeLinks(packages);
        if (!root.HasName("usr/bin/sh") && root.Has("usr/bin/dash")) root.Link("usr/bin/sh", "dash");
        root.File("etc/ld.so.cache", LibraryCache.Build(Libraries()));
    }

    void Directories()
    {
        foreach (string path in new[] { "boot", "dev", "etc", "home", "media", "mnt", "opt", "proc", "run", "srv", "sys", "usr", "var", "etc/opt", "var/opt", "var/log", "var/lib", "var/cache", "var/spool" })
            root.Directory(path);
        root.Directory("root", 0x1C0);
        root.Directory("tmp", Sticky);
        root.Directory("var/tmp", Sticky);
        root.Directory("var/mail", GroupDirectory, MailGroup);
        if (!root.HasName("var/spool/mail")) root.Link("var/spool/mail", "../mail");
        if (!root.HasFilesIn("var/run")) root.Link("var/run", "/run");
        if (!root.HasFilesIn("var/lock")) root.Link("var/lock", "/run/lock");
        root.Directory("usr/local", GroupDirectory, StaffGroup);
        foreach (string name in new[] { "share", "share/man", "bin", "games", "lib", "include", "sbin", "src", "etc" }) root.Directory("usr/local/" + name, GroupDirectory, StaffGroup);
        if (!root.HasName("usr/local/man")) root.Link("usr/local/man", "share/man");
        foreach (string name in new[] { "wtmp", "lastlog" })
            if (!root.HasName("var/log/" + name)) root.File("var/log/" + name, default, 0x1B4, UtmpGroup);
        if (!root.HasName("var/log/btmp")) root.File("var/log/btmp", default, 0x1B0, UtmpGroup);
        foreach (string name in new[] { "alternatives", "info", "parts", "triggers", "updates" }) root.Directory("var/lib/dpkg/" + name);
    }

    void Accounts()
    {
        Default("etc/passwd", root.Contents.GetValueOrDefault("usr/share/base-passwd/passwd.master", "root:*:0:0:root:/root:/bin/sh\nnobody:*:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"u8.ToArray()));
        Default("etc/group", root.Contents.GetValueOrDefault("usr/share/base-passwd/group.master", "root:*:0:\ntty:*:5:\nnogroup:*:65534:\n"u8.ToArray()));
    }

    void Names()
    {
        Default("etc/hostname", "cr\n"u8);
        Default("etc/hosts", "127.0.0.1\tlocalhost cr\n::1\t\tlocalhost ip6-localhost ip6-loopback\nff02::1\t\tip6-allnodes\nff02::2\t\tip6-allrouters\n"u8);
        Default("etc/resolv.conf", "# The machine has no network beyond itself.\n"u8);
        Default("etc/fstab", "# Nothing is mounted from here.\n"u8);
        Default("etc/nsswitch.conf", root.Contents.GetValueOrDefault("usr/share/libc-bin/nsswitch.conf",
            "passwd:         files\ngroup:          files\nshadow:         files\nhosts:          files dns\nnetworks:       files\nprotocols:      db files\nservices:       db files\n"u8.ToArray()));
    }

    void Shells()
    {
        var text = new StringBuilder("# /etc/shells: valid login shells\n/bin/sh\n/usr/bin/sh\n");
        foreach (string name in new[] { "bash", "rbash", "dash", "tmux" })
        {
            if (!root.Has("usr/bin/" + name)) continue;
            if (name != "tmux") text.Append("/bin/").Append(name).Append('\n');
            text.Append("/usr/bin/").Append(name).Append('\n');
        }
        Default("etc/shells", Encoding.UTF8.GetBytes(text.ToString()));
    }

    void AlternativeLinks(IReadOnlyList<DebianPackage> packages)
    {
        root.Directory("etc/alternatives");
        foreach (var choices in Alternatives.Of(packages, root.Has).GroupBy(static one => one.Name).OrderBy(static group => group.Key, StringComparer.Ordinal))
        {
            var best = choices.OrderByDescending(static one => one.Priority).First();
            Choose(best.Name, best.Link, best.Path);
            foreach (var (name, link, path) in best.Slaves) Choose(name, link, path);
            root.File("var/lib/dpkg/alternatives/" + best.Name, Encoding.UTF8.GetBytes(Alternatives.Record([.. choices])));
        }
    }

    void Choose(string name, string link, string path)
    {
        string choice = "/etc/alternatives/" + name;
        if (!root.HasName(choice)) root.Link(choice, path);
        if (!root.HasName(link)) root.Link(link, choice);
    }

    /// <summary>The libraries in the linker's order: the directories of ld.so.conf, then its own.</summary>
    List<LibraryCache.Entry> Libraries()
    {
        var entries = new List<LibraryCache.Entry>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var files = root.Libraries.Select(static pair => (Path: pair.Key, IsLink: false, Library: pair.Value)).ToList();
        foreach (string link in root.Links.Keys)
            if (LibraryCache.IsLibraryName(link[(link.LastIndexOf('/') + 1)..]) && root.Libraries.TryGetValue(root.Resolve(link, follow: true), out var library)) files.Add((link, true, library));
        var byDirectory = files.ToLookup(static file => file.Path[..Math.Max(0, file.Path.LastIndexOf('/'))]);
        foreach (string directory in (string[])[.. Configured("etc/ld.so.conf", 0), "/lib", "/usr/lib"])
        {
            string place = root.Resolve(directory, follow: true);
            if (!seen.Add(place)) continue;
            entries.AddRange(LibraryCache.EntriesOf(directory, byDirectory[place].OrderBy(static file => file.Path, StringComparer.Ordinal)
                .Select(static file => new LibraryCache.Candidate(file.Path[(file.Path.LastIndexOf('/') + 1)..], file.IsLink, file.Library))));
        }
        return entries;
    }

    List<string> Configured(string path, int depth)
    {
        var directories = new List<string>();
        if (depth > 8 || !root.Contents.TryGetValue(path, out var bytes)) return directories;
        foreach (string line in Encoding.UTF8.GetString(bytes).Split('\n'))
        {
            string text = line.Split('#')[0].Trim();
            if (text.StartsWith('/'))
            {
                directories.Add(text.TrimEnd('/'));
            }
            else if (text.StartsWith("include ", StringComparison.Ordinal))
            {
                string pattern = text[8..].Trim().TrimStart('/');
                string folder = pattern[..(pattern.LastIndexOf('/') + 1)];
                foreach (string file in root.Contents.Keys)
                    if (file.StartsWith(folder, StringComparison.Ordinal) && (file == pattern || (pattern.EndsWith("/*.conf", StringComparison.Ordinal) && file.EndsWith(".conf", StringComparison.Ordinal))))
                        directories.AddRange(Configured(file, depth + 1));
            }
        }
        return directories;
    }

    void Default(string path, ReadOnlySpan<byte> contents)
    {
        if (!root.HasName(path)) root.File(path, contents);
    }
}
