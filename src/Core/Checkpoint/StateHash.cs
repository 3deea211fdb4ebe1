using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image.Records;
using CheckpointRestart.Core.Kernel;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>What a state hash covers.</summary>
public enum StateHashScope
{
    /// <summary>What a v5 image carries of a task: pid, name, registers, TLS and LDT, regions, memory, descriptors with positions.</summary>
    V5,
    /// <summary>Also signals, timers, working directory, umask, credentials, limits, time, random state, instruction counts, standard streams, what pipes, sockets,
    /// terminals and other kernel objects hold, and the files that the machine has changed.</summary>
    Full,
}

/// <summary>One hash over the contents of a state: an absent page equals a page of zeros, a file's page counts by its bytes, nothing of the host counts.
/// Equal states have equal hashes in every process and on every host: 64 hexadecimal digits of SHA-256.</summary>
public static class StateHash
{
    /// <summary>The hash of one task. Any thread.</summary>
    /// <exception cref="InvalidOperationException">The task has ended and no hash was recorded at its end (<see cref="RecordAtExit"/>).</exception>
    public static string Compute(Task task, StateHashScope scope = StateHashScope.V5)
    {
        ArgumentNullException.ThrowIfNull(task);
        if (ExitHashes.Find(task, scope) is { } recorded) return recorded;
        return task.Machine.Execute(_ => ComputeHere(task, scope));
    }

    /// <summary>The hash of all tasks of a machine, by pid. Any thread.</summary>
    public static string Compute(Machine machine, StateHashScope scope = StateHashScope.V5)
    {
        ArgumentNullException.ThrowIfNull(machine);
        return machine.Execute(_ =>
        {
            using var digest = new StateDigest();
            foreach (var task in machine.Tasks)
            {
                digest.Number(task.Pid);
                digest.Number(task.HasExited ? task.ExitStatus : -1);
                if (!task.HasExited) AddTask(digest, task, scope);
            }
            if (scope == StateHashScope.Full) AddMachine(digest, machine);
            return digest.Finish();
        });
    }

    /// <summary>The hash of the task that an image makes, restored and still frozen.</summary>
    /// <exception cref="RestoreException">The image cannot be restored here.</exception>
    public static string Compute(Checkpoint checkpoint, RestoreOptions? options = null, StateHashScope scope = StateHashScope.V5, int? pid = null)
    {
        var task = Restorer.Restore(checkpoint, (options ?? new RestoreOptions()) with { Suspended = true });
        using var machine = task.Machine;
        if (pid is { } number) task = machine.Tasks.FirstOrDefault(other => other.Pid == number) ?? throw new RestoreException(Errno.ESRCH, $"the image has no task {number}");
        return Compute(task, scope);
    }

    /// <summary>Makes a machine keep the hash of every task as it is just before it ends, so that <see cref="Compute(Task, StateHashScope)"/> gives it afterwards.</summary>
    public static void RecordAtExit(Machine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        machine.Execute(_ => machine.Ending = ExitHashes.Record);
    }

    internal static string ComputeHere(Task task, StateHashScope scope)
    {
        if (task.HasExited) throw new InvalidOperationException($"task {task} has ended, and no hash was recorded at its end");
        using var digest = new StateDigest();
        AddTask(digest, task, scope);
        return digest.Finish();
    }

    static void AddTask(StateDigest digest, Task task, StateHashScope scope)
    {
        digest.Section("task");
        digest.Number(task.Pid);
        digest.Bytes(task.CommBytes);
        var registers = RegisterCapture.Save(task);
        // A call that waits is about to be made again: the same state as in front of its trap instruction.
        registers.OrigAx = 0;
        digest.Bytes(MemoryMarshal.AsBytes(new ReadOnlySpan<CpuRecord>(in registers)));
        for (int index = 0; index < 3; index++) digest.Number(task.Registers!.GetTls(index));
        AddLdt(digest, task.Registers!.Ldt);
        digest.Memory(task.AddressSpace!);
        AddFiles(digest, task, scope);
        if (scope == StateHashScope.Full) AddRest(digest, task);
    }

