using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint.Editing;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Sets a register of frozen tasks, or of copies of images.</summary>
[Cmdlet(VerbsCommon.Set, "CrRegister", SupportsShouldProcess = true, DefaultParameterSetName = TaskCommand.TaskSet), OutputType(typeof(CrTask), typeof(CrCheckpoint))]
public sealed class SetCrRegisterCommand : ChangeCommand
{
    [Parameter(Mandatory = true, Position = 0)]
    [ArgumentCompleter(typeof(RegisterCompleter))]
    [ValidateNotNullOrEmpty]
    public new string Name { get; set; } = "";

    /// <summary>The names of tasks: -Name is a register's.</summary>
    [Parameter(Mandatory = true, ParameterSetName = NameSet)]
    [ArgumentCompleter(typeof(TaskNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? TaskName { get => base.Name; set => base.Name = value; }

    /// <summary>A number, text, bytes, or the lanes of an XMM register.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNull]
    public object Value { get; set; } = 0;

    RegisterName register = null!;
    byte[] bytes = [];

    protected override string Action => $"Set {register.Name} to {RegisterValue.Format(bytes)}";

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (RegisterAccess.Find(Name) is not { } found)
        {
            Fail(new CrException("RegisterNotFound", ErrorCategory.ObjectNotFound, $"There is no register '{Name}' that could be set.", "Registers have Intel's names, such as eax, eip, eflags, st0, xmm0; Get-CrRegister -All shows them."), Name);
            return;
        }
        register = found;
        if (RegisterValue.Parse(register, Value) is { } parsed) bytes = parsed;
        else Fail(new CrException("InvalidRegisterValue", ErrorCategory.InvalidArgument, $"'{RegisterValue.Show(Value)}' is no value for {register.Name}: give {RegisterValue.Expected(register)}.", "Get-Help Set-CrRegister -Parameter Value says what each register takes."), Value);
    }

    private protected override StateChange ChangeOf(int pid) => new RegisterChange(pid, register, bytes);
}
