using CheckpointRestart.Core.Kernel.Debugging;

namespace CheckpointRestart.Core.Kernel;

/// <content>Debuggers outside, each with hold of one process.</content>
public sealed partial class Machine
{
    readonly List<DebugControl> debuggers = [];

    internal void AddDebugger(DebugControl control) => debuggers.Add(control);

    internal void RemoveDebugger(DebugControl control) => debuggers.Remove(control);

    /// <summary>Stands still at this instruction. Whoever waits for steps waits no longer.</summary>
    internal void HaltForDebugger()
    {
        EndStep(StepEnd.TimedOut);
        frozen = true;
        Announce();
    }

    /// <summary>True when a debugger has stopped the machine before its next turn.</summary>
    bool StopsForDebugger()
    {
        bool any = false;
        for (int i = debuggers.Count - 1; i >= 0; i--)
            if (i < debuggers.Count) any |= debuggers[i].Look();
        return any;
    }

    void LoseDebuggers()
    {
        foreach (var control in debuggers.ToArray()) control.Lose();
    }
}
