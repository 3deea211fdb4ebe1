using CheckpointRestart.Core.Checkpoint.Schedules;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Runtime.Schedules;

/// <summary>A schedule whose machine is in this process.</summary>
sealed class LocalRunner : ScheduleRunner
{
    readonly ScheduledMachine scheduled;
    CrMachine? crashed;
    volatile CrTask task;

    LocalRunner(ScheduleStore store, ScheduledMachine scheduled, CrTask task) : base(store.Directory, store.Settings, store.Guard)
    {
        (this.scheduled, this.task) = (scheduled, task);
        scheduled.Restarted = Succeed;
    }

    /// <summary>Begins a schedule with a machine that is there.</summary>
    internal static LocalRunner Begin(ScheduleStore store, CrTask first) => new(store, ScheduledMachine.Begin(store, first.Task), first);

    /// <summary>Goes on with a schedule: its machine is made, and frozen unless it shall run.</summary>
    internal static LocalRunner Resume(ScheduleStore store, bool suspended)
    {
        var resumed = ScheduledMachine.Resume(store);
        var runner = new LocalRunner(store, resumed, Add(resumed.First));
        if (!suspended) resumed.Machine.Thaw(resumed.First);
        return runner;
    }

    internal override ScheduleStatus Status => scheduled.Status;

    internal override bool IsOver => scheduled.IsOver;

    internal override CrTask Task => task;

    internal override void Stop() => scheduled.Dispose();

    internal override void RemoveFiles()
    {
        scheduled.RemoveFiles();
        scheduled.Dispose();
    }

    static CrTask Add(Core.Kernel.Task first) => Registry.Add(Registry.Add(first.Machine, first.Machine.Options.Root), first, null, []);

    /// <summary>The machine that has crashed stays to be looked at until the next one does.</summary>
    void Succeed(Core.Kernel.Task first)
    {
        if (crashed is not null) Registry.Remove(crashed);
        crashed = task.Machine;
        task = Add(first);
    }
}
