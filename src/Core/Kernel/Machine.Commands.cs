using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel;

/// <content>What other threads ask of the machine. A command runs at an instruction boundary and never ends or renews a quantum, moves the clock or draws random bytes.</content>
public sealed partial class Machine
{
    readonly Lock gateLock = new();
    readonly object gate = new();
    readonly ConcurrentQueue<Action<Machine>> commands = new();
    readonly AutoResetEvent work = new(false);
    readonly List<MachineEvent> events = [];
    volatile MachineState state;
    volatile bool closed;
    volatile bool frozen;
    volatile int kills;
    bool unannounced;
    long announcedAt;

    /// <summary>What the machine is doing. Any thread.</summary>
    public MachineState State => state;

    /// <summary>Why the machine failed; null while it did not. Any thread.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>True once the thread has ended: stopped or failed. Any thread.</summary>
    public bool HasEnded => state is MachineState.Stopped or MachineState.Failed;

    /// <summary>True once the machine, or all that runs in it, shall end. Any thread.</summary>
    internal bool IsStopping => stopping || kills > 0;

    /// <summary>True while the whole machine is frozen, for good when it has lost memory. Any thread.</summary>
    public bool IsFrozen => frozen || loss != null;

    /// <summary>What came from outside so far. On the machine's thread.</summary>
    public IReadOnlyList<MachineEvent> Events => events;

    /// <summary>Runs a command on the machine's thread, at an instruction boundary, and waits for it. Any thread.</summary>
    /// <exception cref="ObjectDisposedException">The machine has ended.</exception>
    public T Execute<T>(Func<Machine, T> command)
    {
        ArgumentNullException.ThrowIfNull(command);
        return ReferenceEquals(Thread.CurrentThread, thread) ? command(this) : Wait(command, null);
    }

