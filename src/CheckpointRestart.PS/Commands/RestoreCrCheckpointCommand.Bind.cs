using System.Collections;
using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint.External;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <content>What a restored machine is connected with.</content>
public sealed partial class RestoreCrCheckpointCommand
{
    /// <summary>What takes the place of each end that led out of a saved subtree, by its name.</summary>
    [Parameter]
    [ValidateNotNull]
    public IDictionary? Bind { get; set; }

    /// <summary>guest:host, or guest alone.</summary>
    [Parameter]
    [ValidatePattern("^[0-9]{1,5}(:[0-9]{1,5})?$")]
    public string[]? PublishPort { get; set; }

    /// <summary>Publishes the ports again that the saved machine had published.</summary>
    [Parameter]
    public SwitchParameter PublishSamePorts { get; set; }

    Dictionary<string, BindTarget> Targets { get; } = new(StringComparer.Ordinal);

    void CheckBinding()
    {
        CheckHostNames();
        foreach (DictionaryEntry entry in Bind ?? new Hashtable())
        {
            string name = Convert.ToString(entry.Key, System.Globalization.CultureInfo.InvariantCulture) ?? "";
            if (TargetOf(entry.Value) is { } target) Targets[name] = target;
            else Fail(new CrException("InvalidBinding", ErrorCategory.InvalidArgument, $"'{name}' cannot be bound to '{entry.Value}'.", "Bind to a .NET stream, a guest path, 'stdin', 'stdout' or 'stderr', a descriptor of Get-CrFileDescriptor, or $null for a closed end."), Bind);
        }
        if (Count > 1 && Targets.Values.OfType<BindTarget.HostStream>().Any())
            Fail(new CrException("ParameterConflict", ErrorCategory.InvalidArgument, "Several copies cannot have one stream of the host.", "Restore them one by one, each with streams of its own."), Bind);
        if (Count > 1 && PublishSamePorts)
            Fail(new CrException("ParameterConflict", ErrorCategory.InvalidArgument, "Several copies cannot have the same ports of the host.", "Use -PublishPort with 0 for the host's port, or restore them one by one."), null);
    }

    static BindTarget? TargetOf(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        null => new BindTarget.Closed(),
        Stream stream => new BindTarget.HostStream(stream),
        "stdin" => new BindTarget.GuestFile(MachineStreams.PathOf(StreamKind.Input)),
        "stdout" => new BindTarget.GuestFile(MachineStreams.PathOf(StreamKind.Output)),
        "stderr" => new BindTarget.GuestFile(MachineStreams.PathOf(StreamKind.Error)),
        string path when path.StartsWith('/') => new BindTarget.GuestFile(path),
        CrFileDescriptor descriptor => new BindTarget.Descriptor(descriptor.Number),
        _ => null,
    };

    void Publish(Machine machine)
    {
        if (PublishSamePorts)
            foreach (var (guest, host) in machine.UnpublishedPorts) PortPublishing.Publish(machine, guest, host);
        PortPublishing.Publish(machine, PublishPort);
    }
}
