using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using CheckpointRestart.Core.Kernel.Syscalls;
using CheckpointRestart.Core.Kernel.Tracing;

namespace CheckpointRestart.PS.Completion;

/// <summary>Completes the names of system calls and of their classes.</summary>
public sealed class SyscallCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Choices.Complete(wordToComplete, SyscallClasses.Names.Concat(SyscallSignatures.Names).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
}

/// <summary>Which calls a trace shows: names, patterns and classes; with ! in front what is left out.</summary>
static class SyscallFilter
{
    internal static Func<string, bool>? For(string[]? names)
    {
        if (names is null) return null;
        var wanted = names.Where(static name => !name.StartsWith('!')).Select(One).ToArray();
        var unwanted = names.Where(static name => name.StartsWith('!')).Select(static name => One(name[1..])).ToArray();
        return name => (wanted.Length == 0 || wanted.Any(matches => matches(name))) && !unwanted.Any(matches => matches(name));
    }

    /// <summary>False for a name of which no call can be: a slip. What a table does not have may be made all the same, and is called by its number.</summary>
    internal static bool IsKnown(string name)
    {
        string bare = name.StartsWith('!') ? name[1..] : name;
        return WildcardPattern.ContainsWildcardCharacters(bare) || bare.StartsWith("syscall", StringComparison.OrdinalIgnoreCase) || SyscallClasses.Find(bare) is not null
            || SyscallSignatures.Names.Contains(bare, StringComparer.OrdinalIgnoreCase);
    }

    static Func<string, bool> One(string text)
    {
        if (SyscallClasses.Find(text) is { } set) return set.Contains;
        var pattern = WildcardPattern.Get(text, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
        return pattern.IsMatch;
    }
}
