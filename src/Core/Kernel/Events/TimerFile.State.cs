using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel.Events;

/// <content>State.</content>
public sealed partial class TimerFile : IStateObject, IRestoredWaiter
{
    int clockWaits;

    string IStateObject.StateKind => "timerfd";

    void IStateObject.Visit(StateVisitor visitor)
    {
        VisitFile(visitor);
        ClockId = visitor.Uint("clock", ClockId, 9);
        Ticks = visitor.Word("ticks", Ticks);
        due = visitor.Number("due", due, 0);
        interval = visitor.Number("interval", interval, 0);
        settings = visitor.Uint("settings", settings);
        hasExpired = visitor.Flag("expired", hasExpired);
        isCancelled = visitor.Flag("cancelled", isCancelled);
        visitor.Visit("timer", timer, machine.Timers);
        readable.Visit(visitor, "waiting-readers");
        visitor.Require(ClockId is 0 or 1 or 7 or 8 or 9, "a timer has a clock");
        if (visitor.IsReading) visitor.Later(HoldersAreThere, () => visitor.Require(clockWaits == (FollowsClock ? 1 : 0), "a timer of the time of day hears when the clock is set, and no other"));
    }

    void IRestoredWaiter.WaitAgain(WaitQueue queue)
    {
        clockWaits += ReferenceEquals(queue, machine.ClockSet) ? 1 : 2;
        queue.Add(this);
    }

    internal static TimerFile Create(StateVisitor visitor, Machine machine) => new(machine, NameOf(visitor), FlagsOf(visitor));

    TimerFile(Machine machine, Dentry dentry, OpenFlags flags) : base(machine.Tree, dentry, flags)
    {
        this.machine = machine;
        timer = new Timer { Expired = OnExpired };
    }
}
