using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using CheckpointRestart.Core.Kernel.Symbols;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Completion;

/// <summary>Completes the symbols of the task that the line names, or, where it names none, of all live tasks.</summary>
public sealed class SymbolCompleter : IArgumentCompleter
{
    const int Most = 500;

    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Choices.Complete(wordToComplete, Tasks(fakeBoundParameters).SelectMany(NamesOf).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)).Take(Most);

    static IEnumerable<CrTask> Tasks(IDictionary given)
    {
        var all = Registry.Tasks().Where(static task => !task.HasExited);
        var id = given["Id"] is PSObject wrapped ? wrapped.BaseObject : given["Id"];
        if (id is not null) return all.Where(task => string.Equals(id.ToString(), $"{task.Id}", StringComparison.Ordinal));
        if ((given["Task"] is PSObject holder ? holder.BaseObject : given["Task"]) is CrTask named) return [named];
        return LineSubject.Named(given) is { HasExited: false } first ? [first] : all;
    }

    static IEnumerable<string> NamesOf(CrTask task)
    {
        try
        {
            return SymbolMap.Of(task.Task).Names;
        }
        catch (ObjectDisposedException)
        {
            return [];
        }
    }
}