    static void AddLdt(StateDigest digest, Cpu.LocalDescriptorTable? ldt)
    {
        digest.Section("ldt");
        for (int index = 0; ldt != null && index < ldt.Count; index++)
        {
            if (ldt[index] == 0) continue;
            digest.Number(index);
            digest.Number(ldt[index]);
        }
    }

    static void AddFiles(StateDigest digest, Task task, StateHashScope scope)
    {
        digest.Section("files");
        var seen = new Dictionary<OpenFile, int>(ReferenceEqualityComparer.Instance);
        foreach (int number in task.Files!.Numbers)
        {
            var file = task.Files[number]!;
            digest.Number(number);
            digest.Number(task.Files.GetCloseOnExec(number) ? 1 : 0);
            bool known = seen.TryGetValue(file, out int reference);
            digest.Number(known ? reference : seen[file] = seen.Count + 1);
            if (known) continue;
            digest.Number(file.Inode.Type);
            digest.Number((uint)file.Mode);
            digest.Number((uint)file.Flags);
            digest.Number(file.Position);
            digest.Text(file.Dentry.FullPath(task.FileSystem!.Root));
            if (scope != StateHashScope.Full) continue;
            file.Describe(digest);
            file.Inode.Locks?.Describe(digest);
            file.Owner?.AddState(digest.Number);
        }
    }

    static void AddRest(StateDigest digest, Task task)
    {
        digest.Section("rest");
        for (int number = 1; number <= 64; number++)
        {
            var action = task.Handlers[(Signal)number];
            digest.Number(action.Handler | ((ulong)action.Flags << 32));
            digest.Number(action.Restorer);
            digest.Number(action.Mask.Bits);
        }
        digest.Number(task.BlockedSignals.Bits);
        digest.Number(task.PendingSet.Bits);
        digest.Number(task.SignalStack.Base | ((ulong)task.SignalStack.Size << 32));
        digest.Text(task.FileSystem!.WorkingDirectory.FullPath());
        digest.Text(task.FileSystem.Root.FullPath());
        digest.Number(task.FileSystem.Umask);
        digest.Number(task.Credentials.Uid | ((ulong)task.Credentials.EffectiveUid << 32));
        digest.Number(task.Credentials.Gid | ((ulong)task.Credentials.EffectiveGid << 32));
        AddCredentials(digest, task.Credentials);
        digest.Number(task.Sequence.Address | ((ulong)task.Sequence.Signature << 32));
        digest.Number((uint)task.Scheduling.Policy | ((ulong)(uint)task.Scheduling.Priority << 32));
        digest.Number((uint)task.Seccomp);
        for (var filter = task.SeccompFilter; filter != null; filter = filter.Previous)
            foreach (var (code, yes, no, value) in filter.Program.Instructions) digest.Number(code | (ulong)yes << 16 | (ulong)no << 24 | (ulong)value << 32);
        digest.Number(task.TimerSlack | ((ulong)task.IoPriority << 32));
        foreach (var resource in Enum.GetValues<Resource>())
        {
            digest.Number(task.Group.Limits[resource].Current);
            digest.Number(task.Group.Limits[resource].Maximum);
        }
        digest.Number(task.Group.Session);
        digest.Number(task.Group.ProcessGroup);
        digest.Number(task.Group.Terminal?.Pair.Index ?? -1);
        digest.Number((int)task.State);
        digest.Number((uint)task.ParentDeathSignal | ((ulong)(uint)task.Group.Dumpable << 32));
        digest.Number(task.OrigEax);
        Span<byte> bytes = stackalloc byte[SignalInfo.Size];
        foreach (var queue in (ReadOnlySpan<PendingSignals>)[task.Pending, task.Group.Pending])
        {
            foreach (var info in queue.Queue)
            {
                info.Write(bytes);
                digest.Bytes(bytes);
            }
        }
        if (task.Trace is { } trace)
        {
            digest.Section("trace");
            digest.Number(trace.Tracer.Pid);
            digest.Number((uint)trace.Options | ((ulong)trace.Message << 32));
            digest.Number((uint)trace.Stop | ((ulong)trace.Resume << 32));
            digest.Number((uint)trace.Code | (trace.IsSeized ? 1L << 32 : 0) | (trace.IsListening ? 1L << 33 : 0) | (trace.IsTrapPending ? 1L << 34 : 0) | (trace.IsGroupStopPending ? 1L << 35 : 0));
        }
        AddTimers(digest, task.Group);
        digest.Number(task.ClearChildTid);
        digest.Number(task.RobustList.Head);
        digest.Number(task.Instructions);
        digest.Number((task.HasLostProcessor ? 1 : 0) | (task.Group.IsStopped ? 2 : 0));
        digest.Number(task.BlockedCall?.BytesMoved ?? -1);
        digest.Number(task.BlockedCall is { HasDeadline: true } call ? call.Deadline : -1);
        IpcHash.Add(digest, task.SemaphoreUndo);
    }

