using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Completion;

/// <summary>What the line that is being completed is about, as far as it says.</summary>
static class LineSubject
{
    /// <summary>The value of a parameter; null when the line does not give it, or not as a constant.</summary>
    internal static object? Value(IDictionary given, string parameter)
    {
        object? value = given[parameter] is PSObject wrapped ? wrapped.BaseObject : given[parameter];
        return value is object[] { Length: > 0 } many ? (many[0] is PSObject first ? first.BaseObject : many[0]) : value;
    }

    /// <summary>The live task that the line names.</summary>
    internal static CrTask? Task(IDictionary given, params string[] parameters)
    {
        foreach (string parameter in parameters)
        {
            object? value = Value(given, parameter);
            if (value is CrTask task) return task;
            if (value != null && int.TryParse(value.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out int id) && Registry.Find(id) is { } found) return found;
        }
        return null;
    }

    /// <summary>The first of the live tasks that the line gives by name.</summary>
    internal static CrTask? Named(IDictionary given)
    {
        if ((Value(given, "TaskName") ?? Value(given, "Name"))?.ToString() is not { Length: > 0 } name) return null;
        return Try(() => TaskFinder.Matching(name)) is [var first, ..] ? first : null;
    }

    /// <summary>The image that the line names. Opened for the completion alone unless the line has it as an object.</summary>
    internal static Checkpoint? Image(IDictionary given)
    {
        if ((Value(given, "Checkpoint") ?? Value(given, "FromCheckpoint")) is CrCheckpoint opened) return opened.Checkpoint;
        if (Value(given, "ImageTask") is CrImageTask task) return task.Checkpoint.Checkpoint;
        if ((Value(given, "LiteralPath") ?? Value(given, "Path")) is not string path) return null;
        try
        {
            string full = Host(path);
            return File.Exists(full) ? Checkpoint.Open(full) : null;
        }
        catch (Exception exception) when (Errors.Find(exception, null) != null)
        {
            // Whatever is wrong with it, the cmdlet will say.
            return null;
        }
    }

    /// <summary>Something to look into.</summary>
    internal static Subject? Of(IDictionary given)
    {
        if (Task(given, "Task", "Id") is { } task) return task.Subject;
        if (Image(given) is not { } image) return Named(given)?.Subject;
        int pid = Value(given, "ProcessId") is { } value && int.TryParse(value.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out int named) ? named : Value(given, "ImageTask") is CrImageTask one ? one.ProcessId : image.ProcessId;
        return new ImageSubject(image, "", pid);
    }

    /// <summary>A host path of the session's present location.</summary>
    internal static string Host(string path)
    {
        if (Path.IsPathRooted(path)) return path;
        using var shell = PowerShell.Create(RunspaceMode.CurrentRunspace);
        string here = shell.AddScript("$ExecutionContext.SessionState.Path.CurrentFileSystemLocation.ProviderPath").Invoke<string>().FirstOrDefault() ?? "";
        return Path.GetFullPath(Path.Combine(here, path));
    }

    /// <summary>A list that is empty where it cannot be had: the task has ended, the image is damaged.</summary>
    internal static IReadOnlyList<T> Try<T>(Func<IEnumerable<T>> list)
    {
        try
        {
            return [.. list()];
        }
        catch (Exception exception) when (Errors.Find(exception, null) != null)
        {
            return [];
        }
    }
}

/// <summary>Completes addresses: where the regions of the task or image that the line names begin.</summary>
public sealed class AddressCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        from vma in LineSubject.Try(() => LineSubject.Of(fakeBoundParameters)?.Vmas() ?? [])
        let text = string.Create(CultureInfo.InvariantCulture, $"0x{vma.Start:x8}")
        where text.StartsWith(wordToComplete, StringComparison.OrdinalIgnoreCase) || text.AsSpan(2).StartsWith(wordToComplete, StringComparison.OrdinalIgnoreCase)
            || (wordToComplete.Length > 1 && vma.Name?.Contains(wordToComplete.Trim('\'', '"'), StringComparison.OrdinalIgnoreCase) == true)
        select Choices.Result(text, vma.ToString(), vma.ToString(), CompletionResultType.ParameterValue);
}

/// <summary>Completes descriptors of the task or image that the line names.</summary>
public sealed class DescriptorCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        from descriptor in LineSubject.Try(() => LineSubject.Of(fakeBoundParameters)?.Descriptors() ?? [])
        let text = descriptor.Number.ToString(CultureInfo.InvariantCulture)
        where text.StartsWith(wordToComplete, StringComparison.Ordinal)
        select Choices.Result(text, descriptor.ToString(), $"{descriptor.Kind} {descriptor.Path}", CompletionResultType.ParameterValue);
}

/// <summary>Completes the pids of the image that the line names.</summary>
public sealed class ImagePidCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        from task in LineSubject.Try(() => LineSubject.Image(fakeBoundParameters)?.Tasks ?? [])
        let text = task.Pid.ToString(CultureInfo.InvariantCulture)
        where text.StartsWith(wordToComplete, StringComparison.Ordinal)
        select Choices.Result(text, $"{text} {task.Comm}", $"{task.Comm}, {task.State}", CompletionResultType.ParameterValue);
}

/// <summary>Completes the numbers of the objects of the image that the line names, of the kinds that it asks for.</summary>
public sealed class ObjectNumberCompleter : IArgumentCompleter
{
    const int Most = 500;

    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        (from item in LineSubject.Try(() => LineSubject.Image(fakeBoundParameters)?.Extended?.Objects ?? [])
         let text = item.Number.ToString(CultureInfo.InvariantCulture)
         where text.StartsWith(wordToComplete, StringComparison.Ordinal)
            && (LineSubject.Value(fakeBoundParameters, "Kind") is not string kind || WildcardPattern.Get(kind, WildcardOptions.IgnoreCase).IsMatch(item.Kind))
         select Choices.Result(text, item.ToString(), item.ToString(), CompletionResultType.ParameterValue)).Take(Most);
}
