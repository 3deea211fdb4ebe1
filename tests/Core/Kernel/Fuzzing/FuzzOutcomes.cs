using System.Globalization;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Tests.Kernel.Fuzzing;

/// <summary>How many calls of each name succeeded, failed or waited. CR_FUZZ_OUTCOMES names a file that gets a line for each at the end.</summary>
sealed class FuzzOutcomes : IDisposable
{
    readonly SortedDictionary<string, (int Made, int Succeeded, int Waited, SortedDictionary<int, int> Errors)> calls = new(StringComparer.Ordinal);

    /// <summary>Counts a call that a task has just made.</summary>
    public void Add(string name, Task task)
    {
        if (!calls.TryGetValue(name, out var found)) found.Errors = [];
        found.Made++;
        int result = task.Registers is { } registers && task.State == TaskState.Running ? (int)registers.Eax : 0;
        if (task.State == TaskState.Sleeping) found.Waited++;
        else if (result is < 0 and > -4096) found.Errors[-result] = found.Errors.GetValueOrDefault(-result) + 1;
        else found.Succeeded++;
        calls[name] = found;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Environment.GetEnvironmentVariable("CR_FUZZ_OUTCOMES") is not { Length: > 0 } path) return;
        File.AppendAllLines(path, calls.Select(static call => string.Create(CultureInfo.InvariantCulture,
            $"{call.Key} {call.Value.Made} succeeded {call.Value.Succeeded} waited {call.Value.Waited} {string.Join(' ', call.Value.Errors.OrderByDescending(static e => e.Value).Select(static e => $"{(Errno)e.Key}:{e.Value}"))}")));
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        int made = calls.Values.Sum(static call => call.Made), succeeded = calls.Values.Sum(static call => call.Succeeded), waited = calls.Values.Sum(static call => call.Waited);
        return string.Create(CultureInfo.InvariantCulture, $"{succeeded * 100L / Math.Max(made, 1)}% succeeded, {waited * 100L / Math.Max(made, 1)}% waited; {calls.Values.Count(static call => call.Succeeded + call.Waited > 0)} of {calls.Count} kinds did once");
    }
}
