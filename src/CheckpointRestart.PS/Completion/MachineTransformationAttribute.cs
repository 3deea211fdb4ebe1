using System.Management.Automation;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Completion;

/// <summary>Takes a machine: itself, a task in it, or its number.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class MachineTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        var machine = value switch
        {
            CrMachine given => given,
            CrTask task => task.Machine,
            int id => Registry.Machines().FirstOrDefault(found => found.Id == id),
            _ => null,
        };
        // An object that stands for a task is another parameter's.
        if (machine is null && inputData is PSObject { Properties: var properties } && properties["CrTaskId"] is not null) return inputData;
        return machine ?? throw new ArgumentTransformationMetadataException($"'{value}' is no machine: give a task, a machine or a machine's Id; Get-CrMachine lists them.");
    }
}
