using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint.Editing;

namespace CheckpointRestart.PS.Commands;

/// <summary>Names frozen tasks, or tasks in copies of images.</summary>
[Cmdlet(VerbsCommon.Set, "CrTask", SupportsShouldProcess = true, DefaultParameterSetName = TaskCommand.TaskSet), OutputType(typeof(Objects.CrTask), typeof(Objects.CrCheckpoint))]
public sealed class SetCrTaskCommand : ChangeCommand
{
    /// <summary>At most 15 bytes.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNull]
    [AllowEmptyString]
    public string NewName { get; set; } = "";

    protected override string Action => $"Name '{NewName}'";

    private protected override StateChange ChangeOf(int pid) => new NameChange(pid, NewName);
}
