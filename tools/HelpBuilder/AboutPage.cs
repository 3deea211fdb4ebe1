using System.Text;

namespace CheckpointRestart.HelpBuilder;

/// <summary>Conceptual help: Markdown as the plain text that Get-Help shows, no line longer than 80 columns unless its own text is.</summary>
static class AboutPage
{
    const int Width = 78;

    /// <param name="path">about_Name.md: the title, a paragraph that says what it is about, and sections.</param>
    public static string Write(string path, List<string> problems)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        string[] lines = File.ReadAllLines(path);
        if (lines.Length < 3 || lines[0] != $"# {name}") problems.Add($"{path}: the title is not the file's name");
        var text = new StringBuilder();
        text.Append("TOPIC\n    ").Append(name).Append("\n\nSHORT DESCRIPTION\n");
        var block = new List<string>();
        bool fenced = false;
        void Flush()
        {
            if (block.Count > 0) Paragraph(text, string.Join(' ', block));
            block.Clear();
        }
        bool isHead = true;
        foreach (string line in lines.Skip(1))
        {
            if (line.Length > 0) isHead = line.StartsWith('#') && !fenced;
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                Flush();
                fenced = !fenced;
                if (!fenced) text.Append('\n');
            }
            else if (fenced) text.Append("        ").Append(line).Append('\n');
            else if (line.StartsWith('#'))
            {
                Flush();
                string title = line.TrimStart('#').Trim();
                text.Append(line.StartsWith("## ", StringComparison.Ordinal) ? title.ToUpperInvariant() : $"  {title}").Append('\n');
            }
            else if (line.StartsWith('|'))
            {
                Flush();
                if (!line.StartsWith("|--", StringComparison.Ordinal)) Paragraph(text, string.Join(" - ", line.Trim('|').Split('|').Select(static cell => cell.Trim()).Where(static cell => cell.Length > 0)), last: false);
            }
            else if (line.StartsWith("- ", StringComparison.Ordinal))
            {
                Flush();
                block.Add(line);
            }
            else if (line.Length == 0)
            {
                Flush();
                if (text[^2] != '\n' && !isHead) text.Append('\n');
            }
            else block.Add(line.Trim());
        }
        Flush();
        return text.ToString().TrimEnd() + "\n";
    }

    static void Paragraph(StringBuilder text, string markdown, bool last = true)
    {
        string plain = HelpPage.Plain(markdown);
        int indent = 4;
        var line = new StringBuilder();
        foreach (string word in plain.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && indent + line.Length + 1 + word.Length > Width)
            {
                text.Append(' ', indent).Append(line).Append('\n');
                line.Clear();
                if (plain.StartsWith("- ", StringComparison.Ordinal)) indent = 6;
            }
            if (line.Length > 0) line.Append(' ');
            line.Append(word);
        }
        text.Append(' ', indent).Append(line).Append('\n');
        if (last && !plain.StartsWith("- ", StringComparison.Ordinal)) text.Append('\n');
    }
}
