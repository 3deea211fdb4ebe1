using System.Management.Automation;
using System.Net;
using CheckpointRestart.PS.Runtime;
using CheckpointRestart.PS.Runtime.Moving;

namespace CheckpointRestart.PS.Objects;

/// <summary>A job that waits for a machine; Receive-Job gives its tasks.</summary>
public sealed class CrReceiveJob : CrJob
{
    readonly ReceiveWork work;
    readonly CancellationTokenSource stopping = new();
    readonly Thread thread;

    internal CrReceiveJob(ReceiveWork work, string command) : base(command)
    {
        this.work = work;
        thread = new Thread(Run) { IsBackground = true, Name = "receives a machine" };
    }

    /// <summary>Where it listens; null for a stream.</summary>
    public IPEndPoint? EndPoint => work.EndPoint;

    /// <summary>The port where it listens; 0 for a stream.</summary>
    public int Port => work.EndPoint?.Port ?? 0;

    /// <inheritdoc/>
    public override string Location => work.EndPoint?.ToString() ?? "stream";

    private protected override void Begin() => thread.Start();

    void Run()
    {
        try
        {
            var tasks = work.Run(message => Warning.Add(new WarningRecord(message)), stopping.Token);
            foreach (var taken in work.Ports.TakeFailures()) Error.Add(Errors.Find(taken, tasks[0])!);
            foreach (var task in tasks) Output.Add(PSObject.AsPSObject(task));
            End(JobState.Completed);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            End(JobState.Stopped);
        }
        catch (Exception exception) when (Errors.Find(exception, work.EndPoint) is { } record)
        {
            Error.Add(record);
            End(JobState.Failed, exception);
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
