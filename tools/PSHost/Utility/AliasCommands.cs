namespace Microsoft.PowerShell.Commands;

/// <summary>Get-Alias: by name, or by the command that it stands for.</summary>
[Cmdlet(VerbsCommon.Get, "Alias", DefaultParameterSetName = "Default"), StandIn(UtilityModule), OutputType(typeof(AliasInfo))]
public sealed class GetAliasCommand : StandInCmdlet
{
    [Parameter(ParameterSetName = "Default", Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)] public string[] Name { get; set; } = ["*"];
    [Parameter(ParameterSetName = "Definition")] public string[]? Definition { get; set; }
    [Parameter] public string[] Exclude { get; set; } = [];
    [Parameter] public string? Scope { get; set; }

    protected override void ProcessRecord()
    {
        var table = (IDictionary<string, AliasInfo>)(Scope is null
            ? EngineInternals.CallSessionState(SessionState, "GetAliasTable")!
            : EngineInternals.CallSessionState(SessionState, "GetAliasTableAtScope", Scope)!);
        foreach (var wanted in Definition ?? Name)
        {
            var pattern = new WildcardPattern(wanted, WildcardOptions.IgnoreCase);
            var found = table.Values
                .Where(a => pattern.IsMatch(Definition is null ? a.Name : a.Definition ?? ""))
                .Where(a => !Array.Exists(Exclude, p => new WildcardPattern(p, WildcardOptions.IgnoreCase).IsMatch(a.Name)))
                .OrderBy(static a => a.Name, StringComparer.OrdinalIgnoreCase).ToList();
            if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(wanted))
                WriteError(new ErrorRecord(new ItemNotFoundException($"This command cannot find a matching alias because an alias with the {(Definition is null ? "name" : "definition")} '{wanted}' does not exist."), "ItemNotFoundException", ErrorCategory.ObjectNotFound, wanted));
            WriteObject(found, enumerateCollection: true);
        }
    }
}

/// <summary>Base of Set-Alias and New-Alias.</summary>
public abstract class WriteAliasCommandBase : StandInCmdlet
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)] public string Name { get; set; } = "";
    [Parameter(Position = 1, Mandatory = true, ValueFromPipelineByPropertyName = true)] public string Value { get; set; } = "";
    [Parameter] public string Description { get; set; } = "";
    [Parameter] public ScopedItemOptions Option { get; set; }
    [Parameter] public SwitchParameter PassThru { get; set; }
    [Parameter] public string? Scope { get; set; }
    [Parameter] public SwitchParameter Force { get; set; }

    private protected void Store()
    {
        var alias = (AliasInfo)Activator.CreateInstance(typeof(AliasInfo), System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic, null, [Name, Value, EngineInternals.ContextOf(SessionState), Option], null)!;
        alias.Description = Description;
        try
        {
            var result = Scope is null
                ? EngineInternals.CallSessionState(SessionState, "SetAliasItem", alias, (bool)Force, CommandOrigin)
                : EngineInternals.CallSessionState(SessionState, "SetAliasItemAtScope", alias, Scope, (bool)Force, CommandOrigin);
            if (PassThru) WriteObject(result);
        }
        catch (SessionStateException e)
        {
            WriteError(new ErrorRecord(e.ErrorRecord, e));
        }
    }
}

/// <summary>Set-Alias.</summary>
[Cmdlet(VerbsCommon.Set, "Alias", SupportsShouldProcess = true), StandIn(UtilityModule), OutputType(typeof(AliasInfo))]
public sealed class SetAliasCommand : WriteAliasCommandBase
{
    protected override void ProcessRecord()
    {
        if (ShouldProcess($"Name: {Name} Value: {Value}", "Set Alias")) Store();
    }
}

/// <summary>New-Alias.</summary>
[Cmdlet(VerbsCommon.New, "Alias", SupportsShouldProcess = true), StandIn(UtilityModule), OutputType(typeof(AliasInfo))]
public sealed class NewAliasCommand : WriteAliasCommandBase
{
    protected override void ProcessRecord()
    {
        if (!ShouldProcess($"Name: {Name} Value: {Value}", "New Alias")) return;
        if (!Force && EngineInternals.CallSessionState(SessionState, "GetAliasAtScope", Name, Scope ?? "0") is not null)
            WriteError(new ErrorRecord(new SessionStateException($"The alias is not allowed, because an alias with the name '{Name}' already exists."), "AliasAlreadyExists", ErrorCategory.ResourceExists, Name));
        else Store();
    }
}

/// <summary>Remove-Alias.</summary>
[Cmdlet(VerbsCommon.Remove, "Alias"), StandIn(UtilityModule)]
public sealed class RemoveAliasCommand : StandInCmdlet
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)] public string[] Name { get; set; } = [];
    [Parameter] public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var name in Name)
        {
            if (EngineInternals.CallSessionState(SessionState, "GetAlias", name) is null)
                WriteError(new ErrorRecord(new ItemNotFoundException($"This command cannot find a matching alias because an alias with the name '{name}' does not exist."), "ItemNotFoundException", ErrorCategory.ObjectNotFound, name));
            else EngineInternals.CallSessionState(SessionState, "RemoveAlias", name, (bool)Force);
        }
    }
}
