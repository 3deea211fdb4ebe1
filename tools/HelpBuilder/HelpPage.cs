using System.Text.RegularExpressions;

namespace CheckpointRestart.HelpBuilder;

/// <summary>An example of a page.</summary>
sealed record HelpExample(string Title, string Code, string Output, string Remarks);

/// <summary>The page of a cmdlet: Markdown with fixed headings (# name, ## Description, Parameters, Inputs, Outputs, Notes, Examples, Related).</summary>
sealed partial class HelpPage
{
    readonly Dictionary<string, List<(string Title, string Text)>> sections = new(StringComparer.Ordinal);

    public string Synopsis { get; private set; } = "";

    public string Description => Body("Description");

    public string Notes => Body("Notes");

    /// <summary>Texts by parameter name.</summary>
    public IReadOnlyDictionary<string, string> Parameters => Named("Parameters").ToDictionary(part => part.Title.TrimStart('-'), part => part.Text, StringComparer.OrdinalIgnoreCase);

    public IReadOnlyList<(string Title, string Text)> Inputs => Named("Inputs");

    public IReadOnlyList<(string Title, string Text)> Outputs => Named("Outputs");

    public IReadOnlyList<HelpExample> Examples => [.. Named("Examples").Select(part => Example(part.Title, part.Text))];

    /// <summary>Names of other cmdlets.</summary>
    public IReadOnlyList<string> Related => [.. Link().Matches(Body("Related")).Select(match => match.Groups["text"].Value)];

    public static HelpPage Read(string path, List<string> problems)
    {
        var page = new HelpPage();
        if (!File.Exists(path))
        {
            problems.Add($"{path}: the page is missing");
            return page;
        }
        string section = "", part = "", text = "";
        bool fenced = false;
        void End()
        {
            if (section == "") page.Synopsis = text.Trim();
            else page.Parts(section).Add((part, text.Trim('\n')));
            text = "";
        }
        foreach (string line in File.ReadLines(path))
        {
            if (line.StartsWith("```", StringComparison.Ordinal)) fenced = !fenced;
            if (fenced || !line.StartsWith('#'))
            {
                text += line + "\n";
                continue;
            }
            if (line.StartsWith("# ", StringComparison.Ordinal))
            {
                if (line[2..] != Path.GetFileNameWithoutExtension(path)) problems.Add($"{path}: the title is not the file's name");
                continue;
            }
            End();
            if (line.StartsWith("## ", StringComparison.Ordinal)) (section, part) = (line[3..].Trim(), "");
            else part = line.TrimStart('#').Trim();
        }
        End();
        foreach (string wanted in new[] { "Description", "Examples", "Outputs" })
            if (page.Parts(wanted).Count == 0) problems.Add($"{path}: the section {wanted} is missing");
        if (page.Synopsis.Length == 0) problems.Add($"{path}: the synopsis is missing");
        return page;
    }

    /// <summary>Markdown as plain paragraphs: lines joined, emphasis and links reduced to their text, lists and code kept.</summary>
    public static IEnumerable<string> Paragraphs(string markdown)
    {
        foreach (string block in Blank().Split(markdown.Trim()))
        {
            if (block.Length == 0) continue;
            if (block.StartsWith("```", StringComparison.Ordinal)) yield return string.Join('\n', block.Split('\n').Where(line => !line.StartsWith("```", StringComparison.Ordinal)));
            else if (block.StartsWith("- ", StringComparison.Ordinal) || block.StartsWith('|')) yield return Plain(block);
            else yield return Plain(block.Replace('\n', ' '));
        }
    }

    internal static string Plain(string text) => Link().Replace(text, "${text}").Replace("`", "", StringComparison.Ordinal).Replace("**", "", StringComparison.Ordinal);

    static HelpExample Example(string title, string text)
    {
        string code = "", output = "", remarks = text;
        foreach (Match match in Fence().Matches(text))
        {
            if (match.Groups["language"].Value == "powershell" && code.Length == 0) code = match.Groups["body"].Value.TrimEnd('\n');
            else output += match.Groups["body"].Value.TrimEnd('\n');
            remarks = remarks.Replace(match.Value, "", StringComparison.Ordinal);
        }
        return new HelpExample(title, code, output, remarks.Trim());
    }

    string Body(string section) => string.Join("\n\n", Parts(section).Where(part => part.Title.Length == 0).Select(part => part.Text)).Trim();

    List<(string Title, string Text)> Named(string section) => [.. Parts(section).Where(part => part.Title.Length > 0)];

    List<(string Title, string Text)> Parts(string section)
    {
        if (!sections.TryGetValue(section, out var found)) sections.Add(section, found = []);
        return found;
    }

    [GeneratedRegex(@"\[(?<text>[^\]]+)\]\([^)]*\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Link();

    [GeneratedRegex(@"```(?<language>\w*)\n(?<body>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\n\s*\n", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Blank();
}
