using System.Management.Automation;
using System.Text;
using CheckpointRestart.Core.Checkpoint.Schedules;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;
using CheckpointRestart.PS.Runtime.Schedules;

namespace CheckpointRestart.PS.Commands;

/// <summary>Takes images of a machine by time or by instruction count, and brings it back when it or its process dies.</summary>
[Cmdlet(VerbsLifecycle.Register, "CrCheckpointSchedule", SupportsShouldProcess = true, DefaultParameterSetName = TaskSet), OutputType(typeof(CrCheckpointSchedule))]
public sealed partial class RegisterCrCheckpointScheduleCommand : TargetCommand
{
    const string MachineSet = "Machine";

    /// <summary>Where the images go. Never from the pipeline.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = MachineSet)]
    [MachineTransformation]
    [ArgumentCompleter(typeof(MachineIdCompleter))]
    public CrMachine? Machine { get; set; }

    [Parameter]
    [ValidateRange(0.01d, 31_536_000d)]
    public double EverySeconds { get; set; }

    /// <summary>Of the machine.</summary>
    [Parameter]
    [ValidateRange(1000ul, ulong.MaxValue)]
    public ulong EveryInstructions { get; set; }

    [Parameter]
    [ValidateRange(1, 10000)]
    public int Keep { get; set; } = 5;

    [Parameter]
    [ValidateRange(1, 64)]
    public int FullEvery { get; set; } = 1;

    /// <summary>What the files are named after.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public new string? Name { get; set; }

