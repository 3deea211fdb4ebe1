using System.Management.Automation;

namespace CheckpointRestart.PSHost.Hosting;

/// <summary>The arguments after -File: strings, of which those with a dash are parameter names, as pwsh reads them.</summary>
internal static class ScriptArguments
{
    internal static void AddTo(PowerShell powershell, string[] arguments)
    {
        var command = powershell.Commands.Commands[0];
        string? pending = null;
        foreach (var argument in arguments)
        {
            if (pending is not null)
            {
                command.Parameters.Add(pending, argument);
                pending = null;
            }
            else if (argument.Length > 1 && argument[0] == '-' && !char.IsAsciiDigit(argument[1]))
            {
                var colon = argument.IndexOf(':', StringComparison.Ordinal);
                if (colon < 0) command.Parameters.Add(argument);
                else if (colon == argument.Length - 1) pending = argument[..colon];
                else command.Parameters.Add(argument[..colon], Value(argument[(colon + 1)..]));
            }
            else
            {
                command.Parameters.Add(null, argument);
            }
        }

        if (pending is not null) command.Parameters.Add(pending);
    }

    private static object Value(string text) =>
        text.Equals("$true", StringComparison.OrdinalIgnoreCase) ? true
        : text.Equals("$false", StringComparison.OrdinalIgnoreCase) ? false
        : text;
}
