using System.Management.Automation.Runspaces;

namespace Microsoft.PowerShell.Commands;

/// <summary>Update-TypeData: one member or default property set for a type. Files belong in a module's manifest.</summary>
[Cmdlet(VerbsData.Update, "TypeData", DefaultParameterSetName = "DynamicTypeSet"), StandIn(UtilityModule)]
public sealed class UpdateTypeDataCommand : StandInCmdlet
{
    [Parameter(ParameterSetName = "DynamicTypeSet", Mandatory = true)] public string TypeName { get; set; } = "";
    [Parameter(ParameterSetName = "DynamicTypeSet")] public PSMemberTypes? MemberType { get; set; }
    [Parameter(ParameterSetName = "DynamicTypeSet")] public string? MemberName { get; set; }
    [Parameter(ParameterSetName = "DynamicTypeSet")] public object? Value { get; set; }
    [Parameter(ParameterSetName = "DynamicTypeSet")] public object? SecondValue { get; set; }
    [Parameter(ParameterSetName = "DynamicTypeSet")] public string? DefaultDisplayProperty { get; set; }
    [Parameter(ParameterSetName = "DynamicTypeSet")] public string[]? DefaultDisplayPropertySet { get; set; }
    [Parameter(ParameterSetName = "FileSet", Position = 0), Alias("PSPath")] public string[] AppendPath { get; set; } = [];
    [Parameter(ParameterSetName = "FileSet")] public string[] PrependPath { get; set; } = [];
    [Parameter(ParameterSetName = "TypeDataSet", Mandatory = true, Position = 0, ValueFromPipeline = true)] public TypeData[] TypeData { get; set; } = [];
    [Parameter] public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        if (ParameterSetName == "FileSet") Refuse("Update-TypeData with files");
        foreach (var data in ParameterSetName == "TypeDataSet" ? TypeData : [Describe()]) EngineInternals.AddTypeData(SessionState, data, Force);
    }

    private TypeData Describe()
    {
        var data = new TypeData(TypeName);
        if (MemberName is not null)
            data.Members[MemberName] = MemberType switch
            {
                PSMemberTypes.NoteProperty => new NotePropertyData(MemberName, Value),
                PSMemberTypes.AliasProperty => new AliasPropertyData(MemberName, LanguagePrimitives.ConvertTo<string>(Value)),
                PSMemberTypes.ScriptProperty => new ScriptPropertyData(MemberName, LanguagePrimitives.ConvertTo<ScriptBlock>(Value), SecondValue is null ? null : LanguagePrimitives.ConvertTo<ScriptBlock>(SecondValue)),
                PSMemberTypes.ScriptMethod => new ScriptMethodData(MemberName, LanguagePrimitives.ConvertTo<ScriptBlock>(Value)),
                _ => throw new PSArgumentException($"Members of type {MemberType} cannot be added here."),
            };
        if (DefaultDisplayProperty is not null) data.DefaultDisplayProperty = DefaultDisplayProperty;
        if (DefaultDisplayPropertySet is not null) data.DefaultDisplayPropertySet = new PropertySetData(DefaultDisplayPropertySet);
        return data;
    }
}

/// <summary>Get-TypeData: the extended type data of this session.</summary>
[Cmdlet(VerbsCommon.Get, "TypeData"), StandIn(UtilityModule), OutputType(typeof(TypeData))]
public sealed class GetTypeDataCommand : StandInCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true)] public string[] TypeName { get; set; } = ["*"];

    protected override void ProcessRecord()
    {
        foreach (var pattern in Array.ConvertAll(TypeName, static n => new WildcardPattern(n, WildcardOptions.IgnoreCase)))
            foreach (var data in EngineInternals.GetTypeData(SessionState).Where(d => pattern.IsMatch(d.TypeName))) WriteObject(data);
    }
}

/// <summary>Remove-TypeData: what was added for a type.</summary>
[Cmdlet(VerbsCommon.Remove, "TypeData"), StandIn(UtilityModule)]
public sealed class RemoveTypeDataCommand : StandInCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)] public string TypeName { get; set; } = "";

    protected override void ProcessRecord() => EngineInternals.RemoveTypeData(SessionState, TypeName);
}

/// <summary>Get-FormatData: the views of this session.</summary>
[Cmdlet(VerbsCommon.Get, "FormatData"), StandIn(UtilityModule), OutputType(typeof(ExtendedTypeDefinition))]
public sealed class GetFormatDataCommand : StandInCmdlet
{
    [Parameter(Position = 0)] public string[] TypeName { get; set; } = ["*"];
    [Parameter] public Version? PowerShellVersion { get; set; }

    protected override void ProcessRecord()
    {
        var patterns = Array.ConvertAll(TypeName, static n => new WildcardPattern(n, WildcardOptions.IgnoreCase));
        foreach (var group in EngineInternals.GetFormatViews(SessionState).GroupBy(static v => string.Join('\n', v.Types)))
        {
            var types = group.Key.Split('\n');
            if (!Array.Exists(types, t => Array.Exists(patterns, p => p.IsMatch(t)))) continue;
            var definition = new ExtendedTypeDefinition(types[0], group.Select(static v => v.View));
            definition.TypeNames.AddRange(types.Skip(1));
            WriteObject(definition);
        }
    }
}

/// <summary>Update-FormatData: views from files, before or after those that are there.</summary>
[Cmdlet(VerbsData.Update, "FormatData", SupportsShouldProcess = true), StandIn(UtilityModule)]
public sealed class UpdateFormatDataCommand : StandInCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true), Alias("PSPath", "Path")] public string[] AppendPath { get; set; } = [];
    [Parameter] public string[] PrependPath { get; set; } = [];

    protected override void ProcessRecord()
    {
        if (AppendPath.Length + PrependPath.Length == 0) return;
        var files = AppendPath.Concat(PrependPath).SelectMany(p => SessionState.Path.GetResolvedProviderPathFromPSPath(p, out _)).ToArray();
        if (!ShouldProcess(string.Join(", ", files))) return;
        // A module brings views in through its manifest: so does this.
        InvokeCommand.InvokeScript("param($files) $m = [IO.Path]::ChangeExtension([IO.Path]::GetTempFileName(), '.psd1'); try { [IO.File]::WriteAllText($m, \"@{ ModuleVersion = '1.0'; FormatsToProcess = @($(($files | ForEach-Object { \"'$($_.Replace(\"'\", \"''\"))'\" }) -join ', ')) }\"); Import-Module $m -Global } finally { [IO.File]::Delete($m) }", (object)files);
    }
}
