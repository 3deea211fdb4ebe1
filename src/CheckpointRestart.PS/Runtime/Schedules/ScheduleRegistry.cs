using CheckpointRestart.Core.Checkpoint.Schedules;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Runtime.Schedules;

/// <summary>The schedules of this session, by the files that describe them. All members may be called from any thread.</summary>
static class ScheduleRegistry
{
    static readonly Lock Access = new();
    static readonly SortedDictionary<string, CrCheckpointSchedule> ByPath = new(StringComparer.Ordinal);

    internal static IReadOnlyList<CrCheckpointSchedule> All()
    {
        lock (Access) return [.. ByPath.Values];
    }

    /// <summary>The keys of a schedule that this session knows.</summary>
    internal static ScheduleGuard GuardOf(string path)
    {
        lock (Access) return ByPath.TryGetValue(path, out var found) ? found.Runner.Guard : ScheduleGuard.None;
    }

    internal static CrCheckpointSchedule Add(ScheduleRunner runner)
    {
        var added = new CrCheckpointSchedule(runner);
        lock (Access) ByPath[runner.FilePath] = added;
        return added;
    }

    /// <summary>Forgets a schedule that is over, so that its files are free.</summary>
    internal static void Release(string path)
    {
        CrCheckpointSchedule? found;
        lock (Access)
        {
            if (!ByPath.TryGetValue(path, out found) || found.State is ScheduleState.Running or ScheduleState.Waiting) return;
            ByPath.Remove(path);
        }
        found.Runner.Stop();
    }

    internal static void Remove(CrCheckpointSchedule schedule)
    {
        lock (Access)
            if (ByPath.TryGetValue(schedule.Path, out var known) && known == schedule) ByPath.Remove(schedule.Path);
    }

    /// <summary>Ends all of them: the module is being removed.</summary>
    internal static void StopAll()
    {
        CrCheckpointSchedule[] all;
        lock (Access)
        {
            all = [.. ByPath.Values];
            ByPath.Clear();
        }
        foreach (var schedule in all) schedule.Runner.Stop();
    }
}
