using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel.Events;

/// <content>State.</content>
internal sealed partial class CpuTimers
{
    /// <summary>ITIMER_VIRTUAL and ITIMER_PROF. Timers of timer_create(2) name themselves, and arm themselves again.</summary>
    public void Visit(StateVisitor visitor)
    {
        visitor.Visit("virtual-timer", Virtual);
        visitor.Visit("profile-timer", Profile);
        int virtualPlace = visitor.Int("virtual-armed", armed.IndexOf(Virtual), -1), profilePlace = visitor.Int("profile-armed", armed.IndexOf(Profile), -1);
        if (!visitor.IsReading) return;
        ArmAt(visitor, Virtual, virtualPlace);
        ArmAt(visitor, Profile, profilePlace);
    }

    /// <summary>Arms a timer at its old place among those of the process: it decides who is told first.</summary>
    public void ArmAt(StateVisitor visitor, CpuTimer timer, int place)
    {
        if (place < 0) return;
        timer.IsArmed = true;
        visitor.Later(1000 + place, () => armed.Insert(Math.Min(place, armed.Count), timer));
    }
}
