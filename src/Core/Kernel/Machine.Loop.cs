using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Syscalls;

namespace CheckpointRestart.Core.Kernel;

/// <content>The machine's thread: commands and input between slices, then a slice of the task whose turn it is.</content>
public sealed partial class Machine
{
    /// <summary>Most instructions between two looks at the command queue: about a millisecond.</summary>
    const long Chunk = 100_000;

    readonly Thread thread;
    volatile bool stopping;
    ulong runTarget = ulong.MaxValue;

    void Run()
    {
        try
        {
            while (!stopping)
            {
                RunCommands();
                if (stopping) break;
                if (nextAppointment <= retired && !KeepAppointments())
                {
                    WaitForWork(20);
                    continue;
                }
                if (frozen)
                {
                    SetState(MachineState.Frozen);
                    WaitForWork(Timeout.Infinite);
                    continue;
                }
                if (retired >= runTarget)
                {
                    runTarget = ulong.MaxValue;
                    frozen = true;
                    continue;
                }
                StepOrLose();
                if (unannounced && Environment.TickCount64 != announcedAt) Announce();
            }
            SetState(MachineState.Stopped);
        }
#pragma warning disable CA1031 // Whatever fails in a machine ends that machine alone, with a report.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Failure = exception;
            SetState(MachineState.Failed);
        }
        finally
        {
            TearDown();
        }
    }

    /// <summary>One turn: what is due by time, then a slice of the task whose turn it is. On the machine's thread.</summary>
    internal void Step()
    {
        if (debuggers.Count > 0 && StopsForDebugger()) return;
        if (Traces is { IsFull: true })
        {
            // Whoever takes an entry posts a command, which ends the pause.
            WaitForWork(50);
            return;
        }
        if (IsStalled)
        {
            SetState(MachineState.Idle);
            WaitForWork(Timeout.Infinite);
            return;
        }
        if (!Timers.IsEmpty) Timers.Run(Clock.Now);
        var task = Scheduler.Choose();
        if (task == null)
        {
            BeIdle();
        }
        else
        {
            SetState(MachineState.Running);
            if (Prepare(task))
            {
                if (step?.IsReached(task) == true) EndStep(StepEnd.Reached);
                // A call that it went on with may have given up its turn.
                else if (Scheduler.QuantumLeft > 0 && task.Group.Debug?.StopsAt(task) != true) RunSlice(task);
            }
        }
        if (nextState != null) GoBack();
        else if (step != null) LookAtStep();
    }

    /// <summary>Finishes what a task has to do in the kernel before it goes on in user mode: its call, then its signals.</summary>
    /// <returns>False when the task waits, is stopped or has ended.</returns>
    static bool Prepare(Task task)
    {
        while (task.State == TaskState.Running)
        {
            if (task.PendingExit is { } exit)
            {
                Exits.End(task, exit.Status, exit.IsGroup);
            }
            else if (task.Call.IsAtEntry)
            {
                SystemCalls.ContinueEntry(task);
            }
            else if (task.Call.IsActive)
            {
                task.Call.IsRetry = true;
                SystemCalls.Continue(task);
                // A long call makes a pause.
                if (task.Call.IsActive && task.State == TaskState.Running) return false;
            }
            else if (task.HasSignalWork)
            {
                SignalDelivery.Deliver(task);
            }
            else if (task is { HasLostProcessor: true, Sequence.Address: not 0 })
            {
                RestartableSequence.Restart(task);
            }
            else
            {
                task.RestoreMask();
                if (task.Call.Ended == uint.MaxValue) return true;
                Restarts.WithoutHandler(task);
                return true;
            }
        }
        return false;
    }

    void RunSlice(Task task)
    {
        long budget = Math.Min(Scheduler.QuantumLeft, Chunk);
        budget = (long)Math.Min((ulong)budget, Math.Min(runTarget, nextAppointment) - retired);
        if (Clock.Kind == ClockKind.Virtual && Timers.Next is var next && next != SystemCallState.Never)
            budget = Math.Clamp(next - Clock.Now, 1, budget);
        if (step?.Task == task)
        {
            budget = (long)Math.Min((ulong)budget, step.Left);
            Processor.StopAddress = step.Goal.Address;
        }

        var debug = task.Group.Debug;
        if (debug != null)
        {
            if (debug.IsStepping(task)) budget = 1;
            (Processor.Stops, Processor.Watches) = (debug.Stops, debug.Watches);
        }

        var cpuTimers = task.Group.CpuTimers;
        if (!cpuTimers.IsIdle) budget = (long)Math.Min((ulong)budget, cpuTimers.Left(task));

        var trap = Processor.Run(task.Registers!, task.AddressSpace!, (ulong)budget, out ulong count);
        Processor.StopAddress = null;
        Volatile.Write(ref retired, retired + count);
        task.Instructions += count;
        Scheduler.QuantumLeft -= (long)count;
        if (!cpuTimers.IsIdle) cpuTimers.Run();
        if (debug != null)
        {
            (Processor.Stops, Processor.Watches) = (null, null);
            debug.Touched(task);
        }

        if (trap.Kind == TrapKind.SystemCall) SystemCalls.Enter(task, trap);
        else if (trap.Kind == TrapKind.Exception) Faults.Raise(task, trap);
        else return;
        // Signals are delivered with the instruction that raised them, so that whoever looks now sees the handler's frame.
        while (task.State == TaskState.Running && !task.Call.IsActive && task.HasSignalWork) SignalDelivery.Deliver(task);
    }

    /// <summary>Nobody can run: waits for time, input or a command.</summary>
    void BeIdle()
    {
        long next = Timers.Next;
        if (next == SystemCallState.Never)
        {
            if (step != null)
            {
                EndStep(StepEnd.Waits);
                return;
            }
            SetState(MachineState.Idle);
            WaitForWork(Timeout.Infinite);
            return;
        }
        long wait = next - Clock.Now;
        if (wait <= 0) return;
        if (Clock.Kind == ClockKind.Virtual && !IsLiveInputOpen)
        {
            Clock.Skipped += wait;
            return;
        }
        SetState(MachineState.Idle);
        long before = Clock.HostElapsed;
        WaitForWork((int)Math.Min((wait + 999_999) / 1_000_000, int.MaxValue));
        if (Clock.Kind == ClockKind.Virtual) FollowRealTime(Math.Min(Clock.HostElapsed - before, wait));
    }

    /// <summary>True while the task whose turn it is waits for the host to take its output. Under a virtual clock everything waits with it: when the
    /// host takes it must not decide who runs.</summary>
    bool IsStalled
    {
        get
        {
            if (Clock.Kind != ClockKind.Virtual || Scheduler.Current is not { State: TaskState.Sleeping } task) return false;
            foreach (var stream in (ReadOnlySpan<StreamKind>)[StreamKind.Output, StreamKind.Error])
                if (Streams.IsFull(stream) && task.Waits.Contains(Streams.QueueOf(stream))) return true;
            return false;
        }
    }

    void FollowRealTime(long nanoseconds)
    {
        Clock.Skipped += nanoseconds;
        Record(new MachineEvent(retired, MachineEventKind.TimePassed, nanoseconds, []));
    }

    volatile int outsideInputs;

    /// <summary>Counts streams of the host that may still bring something. On the machine's thread.</summary>
    internal void CountOutsideInput(int change) => outsideInputs += change;

    /// <summary>True while a task waits for input that somebody may still send.</summary>
    bool IsLiveInputOpen
    {
        get
        {
            lock (publishedPorts)
            {
                // Somebody may connect at any time.
                if (publishedPorts.Count > 0) return true;
            }
            if (IsTypingAwaited || outsideInputs > 0) return true;
            if (Streams.IsInputEnded) return false;
            return !Streams.QueueOf(StreamKind.Input).IsEmpty;
        }
    }

    void TearDown()
    {
        try
        {
            LoseDebuggers();
            ClosePorts();
            ForgetImage();
            // Those that there are now: the set is replaced, not changed.
            foreach (var (_, task) in tasks) Exits.Discard(task);
            foreach (var service in services.Values) (service as IDisposable)?.Dispose();
            Ipc.Dispose();
            Streams.Close();
            foreach (var terminal in hostTerminals) terminal.Close();
            Tree.Dispose();
            Processor.Dispose();
            Account.Dispose();
        }
#pragma warning disable CA1031 // As in Run: an error here would end the whole process.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Failure ??= exception;
            state = MachineState.Failed;
        }
        finally
        {
            RejectCommands();
            Announce();
        }
    }
}
