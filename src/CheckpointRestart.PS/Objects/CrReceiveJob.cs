using System.Management.Automation;
using System.Net;
using CheckpointRestart.PS.Runtime;
using CheckpointRestart.PS.Runtime.Moving;

namespace CheckpointRestart.PS.Objects;

/// <summary>A job that waits for a machine; Receive-Job gives its tasks.</summary>
public sealed class CrReceiveJob : Job
{
    readonly ReceiveWork work;
    readonly CancellationTokenSource stopping = new();
    readonly Thread thread;

    internal CrReceiveJob(ReceiveWork work, string command) : base(command)
    {
        this.work = work;
        PSJobTypeName = nameof(CrReceiveJob);
        thread = new Thread(Run) { IsBackground = true, Name = "receives a machine" };
    }

    /// <summary>Where it listens; null for a stream.</summary>
    public IPEndPoint? EndPoint => work.EndPoint;

    /// <summary>The port where it listens; 0 for a stream.</summary>
    public int Port => work.EndPoint?.Port ?? 0;

    /// <inheritdoc/>
    public override bool HasMoreData => Output.Count > 0 || Error.Count > 0 || Warning.Count > 0;

    /// <inheritdoc/>
    public override string Location => work.EndPoint?.ToString() ?? "stream";

    /// <inheritdoc/>
    public override string StatusMessage => "";

    internal void Start()
    {
        SetJobState(JobState.Running);
        thread.Start();
    }

    void Run()
    {
        JobState end;
        try
        {
            var tasks = work.Run(message => Warning.Add(new WarningRecord(message)), stopping.Token);
            foreach (var taken in work.Ports.TakeFailures()) Error.Add(Errors.Find(taken, tasks[0])!);
            foreach (var task in tasks) Output.Add(PSObject.AsPSObject(task));
            end = JobState.Completed;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            end = JobState.Stopped;
        }
        catch (Exception exception) when (Errors.Find(exception, work.EndPoint) is { } record)
        {
            Error.Add(record);
            end = JobState.Failed;
        }
        SetJobState(end);
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
