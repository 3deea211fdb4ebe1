using System.Management.Automation;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Gets the machines of this process.</summary>
[Cmdlet(VerbsCommon.Get, "CrMachine"), OutputType(typeof(CrMachine))]
public sealed class GetCrMachineCommand : CrCommand
{
    [Parameter(Position = 0)]
    [ArgumentCompleter(typeof(MachineIdCompleter))]
    public int[]? Id { get; set; }

    protected override void ProcessRecord()
    {
        var machines = Registry.Machines();
        if (Id is null)
        {
            WriteObject(machines, enumerateCollection: true);
            return;
        }
        foreach (int id in Id)
            Try(id, () => WriteObject(machines.FirstOrDefault(machine => machine.Id == id)
                ?? throw new CrException("MachineNotFound", ErrorCategory.ObjectNotFound, $"There is no machine with Id {id}.", "Get-CrMachine lists the machines.")));
    }
}
