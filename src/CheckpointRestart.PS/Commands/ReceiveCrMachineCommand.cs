using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Moving;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;
using CheckpointRestart.PS.Runtime.Moving;

namespace CheckpointRestart.PS.Commands;

/// <summary>Waits for a machine that Move-CrTask sends, and lets it go on here.</summary>
[Cmdlet(VerbsCommunications.Receive, "CrMachine", SupportsShouldProcess = true, DefaultParameterSetName = PortSet), OutputType(typeof(CrTask))]
public sealed class ReceiveCrMachineCommand : CrCommand
{
    const string PortSet = "Port", StreamSet = "Stream", TwoStreamsSet = "TwoStreams", TokenSet = "Token", TokenPathSet = "TokenPath";

    /// <summary>0 for a free one.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PortSet)]
    [ValidateRange(0, 65535)]
    public int Port { get; set; }

    /// <summary>Where to listen; this host alone unless a secret or a certificate is given.</summary>
    [Parameter(ParameterSetName = PortSet)]
    [ValidateNotNull]
    public IPAddress? Address { get; set; }

    /// <summary>A stream of both directions.</summary>
    [Parameter(Mandatory = true, ParameterSetName = StreamSet)]
    [ValidateNotNull]
    public Stream? Stream { get; set; }

    /// <summary>What comes from the sender.</summary>
    [Parameter(Mandatory = true, ParameterSetName = TwoStreamsSet)]
    [ValidateNotNull]
    public Stream? InputStream { get; set; }

    /// <summary>What goes to the sender.</summary>
    [Parameter(Mandatory = true, ParameterSetName = TwoStreamsSet)]
    [ValidateNotNull]
    public Stream? OutputStream { get; set; }

    /// <summary>Lets a machine go on that is held here.</summary>
    [Parameter(Mandatory = true, ParameterSetName = TokenSet)]
    [ValidatePattern("^\\s*[0-9A-Fa-f]{64}\\s*$")]
    public string? Token { get; set; }

    /// <summary>As -Token, from the sender's record.</summary>
    [Parameter(Mandatory = true, ParameterSetName = TokenPathSet)]
    [ValidateNotNullOrEmpty]
    public string? TokenPath { get; set; }

    /// <summary>What the sender knows as well.</summary>
    [Parameter(ParameterSetName = PortSet)]
    [Parameter(ParameterSetName = StreamSet)]
    [Parameter(ParameterSetName = TwoStreamsSet)]
    [SecretTransformation]
    public SecureString? Secret { get; set; }

    /// <summary>This end's certificate, with its private key.</summary>
    [Parameter(ParameterSetName = PortSet)]
    [Parameter(ParameterSetName = StreamSet)]
    [Parameter(ParameterSetName = TwoStreamsSet)]
    [ValidateNotNull]
    public X509Certificate2? Certificate { get; set; }

    /// <summary>Whose certificates are taken from senders; its own alone unless given.</summary>
    [Parameter(ParameterSetName = PortSet)]
    [Parameter(ParameterSetName = StreamSet)]
    [Parameter(ParameterSetName = TwoStreamsSet)]
    [ValidateNotNullOrEmpty]
    public X509Certificate2[]? TrustedCertificate { get; set; }

    /// <summary>Seconds.</summary>
    [Parameter(ParameterSetName = PortSet)]
    [Parameter(ParameterSetName = StreamSet)]
    [Parameter(ParameterSetName = TwoStreamsSet)]
    [ValidateRange(0.001d, 2_000_000d)]
    public double Timeout { get; set; }

    /// <summary>Gives a job that receives.</summary>
    [Parameter(ParameterSetName = PortSet)]
    [Parameter(ParameterSetName = StreamSet)]
    [Parameter(ParameterSetName = TwoStreamsSet)]
    public SwitchParameter AsJob { get; set; }

    [Parameter]
    [RootTransformation]
    public CrRoot? Root { get; set; }

    [Parameter]
    public SwitchParameter RootWritable { get; set; }

    /// <summary>The host file of a program that was started without a root.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? FilePath { get; set; }

    /// <summary>Takes files of the root as they are now.</summary>
    [Parameter]
    public SwitchParameter AllowChangedFiles { get; set; }

    /// <summary>What runs the guest's code.</summary>
    [Parameter]
    public CpuEngine Engine { get; set; }

    /// <summary>Leaves the machine frozen.</summary>
    [Parameter]
    public SwitchParameter Suspended { get; set; }

    /// <summary>guest:host, or guest alone.</summary>
    [Parameter(ParameterSetName = PortSet)]
    [Parameter(ParameterSetName = StreamSet)]
    [Parameter(ParameterSetName = TwoStreamsSet)]
    [ValidatePattern("^[0-9]{1,5}(:[0-9]{1,5})?$")]
    public string[]? PublishPort { get; set; }

    /// <summary>Publishes the ports that the machine had published where it comes from.</summary>
    [Parameter(ParameterSetName = PortSet)]
    [Parameter(ParameterSetName = StreamSet)]
    [Parameter(ParameterSetName = TwoStreamsSet)]
    public SwitchParameter PublishSamePorts { get; set; }

