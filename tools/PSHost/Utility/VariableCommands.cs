namespace Microsoft.PowerShell.Commands;

/// <summary>Base of the variable cmdlets: names with wildcards, and scopes, which only the inner session state knows.</summary>
public abstract class VariableCommandBase : StandInCmdlet
{
    [Parameter, ValidateNotNullOrEmpty] public string? Scope { get; set; }

    private protected List<PSVariable> Find(string pattern, string[]? include = null, string[]? exclude = null)
    {
        var colon = pattern.IndexOf(':', StringComparison.Ordinal);
        var scope = Scope;
        if (colon > 0)
        {
            scope ??= pattern[..colon];
            if (scope.Equals("variable", StringComparison.OrdinalIgnoreCase)) scope = null;
            pattern = pattern[(colon + 1)..];
        }

        if (!WildcardPattern.ContainsWildcardCharacters(pattern))
        {
            var found = scope is null ? SessionState.PSVariable.Get(pattern) : (PSVariable?)EngineInternals.CallSessionState(SessionState, "GetVariableAtScope", pattern, scope);
            return found is null || !Wanted(found.Name, include, exclude) ? [] : [found];
        }

        var table = (IDictionary<string, PSVariable>)(scope is null
            ? EngineInternals.CallSessionState(SessionState, "GetVariableTable")!
            : EngineInternals.CallSessionState(SessionState, "GetVariableTableAtScope", scope)!);
        var wildcard = new WildcardPattern(pattern, WildcardOptions.IgnoreCase);
        return [.. table.Values.Where(v => wildcard.IsMatch(v.Name) && Wanted(v.Name, include, exclude)).OrderBy(static v => v.Name, StringComparer.OrdinalIgnoreCase)];
    }

    private static bool Wanted(string name, string[]? include, string[]? exclude) =>
        (include is not { Length: > 0 } || Array.Exists(include, p => new WildcardPattern(p, WildcardOptions.IgnoreCase).IsMatch(name)))
        && (exclude is null || !Array.Exists(exclude, p => new WildcardPattern(p, WildcardOptions.IgnoreCase).IsMatch(name)));

    private protected void NotFound(string name) =>
        WriteError(new ErrorRecord(new ItemNotFoundException($"Cannot find a variable with the name '{name}'."), "VariableNotFound", ErrorCategory.ObjectNotFound, name));

    private protected static bool IsPlain(string name) => !WildcardPattern.ContainsWildcardCharacters(name);

    private protected void Store(PSVariable variable, bool force)
    {
        if (Scope is null) EngineInternals.CallSessionState(SessionState, "SetVariable", variable, force, CommandOrigin);
        else EngineInternals.CallSessionState(SessionState, "SetVariableAtScope", variable, Scope, force, CommandOrigin);
    }
}

/// <summary>Get-Variable.</summary>
[Cmdlet(VerbsCommon.Get, "Variable"), StandIn(UtilityModule), OutputType(typeof(PSVariable))]
public sealed class GetVariableCommand : VariableCommandBase
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)] public string[] Name { get; set; } = ["*"];
    [Parameter] public SwitchParameter ValueOnly { get; set; }
    [Parameter] public string[] Include { get; set; } = [];
    [Parameter] public string[] Exclude { get; set; } = [];

    protected override void ProcessRecord()
    {
        foreach (var name in Name)
        {
            var found = Find(name, Include, Exclude);
            if (found.Count == 0 && IsPlain(name)) NotFound(name);
            foreach (var variable in found) WriteObject(ValueOnly ? variable.Value : variable);
        }
    }
}

