using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint.Editing;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Sets a variable of the environment that a program was started with, in frozen tasks or in copies of images.</summary>
[Cmdlet(VerbsCommon.Set, "CrEnvironment", SupportsShouldProcess = true, DefaultParameterSetName = TaskCommand.TaskSet), OutputType(typeof(Objects.CrTask), typeof(Objects.CrCheckpoint))]
public sealed class SetCrEnvironmentCommand : ChangeCommand
{
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    [ValidatePattern("^[^=\\0]+$")]
    [ArgumentCompleter(typeof(VariableCompleter))]
    public new string Name { get; set; } = "";

    /// <summary>The names of tasks: -Name is a variable's.</summary>
    [Parameter(Mandatory = true, ParameterSetName = NameSet)]
    [ArgumentCompleter(typeof(TaskNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? TaskName { get => base.Name; set => base.Name = value; }

    [Parameter(Position = 1)]
    [AllowEmptyString]
    public string? Value { get; set; }

    /// <summary>Takes the variable away.</summary>
    [Parameter]
    public SwitchParameter Remove { get; set; }

    protected override string Action => Remove ? $"Take {Name} out of the environment" : $"Set {Name} to '{Value}' in the environment";

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (Remove == Has(nameof(Value)))
            Fail(new CrException("ValueOrRemove", ErrorCategory.InvalidArgument, "A variable gets a value, or is taken away.", "Give one of -Value and -Remove."), Name);
        if (Value?.Contains('\0') == true)
            Fail(new CrException("InvalidEnvironmentValue", ErrorCategory.InvalidArgument, "A value ends at its first NUL, and this one has one in it.", "Give a value without."), Name);
    }

    private protected override StateChange ChangeOf(int pid) => new EnvironmentChange(pid, Name, Remove ? null : Value);
}
