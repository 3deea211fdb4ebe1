using System.Reflection;

namespace Microsoft.PowerShell.Commands;

/// <summary>New-Object: an instance of a .NET type, or an empty object, with properties set.</summary>
[Cmdlet(VerbsCommon.New, "Object", DefaultParameterSetName = "Net"), StandIn(UtilityModule)]
public sealed class NewObjectCommand : StandInCmdlet
{
    [Parameter(ParameterSetName = "Net", Mandatory = true, Position = 0)] public string TypeName { get; set; } = "";
    [Parameter(ParameterSetName = "Com", Mandatory = true)] public string? ComObject { get; set; }
    [Parameter(ParameterSetName = "Net", Position = 1), Alias("Args")] public object?[] ArgumentList { get; set; } = [];
    [Parameter] public IDictionary? Property { get; set; }

    protected override void BeginProcessing()
    {
        if (ComObject is not null) Refuse("COM objects");
        if (!LanguagePrimitives.TryConvertTo(TypeName, out Type type))
        {
            ThrowTerminatingError(new ErrorRecord(new PSArgumentException($"Cannot find type [{TypeName}]: verify that the assembly containing this type is loaded."), "TypeNotFound", ErrorCategory.InvalidType, null));
            return;
        }

        var made = Create(type);
        if (Property is not null) SetProperties(made);
        // The object itself, also when it is a collection.
        WriteObject(made, enumerateCollection: false);
    }

    private PSObject Create(Type type)
    {
        if (type == typeof(PSObject) && ArgumentList.Length == 0) return new PSObject();
        if (type.IsValueType && ArgumentList.Length == 0) return PSObject.AsPSObject(Activator.CreateInstance(type)!);
        try
        {
            // The engine's own overload resolution.
            var result = InvokeCommand.InvokeScript("param($type, $arguments) @{ Made = $type::new.Invoke($arguments) }", type, ArgumentList);
            return PSObject.AsPSObject(((Hashtable)result[0].BaseObject)["Made"]);
        }
        catch (RuntimeException e)
        {
            var inner = e is MethodInvocationException { InnerException: { } cause } ? cause : e;
            ThrowTerminatingError(new ErrorRecord(inner, "ConstructorInvokedThrowException", ErrorCategory.InvalidOperation, type));
            throw;
        }
    }

    private void SetProperties(PSObject target)
    {
        foreach (DictionaryEntry entry in Property!)
        {
            var name = entry.Key.ToString()!;
            if (target.BaseObject is PSCustomObject) target.Properties.Add(new PSNoteProperty(name, entry.Value));
            else if (target.Properties[name] is { } property) property.Value = entry.Value;
            else Fail("InvalidMember", ErrorCategory.InvalidOperation, target, $"The member \"{name}\" was not found for the specified object of type {target.BaseObject.GetType()}.");
        }
    }
}

/// <summary>Add-Member: note and script members, one or a table of them.</summary>
[Cmdlet(VerbsCommon.Add, "Member", DefaultParameterSetName = "TypeNameSet"), StandIn(UtilityModule)]
public sealed class AddMemberCommand : StandInCmdlet
{
    [Parameter(Mandatory = true, ValueFromPipeline = true)] public PSObject? InputObject { get; set; }
    [Parameter(ParameterSetName = "MemberSet", Mandatory = true, Position = 0), Alias("Type")] public PSMemberTypes MemberType { get; set; }
    [Parameter(ParameterSetName = "MemberSet", Mandatory = true, Position = 1)] public string Name { get; set; } = "";
    [Parameter(ParameterSetName = "MemberSet", Position = 2)] public object? Value { get; set; }
    [Parameter(ParameterSetName = "MemberSet", Position = 3)] public object? SecondValue { get; set; }
    [Parameter(ParameterSetName = "NotePropertySingleMemberSet", Mandatory = true, Position = 0)] public string? NotePropertyName { get; set; }
    [Parameter(ParameterSetName = "NotePropertySingleMemberSet", Mandatory = true, Position = 1), AllowNull] public object? NotePropertyValue { get; set; }
    [Parameter(ParameterSetName = "NotePropertyMultiMemberSet", Mandatory = true, Position = 0)] public IDictionary? NotePropertyMembers { get; set; }
    [Parameter] public string? TypeName { get; set; }
    [Parameter] public SwitchParameter Force { get; set; }
    [Parameter] public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        if (InputObject is null) return;
        if (NotePropertyMembers is not null)
            foreach (DictionaryEntry entry in NotePropertyMembers) Add(new PSNoteProperty(entry.Key.ToString(), entry.Value));
        else if (NotePropertyName is not null) Add(new PSNoteProperty(NotePropertyName, NotePropertyValue));
        else if (Name.Length > 0) Add(Make());
        if (TypeName is not null) InputObject.TypeNames.Insert(0, TypeName);
        if (PassThru) WriteObject(InputObject);
    }

    private PSMemberInfo Make()
    {
        switch (MemberType)
        {
            case PSMemberTypes.NoteProperty: return new PSNoteProperty(Name, Value);
            case PSMemberTypes.AliasProperty: return new PSAliasProperty(Name, Value?.ToString());
            case PSMemberTypes.ScriptProperty: return new PSScriptProperty(Name, Script(Value), SecondValue is null ? null : Script(SecondValue));
            case PSMemberTypes.ScriptMethod: return new PSScriptMethod(Name, Script(Value));
            case PSMemberTypes.PropertySet: return new PSPropertySet(Name, LanguagePrimitives.ConvertTo<string[]>(Value));
            default:
                Refuse($"members of type {MemberType}");
                throw new PSNotSupportedException();
        }
    }

    private static ScriptBlock Script(object? value) => LanguagePrimitives.ConvertTo<ScriptBlock>(value);

    private void Add(PSMemberInfo member)
    {
        if (InputObject!.Members[member.Name] is { } existing)
        {
            if (!Force)
            {
                WriteError(new ErrorRecord(new InvalidOperationException($"Cannot add a member with the name \"{member.Name}\" because a member with that name already exists. To overwrite the member anyway, add the Force parameter to your command."), "MemberAlreadyExists", ErrorCategory.InvalidOperation, InputObject));
                return;
            }

            if (existing.IsInstance) InputObject.Members.Remove(member.Name);
        }

        InputObject.Members.Add(member);
    }
}

