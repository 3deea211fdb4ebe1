using System.Management.Automation.Language;

namespace CheckpointRestart.PS.Runtime;

/// <summary>Text that goes into a script.</summary>
static class ScriptText
{
    /// <summary>A text as a literal. To PowerShell typographic quotes end one, too.</summary>
    internal static string Quote(string text) => $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'";
}