    /// <summary>The names of tasks: -Name is the schedule's.</summary>
    [Parameter(Mandatory = true, ParameterSetName = NameSet)]
    [ArgumentCompleter(typeof(TaskNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? TaskName { get => base.Name; set => base.Name = value; }

    [Parameter]
    public SwitchParameter AutoRestart { get; set; }

    [Parameter]
    [ValidateRange(0, 1_000_000)]
    public int RestartLimit { get; set; } = new RestartSettings().Limit;

    /// <summary>Seconds.</summary>
    [Parameter]
    [ValidateRange(0.1d, 31_536_000d)]
    public double RestartWithin { get; set; } = new RestartSettings().Within.TotalSeconds;

    /// <summary>Seconds.</summary>
    [Parameter]
    [ValidateRange(0d, 86_400d)]
    public double RestartDelay { get; set; } = new RestartSettings().Delay.TotalSeconds;

    /// <summary>Files of the root that have changed are taken as they are at a restart.</summary>
    [Parameter]
    public SwitchParameter AllowChangedFiles { get; set; }

    /// <summary>The machine gets a process of its own.</summary>
    [Parameter]
    public SwitchParameter Supervised { get; set; }

    /// <summary>The executable of that process.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? HostPath { get; set; }

    /// <summary>Seconds.</summary>
    [Parameter]
    [ValidateRange(1d, 86_400d)]
    public double HeartbeatTimeout { get; set; } = 30;

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void BeginProcessing()
    {
        if (Has(nameof(EverySeconds)) == Has(nameof(EveryInstructions)))
            Fail(new CrException("ParameterConflict", ErrorCategory.InvalidArgument, "Images are taken either every so many seconds or every so many instructions.", "Give one of -EverySeconds and -EveryInstructions."), null);
        if (!Supervised && (HostPath is not null || Has(nameof(HeartbeatTimeout))))
            Fail(new CrException("ParameterConflict", ErrorCategory.InvalidArgument, $"-{(HostPath is not null ? nameof(HostPath) : nameof(HeartbeatTimeout))} is about the process of a supervised machine.", "Give -Supervised too."), null);
        if (Name is not null && !ScheduleSettings.IsValidName(Name))
            Fail(new CrException("InvalidName", ErrorCategory.InvalidArgument, $"'{Name}' is no name of a schedule.", "A name has letters, digits, '.', '_' and '-', begins with a letter or digit, and has at most 64 characters."), Name);
        CheckProtection();
    }

    protected override void ProcessRecord()
    {
        if (Machine is not null)
        {
            Try(Machine, () => Register(FirstOf(Machine)));
            return;
        }
        foreach (var task in Targets!) Try(task, () => Register(task));
    }

    static CrTask FirstOf(CrMachine machine) => machine.Tasks.FirstOrDefault(static task => task.IsFirst && !task.HasExited) ?? machine.Tasks.FirstOrDefault(static task => !task.HasExited)
        ?? throw new CrException("TaskEnded", ErrorCategory.InvalidOperation, $"No task lives in {machine}.", "Get-CrTask shows the exit codes.");

    void Register(CrTask task)
    {
        Lifecycle.RequireAlive(task);
        // The schedule is the machine's, whichever of its tasks was named.
        var first = FirstOf(task.Machine);
        string directory = ResolveDirectory();
        var settings = SettingsFor(first);
        if (!ShouldProcess($"the machine of {first.Label}", $"Take images to '{System.IO.Path.Combine(directory, settings.Name)}-*.cr'")) return;
        Directory.CreateDirectory(directory);
        string path = System.IO.Path.Combine(directory, settings.Name + ScheduleStore.FileEnding);
        ScheduleRegistry.Release(path);
        if (Supervised && first.Terminal is not null)
            throw new CrException("TerminalNotSupervised", ErrorCategory.InvalidOperation, $"{Lifecycle.Sentence(first.Label)} has a terminal, which belongs to this session.", "Start it without -Terminal, or leave out -Supervised.");
        var host = Supervised ? HostCommand.For(this, HostPath is null ? null : ResolveNew(HostPath)) : null;
        var store = ScheduleStore.Create(directory, settings, Force);
        store.Guard = guard;
        ScheduleRunner runner;
        try
        {
            runner = host is null ? LocalRunner.Begin(store, first) : SupervisedRunner.Begin(store, first, host, Cancellation);
        }
        catch
        {
            if (host is null) store.Abandon();
            throw;
        }
        Tell($"The schedule is kept in '{path}'; its first image was taken.");
        WriteObject(ScheduleRegistry.Add(runner));
    }

    string ResolveDirectory()
    {
        string directory = ResolveNew(Path);
        if (File.Exists(directory))
            throw new CrException("PathIsFile", ErrorCategory.InvalidArgument, $"'{directory}' is a file.", "Give the path of a directory; it is made if it is not there.");
        return directory;
    }

    ScheduleSettings SettingsFor(CrTask first)
    {
        var machine = first.Machine;
        var restart = new RestartSettings { Limit = RestartLimit, Within = TimeSpan.FromSeconds(RestartWithin), Delay = TimeSpan.FromSeconds(RestartDelay) };
        return new ScheduleSettings
        {
            Name = Name ?? NameFrom(first.Name),
            Period = Has(nameof(EverySeconds)) ? TimeSpan.FromSeconds(EverySeconds) : null,
            Instructions = Has(nameof(EveryInstructions)) ? EveryInstructions : null,
            Origin = machine.Instructions,
            Keep = Keep,
            FullEvery = FullEvery,
            AutoRestart = AutoRestart ? restart : null,
            IsSupervised = Supervised,
            Heartbeat = TimeSpan.FromSeconds(HeartbeatTimeout),
            HostRestart = restart,
            AllowChangedFiles = AllowChangedFiles,
            EncryptedFor = guard.EncryptedFor,
            SignedBy = guard.SignedBy,
            Root = ScheduleRoot.Of(machine.Kernel.Options.Root),
            Engine = machine.Kernel.Options.Engine,
        };
    }

    static string NameFrom(string comm)
    {
        var name = new StringBuilder();
        foreach (char c in comm) name.Append(char.IsAsciiLetterOrDigit(c) || (name.Length > 0 && c is '.' or '_' or '-') ? c : '_');
        string text = name.ToString().TrimStart('_', '.', '-');
        return text.Length > 0 ? text : "task";
    }
}
