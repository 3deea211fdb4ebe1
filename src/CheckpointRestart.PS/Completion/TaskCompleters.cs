using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
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
                yield return new CompletionResult(id, $"{id} {task.Name}", CompletionResultType.ParameterValue, $"{task.Label}, {task.State}, pid {task.ProcessId} of machine {task.MachineId}");
        }
    }
}

/// <summary>Completes the names of tasks.</summary>
public sealed class TaskNameCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Choices.Complete(wordToComplete, Registry.Tasks().Select(task => task.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
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
    static readonly System.Buffers.SearchValues<char> Special = System.Buffers.SearchValues.Create(" '\"`$;(){}[]&|<>,@#*?\u2018\u2019\u201A\u201B\u201C\u201D\u201E");

    internal static IEnumerable<CompletionResult> Complete(string typed, IEnumerable<string> words)
    {
        var word = typed.Trim('\'', '"');
        foreach (var choice in words)
        {
            if (!choice.StartsWith(word, StringComparison.OrdinalIgnoreCase)) continue;
            yield return new CompletionResult(Quote(choice), choice, CompletionResultType.ParameterValue, choice);
        }
    }

    /// <summary>A word as it can stand on a line.</summary>
    internal static string Quote(string word) => word.AsSpan().ContainsAny(Special) ? ScriptText.Quote(word) : word;
}
