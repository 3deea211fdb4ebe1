using System.Management.Automation;
using System.Text;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>A cmdlet that makes machines: what the guest sees, and its limits.</summary>
public abstract class MachineCommand : CrCommand
{
    [Parameter]
    [RootTransformation]
    public CrRoot? Root { get; set; }

    [Parameter]
    public SwitchParameter RootWritable { get; set; }

    /// <summary>Guest path.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RootPathCompleter))]
    public string? InputPath { get; set; }

    /// <summary>The exact text of standard input.</summary>
    [Parameter]
    [AllowEmptyString]
    public string? InputText { get; set; }

    /// <summary>Guest path.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RootPathCompleter))]
    public string? OutputPath { get; set; }

    /// <summary>Guest path.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RootPathCompleter))]
    public string? ErrorPath { get; set; }

    [Parameter]
    [EncodingTransformation]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public Encoding Encoding { get; set; } = new UTF8Encoding(false);

    [Parameter]
    public ClockKind Clock { get; set; }

    [Parameter]
    public ulong Seed { get; set; }

    /// <summary>The processor model.</summary>
    [Parameter]
    [ValidateSet("i586", "i686", "pentium4", "max")]
    public string Cpu { get; set; } = "max";

    /// <summary>What runs the guest's code.</summary>
    [Parameter]
    public CpuEngine Engine { get; set; }

    [Parameter]
    public SwitchParameter Suspended { get; set; }

    [Parameter]
    public SwitchParameter NoGuestCheckpoint { get; set; }

    [Parameter]
    public SwitchParameter KeepStateHash { get; set; }

    /// <summary>Bytes.</summary>
    [Parameter]
    [ValidateRange(1L << 20, 1L << 40)]
    public long MemoryLimit { get; set; } = 1L << 30;

    [Parameter]
    [ValidateRange(1, 32000)]
    public int TaskLimit { get; set; } = 512;

    [Parameter]
    [ValidateRange(3, 1 << 20)]
    public int DescriptorLimit { get; set; } = new MachineOptions().Descriptors;

    /// <summary>Bytes.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long FileLimit { get; set; } = 1L << 30;

    /// <summary>Bytes.</summary>
    [Parameter]
    [ValidateRange(4096, 1 << 30)]
    public int StreamLimit { get; set; } = MachineStreams.DefaultLimit;

    /// <summary>What the parameters say of a machine's root; null when they say nothing.</summary>
    private protected RootOptions? RootFrom(string? program)
    {
        if (Root is null && program is null) return null;
        return (Root is null ? new RootOptions { HostProgram = program } : ResolveRoot(Root)) with
        {
            Writable = RootWritable,
            OverlayLimit = FileLimit,
        };
    }

    private protected static CrException InputTooLong(CrTask task) =>
        new("InputTooLong", ErrorCategory.LimitsExceeded, $"The input is longer than the stream of {task.Label}, which holds {task.Machine.Kernel.Streams.Limit} bytes.", "Give a larger -StreamLimit, or send the input with Send-CrTask.");

    /// <summary>The host's second processor gets ready to run guest code while roots and images are opened here.</summary>
    protected override void BeginProcessing() => KernelRehearsal.Begin(Engine);

    CpuEngine CheckedEngine => RefusalOf(Engine) is { } refusal ? throw refusal : Engine;

    /// <summary>A machine's options with what was given by parameters in the place of what was there.</summary>
    private protected MachineOptions Apply(MachineOptions options) => options with
    {
        Clock = Has(nameof(Clock)) ? Clock : options.Clock,
        Seed = Has(nameof(Seed)) ? Seed : options.Seed,
        Cpu = Has(nameof(Cpu)) ? CpuModel.Find(Cpu)! : options.Cpu,
        Engine = Has(nameof(Engine)) ? CheckedEngine : options.Engine,
        MemoryLimit = Has(nameof(MemoryLimit)) ? MemoryLimit : options.MemoryLimit,
        MaximumTasks = Has(nameof(TaskLimit)) ? TaskLimit : options.MaximumTasks,
        Descriptors = Has(nameof(DescriptorLimit)) ? DescriptorLimit : options.Descriptors,
        MaximumDescriptors = Has(nameof(DescriptorLimit)) ? DescriptorLimit : options.MaximumDescriptors,
        StreamLimit = Has(nameof(StreamLimit)) ? StreamLimit : options.StreamLimit,
        GuestCheckpoint = options.GuestCheckpoint && !NoGuestCheckpoint,
    };
}
