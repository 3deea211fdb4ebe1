namespace CheckpointRestart.Core.Kernel;

/// <summary>Signals that wait for delivery, in order of arrival within a number. A standard signal waits once, a real-time signal as often as it was sent.</summary>
public sealed class PendingSignals
{
    /// <summary>The most that may wait: RLIMIT_SIGPENDING of a small system.</summary>
    public const int Limit = 1024;

    readonly List<SignalInfo> queue = [];

    /// <summary>The numbers that wait.</summary>
    public SignalSet Set { get; private set; }

    /// <summary>All that waits, oldest first.</summary>
    public IReadOnlyList<SignalInfo> Queue => queue;

    /// <summary>Adds a signal; false when a real-time signal finds the queue full (EAGAIN).</summary>
    public bool Add(in SignalInfo info)
    {
        if (info.Signal < Signal.RealTimeFirst && Set.Contains(info.Signal)) return true;
        if (queue.Count >= Limit && info.Signal >= Signal.RealTimeFirst) return false;
        queue.Add(info);
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
        int index = queue.FindIndex(i => i.Signal == signal);
        info = queue[index];
        queue.RemoveAt(index);
        if (!queue.Exists(i => i.Signal == signal)) Set &= ~SignalSet.Of(signal);
        return true;
    }

    /// <summary>Forgets all signals of a set.</summary>
    public void Remove(SignalSet set)
    {
        if ((Set & set).IsEmpty) return;
        queue.RemoveAll(i => set.Contains(i.Signal));
        Set &= ~set;
    }
}
