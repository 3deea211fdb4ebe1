using System.Text.RegularExpressions;
using CheckpointRestart.Core.Cpu;

namespace CheckpointRestart.Core.Checkpoint.Schedules;

/// <summary>What a schedule was asked for. It is kept beside the images, so that another process can go on with it.</summary>
public sealed partial record ScheduleSettings
{
    /// <summary>What its files are named after: letters, digits, '.', '_' and '-', beginning with a letter or digit, at most 64.</summary>
    public required string Name { get; init; }

    /// <summary>Time between two images; null where <see cref="Instructions"/> says it.</summary>
    public TimeSpan? Period { get; init; }

    /// <summary>Instructions of the machine between two images; null where <see cref="Period"/> says it.</summary>
    public ulong? Instructions { get; init; }

    /// <summary>The machine's count that <see cref="Instructions"/> are counted from.</summary>
    public ulong Origin { get; init; }

    /// <summary>How many images are kept, 1 or more; those that they build on are kept besides.</summary>
    public int Keep { get; init; } = 5;

    /// <summary>Every how many images one is full, and the others hold only what changed since the one before; 1 for full ones alone.</summary>
    public int FullEvery { get; init; } = 1;

    /// <summary>How often and how soon a machine comes back that has crashed; null for never.</summary>
    public RestartSettings? AutoRestart { get; init; }

    /// <summary>True for a machine that has a host process of its own.</summary>
    public bool IsSupervised { get; init; }

    /// <summary>How long a host process may be silent before it is taken for dead.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often and how soon a host process is started again that has died.</summary>
    public RestartSettings HostRestart { get; init; } = new();

    /// <summary>Files of the root that have changed are taken as they are when the machine comes back, not refused.</summary>
    public bool AllowChangedFiles { get; init; }

    /// <summary>What the images are encrypted for, as a sentence has it; null for images as they are. The keys themselves are in <see cref="ScheduleGuard"/>.</summary>
    public string? EncryptedFor { get; init; }

    /// <summary>Who signs the images, as a sentence has it; null for nobody.</summary>
    public string? SignedBy { get; init; }

    /// <summary>Where the machine's files are.</summary>
    public ScheduleRoot Root { get; init; } = new();

    /// <summary>What runs the guest's code.</summary>
    public CpuEngine Engine { get; init; }

    /// <summary>True for a name that a schedule may have.</summary>
    public static bool IsValidName(string name) => ValidName().IsMatch(name);

    /// <summary>The first count after <paramref name="instruction"/> at which an image is due.</summary>
    public ulong NextInstruction(ulong instruction)
    {
        ulong step = Instructions ?? throw new InvalidOperationException("the schedule goes by time");
        if (instruction < Origin) return Origin;
        ulong rounds = (instruction - Origin) / step + 1;
        return rounds > (ulong.MaxValue - Origin) / step ? ulong.MaxValue : Origin + rounds * step;
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ValidName();
}

/// <summary>How often and how soon something is started again.</summary>
public sealed record RestartSettings
{
    /// <summary>Most restarts within <see cref="Within"/>; one more is not made.</summary>
    public int Limit { get; init; } = 3;

    /// <summary>The time that restarts are counted over.</summary>
    public TimeSpan Within { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The wait before the first restart; each further one within the time waits twice as long, at most <see cref="MostDelay"/>.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait.</summary>
    public static TimeSpan MostDelay { get; } = TimeSpan.FromMinutes(5);
}