    /// <param name="command">What to run.</param>
    /// <param name="posted">Told on the caller's thread once the command stands in the queue, or has run.</param>
    T Wait<T>(Func<Machine, T> command, Action? posted)
    {
        T result = default!;
        ExceptionDispatchInfo? error = null;
        using var done = new ManualResetEventSlim();
        bool ran = false;
        Post(machine =>
        {
            try
            {
                // A machine that ends takes its commands out of the queue without running them.
                if (closed) return;
                result = command(machine);
                ran = true;
            }
#pragma warning disable CA1031 // It is thrown again on the caller's thread.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                error = ExceptionDispatchInfo.Capture(exception);
            }
            finally
            {
                done.Set();
            }
        });
        posted?.Invoke();
        done.Wait();
        error?.Throw();
        ObjectDisposedException.ThrowIf(!ran, this);
        return result;
    }

    /// <summary>As <see cref="Execute{T}"/>, without a result. Any thread.</summary>
    public void Execute(Action<Machine> command) => Execute(machine =>
    {
        command(machine);
        return true;
    });

    /// <summary>Freezes the whole machine at its present instruction. Any thread.</summary>
    public void Freeze() => Execute(machine => machine.frozen = true);

    /// <summary>Lets a frozen machine go on. Any thread.</summary>
    public void Thaw() => Execute(machine => machine.LetRun());

    /// <summary>Freezes one task: it is not scheduled, and its timers wait. Any thread.</summary>
    public void Freeze(Task task) => Execute(machine =>
    {
        task.IsHeld = true;
        machine.Scheduler.Remove(task);
    });

    /// <summary>Lets a frozen task go on. Any thread.</summary>
    public void Thaw(Task task) => Execute(machine =>
    {
        machine.LetRun();
        machine.Release(task);
    });

    /// <summary>Ends a process at once, frozen or not, as SIGKILL does. Any thread.</summary>
    public void Kill(Task task) => Cut(machine =>
    {
        if (machine.EndLost()) return;
        machine.Record(new MachineEvent(machine.retired, MachineEventKind.Signal, (long)task.Pid << 32 | (uint)Signal.SIGKILL, []));
        Exits.EndGroup(task.Group, (int)Signal.SIGKILL);
    }, () => task.Group.IsBeingKilled = true);

    /// <summary>Ends every process at once, frozen or not, as the end of its init ends a container; the machine stays, with its files and its output. Any thread.</summary>
    public void KillAll() => Cut(machine =>
    {
        if (machine.EndLost()) return;
        machine.LetRun();
        machine.Record(new MachineEvent(machine.retired, MachineEventKind.Signal, -1L << 32 | (uint)Signal.SIGKILL, []));
        // None of them runs in between, so none is made: those that are there are all.
        foreach (var task in machine.Tasks) Exits.EndGroup(task.Group, (int)Signal.SIGKILL);
        Interlocked.Decrement(ref machine.kills);
    }, () => Interlocked.Increment(ref kills));

    /// <summary>Runs a command that ends who is calling the kernel now, so that his call need not run to its end.</summary>
    /// <param name="command">What to run.</param>
    /// <param name="mark">Lets the call break off. Only once the command is in the queue: else the caller could go on with what a broken call told him.</param>
    void Cut(Action<Machine> command, Action mark)
    {
        if (ReferenceEquals(Thread.CurrentThread, thread))
        {
            mark();
            command(this);
            return;
        }
        Wait(machine =>
        {
            command(machine);
            return true;
        }, mark);
    }

    /// <summary>Told on the machine's thread when a process is about to end, while its tasks still have their memory and files.</summary>
    public Action<ThreadGroup>? Ending { get; set; }

    /// <summary>Ends that a task is frozen alone. On the machine's thread.</summary>
    internal void Release(Task task)
    {
        if (!task.IsHeld) return;
        task.IsHeld = false;
        if (task.State == TaskState.Running) Scheduler.Enqueue(task);
    }

    /// <summary>Runs until exactly <paramref name="instruction"/> instructions are retired, and freezes the machine there. Any thread.</summary>
    /// <param name="instruction">The machine's count.</param>
    /// <param name="task">A task to thaw first; null for none.</param>
    /// <param name="timeout">How long to wait; default for ever.</param>
    /// <param name="token">Ends the wait.</param>
    /// <returns>True when it got there; false when the tasks ended before, or after the time.</returns>
    /// <exception cref="ArgumentOutOfRangeException">That instruction is past.</exception>
    /// <exception cref="LostPagesException">Memory that it needs cannot be read: see <see cref="Loss"/>.</exception>
    public bool RunTo(ulong instruction, Task? task = null, TimeSpan timeout = default, CancellationToken token = default)
    {
        if (timeout == default) timeout = Timeout.InfiniteTimeSpan;
        Execute(machine =>
        {
            if (machine.retired > instruction)
                throw new ArgumentOutOfRangeException(nameof(instruction), instruction, $"the machine is already at instruction {machine.retired}");
            if (task != null) machine.Release(task);
            machine.runTarget = instruction;
            if (machine.retired < instruction)
            {
                machine.LetRun();
                return;
            }
            machine.frozen = true;
            machine.runTarget = ulong.MaxValue;
        });
        bool there = false;
        try
        {
            WaitUntil(() => HasEnded || liveTasks == 0 || Loss != null || (state == MachineState.Frozen && RetiredInstructions >= instruction), timeout, token);
            RequireMemory();
            return there = RetiredInstructions == instruction && state == MachineState.Frozen;
        }
        finally
        {
            // Whoever gives up the wait, by time or by token, must not find the machine stopped there later.
            if (!there && !HasEnded) Execute(machine => machine.runTarget = ulong.MaxValue);
        }
    }

    /// <summary>Waits until a task has ended, with all that its end brings: whoever looks then sees it gone, and its parent told. Any thread but the machine's.</summary>
    /// <returns>True when it has; false after the time, when the machine ended, or when it lost memory.</returns>
    public bool WaitForExit(Task task, TimeSpan timeout = default, CancellationToken token = default)
    {
        WaitUntil(() => task.Latest.HasExited || HasEnded || Loss != null, timeout == default ? Timeout.InfiniteTimeSpan : timeout, token);
        if (!task.Latest.HasExited) return false;
        try
        {
            // The task says that it has ended before the machine is done with its end.
            Execute(static _ => { });
        }
        catch (ObjectDisposedException)
        {
            // The machine is done with everything.
        }
        return true;
    }

    /// <summary>Waits for a condition that is looked at whenever the machine's state changes or a task ends. Any thread but the machine's.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public bool WaitUntil(Func<bool> condition, TimeSpan timeout, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(condition);
        long end = timeout == Timeout.InfiniteTimeSpan ? long.MaxValue : Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        using var registration = token.Register(() => { lock (gate) Monitor.PulseAll(gate); });
        lock (gate)
        {
            while (!condition())
            {
                token.ThrowIfCancellationRequested();
                long left = end - Environment.TickCount64;
                if (left <= 0) return false;
                Monitor.Wait(gate, (int)Math.Min(left, 200));
            }
        }
        return true;
    }

    /// <summary>Sends input: it is there for the guest from the present instruction on. Any thread but the machine's.</summary>
    /// <exception cref="TimeoutException">The guest did not make room in time.</exception>
    public void SendInput(ReadOnlyMemory<byte> bytes, TimeSpan timeout = default, CancellationToken token = default)
    {
        long end = timeout == default ? long.MaxValue : Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        while (!bytes.IsEmpty)
        {
            int taken = Execute(machine => machine.DeliverInput(bytes.Span));
            bytes = bytes[taken..];
            if (bytes.IsEmpty) break;
            if (Environment.TickCount64 >= end) throw new TimeoutException("standard input is full and the program does not read it");
            Streams.WaitForInputRoom(TimeSpan.FromMilliseconds(100), token);
            token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Tells the guest that no input follows. Any thread.</summary>
    public void EndInput() => Execute(machine =>
    {
        if (machine.Streams.IsInputEnded) return;
        machine.Streams.DeliverEndOfInput();
        machine.Record(new MachineEvent(machine.retired, MachineEventKind.EndOfInput, 0, []));
    });

    /// <summary>Sends a signal to a process from outside, as root would. Any thread.</summary>
    public void SendSignal(Task task, Signal signal) => Execute(machine =>
    {
        machine.Record(new MachineEvent(machine.retired, MachineEventKind.Signal, (long)task.Pid << 32 | (uint)signal, []));
        machine.SendSignal(task.Group, SignalInfo.FromTask(signal, SignalCode.User, 0));
    });

    /// <summary>Ends all tasks and the thread, within a second. Any thread.</summary>
    public void Stop()
    {
        stopping = true;
        work.Set();
        if (!ReferenceEquals(Thread.CurrentThread, thread)) thread.Join(TimeSpan.FromSeconds(10));
    }

    /// <inheritdoc/>
    public void Dispose() => Stop();

    internal void Post(Action<Machine> command)
    {
        commands.Enqueue(command);
        work.Set();
        if (closed) RejectCommands();
    }

    internal void Record(MachineEvent happened) => events.Add(happened);

    /// <summary>Tells those who wait on other threads that something changed.</summary>
    internal void Announce()
    {
        unannounced = false;
        announcedAt = Environment.TickCount64;
        lock (gate) Monitor.PulseAll(gate);
    }

    /// <summary>As <see cref="Announce"/>, of what may happen thousands of times a second: within a millisecond, or before the machine waits. On the machine's thread.</summary>
    internal void AnnounceSoon() => unannounced = true;

    int DeliverInput(ReadOnlySpan<byte> bytes)
    {
        int taken = isOnItsWay ? 0 : Streams.DeliverInput(bytes);
        if (taken > 0) Record(new MachineEvent(retired, MachineEventKind.Input, 0, bytes[..taken].ToArray()));
        return taken;
    }

    void RunCommands()
    {
        while (commands.TryDequeue(out var command)) command(this);
    }

    void RejectCommands()
    {
        lock (gateLock)
        {
            closed = true;
            while (commands.TryDequeue(out var command)) command(this);
        }
    }

    void WaitForWork(int milliseconds)
    {
        if (unannounced) Announce();
        if (commands.IsEmpty && !stopping) work.WaitOne(milliseconds);
    }

    /// <summary>Lets a frozen machine go on. Whoever asks from now on is not told that it is frozen, though its thread has yet to take the next turn.
    /// On the machine's thread.</summary>
    /// <exception cref="LostPagesException">It cannot go on.</exception>
    internal void LetRun()
    {
        RequireMemory();
        frozen = false;
        if (state == MachineState.Frozen) SetState(MachineState.Running);
    }

    void SetState(MachineState value)
    {
        if (state == value) return;
        state = value;
        Announce();
    }
}
