namespace CheckpointRestart.Core.Checkpoint.Schedules;

/// <summary>Says when something that has died is started again: at most so often within a time, and after waits that double.</summary>
public sealed class RestartPolicy(RestartSettings settings)
{
    readonly List<TimeSpan> restarts = [];

    /// <summary>Restarts that were allowed so far.</summary>
    public int Count { get; private set; }

    /// <summary>Allows a restart, or not.</summary>
    /// <param name="now">Any clock that never goes back.</param>
    /// <returns>How long to wait before it; null when there were too many.</returns>
    public TimeSpan? Next(TimeSpan now)
    {
        restarts.RemoveAll(then => now - then >= settings.Within);
        if (restarts.Count >= settings.Limit) return null;
        double factor = 1L << Math.Min(restarts.Count, 30);
        var delay = TimeSpan.FromTicks((long)Math.Min(settings.Delay.Ticks * factor, Math.Max(settings.Delay.Ticks, RestartSettings.MostDelay.Ticks)));
        restarts.Add(now + delay);
        Count++;
        return delay;
    }
}
