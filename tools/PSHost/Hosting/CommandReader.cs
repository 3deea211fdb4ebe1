using System.Management.Automation.Language;
using System.Text;

namespace CheckpointRestart.PSHost.Hosting;

/// <summary>Reads commands line by line, from a person or from redirected input, until the end of input or <c>exit</c>.</summary>
internal sealed class CommandReader(Session session, ConsoleInterface ui, bool interactive)
{
    /// <summary>True when the last command succeeded.</summary>
    internal bool Run()
    {
        var succeeded = true;
        while (session.ExitCode is null && ReadCommand() is { } text)
            if (!string.IsNullOrWhiteSpace(text)) succeeded = session.RunText(text, addToHistory: true);
        // A person who leaves with Ctrl+D did nothing wrong.
        return interactive || succeeded;
    }

    private string? ReadCommand()
    {
        var text = new StringBuilder();
        while (true)
        {
            if (interactive) ui.Write(text.Length == 0 ? Prompt() : ">> ");
            if (Console.In.ReadLine() is not { } line)
            {
                if (interactive) ui.WriteLine("");
                return text.Length > 0 ? text.ToString() : null;
            }

            // An empty line ends a command that is still incomplete, as a person expects who made a mistake.
            var forced = interactive && text.Length > 0 && line.Length == 0;
            if (text.Length > 0) text.Append('\n');
            text.Append(line);
            if (forced || !IsIncomplete(text.ToString())) return text.ToString();
        }
    }

    private static bool IsIncomplete(string text)
    {
        Parser.ParseInput(text, out _, out var errors);
        return Array.Exists(errors, static e => e.IncompleteInput);
    }

    private string Prompt()
    {
        var result = session.Evaluate("prompt");
        return result.Count > 0 ? result[0]?.ToString() ?? "PS> " : "PS> ";
    }
}
