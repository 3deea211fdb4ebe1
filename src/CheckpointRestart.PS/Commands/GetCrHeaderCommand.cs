using System.Management.Automation;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Gets the header of images, or the one that an image of a task would have now.</summary>
[Cmdlet(VerbsCommon.Get, "CrHeader", DefaultParameterSetName = PathSet), OutputType(typeof(CrHeader))]
public sealed class GetCrHeaderCommand : InspectCommand
{
    private protected override void Inspect(Subject subject) => WriteObject(subject.Header());
}
