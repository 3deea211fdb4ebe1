using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel.Events;

/// <content>State.</content>
internal sealed partial class CpuTimers
{
    /// <summary>ITIMER_VIRTUAL and ITIMER_PROF. Timers of timer_create(2) name themselves, and arm themselves again.</summary>
    public void Visit(StateVisitor visitor)
    {
        Visit(visitor, "virtual-timer", Virtual);
        Visit(visitor, "profile-timer", Profile);
    }

    /// <summary>A timer of the process's time with its place among those that are armed.</summary>
    public void Visit(StateVisitor visitor, string name, CpuTimer timer)
    {
        visitor.Visit(name, timer);
        int place = visitor.Int(name + "-armed", armed.IndexOf(timer), -1, MostTimers);
        if (visitor.IsReading) ArmAt(visitor, timer, place);
    }

    /// <summary>Timers that may be armed at a time; far more than a process can have.</summary>
    const int MostTimers = 1 << 24;

    /// <summary>Arms a timer at its old place among those of the process: it decides who is told first.</summary>
    void ArmAt(StateVisitor visitor, CpuTimer timer, int place)
    {
        if (place < 0) return;
        timer.IsArmed = true;
        visitor.Later(1000 + place, () =>
        {
            visitor.Require(place == armed.Count, "armed timers of a process's time have places one after another");
            armed.Add(timer);
        });
    }
}
