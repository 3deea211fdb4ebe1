using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using CheckpointRestart.Core.Checkpoint.Schedules;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;
using CheckpointRestart.PS.Runtime.Schedules;

namespace CheckpointRestart.PS.Commands;

/// <summary>Goes on with schedules whose session, or whose machine, is gone: from the newest good image.</summary>
[Cmdlet(VerbsLifecycle.Resume, "CrCheckpointSchedule", SupportsShouldProcess = true, DefaultParameterSetName = InspectCommand.PathSet), OutputType(typeof(CrCheckpointSchedule))]
public sealed class ResumeCrCheckpointScheduleCommand : CrCommand
{
    /// <summary>Files of schedules, or directories that have some.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = InspectCommand.PathSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Path { get; set; }

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = InspectCommand.LiteralPathSet)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string[]? LiteralPath { get; set; }

    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = "Schedule")]
    [ValidateNotNullOrEmpty]
    public CrCheckpointSchedule[]? Schedule { get; set; }

    /// <summary>Where the machine's files are now.</summary>
    [Parameter]
    [RootTransformation]
    public CrRoot? Root { get; set; }

    /// <summary>Where the host file of a program is now that was started without a root.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? FilePath { get; set; }

    [Parameter]
    public SwitchParameter AllowChangedFiles { get; set; }

    [Parameter]
    public SwitchParameter Suspended { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? HostPath { get; set; }

    /// <summary>What opens the images, and encrypts the next ones.</summary>
    [Parameter]
    [ProtectionTransformation]
    [ValidateNotNullOrEmpty]
    public CrProtectionKey[]? Protection { get; set; }

    /// <summary>Who has signed the images, and signs the next ones.</summary>
    [Parameter]
    [ValidateNotNull]
    public X509Certificate2? SigningCertificate { get; set; }

    /// <summary>Also one whose machine has come to its end.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>This process is one that SupervisedRunner has started.</summary>
    [Parameter(DontShow = true)]
    public SwitchParameter AsHost { get; set; }

    /// <summary>The pipe on which keys come from there.</summary>
    [Parameter(DontShow = true)]
    public string? KeyPipe { get; set; }

    protected override void BeginProcessing() => RequireOneRoot(Root, FilePath);

    protected override void ProcessRecord()
    {
        if (AsHost)
        {
            ScheduleHost.Run(LiteralPath![0], KeyPipe);
            return;
        }
        foreach (var schedule in Schedule ?? []) Try(schedule, () => Resume(schedule.Path));
        foreach (string given in LiteralPath ?? []) Try(given, () => ForEachFile(Expand(given), null, Resume));
        foreach (string given in Path ?? []) Try(given, () => ForEachFile(null, Expand(given), Resume));
    }

    /// <summary>A directory stands for the schedules in it.</summary>
    string[] Expand(string path)
    {
        string literal = ParameterSetName == InspectCommand.PathSet ? WildcardPattern.Unescape(path) : path;
        if (WildcardPattern.ContainsWildcardCharacters(path) && ParameterSetName == InspectCommand.PathSet) return [path];
        string full = ResolveNew(literal);
        if (!Directory.Exists(full)) return [path];
        string[] found = [.. Directory.GetFiles(full, "*" + ScheduleStore.FileEnding).Order(StringComparer.Ordinal)];
        if (found.Length == 0)
            throw new CrException("ScheduleNotFound", ErrorCategory.ObjectNotFound, $"There is no schedule in '{full}'.", "Give the directory that Register-CrCheckpointSchedule was given, or a schedule's file.");
        return ParameterSetName == InspectCommand.PathSet ? [.. found.Select(WildcardPattern.Escape)] : found;
    }

    void Resume(string path)
    {
        if (!ShouldProcess(path, "Resume")) return;
        var known = ScheduleRegistry.GuardOf(path);
        ScheduleRegistry.Release(path);
        var store = ScheduleStore.Open(path);
        ScheduleRunner runner;
        try
        {
            if (store is { State: ScheduleState.Ended, ExitCode: 0 } && !Force)
                throw new CrException("ScheduleEnded", ErrorCategory.InvalidOperation, $"The machine of the schedule '{store.Settings.Name}' has come to its end.", "-Force goes back to its newest image all the same.");
            // A schedule of this session that has failed still has its keys.
            store.Guard = Protection is null && SigningCertificate is null ? known : GuardOf(Protection, SigningCertificate);
            store.RequireGuard();
            store.Change(settings => Changed(settings) with { EncryptedFor = store.Guard.EncryptedFor, SignedBy = settings.SignedBy });
            if (store.Settings.IsSupervised) RequireExportable(store.Guard);
            runner = store.Settings.IsSupervised ? Supervise(store) : LocalRunner.Resume(store, Suspended);
        }
        catch
        {
            store.Dispose();
            throw;
        }
        var schedule = ScheduleRegistry.Add(runner);
        foreach (string warning in schedule.Warnings) WriteWarning(warning);
        WriteObject(schedule);
    }

    SupervisedRunner Supervise(ScheduleStore store)
    {
        if (Suspended)
            throw new CrException("ParameterConflict", ErrorCategory.InvalidArgument, $"The machine of the schedule '{store.Settings.Name}' runs in a process of its own, where nobody could let it go.", "Leave -Suspended out.");
        var host = HostCommand.For(this, HostPath is null ? null : ResolveNew(HostPath));
        store.Note(ScheduleState.Parked, store.ExitCode);
        var (directory, settings, guard) = (store.Directory, store.Settings, store.Guard);
        store.Dispose();
        return SupervisedRunner.Resume(directory, settings, host, guard, Cancellation);
    }

    ScheduleSettings Changed(ScheduleSettings settings) => settings with
    {
        AllowChangedFiles = settings.AllowChangedFiles || AllowChangedFiles,
        Root = FilesOf(Root, FilePath) is { } root ? ScheduleRoot.Of(root with { Writable = settings.Root.Writable, OverlayLimit = settings.Root.OverlayLimit }) : settings.Root,
    };
}
