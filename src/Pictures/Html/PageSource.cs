using System.Text;

namespace CheckpointRestart.Pictures.Html;

/// <summary>The page's own HTML, style and script, from the files in the folder page.</summary>
static class PageSource
{
    const string Folder = "page/";

    static readonly Lazy<string> AllStyle = new(static () => Join("style/")), AllScript = new(static () => Join("script/"));

    /// <summary>The style sheets, one behind the other.</summary>
    public static string Style => AllStyle.Value;

    /// <summary>The scripts, one behind the other: one module.</summary>
    public static string Script => AllScript.Value;

    /// <summary>The template in pieces, each with the name of the hole behind it: {{data}} and the like; the last has none.</summary>
    public static IEnumerable<(string Text, string Hole)> Template()
    {
        string text = Read("page.html");
        int at = 0;
        for (int open; (open = text.IndexOf("{{", at, StringComparison.Ordinal)) >= 0;)
        {
            int close = text.IndexOf("}}", open, StringComparison.Ordinal);
            yield return (text[at..open], text[(open + 2)..close]);
            at = close + 2;
        }
        yield return (text[at..], "");
    }

    static string Join(string folder) => string.Concat(typeof(PageSource).Assembly.GetManifestResourceNames().Select(static name => name.Replace('\\', '/'))
        .Where(name => name.StartsWith(Folder + folder, StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(static name => Read(name[Folder.Length..]) + "\n"));

    static string Read(string name)
    {
        var assembly = typeof(PageSource).Assembly;
        string full = assembly.GetManifestResourceNames().First(candidate => candidate.Replace('\\', '/') == Folder + name);
        using var reader = new StreamReader(assembly.GetManifestResourceStream(full)!, Encoding.UTF8);
        // A browser makes line feeds of other ends of lines before it hashes.
        return reader.ReadToEnd().Replace("\r\n", "\n", StringComparison.Ordinal);
    }
}
