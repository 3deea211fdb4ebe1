using System.Management.Automation;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Gets descriptors.</summary>
[Cmdlet(VerbsCommon.Get, "CrFileDescriptor", DefaultParameterSetName = PathSet), OutputType(typeof(CrFileDescriptor))]
public sealed class GetCrFileDescriptorCommand : InspectCommand
{
    /// <summary>Only these.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    [ArgumentCompleter(typeof(DescriptorCompleter))]
    public int[]? Number { get; set; }

    private protected override void Inspect(Subject subject) =>
        WriteObject(subject.Descriptors().Where(descriptor => Number is null || Number.Contains(descriptor.Number)), enumerateCollection: true);
}
