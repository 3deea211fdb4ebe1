namespace CheckpointRestart.Core.Kernel.Ipc;

/// <summary>One operation of semop(2).</summary>
public readonly record struct SemaphoreOperation(ushort Number, short Change, short Flags)
{
    /// <summary>IPC_NOWAIT, SEM_UNDO.</summary>
    public const short NoWait = 0x800, Undo = 0x1000;
}

/// <summary>A set of semaphores (semget(2)). All operations of a call happen at once or not at all; what a waiter asked for is done for it
/// by whoever makes it possible, the oldest first.</summary>
public sealed partial class SemaphoreSet : IpcObject
{
    /// <summary>SEMVMX.</summary>
    public const int ValueMost = 32767;

    /// <summary>Host bytes of a set of so many.</summary>
    internal static long Cost(int count) => 256 + count * 6L;

    readonly LinkedList<SemaphoreWaiter> waiters = new();

    internal SemaphoreSet(int count)
    {
        Values = new ushort[count];
        Pids = new int[count];
    }

    public ushort[] Values { get; }

    /// <summary>Who changed each semaphore last.</summary>
    public int[] Pids { get; }

    /// <summary>Seconds since 1970 of the last semop(2), 0 for never.</summary>
    public long OperationTime { get; internal set; }

    /// <summary>Who waits, the oldest first.</summary>
    internal IReadOnlyCollection<SemaphoreWaiter> Waiters => waiters;

    internal LinkedListNode<SemaphoreWaiter> Add(SemaphoreWaiter waiter) => waiters.AddLast(waiter);

    internal void Leave(LinkedListNode<SemaphoreWaiter> node) => waiters.Remove(node);

    /// <summary>Does all operations or none (perform_atomic_semop).</summary>
    /// <param name="operations">The operations.</param>
    /// <param name="adjustments">What the process undoes at its end, when it asks for that; null otherwise.</param>
    /// <param name="pid">The process.</param>
    /// <param name="blocking">The operation that cannot be done yet.</param>
    /// <returns>None; EAGAIN when it has to wait, or must not; ERANGE.</returns>
    internal Errno Perform(SemaphoreOperation[] operations, short[]? adjustments, int pid, out SemaphoreOperation? blocking)
    {
        blocking = null;
        int done = 0;
        var error = Errno.None;
        for (; done < operations.Length; done++)
        {
            var operation = operations[done];
            int value = Values[operation.Number], next = value + operation.Change;
            if (next < 0 || (operation.Change == 0 && value != 0))
            {
                blocking = operation;
                error = Errno.EAGAIN;
                break;
            }
            bool undoes = (operation.Flags & SemaphoreOperation.Undo) != 0;
            if (next > ValueMost || (undoes && adjustments![operation.Number] - operation.Change is < -ValueMost - 1 or > ValueMost))
            {
                error = Errno.ERANGE;
                break;
            }
            Values[operation.Number] = (ushort)next;
            if (undoes) adjustments![operation.Number] -= operation.Change;
        }
        if (error == Errno.None)
        {
            foreach (var operation in operations) Pids[operation.Number] = pid;
            return Errno.None;
        }
        while (--done >= 0)
        {
            var operation = operations[done];
            Values[operation.Number] = (ushort)(Values[operation.Number] - operation.Change);
            if ((operation.Flags & SemaphoreOperation.Undo) != 0) adjustments![operation.Number] += operation.Change;
        }
        return error;
    }

    /// <summary>Values have changed: does what waiters wait for, those first who only wait for zero.</summary>
    /// <returns>True when something was done.</returns>
    internal bool Update(long now)
    {
        bool any = false, again;
        do
        {
            again = false;
            any |= Scan(onlyZero: true, now);
            for (var node = waiters.First; node != null;)
            {
                var next = node.Next;
                if (node.Value.Alters && TryFinish(node, now))
                {
                    any = again = true;
                    break;
                }
                node = next;
            }
        }
        while (again);
        return any;
    }

    /// <summary>The set is removed: all waiters get EIDRM.</summary>
    internal void WakeAll()
    {
        foreach (var waiter in waiters.ToArray()) waiter.Finish(Errno.EIDRM);
    }

    /// <summary>How many wait for a semaphore to grow, or to become zero.</summary>
    internal int Count(int number, bool forZero) =>
        waiters.Count(waiter => waiter.Blocking.Number == number && (waiter.Blocking.Change == 0) == forZero);

    bool Scan(bool onlyZero, long now)
    {
        bool any = false;
        for (var node = waiters.First; node != null;)
        {
            var next = node.Next;
            if (node.Value.Alters != onlyZero) any |= TryFinish(node, now);
            node = next;
        }
        return any;
    }

    bool TryFinish(LinkedListNode<SemaphoreWaiter> node, long now)
    {
        var waiter = node.Value;
        // Nothing to try while the operation that it was seen to wait for cannot be done.
        int value = Values[waiter.Blocking.Number];
        if (waiter.Blocking.Change == 0 ? value != 0 && waiter.Operations.Length == 1 : value + waiter.Blocking.Change < 0 && waiter.Operations.Length == 1) return false;
        var error = Perform(waiter.Operations, waiter.Adjustments, waiter.Task.Tgid, out var blocking);
        if (error == Errno.EAGAIN && (blocking!.Value.Flags & SemaphoreOperation.NoWait) == 0)
        {
            waiter.Blocking = blocking.Value;
            return false;
        }
        if (error == Errno.None) OperationTime = now;
        waiter.Finish(error);
        return true;
    }
}

/// <summary>A task inside semop(2).</summary>
internal sealed partial class SemaphoreWaiter(Task task, SemaphoreSet set, SemaphoreOperation[] operations, short[]? adjustments, SemaphoreOperation blocking) : ITaskSubject, ICallSubject
{
    LinkedListNode<SemaphoreWaiter>? node;

    public Task Task { get; } = task;

    public SemaphoreOperation[] Operations { get; } = operations;

    public short[]? Adjustments { get; private set; } = adjustments;

    /// <summary>The operation that cannot be done yet.</summary>
    public SemaphoreOperation Blocking { get; set; } = blocking;

    /// <summary>True when it changes values; else it only waits for zero.</summary>
    public bool Alters { get; } = Array.Exists(operations, static operation => operation.Change != 0);

    /// <summary>What the call gives, once it is known.</summary>
    public Errno? Outcome { get; private set; }

    public void Enter() => node = set.Add(this);

    public void Finish(Errno outcome)
    {
        Leave();
        Outcome = outcome;
        Task.Wake();
    }

    public void Leave()
    {
        if (node == null) return;
        set.Leave(node);
        node = null;
    }
}
