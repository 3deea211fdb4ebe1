using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace CheckpointRestart.PSHost.Hosting;

/// <summary>Text out and answers in. Errors go to standard error, progress too and only to a terminal; everything else goes to standard output.</summary>
internal sealed class ConsoleInterface(bool interactive) : PSHostUserInterface
{
    private readonly ProgressLine _progress = new();

    public override PSHostRawUserInterface RawUI { get; } = new ConsoleRawInterface();

    public override bool SupportsVirtualTerminal => !Console.IsOutputRedirected;

    public override void Write(string value)
    {
        _progress.Hide();
        Console.Out.Write(GetOutputString(value, !Console.IsOutputRedirected));
    }

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value)
    {
        if (Console.IsOutputRedirected)
        {
            Write(value);
            return;
        }

        var (foreground, background) = (Console.ForegroundColor, Console.BackgroundColor);
        if ((int)foregroundColor >= 0) Console.ForegroundColor = foregroundColor;
        if ((int)backgroundColor >= 0 && backgroundColor != RawUI.BackgroundColor) Console.BackgroundColor = backgroundColor;
        Write(value);
        (Console.ForegroundColor, Console.BackgroundColor) = (foreground, background);
        if ((int)foreground < 0) Console.ResetColor();
    }

    public override void WriteLine(string value) => Write(value + Environment.NewLine);

    public override void WriteErrorLine(string value)
    {
        _progress.Hide();
        Console.Out.Flush();
        Console.Error.WriteLine(GetOutputString(value, !Console.IsErrorRedirected));
    }

    public override void WriteDebugLine(string message) => WriteLine("DEBUG: " + message);
    public override void WriteVerboseLine(string message) => WriteLine("VERBOSE: " + message);
    public override void WriteWarningLine(string message) => WriteLine("WARNING: " + message);
    public override void WriteProgress(long sourceId, ProgressRecord record) => _progress.Show(record);

    internal void EndProgress() => _progress.Hide();

    public override string ReadLine()
    {
        RequireUser();
        return Console.ReadLine() ?? throw new PipelineStoppedException("Standard input is at its end.");
    }

    public override SecureString ReadLineAsSecureString()
    {
        RequireUser();
        var text = new SecureString();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                if (text.Length > 0) text.RemoveAt(text.Length - 1);
            }
            else if (key.KeyChar != '\0')
            {
                text.AppendChar(key.KeyChar);
            }
        }

        WriteLine("");
        return text;
    }

    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions)
    {
        RequireUser();
        if (!string.IsNullOrEmpty(caption)) WriteLine(caption);
        if (!string.IsNullOrEmpty(message)) WriteLine(message);
        var answers = new Dictionary<string, PSObject>(StringComparer.OrdinalIgnoreCase);
        foreach (var field in descriptions)
        {
            Write(field.Name + ": ");
            answers[field.Name] = PSObject.AsPSObject(ReadLine());
        }

        return answers;
    }

    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        RequireUser();
        if (!string.IsNullOrEmpty(caption)) WriteLine(caption);
        if (!string.IsNullOrEmpty(message)) WriteLine(message);
        var keys = choices.Select(c => c.Label.IndexOf('&', StringComparison.Ordinal) is var at and >= 0 && at + 1 < c.Label.Length ? c.Label.Substring(at + 1, 1) : c.Label).ToArray();
        while (true)
        {
            for (var i = 0; i < choices.Count; i++) Write($"[{keys[i]}] {choices[i].Label.Replace("&", "", StringComparison.Ordinal)}  ");
            Write(defaultChoice >= 0 ? $"(default is \"{keys[defaultChoice]}\"): " : ": ");
            var answer = ReadLine().Trim();
            if (answer.Length == 0 && defaultChoice >= 0) return defaultChoice;
            for (var i = 0; i < choices.Count; i++)
            {
                if (answer.Equals(keys[i], StringComparison.OrdinalIgnoreCase)
                    || answer.Equals(choices[i].Label.Replace("&", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase)) return i;
            }
        }
    }

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        PromptForCredential(caption, message, userName, targetName, PSCredentialTypes.Default, PSCredentialUIOptions.Default);

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options)
    {
        RequireUser();
        if (string.IsNullOrEmpty(userName))
        {
            Write("User: ");
            userName = ReadLine();
        }

        Write(string.Create(CultureInfo.InvariantCulture, $"Password for user {userName}: "));
        return new PSCredential(userName, ReadLineAsSecureString());
    }

    private void RequireUser()
    {
        if (!interactive) throw new PSInvalidOperationException("PowerShell is in NonInteractive mode. Read and Prompt functionality is not available.");
        _progress.Hide();
    }
}
