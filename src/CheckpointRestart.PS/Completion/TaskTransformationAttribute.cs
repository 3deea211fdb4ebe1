using System.Globalization;
using System.Management.Automation;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Completion;

/// <summary>Takes a task as an object or by its number.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class TaskTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        int? id = value is int number ? number : value is string text && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int parsed) ? parsed : null;
        if (id is not { } wanted) return inputData;
        return (object?)Registry.Find(wanted) ?? throw new ArgumentTransformationMetadataException($"There is no task with Id {wanted.ToString(CultureInfo.InvariantCulture)}; Get-CrTask lists the tasks.");
    }
}
