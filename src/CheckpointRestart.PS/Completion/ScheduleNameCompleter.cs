using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using CheckpointRestart.PS.Runtime.Schedules;

namespace CheckpointRestart.PS.Completion;

/// <summary>Completes the names of the schedules.</summary>
public sealed class ScheduleNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        from schedule in ScheduleRegistry.All()
        where schedule.Name.StartsWith(wordToComplete.Trim('\'', '"'), StringComparison.OrdinalIgnoreCase)
        select new CompletionResult(schedule.Name, schedule.Name, CompletionResultType.ParameterValue, schedule.Directory);
}
