using System.Globalization;
using CheckpointRestart.Core.Checkpoint.Schedules;
using CheckpointRestart.Core.Image.Protection;
using CheckpointRestart.PS.Runtime.Schedules;

namespace CheckpointRestart.PS.Objects;

/// <summary>A schedule by which images are taken of a machine. Its properties show it as it is now.</summary>
public sealed class CrCheckpointSchedule
{
    internal CrCheckpointSchedule(ScheduleRunner runner) => Runner = runner;

    /// <summary>What its files are named after.</summary>
    public string Name => Settings.Name;

    /// <summary>Where its files are.</summary>
    public string Directory => Runner.Directory;

    /// <summary>The file that describes it.</summary>
    public string Path => Runner.FilePath;

    /// <summary>What becomes of the machine.</summary>
    public ScheduleState State => Runner.Status.State;

    /// <summary>The machine's first task: another one after each restart; null for a machine in a process of its own.</summary>
    public CrTask? Task => Runner.Task;

    /// <summary>The process that runs the machine, with -Supervised; else null.</summary>
    public int? ProcessId => Runner.ProcessId;

    /// <summary>Seconds between two images, or null.</summary>
    public double? EverySeconds => Settings.Period?.TotalSeconds;

    /// <summary>Instructions between two images, or null.</summary>
    public ulong? EveryInstructions => Settings.Instructions;

    /// <summary>The time or the instructions between two images, as text.</summary>
    public string Every => Settings.Period is { } period ? string.Create(CultureInfo.InvariantCulture, $"{period.TotalSeconds:0.###} s") : string.Create(CultureInfo.InvariantCulture, $"{EveryInstructions:n0} instr.");

    /// <summary>How many images are kept.</summary>
    public int Keep => Settings.Keep;

    /// <summary>Every how many images one is full.</summary>
    public int FullEvery => Settings.FullEvery;

    /// <summary>True for a machine that comes back when it crashes.</summary>
    public bool AutoRestart => Settings.AutoRestart is not null;

    /// <summary>Most restarts within RestartWithin.</summary>
    public int RestartLimit => (Settings.AutoRestart ?? Settings.HostRestart).Limit;

    /// <summary>The time that restarts are counted over.</summary>
    public TimeSpan RestartWithin => (Settings.AutoRestart ?? Settings.HostRestart).Within;

    /// <summary>The wait before the first restart.</summary>
    public TimeSpan RestartDelay => (Settings.AutoRestart ?? Settings.HostRestart).Delay;

    /// <summary>True for a machine in a process of its own.</summary>
    public bool Supervised => Settings.IsSupervised;

    /// <summary>How its images are protected.</summary>
    public ProtectionFlags Protection => (Settings.EncryptedFor is null ? ProtectionFlags.None : ProtectionFlags.Encrypted) | (Settings.SignedBy is null ? ProtectionFlags.None : ProtectionFlags.Signed);

    /// <summary>Instructions that the machine has retired.</summary>
    public ulong Instructions => Runner.Status.Instructions;

    /// <summary>Images that were written.</summary>
    public long Saved => Runner.Status.Saved;

    /// <summary>Images that could not be taken or written.</summary>
    public long FailedSaves => Runner.Status.FailedSaves;

    /// <summary>How often the machine came back after a crash.</summary>
    public int Restarts => Runner.Status.Restarts;

    /// <summary>How often its process was started again.</summary>
    public int HostRestarts => Runner.HostRestarts;

    /// <summary>The exit code of the machine's first task, once that has ended.</summary>
    public int? ExitCode => Runner.Status.ExitCode;

    /// <summary>The newest image.</summary>
    public string? LastImage => Runner.Status.LastImage;

    /// <summary>When it was taken, by the host's clock.</summary>
    public DateTimeOffset? LastSave => Runner.Status.LastSave?.ToLocalTime();

    /// <summary>How long the machine stood still for it.</summary>
    public TimeSpan LastPause => Runner.Status.LastPause;

    /// <summary>What went wrong last, or null.</summary>
    public string? LastError => Runner.Status.LastError;

    /// <summary>What else was odd: crashes, images that were passed over, hosts that died.</summary>
    public IReadOnlyList<string> Warnings => Runner.Status.Warnings.ToArray();

    /// <summary>The images that are there, oldest first.</summary>
    public IReadOnlyList<string> Images => ScheduleStore.ImagesIn(Directory, Name).ToArray();

    /// <summary>What the machine writes to standard output, with -Supervised; else null.</summary>
    public string? OutputPath => Supervised ? Runner.OutputPath : null;

    /// <summary>What the machine writes to standard error, with -Supervised; else null.</summary>
    public string? ErrorPath => Supervised ? Runner.ErrorPath : null;

    internal ScheduleRunner Runner { get; }

    ScheduleSettings Settings => Runner.Settings;

    /// <inheritdoc/>
    public override string ToString() => $"schedule {Name}";
}
