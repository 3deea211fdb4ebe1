using System.Text;
using System.Text.RegularExpressions;

namespace CheckpointRestart.Core.Roots;

/// <summary>A choice of update-alternatives(1): a link, and what it may lead to.</summary>
internal sealed record Alternative(string Name, string Link, string Path, int Priority, IReadOnlyList<(string Name, string Link, string Path)> Slaves);

/// <summary>The alternatives that packages bring: read from the calls in their scripts that stand there word for word, and for well-known ones
/// whose calls do not, from a table.</summary>
internal static partial class Alternatives
{
    static readonly (string Package, Alternative Alternative)[] WellKnown =
    [
        ("gcc", new("cc", "/usr/bin/cc", "/usr/bin/gcc", 20, [])),
        ("gcc", new("c89", "/usr/bin/c89", "/usr/bin/c89-gcc", 20, [])),
        ("gcc", new("c99", "/usr/bin/c99", "/usr/bin/c99-gcc", 20, [])),
        ("g++", new("c++", "/usr/bin/c++", "/usr/bin/g++", 20, [])),
        ("cpp", new("cpp", "/lib/cpp", "/usr/bin/cpp", 10, [])),
        ("debianutils", new("which", "/usr/bin/which", "/usr/bin/which.debianutils", 0, [])),
        ("gawk", new("awk", "/usr/bin/awk", "/usr/bin/gawk", 10, [("nawk", "/usr/bin/nawk", "/usr/bin/gawk")])),
        ("less", new("pager", "/usr/bin/pager", "/usr/bin/less", 77, [])),
        ("mawk", new("awk", "/usr/bin/awk", "/usr/bin/mawk", 5, [("nawk", "/usr/bin/nawk", "/usr/bin/mawk")])),
        ("nano", new("editor", "/usr/bin/editor", "/bin/nano", 40, [])),
        ("netcat-openbsd", new("nc", "/bin/nc", "/bin/nc.openbsd", 50, [("netcat", "/bin/netcat", "/bin/nc.openbsd")])),
        ("procps", new("w", "/usr/bin/w", "/usr/bin/w.procps", 50, [])),
        ("tar", new("rmt", "/usr/sbin/rmt", "/usr/sbin/rmt-tar", 50, [])),
        ("util-linux", new("pager", "/usr/bin/pager", "/bin/more", 50, [])),
        ("vim-tiny", new("editor", "/usr/bin/editor", "/usr/bin/vim.tiny", 15, [])),
        ("vim-tiny", new("ex", "/usr/bin/ex", "/usr/bin/vim.tiny", 15, [])),
        ("vim-tiny", new("vi", "/usr/bin/vi", "/usr/bin/vim.tiny", 15, [])),
        ("vim-tiny", new("view", "/usr/bin/view", "/usr/bin/vim.tiny", 15, [])),
        ("xz-utils", new("lzma", "/usr/bin/lzma", "/usr/bin/xz", 20, [("unlzma", "/usr/bin/unlzma", "/usr/bin/unxz"), ("lzcat", "/usr/bin/lzcat", "/usr/bin/xzcat")])),
    ];

    /// <summary>All that the packages bring, whose files are there.</summary>
    /// <param name="packages">The packages.</param>
    /// <param name="exists">Whether an absolute path is there.</param>
    public static IReadOnlyList<Alternative> Of(IEnumerable<DebianPackage> packages, Func<string, bool> exists)
    {
        var found = new List<Alternative>();
        foreach (var package in packages)
        {
            var literal = package.ControlFiles.TryGetValue("postinst", out var script) ? Parse(Encoding.UTF8.GetString(script)) : [];
            found.AddRange(literal);
            found.AddRange(WellKnown.Where(known => known.Package == package.Name && !literal.Any(other => other.Name == known.Alternative.Name)).Select(static known => known.Alternative));
        }
        return [.. found.Where(one => exists(one.Path)).Select(one => one with { Slaves = [.. one.Slaves.Where(slave => exists(slave.Path)).OrderBy(static slave => slave.Name, StringComparer.Ordinal)] })];
    }

    internal static List<Alternative> Parse(string script)
    {
        var found = new List<Alternative>();
        foreach (string line in Continuation().Replace(script, " ").Split('\n'))
        {
            string[] words = [.. line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(static word => word.Trim('"', '\''))];
            int call = Array.IndexOf(words, "update-alternatives");
            int at = call < 0 ? -1 : Array.IndexOf(words, "--install", call);
            if (at < 0 || words.Length < at + 5 || words[(at + 1)..].Any(static word => word.IndexOfAny(['$', '`', '*']) >= 0)) continue;
            if (!int.TryParse(words[at + 4].TrimEnd(';'), out int priority) || !IsPath(words[at + 1]) || !IsPath(words[at + 3])) continue;
            var slaves = new List<(string, string, string)>();
            for (int next = at + 5; next + 3 < words.Length; next += 4)
            {
                if (words[next] != "--slave" || !IsPath(words[next + 1]) || !IsPath(words[next + 3].TrimEnd(';'))) break;
                slaves.Add((words[next + 2], words[next + 1], words[next + 3].TrimEnd(';')));
            }
            found.Add(new Alternative(words[at + 2], words[at + 1], words[at + 3], priority, slaves));
        }
        return found;
    }

    /// <summary>dpkg's record of one name (/var/lib/dpkg/alternatives), with the best choice in automatic mode.</summary>
    public static string Record(IReadOnlyList<Alternative> choices)
    {
        var slaves = choices.SelectMany(static choice => choice.Slaves).DistinctBy(static slave => slave.Name).OrderBy(static slave => slave.Name, StringComparer.Ordinal).ToArray();
        var text = new StringBuilder().Append("auto\n").Append(choices[0].Link).Append('\n');
        foreach (var (name, link, _) in slaves) text.Append(name).Append('\n').Append(link).Append('\n');
        text.Append('\n');
        foreach (var choice in choices.DistinctBy(static choice => choice.Path).OrderBy(static choice => choice.Path, StringComparer.Ordinal))
        {
            text.Append(choice.Path).Append('\n').Append(choice.Priority).Append('\n');
            foreach (var (name, _, _) in slaves) text.Append(choice.Slaves.FirstOrDefault(slave => slave.Name == name).Path).Append('\n');
        }
        return text.Append('\n').ToString();
    }

    static bool IsPath(string word) => word.StartsWith('/') && !word.Contains("..", StringComparison.Ordinal);

    [GeneratedRegex(@"\\\r?\n[ \t]*", RegexOptions.NonBacktracking)]
    private static partial Regex Continuation();
}
