using System.Management.Automation;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Completion;

/// <summary>Takes a root: one that New-CrRoot has made, or the path of a directory or a tar file.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RootTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value switch
        {
            CrRoot root => root,
            FileSystemInfo file => new CrRoot(file.FullName),
            string { Length: > 0 } path => new CrRoot(path),
            _ => throw new ArgumentTransformationMetadataException($"'{value}' is no root: give a directory, a tar file, or what New-CrRoot has made."),
        };
    }
}
