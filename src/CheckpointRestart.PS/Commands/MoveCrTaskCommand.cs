using System.Management.Automation;
using System.Net.Sockets;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Checkpoint.Moving;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;
using CheckpointRestart.PS.Runtime.Moving;

namespace CheckpointRestart.PS.Commands;

/// <summary>Moves the machine of a task to another process, where Receive-CrMachine waits for it.</summary>
[Cmdlet(VerbsCommon.Move, "CrTask", SupportsShouldProcess = true, DefaultParameterSetName = TaskSet), OutputType(typeof(CrMove))]
public sealed class MoveCrTaskCommand : TaskCommand, IJobCommand
{
    /// <summary>Where the receiver is.</summary>
    [Parameter]
    [Alias("HostName")]
    [ValidateNotNullOrEmpty]
    public string ComputerName { get; set; } = "127.0.0.1";

    [Parameter]
    [ValidateRange(1, 65535)]
    public int Port { get; set; }

    /// <summary>Instead of a connection: a stream of both directions.</summary>
    [Parameter]
    [ValidateNotNull]
    public Stream? Stream { get; set; }

    /// <summary>Instead of a connection: what comes from the receiver.</summary>
    [Parameter]
    [ValidateNotNull]
    public Stream? InputStream { get; set; }

    /// <summary>Instead of a connection: what goes to the receiver.</summary>
    [Parameter]
    [ValidateNotNull]
    public Stream? OutputStream { get; set; }

    /// <summary>What the receiver knows as well.</summary>
    [Parameter]
    [SecretTransformation]
    public SecureString? Secret { get; set; }

    /// <summary>This end's certificate, with its private key.</summary>
    [Parameter]
    [ValidateNotNull]
    public X509Certificate2? Certificate { get; set; }

    /// <summary>Whose certificates are taken from the receiver; its own alone unless given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public X509Certificate2[]? TrustedCertificate { get; set; }

    /// <summary>Seconds.</summary>
    [Parameter]
    [ValidateRange(0.001d, 2_000_000d)]
    public double Timeout { get; set; }

    /// <summary>Images that go ahead while the machine runs, so that it stands still only for what has changed since.</summary>
    [Parameter]
    [ValidateRange(1, 16)]
    public int PreCopy { get; set; }

    /// <summary>Where the token is kept until the receiver says that the machine runs.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? RecordPath { get; set; }

    /// <summary>Gives a job at once, in which the work goes on.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    readonly HashSet<CrMachine> moved = [];

    protected override void BeginProcessing()
    {
        int ways = (Port > 0 ? 1 : 0) + (Stream is not null ? 1 : 0) + (InputStream is not null || OutputStream is not null ? 1 : 0);
        if (ways != 1 || InputStream is null != OutputStream is null)
            Fail(new CrException("ParameterConflict", ErrorCategory.InvalidArgument, "A machine is moved by one way: -Port, -Stream, or -InputStream with -OutputStream.", "Give one of them."), null);
        if (Link.Conflict(Secret, Certificate, TrustedCertificate) is { } conflict) Fail(conflict, null);
    }

    protected override void Process(CrTask task)
    {
        // The other tasks of a machine go with the first.
        if (moved.Contains(task.Machine)) return;
        if (!ShouldProcess(task.Label, $"Move its machine to {Destination}, and end it here")) return;
        Lifecycle.RequireAlive(task);
        string? record = RecordPath is null ? Link.NewRecordPath() : ResolveNew(RecordPath);
        using var progress = new ByteProgress(this, $"Moving {task.Label} to {Destination}", BytesOf(task));
        var sender = new MachineSender { Protection = Link.Of(Secret, Certificate, TrustedCertificate), RecordPath = record, Rounds = PreCopy, Timeout = Timeout > 0 ? TimeSpan.FromSeconds(Timeout) : null, Progress = progress };
        try
        {
            var result = Port > 0 ? sender.Send(task.Task, ComputerName, Port, Cancellation) : sender.Send(task.Task, Stream ?? new TwoWayStream(InputStream!, OutputStream!), Cancellation);
            moved.Add(task.Machine);
            task.Machine.MovedTo = Destination;
            Tell($"{task.Machine} went to {Destination}: {result.Pages:n0} pages, {result.Bytes:n0} bytes in {result.Duration.TotalMilliseconds:0} ms, of which it stood still for {result.Pause.TotalMilliseconds:0.0} ms.");
            WriteObject(new CrMove
            {
                Name = task.Name,
                TaskId = task.Id,
                MachineId = task.MachineId,
                Destination = Destination,
                Rounds = result.Rounds,
                Bytes = result.Bytes,
                RoundBytes = result.RoundBytes,
                PagesStored = result.Pages,
                Pause = result.Pause,
                Duration = result.Duration,
            });
        }
        catch (SocketException exception)
        {
            throw new CrException("ConnectionFailed", ErrorCategory.ConnectionError, $"{Destination} cannot be reached: {exception.Message}.", "Start Receive-CrMachine at the other end first, and check the name, the port and what lies between.", exception);
        }
        catch (TransferException exception) when (exception.IsGivenUp)
        {
            moved.Add(task.Machine);
            task.Machine.MovedTo = $"{Destination} (not confirmed)";
            throw new CrException("MoveUncertain", ErrorCategory.ConnectionError, $"{exception.Message} It is {Convert.ToHexStringLower(exception.Token.Span)}{(record is null ? "" : $", and is kept in '{record}'")}.",
                "Look at the receiver. If it says that it holds the machine, Receive-CrMachine -Token (or -TokenPath with the record) lets it go on there.", exception);
        }
    }

    /// <summary>About as much as its image has.</summary>
    static long BytesOf(CrTask task) => task.Machine.Kernel.Account.Used * 4096;

    string Destination => Port > 0 ? $"{ComputerName}:{Port}" : "the other end of a stream";
}
