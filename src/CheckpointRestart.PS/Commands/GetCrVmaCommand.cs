using System.Management.Automation;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Gets the regions of an address space.</summary>
[Cmdlet(VerbsCommon.Get, "CrVma", DefaultParameterSetName = PathSet), OutputType(typeof(CrVma))]
public sealed class GetCrVmaCommand : InspectCommand
{
    /// <summary>Only the region that holds this address.</summary>
    [Parameter]
    [AddressTransformation]
    [ArgumentCompleter(typeof(AddressCompleter))]
    public uint Address { get; set; }

    private protected override void Inspect(Subject subject)
    {
        bool one = MyInvocation.BoundParameters.ContainsKey(nameof(Address));
        WriteObject(subject.Vmas().Where(vma => !one || (Address >= vma.Start && Address < vma.End)), enumerateCollection: true);
    }
}
