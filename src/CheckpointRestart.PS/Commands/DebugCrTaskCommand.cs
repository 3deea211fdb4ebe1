using System.Globalization;
using System.Management.Automation;
using System.Net.Sockets;
using CheckpointRestart.Core.Debugging.Gdb;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Lets gdb debug tasks and look into images, through its remote protocol on a port of this host.</summary>
[Cmdlet(VerbsDiagnostic.Debug, "CrTask", SupportsShouldProcess = true, DefaultParameterSetName = PathSet), OutputType(typeof(CrDebugSession), typeof(CrDebugJob))]
public sealed class DebugCrTaskCommand : InspectFilesCommand
{
    const int Activity = 337;

    /// <summary>0 for a free one.</summary>
    [Parameter]
    [ValidateRange(0, 65535)]
    public int Port { get; set; }

    /// <summary>Gives a job that serves the debugger.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    private protected override void Inspect(Subject subject)
    {
        if (!ShouldProcess(subject.Label, string.Create(CultureInfo.InvariantCulture, $"Listen for gdb on port {Port} of this host"))) return;
        var server = Listen(subject);
        var session = new CrDebugSession(server, subject.Label, subject.TaskId);
        if (AsJob)
        {
            var job = new CrDebugJob(server, session, MyInvocation.Line);
            JobRepository.Add(job);
            job.Start();
            WriteObject(job);
            return;
        }
        Serve(server, session);
    }

    void Serve(GdbServer server, CrDebugSession session)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        // Whoever gets the session may start the debugger before more is asked for.
        var serving = System.Threading.Tasks.Task.Run(() =>
        {
            using (server) return server.Run(ending.Token);
        });
        string activity = $"Debugging {session.Source}";
        try
        {
            WriteObject(session);
            WriteProgress(new ProgressRecord(Activity, activity, session.Command));
            WriteVerbose(serving.GetAwaiter().GetResult() switch
            {
                GdbSessionEnd.Detached => $"The debugger has let go of {session.Source}.",
                GdbSessionEnd.Killed => $"The debugger has ended {session.Source}.",
                _ => $"{Lifecycle.Sentence(session.Source)} has ended.",
            });
            WriteProgress(new ProgressRecord(Activity, activity, "Done") { RecordType = ProgressRecordType.Completed });
        }
        finally
        {
            // Somebody downstream may have enough.
            ending.Cancel();
            ((IAsyncResult)serving).AsyncWaitHandle.WaitOne();
        }
    }

    GdbServer Listen(Subject subject)
    {
        try
        {
            return new GdbServer(subject.Target(Files), Port);
        }
        catch (SocketException exception)
        {
            throw new CrException("PortNotAvailable", ErrorCategory.ResourceUnavailable, $"Port {Port} cannot be listened on: {exception.Message}.", "Give another -Port, or leave it out for a free one.", exception);
        }
    }
}
