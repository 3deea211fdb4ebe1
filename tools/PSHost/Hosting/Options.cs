using System.Diagnostics.CodeAnalysis;

namespace CheckpointRestart.PSHost.Hosting;

/// <summary>The command line, as pwsh understands it: names may be shortened, and everything after -File or -Command belongs to the script.</summary>
internal sealed class Options
{
    internal const string Usage = """
        Usage: PSHost [-NoProfile] [-NonInteractive] [-NoLogo] [-NoExit] [-WorkingDirectory <directory>]
                      [[-File] <script> [arguments] | -Command <text> | -Command - | -EncodedCommand <base64>]
               PSHost -Version | -Help
        """;

    internal string? File { get; private set; }
    internal string? Command { get; private set; }
    internal string[] Arguments { get; private set; } = [];
    internal string? WorkingDirectory { get; private set; }
    internal bool NonInteractive { get; private set; }
    internal bool NoExit { get; private set; }
    internal bool ShowHelp { get; private set; }
    internal bool ShowVersion { get; private set; }

    /// <summary>No script was given: read commands from the terminal or from standard input.</summary>
    internal bool ReadsCommands => File is null && Command is null;

    private static readonly (string Name, int Shortest)[] Names =
    [
        ("noprofile", 3), ("noninteractive", 4), ("nologo", 3), ("noexit", 3), ("interactive", 1), ("login", 1),
        ("command", 1), ("file", 1), ("encodedcommand", 1), ("workingdirectory", 2), ("executionpolicy", 2),
        ("version", 1), ("help", 1), ("outputformat", 1), ("inputformat", 3),
    ];

    internal static bool TryParse(string[] args, out Options options, [NotNullWhen(false)] out string? problem)
    {
        options = new Options();
        problem = null;
        for (var i = 0; i < args.Length; i++)
        {
            var arg = args[i];
            if (arg.Length == 0 || arg[0] != '-')
            {
                options.File = arg;
                options.Arguments = args[(i + 1)..];
                return true;
            }

            var name = Resolve(arg.TrimStart('-'));
            switch (name)
            {
                case "help": options.ShowHelp = true; return true;
                case "version": options.ShowVersion = true; return true;
                case "noprofile" or "nologo" or "interactive" or "login": break;
                case "noninteractive": options.NonInteractive = true; break;
                case "noexit": options.NoExit = true; break;
                case null:
                    problem = $"The parameter {arg} is not known.";
                    return false;
                default:
                    if (i + 1 >= args.Length)
                    {
                        problem = $"The parameter {arg} needs a value.";
                        return false;
                    }

                    if (options.TakeValue(name, args, ref i)) return true;
                    break;
            }
        }

        return true;
    }

    /// <summary>True when the rest of the line was taken as well.</summary>
    private bool TakeValue(string name, string[] args, ref int i)
    {
        var value = args[++i];
        switch (name)
        {
            case "file":
                File = value;
                Arguments = args[(i + 1)..];
                return true;
            case "command":
                Command = value == "-" ? Console.In.ReadToEnd() : string.Join(' ', args[i..]);
                return true;
            case "encodedcommand":
                Command = System.Text.Encoding.Unicode.GetString(Convert.FromBase64String(value));
                return false;
            case "workingdirectory":
                WorkingDirectory = value;
                return false;
            default: // An execution policy or a format: nothing to choose from on this host.
                return false;
        }
    }

    private static string? Resolve(string text)
    {
        if (text == "?") return "help";
        if (text.Equals("ep", StringComparison.OrdinalIgnoreCase)) return "executionpolicy";
        if (text.Equals("wd", StringComparison.OrdinalIgnoreCase)) return "workingdirectory";
        foreach (var (name, shortest) in Names)
            if (text.Length >= shortest && name.StartsWith(text, StringComparison.OrdinalIgnoreCase)) return name;
        return null;
    }
}
