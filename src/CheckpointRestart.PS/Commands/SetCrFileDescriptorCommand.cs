using System.Globalization;
using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint.Editing;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Gives a descriptor another regular file, in frozen tasks or in copies of images.</summary>
[Cmdlet(VerbsCommon.Set, "CrFileDescriptor", SupportsShouldProcess = true, DefaultParameterSetName = TaskCommand.TaskSet), OutputType(typeof(Objects.CrTask), typeof(Objects.CrCheckpoint))]
public sealed class SetCrFileDescriptorCommand : ChangeCommand
{
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateRange(0, int.MaxValue)]
    [ArgumentCompleter(typeof(DescriptorCompleter))]
    public int Number { get; set; }

    /// <summary>Guest path.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(SubjectPathCompleter))]
    public string GuestPath { get; set; } = "";

    /// <summary>Takes files of the root as they are now.</summary>
    [Parameter(ParameterSetName = CheckpointSet)]
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    [Parameter(ParameterSetName = ImageTaskSet)]
    public SwitchParameter AllowChangedFiles { get; set; }

    private protected override bool TakesChangedFiles => AllowChangedFiles;

    protected override string Action => string.Create(CultureInfo.InvariantCulture, $"Give descriptor {Number} the file '{GuestPath}'");

    private protected override StateChange ChangeOf(int pid) => new DescriptorChange(pid, Number, GuestPath);
}
