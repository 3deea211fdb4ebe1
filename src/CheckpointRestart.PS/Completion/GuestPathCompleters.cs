using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using CheckpointRestart.Core.Files;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Completion;

/// <summary>Completes paths of Copy-CrFile: the guest's where the line says whose, else the host's.</summary>
public sealed class CopyPathCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        bool isTarget = string.Equals(parameterName, "Destination", StringComparison.OrdinalIgnoreCase), isPattern = string.Equals(parameterName, "Path", StringComparison.OrdinalIgnoreCase);
        if (LineSubject.Task(fakeBoundParameters, isTarget ? "ToTask" : "FromTask") is { } task) return GuestPathCompletion.Complete(task.Subject, wordToComplete, isPattern);
        if (!isTarget && LineSubject.Image(fakeBoundParameters) is { } image && fakeBoundParameters.Contains("FromCheckpoint")) return GuestPathCompletion.Complete(new ImageSubject(image, "", image.ProcessId), wordToComplete, isPattern);
        return CompletionCompleters.CompleteFilename(wordToComplete);
    }
}

/// <summary>Completes guest paths of the task or image that the line names.</summary>
public sealed class SubjectPathCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        LineSubject.Of(fakeBoundParameters) is { } subject ? GuestPathCompletion.Complete(subject, wordToComplete, isPattern: false) : [];
}

/// <summary>Completes guest paths in the root that the line names; without one a program is a file of the host.</summary>
public sealed class RootPathCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        bool isProgram = string.Equals(parameterName, "FilePath", StringComparison.OrdinalIgnoreCase);
        if (LineSubject.Try(() => Root(fakeBoundParameters)) is not [var root])
            return isProgram ? CompletionCompleters.CompleteFilename(wordToComplete) : [];
        using (root as IDisposable) return [.. GuestPathCompletion.Complete(root, "/", wordToComplete, isPattern: false)];
    }

    /// <summary>The root that a line names, or none.</summary>
    internal static IEnumerable<SeenFile> Root(IDictionary given)
    {
        object? value = LineSubject.Value(given, "Root");
        if ((value as CrRoot ?? (value is string { Length: > 0 } path ? new CrRoot(path) : null)) is { } root) return [LowerFile.Open(root.Options(LineSubject.Host))];
        // A further program of a machine that is there.
        object? machine = LineSubject.Value(given, "Machine") ?? LineSubject.Value(given, "MachineId");
        var first = Registry.Tasks().FirstOrDefault(task => machine is CrMachine known ? task.Machine == known : machine != null && string.Equals(machine.ToString(), $"{task.MachineId}", StringComparison.Ordinal));
        return first == null ? [] : [first.Subject.Root()];
    }
}

/// <summary>Completes the users of the root that the line names.</summary>
public sealed class UserCompleter : IArgumentCompleter
{
    const int MostBytes = 1 << 20;

    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var names = LineSubject.Try(() => RootPathCompleter.Root(fakeBoundParameters).SelectMany(static root =>
        {
            using (root as IDisposable)
            {
                var bytes = new byte[MostBytes];
                int read = root.Find("/etc/passwd").Read(0, bytes);
                return GuestText.FromBytes(bytes.AsSpan(0, read)).Split('\n').Select(static line => line.Split(':')[0]).Where(static name => name.Length > 0).ToArray();
            }
        }));
        return Choices.Complete(wordToComplete, names);
    }
}

/// <summary>Offers files of a guest whose path begins with what was typed.</summary>
static class GuestPathCompletion
{
    const int Most = 1000;

    internal static IEnumerable<CompletionResult> Complete(Subject subject, string typed, bool isPattern) =>
        LineSubject.Try(() => Complete(subject.Root(), typed.TrimStart('\'', '"').StartsWith('/') ? "/" : subject.WorkingDirectory() ?? "/", typed, isPattern));

    internal static IEnumerable<CompletionResult> Complete(SeenFile root, string from, string typed, bool isPattern)
    {
        string word = Choices.Unquote(typed);
        int slash = word.LastIndexOf('/');
        string front = slash < 0 ? "" : word[..(slash + 1)], start = slash < 0 ? word : word[(slash + 1)..];
        string directory = front.StartsWith('/') ? front : from.TrimEnd('/') + "/" + front;
        var entries = LineSubject.Try(() => root.Find(isPattern ? WildcardPattern.Unescape(directory) : directory).List());
        foreach (var entry in entries.Where(entry => entry.Name.StartsWith(start, StringComparison.Ordinal) && (start.StartsWith('.') || !entry.Name.StartsWith('.'))).Take(Most))
        {
            yield return Choices.Result(front + (isPattern ? Choices.Escape(entry.Name) : entry.Name), entry.Name, entry.Path, entry.IsDirectory ? CompletionResultType.ProviderContainer : CompletionResultType.ProviderItem);
        }
    }
}
