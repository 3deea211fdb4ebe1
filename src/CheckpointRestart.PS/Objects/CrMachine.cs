using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.PS.Runtime;
using KernelTask = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.PS.Objects;

/// <summary>A machine: one virtual CPU with its kernel, its files and its tasks.</summary>
public sealed class CrMachine
{
    internal CrMachine(int id, Machine machine, RootOptions? root)
    {
        Id = id;
        Kernel = machine;
        RootOptions = root;
        Output = new OutputReader(machine.Streams, StreamKind.Output);
        Error = new OutputReader(machine.Streams, StreamKind.Error);
    }

    /// <summary>A serial number of this PowerShell process.</summary>
    public int Id { get; }

    public MachineState State => Kernel.State;

    /// <summary>The name that the guest has for its host (uname -n).</summary>
    public string HostName => Kernel.Version.NodeName;

    /// <summary>Of a machine made from an image: ports that the saved one had published and that were not published again, as guest:host.</summary>
    public IReadOnlyList<string> UnpublishedPorts => Kernel.UnpublishedPorts.Select(static port => $"{port.GuestPort}:{port.HostPort}").ToArray();

    /// <summary>Instructions that all tasks together have retired.</summary>
    public ulong Instructions => Kernel.RetiredInstructions;

    /// <summary>Real or Virtual.</summary>
    public ClockKind Clock => Kernel.Options.Clock;

    /// <summary>The seed of the guest's random numbers.</summary>
    public ulong Seed => Kernel.Options.Seed;

    /// <summary>The processor model: i586, i686, pentium4 or max.</summary>
    public string Cpu => Kernel.Options.Cpu.Name;

    /// <summary>What runs the guest's code: Window, Tables or Interpreter.</summary>
    public CpuEngine Engine => Kernel.Processor.Engine;

    /// <summary>Why -Engine Auto took no faster engine; null when it took the fastest.</summary>
    public string? EngineReason => Kernel.Options.Engine != CpuEngine.Auto ? null : Engine switch
    {
        CpuEngine.Interpreter => Processor.TranslationRefusal,
        CpuEngine.Tables => Processor.WindowRefusal,
        _ => null,
    };

    /// <summary>What uname -r says.</summary>
    public string Release => Kernel.Version.Release;

    /// <summary>The host directory or tar file that the guest sees as its root, or the only program in it.</summary>
    public string? Root => RootOptions?.HostDirectory ?? RootOptions?.Archive?.Path ?? RootOptions?.HostProgram;

    /// <summary>True when the guest writes to the host directory itself.</summary>
    public bool RootWritable => RootOptions?.Writable ?? false;

    /// <summary>The tasks that live, and those that have ended and were not removed.</summary>
    public IReadOnlyList<CrTask> Tasks => Registry.Tasks().Where(task => task.Machine == this).ToArray();

    /// <summary>Why the machine has ended, when that was an error of its own; or why it is frozen for good: memory that it touched could not be read from its image.</summary>
    public Exception? Failure => Kernel.Failure ?? Kernel.Loss;

    /// <summary>Pages of memory that are still to be read from the image that the machine was restored from.</summary>
    public long PendingPages => Kernel.PendingPages;

    /// <summary>Where the machine went on, when Move-CrTask has moved it; else null.</summary>
    public string? MovedTo { get; internal set; }

    internal Machine Kernel { get; }

    /// <summary>The task that it was started or restored with; null before it is.</summary>
    internal KernelTask? First { get; set; }

    internal RootOptions? RootOptions { get; }

    internal OutputReader Output { get; }

    internal OutputReader Error { get; }

    /// <inheritdoc/>
    public override string ToString() => $"machine {Id}";
}
