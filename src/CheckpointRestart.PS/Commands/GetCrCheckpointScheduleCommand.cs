using System.Management.Automation;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;
using CheckpointRestart.PS.Runtime.Schedules;

namespace CheckpointRestart.PS.Commands;

/// <summary>Gets the schedules of this session.</summary>
[Cmdlet(VerbsCommon.Get, "CrCheckpointSchedule"), OutputType(typeof(CrCheckpointSchedule))]
public sealed class GetCrCheckpointScheduleCommand : CrCommand
{
    [Parameter(Position = 0)]
    [ArgumentCompleter(typeof(ScheduleNameCompleter))]
    [SupportsWildcards]
    public string[]? Name { get; set; }

    protected override void ProcessRecord()
    {
        if (Name is null) WriteObject(ScheduleRegistry.All(), enumerateCollection: true);
        foreach (string name in Name ?? []) Try(name, () => WriteObject(Find(name), enumerateCollection: true));
    }

    /// <summary>The schedules of a name.</summary>
    /// <exception cref="CrException">A name without wildcards is none's.</exception>
    internal static IReadOnlyList<CrCheckpointSchedule> Find(string name)
    {
        var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
        var found = ScheduleRegistry.All().Where(schedule => pattern.IsMatch(schedule.Name)).ToArray();
        return found.Length > 0 || WildcardPattern.ContainsWildcardCharacters(name)
            ? found
            : throw new CrException("ScheduleNotFound", ErrorCategory.ObjectNotFound, $"There is no schedule '{name}' in this session.", "Get-CrCheckpointSchedule lists them; Resume-CrCheckpointSchedule goes on with one of another.");
    }
}
