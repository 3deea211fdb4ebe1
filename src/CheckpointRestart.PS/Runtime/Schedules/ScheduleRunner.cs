using CheckpointRestart.Core.Checkpoint.Schedules;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Runtime.Schedules;

/// <summary>Who sees to a schedule of this session. Members may be called from any thread.</summary>
abstract class ScheduleRunner(string directory, ScheduleSettings settings, ScheduleGuard guard)
{
    internal string Directory { get; } = directory;

    internal ScheduleSettings Settings { get; } = settings;

    /// <summary>What protects its images.</summary>
    internal ScheduleGuard Guard { get; } = guard;

    internal string FilePath => Path.Combine(Directory, Settings.Name + ScheduleStore.FileEnding);

    internal abstract ScheduleStatus Status { get; }

    /// <summary>True once nothing more happens.</summary>
    internal abstract bool IsOver { get; }

    /// <summary>The machine's first task, where the machine is in this process.</summary>
    internal virtual CrTask? Task => null;

    /// <summary>The process that runs the machine, where that is another one.</summary>
    internal virtual int? ProcessId => null;

    /// <summary>How often that process was started again.</summary>
    internal virtual int HostRestarts => 0;

    /// <summary>Ends the schedule, and gives its files free.</summary>
    internal abstract void Stop();

    /// <summary>Ends the schedule and takes its files away.</summary>
    internal abstract void RemoveFiles();

    internal string OutputPath => Path.Combine(Directory, Settings.Name + ".out");

    internal string ErrorPath => Path.Combine(Directory, Settings.Name + ".err");
}
