using System.Management.Automation;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Gets registers: as one object, or all or some by name, each as an object.</summary>
[Cmdlet(VerbsCommon.Get, "CrRegister", DefaultParameterSetName = PathSet), OutputType(typeof(CrRegisters), typeof(CrRegister))]
public sealed class GetCrRegisterCommand : InspectCommand
{
    [Parameter]
    [ArgumentCompleter(typeof(RegisterCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public new string[]? Name { get; set; }

    /// <summary>The names of tasks: -Name is that of registers.</summary>
    [Parameter(Mandatory = true, ParameterSetName = NameSet)]
    [ArgumentCompleter(typeof(TaskNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? TaskName { get => base.Name; set => base.Name = value; }

    /// <summary>Every register as an object.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (All && Name is not null) Fail(new CrException("AllAndName", ErrorCategory.InvalidArgument, "All registers, or some by name, but not both.", "Give -All or -Name."), Name);
    }

    private protected override void Inspect(Subject subject)
    {
        var registers = subject.Registers();
        if (All)
        {
            WriteObject(RegisterList.Of(registers), enumerateCollection: true);
            return;
        }
        if (Name is null)
        {
            WriteObject(registers);
            return;
        }
        foreach (string name in Name)
        {
            var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
            var found = RegisterList.Of(registers).Where(register => pattern.IsMatch(register.Name)).ToArray();
            WriteObject(found, enumerateCollection: true);
            if (found.Length == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
                WriteError(Errors.Find(new CrException("RegisterNotFound", ErrorCategory.ObjectNotFound, $"There is no register '{name}'.", "Registers have Intel's names, such as eax, eip, eflags, st0, xmm0; -All shows all of them."), name)!);
        }
    }
}