/// <summary>Set-Variable.</summary>
[Cmdlet(VerbsCommon.Set, "Variable", SupportsShouldProcess = true), StandIn(UtilityModule), OutputType(typeof(PSVariable))]
public sealed class SetVariableCommand : VariableCommandBase
{
    private readonly List<object?> _values = [];
    private bool _bound;

    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)] public string[] Name { get; set; } = [];
    [Parameter(Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true), AllowNull] public object? Value { get; set; }
    [Parameter] public ScopedItemOptions? Option { get; set; }
    [Parameter] public SessionStateEntryVisibility? Visibility { get; set; }
    [Parameter] public string? Description { get; set; }
    [Parameter] public SwitchParameter Force { get; set; }
    [Parameter] public SwitchParameter PassThru { get; set; }
    [Parameter] public string[] Include { get; set; } = [];
    [Parameter] public string[] Exclude { get; set; } = [];

    protected override void ProcessRecord()
    {
        if (!MyInvocation.BoundParameters.ContainsKey("Value") && !MyInvocation.ExpectingInput) return;
        _bound = true;
        _values.Add(Value);
    }

    protected override void EndProcessing()
    {
        var value = !_bound ? null : !MyInvocation.ExpectingInput || _values.Count == 1 ? _values[0] : _values.ToArray();
        foreach (var name in Name)
        {
            if (!ShouldProcess($"Name: {name} Value: {value}", "Set variable")) continue;
            var found = IsPlain(name) ? [] : Find(name, Include, Exclude).ConvertAll(static v => v.Name);
            foreach (var one in IsPlain(name) ? [name] : found) SetOne(one, value);
        }
    }

    private void SetOne(string name, object? value)
    {
        var colon = name.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0)
        {
            Scope ??= name[..colon];
            name = name[(colon + 1)..];
        }

        // Of a variable that exists, what is not given stays as it is.
        var local = Scope ?? "0";
        var old = (PSVariable?)EngineInternals.CallSessionState(SessionState, "GetVariableAtScope", name, local);
        if (old is not null && !Force)
        {
            if (_bound) old.Value = value;
            if (Option is { } option) old.Options = option;
            if (Description is not null) old.Description = Description;
            if (Visibility is { } seen) old.Visibility = seen;
            if (PassThru) WriteObject(old);
            return;
        }

        var variable = new PSVariable(name, _bound ? value : old?.Value, Option ?? ScopedItemOptions.None) { Description = Description ?? old?.Description ?? "" };
        if (Visibility is { } visibility) variable.Visibility = visibility;
        Store(variable, Force);
        if (PassThru) WriteObject(variable);
    }
}

/// <summary>New-Variable.</summary>
[Cmdlet(VerbsCommon.New, "Variable", SupportsShouldProcess = true), StandIn(UtilityModule), OutputType(typeof(PSVariable))]
public sealed class NewVariableCommand : VariableCommandBase
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)] public string Name { get; set; } = "";
    [Parameter(Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true), AllowNull] public object? Value { get; set; }
    [Parameter] public string Description { get; set; } = "";
    [Parameter] public ScopedItemOptions Option { get; set; }
    [Parameter] public SessionStateEntryVisibility? Visibility { get; set; }
    [Parameter] public SwitchParameter Force { get; set; }
    [Parameter] public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        if (!ShouldProcess($"Name: {Name} Value: {Value}", "New variable")) return;
        var variable = new PSVariable(Name, Value, Option) { Description = Description };
        if (Visibility is { } visibility) variable.Visibility = visibility;
        try
        {
            if (Scope is null) EngineInternals.CallSessionState(SessionState, "NewVariable", variable, (bool)Force);
            else EngineInternals.CallSessionState(SessionState, "NewVariableAtScope", variable, Scope, (bool)Force);
            if (PassThru) WriteObject(variable);
        }
        catch (SessionStateException e)
        {
            WriteError(new ErrorRecord(e.ErrorRecord, e));
        }
    }
}

/// <summary>Remove-Variable.</summary>
[Cmdlet(VerbsCommon.Remove, "Variable", SupportsShouldProcess = true), StandIn(UtilityModule)]
public sealed class RemoveVariableCommand : VariableCommandBase
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)] public string[] Name { get; set; } = [];
    [Parameter] public SwitchParameter Force { get; set; }
    [Parameter] public string[] Include { get; set; } = [];
    [Parameter] public string[] Exclude { get; set; } = [];

    protected override void ProcessRecord()
    {
        foreach (var name in Name)
        {
            var found = Find(name, Include, Exclude);
            if (found.Count == 0 && IsPlain(name)) NotFound(name);
            foreach (var variable in found)
            {
                if (!ShouldProcess("Name: " + variable.Name, "Remove variable")) continue;
                try
                {
                    if (Scope is null) EngineInternals.CallSessionState(SessionState, "RemoveVariable", variable, (bool)Force);
                    else EngineInternals.CallSessionState(SessionState, "RemoveVariableAtScope", variable, Scope, (bool)Force);
                }
                catch (SessionStateException e)
                {
                    WriteError(new ErrorRecord(e.ErrorRecord, e));
                }
            }
        }
    }
}

/// <summary>Clear-Variable.</summary>
[Cmdlet(VerbsCommon.Clear, "Variable", SupportsShouldProcess = true), StandIn(UtilityModule)]
public sealed class ClearVariableCommand : VariableCommandBase
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)] public string[] Name { get; set; } = [];
    [Parameter] public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var name in Name)
        {
            var found = Find(name);
            if (found.Count == 0 && IsPlain(name)) NotFound(name);
            foreach (var variable in found)
                if (ShouldProcess("Name: " + variable.Name, "Clear variable")) variable.Value = null;
        }
    }
}
