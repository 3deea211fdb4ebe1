using CheckpointRestart.Core.Kernel.Proc;
using CheckpointRestart.Core.Kernel.Futexes;
using CheckpointRestart.Core.Kernel.Ipc;
using CheckpointRestart.Core.Kernel.Terminals;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel;

/// <content>A machine that becomes another state of itself, because a program of it asked for that. To the host it is the same machine: streams, published ports and
/// terminals stay with their contents, and who knows a task by its pid knows the one of that pid from then on.</content>
public sealed partial class Machine
{
    readonly Lock goingBack = new();
    Action<Machine>? nextState;
    bool isGoingBack;

    /// <summary>Gives up all that there is as soon as the present call has made its pause, and has the machine filled with another state, which must be one that can be had.
    /// On the machine's thread, from a call's handler.</summary>
    internal void GoBackTo(Action<Machine> fill) => nextState = fill;

    /// <summary>The task that has taken a task's place when its machine went back; else the task itself.</summary>
    internal Task Latest(Task task)
    {
        lock (goingBack)
        {
            while (task.Successor is { } next) task = next;
            return task;
        }
    }

    void GoBack()
    {
        lock (goingBack)
        {
            var fill = nextState!;
            nextState = null;
            LoseDebuggers();
            var (before, terminals) = (tasks, hostTerminals.ToArray());
            foreach (var port in PublishedPorts) port.BreakConnections();
            foreach (var (_, task) in before) Exits.Discard(task);
            Ipc.Dispose();
            Tree.Dispose();
            Empty();
            isGoingBack = true;
            fill(this);
            isGoingBack = false;
            foreach (var (pid, task) in before)
                if (tasks.TryGetValue(pid, out var now)) task.Successor = now;
            foreach (var terminal in terminals) terminal.GoOnAs(hostTerminals.Find(other => other.Index == terminal.Index));
        }
        if (step != null) EndStep(StepEnd.Ended);
        else Announce();
    }

    /// <summary>As a new machine has it.</summary>
    void Empty()
    {
        tasks = tasks.Clear();
        identifiers.Clear();
        hostTerminals.Clear();
        lock (publishedPorts) unpublishedPorts.Clear();
        foreach (var (type, service) in services.ToArray())
        {
            if (service is not IStateObject) continue;
            (service as IDisposable)?.Dispose();
            services.Remove(type);
        }
        unknown = new CallCounts();
        Scheduler = new Scheduler();
        Timers = new TimerQueue();
        ClockSet = new WaitQueue();
        Futexes = new FutexTable();
        Ipc = new IpcState();
        Overcommit = new Overcommit(this);
        PosixQueues = new PosixQueues(this);
        Tree = NewTree();
        MakeKernel();
    }
}
