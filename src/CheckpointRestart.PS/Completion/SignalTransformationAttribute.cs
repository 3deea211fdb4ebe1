using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.PS.Completion;

/// <summary>Signals by name, with or without SIG, and real-time ones as SIGRTMIN+n.</summary>
static class SignalName
{
    /// <summary>SIGRTMIN of the kernel's interface: number 32. C libraries keep the first two or three for themselves.</summary>
    const int First = (int)Signal.RealTimeFirst;

    internal static readonly string[] All = [.. Enum.GetNames<Signal>().Where(name => name.StartsWith("SIG", StringComparison.Ordinal))];

    /// <summary>All that Parse takes by name: SIGHUP to SIGSYS, SIGRTMIN, and SIGRTMIN+1 to the last.</summary>
    internal static IEnumerable<string> Offered => [.. All, "SIGRTMIN", .. Enumerable.Range(1, (int)Signal.Last - First).Select(static more => string.Create(CultureInfo.InvariantCulture, $"SIGRTMIN+{more}"))];

    internal static Signal? Parse(string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)) return FromNumber(number);
        var name = text.StartsWith("SIG", StringComparison.OrdinalIgnoreCase) ? text : "SIG" + text;
        if (name.StartsWith("SIGRTMIN", StringComparison.OrdinalIgnoreCase))
        {
            var rest = name[8..];
            if (rest.Length == 0) return (Signal)First;
            return rest[0] == '+' && int.TryParse(rest.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int more) ? FromNumber(First + more) : null;
        }
        return All.Contains(name, StringComparer.OrdinalIgnoreCase) ? Enum.Parse<Signal>(name, true) : null;
    }

    /// <summary>The name by which Parse finds it.</summary>
    internal static string Of(Signal signal) =>
        Enum.GetName(signal) is { } name && name.StartsWith("SIG", StringComparison.Ordinal) ? name
        : signal == (Signal)First ? "SIGRTMIN" : string.Create(CultureInfo.InvariantCulture, $"SIGRTMIN+{(int)signal - First}");

    internal static Signal? FromNumber(int number) => number is >= 1 and <= (int)Signal.Last ? (Signal)number : null;
}

/// <summary>Completes the names of signals, typed with or without SIG.</summary>
public sealed class SignalCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var typed = wordToComplete.Trim('\'', '"');
        return Choices.Complete("SIG".StartsWith(typed, StringComparison.OrdinalIgnoreCase) || typed.StartsWith("SIG", StringComparison.OrdinalIgnoreCase) ? typed : "SIG" + typed, SignalName.Offered);
    }
}

/// <summary>Takes a signal by name (SIGTERM, TERM) or number, and gives its name: of an enumeration the engine itself would complete the members, and nothing else.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SignalTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        var signal = value switch
        {
            Signal given => SignalName.FromNumber((int)given),
            int number => SignalName.FromNumber(number),
            string text => SignalName.Parse(text.Trim()),
            _ => null,
        };
        return signal is { } found ? SignalName.Of(found) : throw new ArgumentTransformationMetadataException($"'{value}' is no signal: give a name such as SIGTERM or TERM, or a number from 1 to 64.");
    }
}
