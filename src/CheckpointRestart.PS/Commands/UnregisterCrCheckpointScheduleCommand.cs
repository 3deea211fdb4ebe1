using System.Management.Automation;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime.Schedules;

namespace CheckpointRestart.PS.Commands;

/// <summary>Ends schedules. Machines of this session go on; a supervised one is saved a last time and ends with its process.</summary>
[Cmdlet(VerbsLifecycle.Unregister, "CrCheckpointSchedule", SupportsShouldProcess = true, DefaultParameterSetName = ScheduleSet), OutputType(typeof(CrCheckpointSchedule))]
public sealed class UnregisterCrCheckpointScheduleCommand : CrCommand
{
    const string ScheduleSet = "Schedule";

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ScheduleSet)]
    [ValidateNotNullOrEmpty]
    public CrCheckpointSchedule[]? Schedule { get; set; }

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = TaskCommand.NameSet)]
    [ArgumentCompleter(typeof(ScheduleNameCompleter))]
    [SupportsWildcards]
    public string[]? Name { get; set; }

    /// <summary>The images too.</summary>
    [Parameter]
    public SwitchParameter RemoveFiles { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var schedule in Schedule ?? []) Try(schedule, () => End(schedule));
        foreach (string name in Name ?? [])
            Try(name, () =>
            {
                foreach (var schedule in GetCrCheckpointScheduleCommand.Find(name)) Try(schedule, () => End(schedule));
            });
    }

    void End(CrCheckpointSchedule schedule)
    {
        string action = RemoveFiles ? "Unregister and take its images away" : "Unregister";
        if (!ShouldProcess($"{schedule} in '{schedule.Directory}'", action)) return;
        if (RemoveFiles) schedule.Runner.RemoveFiles();
        else schedule.Runner.Stop();
        ScheduleRegistry.Remove(schedule);
        if (PassThru) WriteObject(schedule);
    }
}
