namespace CheckpointRestart.Core.Kernel;

/// <summary>Signals that wait for delivery, in order of arrival within a number. A standard signal waits once, a real-time signal as often as it was sent
/// (Linux: struct sigpending).</summary>
/// <param name="machine">Where the entries are counted.</param>
public sealed partial class PendingSignals(Machine machine)
{
    /// <summary>RLIMIT_SIGPENDING of a new program, and what /proc shows.</summary>
    public const int Limit = 1024;

    /// <summary>The most entries of one user, whatever the limit says.</summary>
    internal const int Ceiling = 65536;

    readonly Queue<Entry>?[] queues = new Queue<Entry>?[(int)Signal.Last + 1];

    readonly record struct Entry(SignalInfo Info, uint User);

    /// <summary>The numbers that wait.</summary>
    public SignalSet Set { get; private set; }

    /// <summary>All that waits with what came with it, by number and oldest first. A number of <see cref="Set"/> without an entry had no room for it.</summary>
    public IReadOnlyList<SignalInfo> Queue
    {
        get
        {
            var all = new List<SignalInfo>();
            foreach (var queue in queues)
                if (queue != null) all.AddRange(queue.Select(static entry => entry.Info));
            return all;
        }
    }

    /// <summary>Adds a signal.</summary>
    /// <param name="info">What the handler gets.</param>
    /// <param name="user">Who is charged: the target's user.</param>
    /// <param name="limit">The target's RLIMIT_SIGPENDING.</param>
    /// <returns>False when a real-time signal that was not sent by kill(2) finds the user's queue full (EAGAIN); others then come without information.</returns>
    public bool Add(in SignalInfo info, uint user = 0, ulong limit = Limit)
    {
        bool isRealTime = info.Signal >= Signal.RealTimeFirst;
        // A timer has its place in the queue from its beginning on.
        bool isTimer = info.Timer != null;
        if (isTimer) info.Timer!.IsQueued = true;
        else if (!isRealTime && Set.Contains(info.Signal)) return true;
        bool isFree = !isRealTime && info.Code >= 0;
        if (isTimer || isFree || (ulong)machine.CountQueued(user) < Math.Min(limit, Ceiling))
        {
            machine.ChargeQueued(user, 1);
            (queues[(int)info.Signal] ??= new()).Enqueue(new(info, user));
        }
        else if (isRealTime && info.Code != SignalCode.User)
        {
            return false;
        }
        Set |= SignalSet.Of(info.Signal);
        return true;
    }

    /// <summary>Takes the signal that Linux delivers first: those an instruction raised, then by number.</summary>
    public bool TryTake(SignalSet allowed, out SignalInfo info)
    {
        info = default;
        var candidates = Set & allowed;
        if (candidates.IsEmpty) return false;
        var synchronous = candidates & SignalSet.Synchronous;
        var signal = (synchronous.IsEmpty ? candidates : synchronous).First;
        var queue = queues[(int)signal];
        if (queue != null && queue.TryDequeue(out var entry))
        {
            machine.ChargeQueued(entry.User, -1);
            info = entry.Info;
        }
        else
        {
            info = SignalInfo.FromTask(signal, SignalCode.User, 0);
        }
        if (queue is not { Count: > 0 }) Set &= ~SignalSet.Of(signal);
        info.Timer?.Taken(ref info);
        return true;
    }

    /// <summary>Forgets all signals of a set.</summary>
    public void Remove(SignalSet set)
    {
        set &= Set;
        while (!set.IsEmpty)
        {
            var signal = set.First;
            set &= ~SignalSet.Of(signal);
            Set &= ~SignalSet.Of(signal);
            if (queues[(int)signal] is not { } queue) continue;
            while (queue.TryDequeue(out var entry))
            {
                machine.ChargeQueued(entry.User, -1);
                if (entry.Info.Timer != null) entry.Info.Timer.IsQueued = false;
            }
        }
    }

    /// <summary>The task or process has ended.</summary>
    internal void Clear() => Remove(Set);
}
