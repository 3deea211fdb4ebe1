namespace CheckpointRestart.Core.Files;

/// <summary>Told when what it waits for may have happened.</summary>
public interface IWaiter
{
    /// <summary>The queue was woken. The waiter stays in the queue until it is removed, which it may do here.</summary>
    void Woken(WaitQueue queue);
}

/// <summary>Who waits for one condition of one object, first come first woken. Used on the machine's thread alone.</summary>
public sealed class WaitQueue
{
    readonly List<IWaiter?> waiters = [];
    int waking;
    bool hasHoles;

    /// <summary>True when nobody waits.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>How many wait.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a waiter at the end; who is added while the queue is being woken is not woken by that.</summary>
    public void Add(IWaiter waiter)
    {
        waiters.Add(waiter);
        Count++;
    }

    /// <summary>Removes a waiter; nothing happens when it is not in the queue.</summary>
    public void Remove(IWaiter waiter)
    {
        int index = waiters.IndexOf(waiter);
        if (index < 0) return;
        Count--;
        if (waking == 0)
        {
            waiters.RemoveAt(index);
        }
        else
        {
            waiters[index] = null;
            hasHoles = true;
        }
    }

    /// <summary>Tells all who wait.</summary>
    public void Wake()
    {
        if (waiters.Count == 0) return;
        int end = waiters.Count;
        waking++;
        for (int index = 0; index < end; index++) waiters[index]?.Woken(this);
        if (--waking != 0 || !hasHoles) return;
        waiters.RemoveAll(static waiter => waiter == null);
        hasHoles = false;
    }
}
