using System.Collections.Concurrent;
using CheckpointRestart.Core.Kernel.Syscalls;

namespace CheckpointRestart.Core.Kernel.Tracing;

/// <summary>What a trace looks at.</summary>
public sealed record TraceOptions
{
    /// <summary>Traces the children and threads that the tasks make, too.</summary>
    public bool Follow { get; init; }

    /// <summary>Which calls, by name; null for all. Signals and ends are always told.</summary>
    public Func<string, bool>? Names { get; init; }

    /// <summary>Bytes of a string or buffer that are kept; paths are kept whole.</summary>
    public int StringLength { get; init; } = 32;

    /// <summary>Shows arguments as words, and reads nothing of the guest's memory.</summary>
    public bool IsRaw { get; init; }

    /// <summary>Entries that may wait to be taken; then the machine pauses between slices until there is room.</summary>
    public int Capacity { get; init; } = 16384;
}

/// <summary>Watches the system calls of tasks. The machine's thread fills it, another takes from it.</summary>
/// <remarks>What is traced cannot tell: nothing of the guest is changed, no page is faulted in, and only host time passes. When as many entries as
/// <see cref="TraceOptions.Capacity"/> wait, the machine runs no task until some are taken, as when a standard stream is full; commands are still served.</remarks>
public sealed class SyscallTrace : IDisposable
{
    sealed class Pending(TracedCall? call, uint number, string name, ulong instruction, bool isResumed)
    {
        public TracedCall? Call { get; } = call;

        public uint Number { get; } = number;

        public string Name { get; } = name;

        public ulong Instruction { get; } = instruction;

        public bool IsResumed { get; set; } = isResumed;

        /// <summary>The line was written when a signal interrupted the call.</summary>
        public bool IsTold { get; set; }

        /// <summary>A handler runs, so that the call ends.</summary>
        public bool IsClosed { get; set; }
    }

    readonly Machine machine;
    readonly TraceOptions options;
    readonly TraceCapture capture;
    readonly Dictionary<Task, Pending?> tasks = new(ReferenceEqualityComparer.Instance);
    readonly ConcurrentQueue<TraceEntry> queue = new();
    readonly ManualResetEventSlim filled = new();
    volatile int waiting;
    volatile bool ended;

    SyscallTrace(Machine machine, TraceOptions options)
    {
        this.machine = machine;
        this.options = options;
        capture = new TraceCapture(options.StringLength);
    }

