namespace CheckpointRestart.Core.Kernel;

/// <content>A machine that is on its way to another process: what its image holds must not reach anybody here, and what comes to it here would be lost.</content>
public sealed partial class Machine
{
    readonly List<Action<Machine>> afterMove = [];

    /// <summary>Nothing may be done to it.</summary>
    bool isOnItsWay;

    /// <summary>Puts something off that would be done to it, until it is known that the machine stays. On the machine's thread.</summary>
    /// <returns>False when it can be done now.</returns>
    internal bool PutsOff(Action<Machine> action)
    {
        if (isOnItsWay) afterMove.Add(action);
        return isOnItsWay;
    }

    /// <summary>Freezes the machine, gives out no output and takes no input until <see cref="EndMove"/>. Any thread.</summary>
    /// <returns>False when it is on its way already.</returns>
    internal bool TryBeginMove() => Execute(machine =>
    {
        if (machine.isOnItsWay) return false;
        machine.frozen = true;
        machine.Hold(true);
        return true;
    });

    /// <summary>Where the machine is, for <see cref="TryEndByMove"/>. On the machine's thread.</summary>
    internal (ulong Instructions, int Events) Mark => (retired, events.Count);

    /// <summary>Ends the machine, if nothing has happened to it since a mark; what it had to say is said elsewhere. Any thread.</summary>
    internal bool TryEndByMove((ulong Instructions, int Events) mark)
    {
        bool isSame = Execute(machine =>
        {
            if (machine.Mark != mark) return false;
            machine.stopping = true;
            return true;
        });
        if (isSame) Stop();
        return isSame;
    }

    /// <summary>The machine stays: its output is given out again. Any thread.</summary>
    internal void EndMove() => Execute(machine => machine.Hold(false));

    void Hold(bool holds)
    {
        isOnItsWay = holds;
        Streams.Hold(holds);
        foreach (var terminal in hostTerminals) terminal.Hold(holds);
        if (holds) return;
        Action<Machine>[] late = [.. afterMove];
        afterMove.Clear();
        foreach (var action in late) action(this);
    }
}
