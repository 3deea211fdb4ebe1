using System.Management.Automation;
using CheckpointRestart.Core.Debugging.Gdb;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Objects;

/// <summary>A job that serves a debugger. It completes when the debugger lets go, or the task has ended.</summary>
public sealed class CrDebugJob : Job
{
    readonly GdbServer server;
    readonly CancellationTokenSource stopping = new();
    readonly Thread thread;

    internal CrDebugJob(GdbServer server, CrDebugSession session, string command) : base(command)
    {
        this.server = server;
        Session = session;
        PSJobTypeName = nameof(CrDebugJob);
        thread = new Thread(Run) { IsBackground = true, Name = "serves a debugger" };
    }

    /// <summary>Where a debugger can connect, and whether one is there.</summary>
    public CrDebugSession Session { get; }

    /// <summary>The port, on this host alone.</summary>
    public int Port => Session.Port;

    /// <summary>What to type in another terminal.</summary>
    public string DebuggerCommand => Session.Command;

    /// <summary>How the debugger went; null while it has not.</summary>
    public GdbSessionEnd? End { get; private set; }

    /// <inheritdoc/>
    public override bool HasMoreData => Output.Count > 0 || Error.Count > 0;

    /// <inheritdoc/>
    public override string Location => Session.EndPoint.ToString();

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
            End = server.Run(stopping.Token);
            end = JobState.Completed;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            end = JobState.Stopped;
        }
        catch (Exception exception) when (Errors.Find(exception, Session) is { } record)
        {
            Error.Add(record);
            end = JobState.Failed;
        }
        finally
        {
            server.Dispose();
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