/// <summary>Add-Type: loads assemblies. It has no C# compiler.</summary>
[Cmdlet(VerbsCommon.Add, "Type", DefaultParameterSetName = "FromSource"), StandIn(UtilityModule), OutputType(typeof(Type))]
public sealed class AddTypeCommand : StandInCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "FromSource")] public string? TypeDefinition { get; set; }
    [Parameter(Mandatory = true, ParameterSetName = "FromMember")] public string[]? MemberDefinition { get; set; }
    [Parameter(ParameterSetName = "FromMember", Position = 0)] public string? Name { get; set; }
    [Parameter(ParameterSetName = "FromMember")] public string? Namespace { get; set; }
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "FromPath")] public string[]? Path { get; set; }
    [Parameter(Mandatory = true, ParameterSetName = "FromLiteralPath"), Alias("PSPath", "LP")] public string[]? LiteralPath { get; set; }
    [Parameter(Mandatory = true, ParameterSetName = "FromAssemblyName"), Alias("AN")] public string[]? AssemblyName { get; set; }
    [Parameter] public SwitchParameter PassThru { get; set; }

    protected override void EndProcessing()
    {
        if (TypeDefinition is not null || MemberDefinition is not null) Refuse("a C# compiler for Add-Type");
        foreach (var name in AssemblyName ?? []) Loaded(Assembly.Load(new AssemblyName(name)));
        foreach (var path in Path ?? [])
            foreach (var file in SessionState.Path.GetResolvedProviderPathFromPSPath(path, out _)) Loaded(Assembly.LoadFrom(file));
        foreach (var path in LiteralPath ?? []) Loaded(Assembly.LoadFrom(SessionState.Path.GetUnresolvedProviderPathFromPSPath(path)));
    }

    private void Loaded(Assembly assembly)
    {
        if (PassThru) WriteObject(assembly.GetExportedTypes(), enumerateCollection: true);
    }
}

/// <summary>One row of Get-Member.</summary>
public sealed class MemberDefinition(string typeName, string name, PSMemberTypes memberType, string definition)
{
    public string TypeName { get; } = typeName;
    public string Name { get; } = name;
    public PSMemberTypes MemberType { get; } = memberType;
    public string Definition { get; } = definition;

    public override string ToString() => Definition;
}

/// <summary>Get-Member: the members of each type of object that comes in.</summary>
[Cmdlet(VerbsCommon.Get, "Member"), StandIn(UtilityModule), OutputType(typeof(MemberDefinition))]
public sealed class GetMemberCommand : StandInCmdlet
{
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    [Parameter(ValueFromPipeline = true)] public PSObject? InputObject { get; set; }
    [Parameter(Position = 0)] public string[] Name { get; set; } = ["*"];
    [Parameter, Alias("Type")] public PSMemberTypes MemberType { get; set; } = PSMemberTypes.All;
    [Parameter] public PSMemberViewTypes View { get; set; } = PSMemberViewTypes.Adapted | PSMemberViewTypes.Extended;
    [Parameter] public SwitchParameter Static { get; set; }
    [Parameter] public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        if (IsNothing(InputObject)) return;
        if (Static) Refuse("Get-Member -Static");
        var type = InputObject.TypeNames[0];
        if (!_seen.Add(type)) return;
        var patterns = Array.ConvertAll(Name, static n => new WildcardPattern(n, WildcardOptions.IgnoreCase));
        var rows = InputObject.Members
            .Where(m => (m.MemberType & MemberType) != 0 && Array.Exists(patterns, p => p.IsMatch(m.Name)))
            .Where(m => Force || !(m.MemberType == PSMemberTypes.Method && (m.Name.StartsWith("get_", StringComparison.Ordinal) || m.Name.StartsWith("set_", StringComparison.Ordinal))))
            .Where(static m => m.MemberType is not (PSMemberTypes.MemberSet or PSMemberTypes.InferredProperty))
            .OrderBy(static m => m.MemberType.ToString(), StringComparer.OrdinalIgnoreCase).ThenBy(static m => m.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var member in rows) WriteObject(new MemberDefinition(type, member.Name, member.MemberType, member.ToString() ?? ""));
    }

    protected override void EndProcessing()
    {
        if (_seen.Count == 0)
            WriteError(new ErrorRecord(new InvalidOperationException("You must specify an object for the Get-Member cmdlet."), "NoObjectInGetMember", ErrorCategory.CloseError, null));
    }
}
