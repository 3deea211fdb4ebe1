using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using CheckpointRestart.Core.Files;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Completion;

/// <summary>Completes the numbers of tasks; the list shows their names and states.</summary>
public sealed class TaskIdCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        foreach (var task in Registry.Tasks())
        {
            var id = task.Id.ToString(CultureInfo.InvariantCulture);
            if (id.StartsWith(wordToComplete, StringComparison.Ordinal))
                yield return Choices.Result(id, $"{id} {task.Name}", $"{task.Label}, {task.State}, pid {task.ProcessId} of machine {task.MachineId}", CompletionResultType.ParameterValue);
        }
    }
}

/// <summary>Completes the names of tasks.</summary>
public sealed class TaskNameCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Choices.Complete(wordToComplete, Registry.Tasks().Select(task => task.Name).Where(static name => name.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), isPattern: true);
}

/// <summary>Completes the numbers of machines.</summary>
public sealed class MachineIdCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Choices.Complete(wordToComplete, Registry.Machines().Select(machine => machine.Id.ToString(CultureInfo.InvariantCulture)));
}

/// <summary>Completes the names of registers.</summary>
public sealed class RegisterCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Choices.Complete(wordToComplete, RegisterList.Names);
}

/// <summary>Completes the kinds of objects that images have.</summary>
public sealed class ObjectKindCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Choices.Complete(wordToComplete, Core.Checkpoint.Extended.MachineImage.Kinds);
}

/// <summary>Completes the names of encodings.</summary>
public sealed class EncodingCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Choices.Complete(wordToComplete, EncodingTransformationAttribute.Names);
}

/// <summary>Offers the words of a list that begin with what was typed.</summary>
static class Choices
{
    /// <param name="typed">What stands there, in quotes or without.</param>
    /// <param name="words">May come from a guest, and hold whatever it likes.</param>
    /// <param name="isPattern">The parameter takes wildcards: those of a word stand for themselves.</param>
    internal static IEnumerable<CompletionResult> Complete(string typed, IEnumerable<string> words, bool isPattern = false)
    {
        string word = Unquote(typed);
        foreach (var choice in words)
        {
            string text = isPattern ? Escape(choice) : choice;
            if (!choice.StartsWith(word, StringComparison.OrdinalIgnoreCase) && !text.StartsWith(word, StringComparison.OrdinalIgnoreCase)) continue;
            yield return Result(text, choice, choice, CompletionResultType.ParameterValue);
        }
    }

    /// <summary>An offer that neither a list nor a line takes for something else.</summary>
    internal static CompletionResult Result(string text, string listed, string tip, CompletionResultType type) => new(Quote(text), Shown(listed), type, Shown(tip));

    /// <summary>A word as it can stand on a line: in quotes unless it is of letters, digits and a few signs that mean nothing there. To PowerShell there are more quotes than '.</summary>
    internal static string Quote(string word) => word.Length > 0 && word[0] is not ('-' or '~') && word.All(static one => char.IsLetterOrDigit(one) || "_-./\\:+=%!~^".Contains(one, StringComparison.Ordinal))
        ? word : ScriptText.Quote(word);

    /// <summary>What somebody has begun to write, without its quotes.</summary>
    internal static string Unquote(string typed) => typed.StartsWith('\'') ? typed.Trim('\'').Replace("''", "'", StringComparison.Ordinal) : typed.Trim('"');

    /// <summary>A word as a pattern that fits it alone. The engine's own way leaves a ` as it is, which takes the sign behind it for itself.</summary>
    internal static string Escape(string word) => string.Concat(word.Select(static one => one is '*' or '?' or '[' or ']' or '`' ? "`" + one : one.ToString()));

    static string Shown(string text) => text.Length == 0 ? " " : GuestText.ForDisplay(text);
}
