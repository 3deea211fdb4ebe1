using System.Management.Automation;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Gets pages: of an image those that it stores, of a live task those that are present.</summary>
[Cmdlet(VerbsCommon.Get, "CrPage", DefaultParameterSetName = PathSet), OutputType(typeof(CrPage))]
public sealed class GetCrPageCommand : InspectCommand
{
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = "Vma")]
    [ValidateNotNullOrEmpty]
    public CrVma[]? Vma { get; set; }

    /// <summary>Only the page that holds this address.</summary>
    [Parameter]
    [AddressTransformation]
    [ArgumentCompleter(typeof(AddressCompleter))]
    public uint Address { get; set; }

    private protected override void Inspect(Subject subject)
    {
        foreach (var vma in subject.Vmas()) Write(vma);
    }

    private protected override void InspectOther()
    {
        foreach (var vma in Vma!) Try(vma, () => Write(vma));
    }

    void Write(CrVma vma)
    {
        bool one = MyInvocation.BoundParameters.ContainsKey(nameof(Address));
        if (one && (Address < vma.Start || Address >= vma.End)) return;
        foreach (var page in vma.Subject.Pages(vma))
        {
            Cancellation.ThrowIfCancellationRequested();
            if (!one || page.Address == (Address & ~0xfffu)) WriteObject(page);
        }
    }
}