    PortsToPublish ports = new([], areTheSame: false);

    protected override void BeginProcessing()
    {
        try
        {
            ports = new PortsToPublish([.. (PublishPort ?? []).Select(PortPublishing.Parse)], PublishSamePorts);
        }
        catch (CrException wrong)
        {
            Fail(wrong, PublishPort);
        }
        if (Link.Conflict(Secret, Certificate, TrustedCertificate) is { } conflict) Fail(conflict, null);
        RequireOneRoot(Root, FilePath);
        if (Address is not null && !IPAddress.IsLoopback(Address) && Secret is null && Certificate is null)
            Fail(new CrException("ListenNeedsSecret", ErrorCategory.SecurityError, $"Whoever reaches {Address} could send a machine.", "Give -Secret or -Certificate, or leave -Address out to listen for this host alone."), Address);
        if (RefusalOf(Engine) is { } refusal) Fail(refusal, Engine);
    }

    protected override void ProcessRecord() => Try(ParameterSetName == PortSet ? Port : null, () =>
    {
        switch (ParameterSetName)
        {
            case TokenSet: ReleaseHeld(Token!); break;
            case TokenPathSet: ReleaseHeld(File.ReadAllText(ResolveExisting(TokenPath!, literal: true)[0])); break;
            case PortSet: Listen(); break;
            default:
                if (ShouldProcess("stream", "Receive a machine")) Run(ReceiveWork.From(Stream ?? new TwoWayStream(InputStream!, OutputStream!), Protection, Most, Options(), ports));
                break;
        }
    });

    LinkProtection Protection => Link.Of(Secret, Certificate, TrustedCertificate);

    TimeSpan? Most => Timeout > 0 ? TimeSpan.FromSeconds(Timeout) : null;

    void Listen()
    {
        var protection = Protection;
        var address = Address ?? (protection.IsNone ? IPAddress.Loopback : IPAddress.Any);
        if (!ShouldProcess($"{address}:{Port}", "Listen for a machine")) return;
        Run(ReceiveWork.From(Begin(new IPEndPoint(address, Port), protection), Most, Options(), ports));
    }

    static MachineListener Begin(IPEndPoint at, LinkProtection protection)
    {
        try
        {
            return new MachineListener(at, protection);
        }
        catch (SocketException refused)
        {
            bool isAddress = refused.SocketErrorCode == SocketError.AddressNotAvailable;
            throw new CrException("PortNotAvailable", ErrorCategory.ResourceUnavailable, $"{at} cannot be listened on: {refused.Message}", isAddress ? "Give -Address an address of this host, or leave it out." : "Take another port, or 0 for a free one.", refused);
        }
    }

    /// <summary>How a machine is made of what comes.</summary>
    RestoreOptions Options()
    {
        var root = FilesOf(Root, FilePath);
        return new RestoreOptions
        {
            Root = root is null ? null : root with { Writable = RootWritable },
            AllowChangedFiles = AllowChangedFiles,
            Suspended = Suspended,
            Beginning = ports.Publish,
            Machine = Has(nameof(Engine)) ? new Core.Kernel.MachineOptions { Engine = Engine } : null,
        };
    }

    void Run(ReceiveWork work)
    {
        if (AsJob)
        {
            var job = new CrReceiveJob(work, MyInvocation.Line);
            JobRepository.Add(job);
            job.Start();
            WriteObject(job);
            return;
        }
        const int Activity = 335;
        if (work.EndPoint is { } at)
        {
            WriteVerbose($"Listening on {at}.");
            WriteInformation(at, ["CrEndPoint"]);
            WriteProgress(new ProgressRecord(Activity, "Waiting for a machine", $"Listening on {at}"));
        }
        try
        {
            var tasks = work.Run(WriteWarning, Cancellation);
            TellOf(work.Ports, tasks);
            WriteObject(tasks, enumerateCollection: true);
        }
        finally
        {
            if (work.EndPoint is not null) WriteProgress(new ProgressRecord(Activity, "Waiting for a machine", "Done") { RecordType = ProgressRecordType.Completed });
        }
    }

    void ReleaseHeld(string text)
    {
        byte[] token = text.Trim() is { Length: 64 } hex && hex.All(char.IsAsciiHexDigit) ? Convert.FromHexString(hex)
            : throw new CrException("InvalidToken", ErrorCategory.InvalidData, "A token is 64 hexadecimal digits.", "Give what Move-CrTask said, or the path of its record.");
        if (!ShouldProcess("the machine that is held for this token", "Let it go on")) return;
        var tasks = HeldMachines.Release(token, Suspended, out var published);
        TellOf(published, tasks);
        WriteObject(tasks, enumerateCollection: true);
    }

    void TellOf(PortsToPublish published, IReadOnlyList<CrTask> tasks)
    {
        foreach (var taken in published.TakeFailures()) WriteError(Errors.Find(taken, tasks[0])!);
    }
}
