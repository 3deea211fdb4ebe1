using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel;

/// <content>A machine whose memory is read from its image when it is first touched, and cannot be had from there: it is frozen where it was, for good.</content>
public sealed partial class Machine
{
    volatile LostPagesException? loss;

    /// <summary>Pages that are still to be read from the image that the machine was made from; null when it was made from none.</summary>
    internal PendingFrames? Pending { get; set; }

    /// <summary>Why the machine is frozen and cannot go on: what it touched could not be read from its image. Null while that has not happened. Any thread.</summary>
    public LostPagesException? Loss => loss;

    /// <summary>Frames of the machine's memory that are still in its image. Any thread.</summary>
    public long PendingPages => Pending?.Left ?? 0;

    void StepOrLose()
    {
        try
        {
            Step();
        }
        catch (LostPagesException lost)
        {
            loss = lost;
            runTarget = ulong.MaxValue;
            EndStep(StepEnd.Waits);
            frozen = true;
            Announce();
        }
    }

    /// <summary>Makes sure that nothing was lost.</summary>
    /// <exception cref="LostPagesException">Something was.</exception>
    internal void RequireMemory()
    {
        if (loss is { } lost) throw new LostPagesException(lost.Message, lost);
    }

    /// <summary>Of a machine that lost memory no task can end as Linux would have it: all of it ends.</summary>
    /// <returns>False when nothing is lost.</returns>
    bool EndLost()
    {
        if (loss == null) return false;
        stopping = true;
        return true;
    }
}
