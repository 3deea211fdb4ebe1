using System.Management.Automation;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Objects;

/// <summary>A job that works on a thread of its own until it is stopped.</summary>
public abstract class CrThreadJob : CrJob
{
    readonly CancellationTokenSource stopping = new();
    readonly Thread thread;

    private protected CrThreadJob(string command, string name) : base(command) => thread = new Thread(Run) { IsBackground = true, Name = name };

    /// <summary>What errors are about.</summary>
    private protected abstract object? Subject { get; }

    /// <summary>The work.</summary>
    private protected abstract void Work(CancellationToken cancellation);

    private protected sealed override void Begin() => thread.Start();

    void Run()
    {
        try
        {
            Work(stopping.Token);
            Finish(JobState.Completed);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            Finish(JobState.Stopped);
        }
        catch (Exception exception) when (Errors.Find(exception, Subject) is { } record)
        {
            Error.Add(record);
            Finish(JobState.Failed, exception);
        }
    }

    /// <inheritdoc/>
    public override void StopJob()
    {
        stopping.Cancel();
        thread.Join();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && thread.IsAlive) StopJob();
        if (disposing) stopping.Dispose();
        base.Dispose(disposing);
    }
}
