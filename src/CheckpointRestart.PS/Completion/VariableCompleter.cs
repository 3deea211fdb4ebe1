using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using CheckpointRestart.Core.Checkpoint.Editing;
using CheckpointRestart.Core.Debugging;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.PS.Completion;

/// <summary>Completes the variables of the environment that the program was started with which the line names.</summary>
public sealed class VariableCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Choices.Complete(wordToComplete, LineSubject.Try(() => Names(fakeBoundParameters)));

    static IEnumerable<string> Names(IDictionary given)
    {
        if (LineSubject.Of(given) is not { } subject) return [];
        using DebugTarget target = subject.Target(null);
        return target.StackStart is { } stack ? [.. new GuestEnvironment(target.Read).Entries(stack).Select(static entry => GuestText.FromBytes(entry.Bytes).Split('=')[0]).Where(static name => name.Length > 0)] : [];
    }
}
