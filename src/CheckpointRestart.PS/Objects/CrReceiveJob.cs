using System.Management.Automation;
using System.Net;
using CheckpointRestart.PS.Runtime;
using CheckpointRestart.PS.Runtime.Moving;

namespace CheckpointRestart.PS.Objects;

/// <summary>A job that waits for a machine; Receive-Job gives its tasks.</summary>
public sealed class CrReceiveJob : CrThreadJob
{
    readonly ReceiveWork work;

    internal CrReceiveJob(ReceiveWork work, string command) : base(command, "receives a machine") => this.work = work;

    /// <summary>Where it listens; null for a stream.</summary>
    public IPEndPoint? EndPoint => work.EndPoint;

    /// <summary>The port where it listens; 0 for a stream.</summary>
    public int Port => work.EndPoint?.Port ?? 0;

    /// <inheritdoc/>
    public override string Location => work.EndPoint?.ToString() ?? "stream";

    private protected override object? Subject => work.EndPoint;

    private protected override void Work(CancellationToken cancellation)
    {
        var tasks = work.Run(message => Warning.Add(new WarningRecord(message)), cancellation);
        foreach (var taken in work.Ports.TakeFailures()) Error.Add(Errors.Find(taken, tasks[0])!);
        foreach (var task in tasks) Output.Add(PSObject.AsPSObject(task));
    }
}
