using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel.Events;

/// <content>State: a deleted timer is there while its last signal waits.</content>
internal sealed partial class PosixTimer : IStateObject, IRestoredWaiter
{
    /// <summary>Its signals that were found waiting while an image is read.</summary>
    internal int RestoredSignals { get; set; }

    string IStateObject.StateKind => "timer";

    void IRestoredWaiter.WaitAgain(WaitQueue queue) => queue.Add(this);

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("process", owner);
        visitor.Int("id", Id);
        visitor.Flag("realtime", clock.IsRealtime);
        visitor.Ref("clock-process", clock.Group);
        visitor.Ref("clock-thread", clock.Thread);
        Notice = visitor.Enum("notice", Notice);
        Signal = (Signal)visitor.Int("signal", (int)Signal, 0, (int)Signal.Last);
        Value = visitor.Uint("value", Value);
        Target = visitor.Ref("target", Target);
        LastOverrun = visitor.Int("last-overrun", LastOverrun);
        IsQueued = visitor.Flag("queued", IsQueued);
        due = visitor.Number("due", due, 0);
        interval = visitor.Number("interval", interval, 0);
        overrun = visitor.Number("overrun", overrun, -1, long.MaxValue / 2);
        isActive = visitor.Flag("active", isActive);
        isDeleted = visitor.Flag("deleted", isDeleted);
        followsClock = visitor.Flag("follows-clock", followsClock);
        generation = visitor.Uint("generation", generation);
        if (timer != null) visitor.Visit("timer", timer, Machine.Timers);
        if (cpuTimer != null) clock.Group!.CpuTimers.Visit(visitor, "cpu-timer", cpuTimer);
        if (!visitor.IsReading) return;
        visitor.Require(Notice == TimerNotice.None || Signal != Signal.None, "a timer has a signal");
        visitor.Later(0, () =>
        {
            if (timer != null) timer.Owner = owner.Leader;
        });
        visitor.Later(OpenFile.HoldersAreThere, () =>
        {
            visitor.Require(ReferenceEquals(owner.PosixTimers.GetValueOrDefault(Id), this) != isDeleted && !(isDeleted && isActive), "a process has its timers, and deleted ones do not run");
            visitor.Require(RestoredSignals == (IsQueued ? 1 : 0), "a timer's signal waits when it says so");
        });
    }

    internal static PosixTimer Create(StateVisitor visitor)
    {
        var thread = visitor.Ref<Task>("clock-thread", null);
        var group = visitor.Ref<ThreadGroup>("clock-process", null);
        visitor.Require(thread == null || group != null, "a thread's clock is of its process");
        return new(visitor.Need<ThreadGroup>("process", null), visitor.Int("id", 0, 0), new TimerClock(visitor.Flag("realtime", false), group, thread));
    }
}
