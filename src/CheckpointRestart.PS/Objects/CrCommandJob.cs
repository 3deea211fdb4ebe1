using System.Management.Automation;
using System.Management.Automation.Runspaces;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Objects;

/// <summary>A job that runs a cmdlet of this module in this process: it works on the same machines, and gives the same live objects, as the cmdlet itself.</summary>
public sealed class CrCommandJob : CrJob
{
    readonly Runspace runspace;
    readonly PowerShell shell = PowerShell.Create();
    readonly PSDataCollection<PSObject>? input;

    /// <param name="runspace">Open, and from now on this job's.</param>
    /// <param name="parameters">What the cmdlet is given.</param>
    /// <param name="input">What comes through its pipeline; null for nothing.</param>
    internal CrCommandJob(Runspace runspace, string cmdlet, IDictionary<string, object?> parameters, IEnumerable<PSObject>? input, string command) : base(command)
    {
        this.runspace = runspace;
        shell.Runspace = runspace;
        shell.AddCommand(cmdlet);
        foreach (var (name, value) in parameters) shell.AddParameter(name, value);
        if (input is not null)
        {
            this.input = new PSDataCollection<PSObject>(input);
            this.input.Complete();
        }
        shell.Streams.Error = Error;
        shell.Streams.Warning = Warning;
        shell.Streams.Verbose = Verbose;
        shell.Streams.Debug = Debug;
        shell.Streams.Progress = Progress;
        shell.InvocationStateChanged += (_, change) => Changed(change.InvocationStateInfo);
    }

    private protected override void Begin() => shell.BeginInvoke(input, Output);

    void Changed(PSInvocationStateInfo info)
    {
        switch (info.State)
        {
            case PSInvocationState.Completed: Leave(JobState.Completed, null); break;
            case PSInvocationState.Stopped: Leave(JobState.Stopped, null); break;
            case PSInvocationState.Failed:
                Error.Add((info.Reason as IContainsErrorRecord)?.ErrorRecord ?? Errors.Find(info.Reason, null) ?? new ErrorRecord(info.Reason, "JobFailed", ErrorCategory.NotSpecified, null));
                Leave(JobState.Failed, info.Reason);
                break;
        }
    }

    void Leave(JobState state, Exception? failure)
    {
        Finish(state, failure);
        // Not on the thread that the runspace waits for.
        ThreadPool.QueueUserWorkItem(static runspace => ((Runspace)runspace!).Dispose(), runspace);
    }

    /// <inheritdoc/>
    public override void StopJob() => shell.Stop();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            if (JobStateInfo.State == JobState.Running) StopJob();
            shell.Dispose();
            runspace.Dispose();
            input?.Dispose();
        }
        base.Dispose(disposing);
    }
}
