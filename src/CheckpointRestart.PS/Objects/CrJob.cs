using System.Collections.Concurrent;
using System.Management.Automation;

namespace CheckpointRestart.PS.Objects;

/// <summary>A job of this module: Receive-Job gives what its cmdlet would have given, Stop-Job stops it as Ctrl+C would.</summary>
public abstract class CrJob : Job
{
    static readonly ConcurrentDictionary<CrJob, bool> Running = new();

    private protected CrJob(string command) : base(command) => PSJobTypeName = GetType().Name;

    /// <inheritdoc/>
    public override bool HasMoreData => Output.Count > 0 || Error.Count > 0 || Warning.Count > 0 || Verbose.Count > 0;

    /// <inheritdoc/>
    public override string Location => Environment.MachineName;

    /// <summary>Why the job has failed; empty while it has not.</summary>
    public override string StatusMessage => Failure?.Message ?? "";

    /// <summary>What ended the job, or null.</summary>
    private protected Exception? Failure { get; private set; }

    /// <summary>Begins the work.</summary>
    internal void Start()
    {
        Running.TryAdd(this, true);
        SetJobState(JobState.Running);
        Begin();
    }

    /// <summary>Begins the work on another thread, which calls <see cref="Finish"/> at its end.</summary>
    private protected abstract void Begin();

    /// <summary>Called once, when the work is over.</summary>
    /// <param name="failure">What ended it; null when nothing did.</param>
    private protected void Finish(JobState state, Exception? failure = null)
    {
        Failure = failure;
        Running.TryRemove(this, out _);
        SetJobState(state);
    }

    /// <summary>Stops all that run: the module is being removed.</summary>
    internal static void StopAll()
    {
        foreach (var job in Running.Keys) job.StopJob();
    }
}