    static void AddTimers(StateDigest digest, ThreadGroup group)
    {
        digest.Section("timers");
        digest.Number(group.RealTimer.IsArmed ? group.RealTimer.At : -1);
        digest.Number(group.RealTimer.Interval);
        group.CpuTimers.Describe(digest);
        foreach (var timer in group.PosixTimers.Values) timer.Describe(digest);
    }

    static void AddCredentials(StateDigest digest, Credentials c)
    {
        digest.Number(c.SavedUid | ((ulong)c.FileUid << 32));
        digest.Number(c.SavedGid | ((ulong)c.FileGid << 32));
        foreach (uint group in c.Groups) digest.Number(group);
        foreach (var set in (ReadOnlySpan<CapabilitySet>)[c.Effective, c.Permitted, c.Inheritable, c.Bounding, c.Ambient]) digest.Number(set.Bits);
        digest.Number((uint)c.Secure);
    }

    static void AddMachine(StateDigest digest, Machine machine)
    {
        digest.Section("machine");
        digest.Number(machine.RetiredInstructions);
        digest.Number(machine.Scheduler.Current is { HasExited: false } current ? current.Pid : 0);
        digest.Number(machine.Scheduler.QuantumLeft);
        if (machine.Clock.Kind == ClockKind.Virtual)
        {
            digest.Number(machine.Clock.Now);
            digest.Number(machine.Clock.RealtimeOffset);
        }
        var random = machine.Random.State;
        foreach (ulong word in (ReadOnlySpan<ulong>)[random.First, random.Second, random.Third, random.Fourth]) digest.Number(word);
        digest.Section("turns");
        foreach (var waiting in machine.Scheduler.Waiting) digest.Number(waiting.Pid);
        machine.Tree.Describe(digest, withTimes: machine.Clock.Kind == ClockKind.Virtual);
        foreach (var pair in machine.Tree.Terminals.All) digest.Terminal(pair);
        foreach (var stream in Enum.GetValues<StreamKind>()) digest.Number(machine.Streams.Position(stream));
        IpcHash.Add(digest, machine);
        var network = machine.Network;
        digest.Number(network.NextSocket);
        digest.Number(network.NextAutobind);
        foreach (var ports in (ReadOnlySpan<PortSpace>)[network.Ports.Tcp, network.Ports.Udp, network.Ports.UdpLite])
        {
            digest.Number(ports.Next.ForBind);
            digest.Number(ports.Next.ForConnect);
        }
        foreach (var socket in network.Sockets)
        {
            digest.Section("socket");
            digest.Number(socket.Number);
            socket.AddState(digest.Bytes);
        }
    }
}

/// <summary>Hashes that were taken at the end of tasks, kept as long as their machine.</summary>
internal sealed class ExitHashes
{
    static readonly ConditionalWeakTable<Task, ExitHashes> Kept = [];

    readonly Dictionary<StateHashScope, string> hashes = [];

    /// <summary>Of the process's first task or, when that ended before the others, of the oldest that is left.</summary>
    public static void Record(ThreadGroup group)
    {
        var task = group.Leader.HasExited ? group.Threads[0] : group.Leader;
        var kept = new ExitHashes();
        foreach (var scope in Enum.GetValues<StateHashScope>()) kept.hashes.Add(scope, StateHash.ComputeHere(task, scope));
        Kept.AddOrUpdate(group.Leader, kept);
    }

    public static string? Find(Task task, StateHashScope scope) => Kept.TryGetValue(task, out var kept) ? kept.hashes.GetValueOrDefault(scope) : null;
}
