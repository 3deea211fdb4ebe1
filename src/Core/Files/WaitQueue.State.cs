using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <summary>Waits that an image carries.</summary>
internal interface IRestoredWaiter
{
    /// <summary>Waits in a queue again, behind those who do already.</summary>
    void WaitAgain(WaitQueue queue);
}

/// <summary>A waiter of the host's, which no image carries: whoever it waits for ends in a machine that is made from one.</summary>
internal interface IOutsideWaiter : IWaiter;

/// <content>Who waits, in order.</content>
public sealed partial class WaitQueue
{
    /// <summary>When every object is filled, and before holders are counted.</summary>
    const int ObjectsAreFilled = 50;

    /// <summary>Those who wait for once; who watches for long enters itself again.</summary>
    internal void Visit(StateVisitor visitor, string name)
    {
        var there = new List<IWaiter>();
        for (int place = 0; !visitor.IsReading && place < waiters.End; place++)
            if (waiters[place] is { } waiter and not IOutsideWaiter) there.Add(waiter);
        var read = visitor.Refs(name, there, 1 << 20);
        if (!visitor.IsReading || read.Count == 0) return;
        visitor.Later(ObjectsAreFilled, () =>
        {
            foreach (var waiter in read) (waiter as IRestoredWaiter ?? throw visitor.Broken($"{name} are waiters")).WaitAgain(this);
        });
    }
}
