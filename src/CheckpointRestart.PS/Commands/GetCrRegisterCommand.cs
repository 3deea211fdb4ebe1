using System.Management.Automation;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Gets registers: all as one object, or some by name, each as an object.</summary>
[Cmdlet(VerbsCommon.Get, "CrRegister", DefaultParameterSetName = PathSet), OutputType(typeof(CrRegisters), typeof(CrRegister))]
public sealed class GetCrRegisterCommand : InspectCommand
{
    [Parameter]
    [ArgumentCompleter(typeof(RegisterCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    private protected override void Inspect(Subject subject)
    {
        var registers = subject.Registers();
        if (Name is null)
        {
            WriteObject(registers);
            return;
        }
        foreach (string name in Name)
        {
            var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
            var found = registers.Each().Where(register => pattern.IsMatch(register.Name)).ToArray();
            WriteObject(found, enumerateCollection: true);
            if (found.Length == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
                WriteError(Errors.Find(new CrException("RegisterNotFound", ErrorCategory.ObjectNotFound, $"There is no register '{name}'.", "Registers have Intel's names, such as eax, eip, eflags; without -Name all are shown."), name)!);
        }
    }
}
