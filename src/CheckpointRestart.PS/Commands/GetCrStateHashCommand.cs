using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Gets one hash over the contents of a task, a machine or an image: equal states have equal hashes.</summary>
[Cmdlet(VerbsCommon.Get, "CrStateHash", DefaultParameterSetName = PathSet), OutputType(typeof(CrStateHash))]
public sealed class GetCrStateHashCommand : InspectFilesCommand
{
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = "Machine")]
    [ValidateNotNullOrEmpty]
    public CrMachine[]? Machine { get; set; }

    [Parameter]
    public StateHashScope Scope { get; set; }

    private protected override void Inspect(Subject subject) => WriteObject(new CrStateHash(subject.Hash(Scope, Files), Scope, subject.Label));

    private protected override void InspectOther()
    {
        foreach (var machine in Machine!) Try(machine, () => WriteObject(new CrStateHash(StateHash.Compute(machine.Kernel, Scope), Scope, machine.ToString())));
    }
}