    /// <summary>Begins to watch tasks. Any thread.</summary>
    /// <exception cref="ObjectDisposedException">The machine has ended.</exception>
    public static SyscallTrace Attach(Machine machine, IEnumerable<Task> tasks, TraceOptions options)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(options);
        var trace = new SyscallTrace(machine, options);
        var list = tasks.ToArray();
        machine.Execute(_ =>
        {
            foreach (var task in list)
                if (!task.HasExited) trace.tasks[task] = task.Call.IsActive ? trace.Begin(task, isResumed: true) : null;
            trace.ended = trace.tasks.Count == 0;
            machine.AddTrace(trace);
        });
        return trace;
    }

    /// <summary>True once no watched task is left, or the machine has ended: nothing comes any more, but entries may wait to be taken. Any thread.</summary>
    public bool HasEnded => ended || machine.HasEnded;

    /// <summary>True when the machine has to pause. Any thread.</summary>
    internal bool IsFull => waiting >= options.Capacity;

    /// <summary>Takes the oldest entry. Any thread.</summary>
    public bool TryTake(out TraceEntry entry)
    {
        if (!queue.TryDequeue(out entry!)) return false;
        if (Interlocked.Decrement(ref waiting) == options.Capacity - 1) machine.Post(static _ => { });
        return true;
    }

    /// <summary>Waits until there is an entry or none can come. Any thread but the machine's.</summary>
    /// <returns>False after the time.</returns>
    public bool Wait(TimeSpan most, CancellationToken token = default)
    {
        long end = Environment.TickCount64 + (long)most.TotalMilliseconds;
        while (true)
        {
            filled.Reset();
            if (!queue.IsEmpty || HasEnded) return true;
            long left = end - Environment.TickCount64;
            if (left <= 0) return false;
            filled.Wait((int)Math.Min(left, 50), token);
        }
    }

    /// <summary>Ends the trace; calls that tasks are still in come as unfinished ones. Any thread.</summary>
    public void Stop()
    {
        if (machine.HasEnded)
        {
            ended = true;
            return;
        }
        try
        {
            machine.Execute(_ =>
            {
                machine.RemoveTrace(this);
                foreach (var (task, pending) in tasks.OrderBy(static pair => pair.Key.Pid).ToArray())
                    if (pending is { IsTold: false }) Tell(task, pending, null, null, isUnfinished: true);
                tasks.Clear();
                ended = true;
            });
        }
        catch (ObjectDisposedException)
        {
            // The machine ended meanwhile: there is nobody to detach from.
            ended = true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        filled.Dispose();
    }

    internal void Entered(Task task)
    {
        if (tasks.ContainsKey(task)) tasks[task] = Begin(task, isResumed: false);
    }

    internal void Left(Task task, in Result result)
    {
        if (!tasks.TryGetValue(task, out var pending)) return;
        tasks[task] = null;
        if (pending is { IsClosed: true }) return;
        if (pending is null or { IsTold: true }) pending = Begin(task, isResumed: true);
        int? value = !result.IsNoReturn ? result.Value
            : pending.Number is 11 or 358 ? 0
            : pending.Number is 119 or 173 ? (int)task.Registers!.Eax : null;
        if (pending is { Call: { } call, Number: 119 or 173 }) call.Mask = task.BlockedSignals;
        Tell(task, pending, value, null);
    }

    /// <summary>A handler is about to run: the call ends, or begins anew behind the handler.</summary>
    internal void Interrupted(Task task)
    {
        if (!tasks.TryGetValue(task, out var pending) || pending == null) return;
        TellInterrupted(task, pending);
        pending.IsClosed = true;
    }

    internal void Delivered(Task task, in SignalInfo info)
    {
        if (!tasks.TryGetValue(task, out var pending)) return;
        if (pending != null) TellInterrupted(task, pending);
        Add(new TraceEntry(task, TraceEntryKind.Signal, machine.RetiredInstructions, null, info) { Name = TraceText.SignalName((uint)info.Signal), Signal = info.Signal });
    }

    internal void Forked(Task parent, Task child)
    {
        if (options.Follow && tasks.ContainsKey(parent)) tasks[child] = null;
    }

    internal void Exiting(Task task, int status)
    {
        if (!tasks.Remove(task, out var pending)) return;
        if (pending is { IsTold: false }) Tell(task, pending, null, null);
        Add(new TraceEntry(task, TraceEntryKind.Exit, machine.RetiredInstructions) { ExitStatus = status, Signal = (status & 0x7F) != 0 ? (Signal)(status & 0x7F) : null });
        if (tasks.Count > 0) return;
        ended = true;
        machine.RemoveTrace(this);
        filled.Set();
    }

    Pending Begin(Task task, bool isResumed)
    {
        uint number = task.Call.Number;
        string name = machine.NameOfCall(number);
        if (options.Names?.Invoke(name) == false) return new Pending(null, number, name, machine.RetiredInstructions, isResumed);
        var call = new TracedCall(SyscallSignatures.Find(name), task.Call.Arguments, options.StringLength, options.IsRaw);
        if (!options.IsRaw)
        {
            var parameters = call.Signature.Parameters;
            for (int i = 0; i < parameters.Count; i++)
                if (parameters[i].Direction != ParameterDirection.Out) call.Inputs[i] = capture.Take(task, parameters[i], task.Call.Arguments, int.MaxValue);
        }
        return new Pending(call, number, name, machine.RetiredInstructions, isResumed);
    }

    void TellInterrupted(Task task, Pending pending)
    {
        if (pending.IsTold) return;
        var call = task.Call;
        // EINTR at once is a result like others, and comes when the call ends.
        if (call.Interruption is Interruption.Interrupted or Interruption.Killable || call.BytesMoved > 0) return;
        Tell(task, pending, null, call.Interruption switch
        {
            Interruption.NoHandler => "ERESTARTNOHAND (To be restarted if no handler)",
            Interruption.RestartBlock => "ERESTART_RESTARTBLOCK (Interrupted by signal)",
            _ => "ERESTARTSYS (To be restarted if SA_RESTART is set)",
        });
        pending.IsTold = true;
    }

    void Tell(Task task, Pending pending, int? result, string? restart, bool isUnfinished = false)
    {
        if (pending.Call is not { } call) return;
        call.Result = result ?? 0;
        if (result is >= 0 or < -4095 && !options.IsRaw)
        {
            var parameters = call.Signature.Parameters;
            for (int i = 0; i < parameters.Count; i++)
                if (parameters[i].Direction != ParameterDirection.In || parameters[i].Kind == "prctl") call.Outputs[i] = capture.Take(task, parameters[i], call.Arguments, result.Value);
        }
        Add(new TraceEntry(task, TraceEntryKind.Call, pending.Instruction, call)
        {
            Number = pending.Number,
            Name = pending.Name,
            Result = result,
            Restart = restart,
            Duration = machine.RetiredInstructions - pending.Instruction,
            IsResumed = pending.IsResumed,
            IsUnfinished = isUnfinished,
        });
    }

    void Add(TraceEntry entry)
    {
        queue.Enqueue(entry);
        Interlocked.Increment(ref waiting);
        filled.Set();
    }
}
