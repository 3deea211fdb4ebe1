namespace Microsoft.PowerShell.Commands;

/// <summary>Test-Path.</summary>
[Cmdlet(VerbsDiagnostic.Test, "Path", DefaultParameterSetName = "Path"), StandIn(ManagementModule), OutputType(typeof(bool))]
public sealed class TestPathCommand : ProviderCmdlet
{
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Path", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true), AllowNull, AllowEmptyCollection, AllowEmptyString]
    public override string[]? Path { get; set; }

    [Parameter, Alias("Type")] public TestPathType PathType { get; set; }
    [Parameter] public SwitchParameter IsValid { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var path in Paths) WriteObject(!string.IsNullOrWhiteSpace(path) && Test(path));
    }

    private bool Test(string path)
    {
        try
        {
            if (IsValid) return SessionState.Path.IsValid(path);
            var item = InvokeProvider.Item;
            return PathType switch
            {
                TestPathType.Container => item.Exists(path, force: false, IsLiteral) && item.IsContainer(path),
                TestPathType.Leaf => item.Exists(path, force: false, IsLiteral) && !item.IsContainer(path),
                _ => item.Exists(path, force: false, IsLiteral),
            };
        }
        catch (Exception e) when (e is ItemNotFoundException or System.Management.Automation.DriveNotFoundException or System.Management.Automation.ProviderNotFoundException or PSNotSupportedException or ProviderInvocationException)
        {
            return false;
        }
    }
}

/// <summary>The kinds that Test-Path asks for.</summary>
public enum TestPathType
{
    Any,
    Container,
    Leaf,
}

/// <summary>Resolve-Path.</summary>
[Cmdlet(VerbsDiagnostic.Resolve, "Path", DefaultParameterSetName = "Path"), StandIn(ManagementModule), OutputType(typeof(PathInfo), typeof(string))]
public sealed class ResolvePathCommand : ProviderCmdlet
{
    [Parameter] public SwitchParameter Relative { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var path in Paths)
            foreach (var found in Resolve(path))
            {
                if (!Relative) WriteObject(found);
                else
                {
                    var relative = System.IO.Path.GetRelativePath(SessionState.Path.CurrentFileSystemLocation.ProviderPath, found.ProviderPath);
                    WriteObject(relative.StartsWith("..", StringComparison.Ordinal) ? relative : System.IO.Path.Combine(".", relative));
                }
            }
    }
}

/// <summary>Convert-Path.</summary>
[Cmdlet(VerbsData.Convert, "Path", DefaultParameterSetName = "Path"), StandIn(ManagementModule), OutputType(typeof(string))]
public sealed class ConvertPathCommand : ProviderCmdlet
{
    protected override void ProcessRecord()
    {
        foreach (var path in Paths)
            foreach (var found in Resolve(path)) WriteObject(found.ProviderPath);
    }
}

/// <summary>Join-Path.</summary>
[Cmdlet(VerbsCommon.Join, "Path"), StandIn(ManagementModule), OutputType(typeof(string))]
public sealed class JoinPathCommand : StandInCmdlet
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true), Alias("PSPath")] public string[] Path { get; set; } = [];
    [Parameter(Position = 1, Mandatory = true, ValueFromPipelineByPropertyName = true), AllowNull, AllowEmptyString] public string ChildPath { get; set; } = "";
    [Parameter(Position = 2, ValueFromRemainingArguments = true), AllowNull, AllowEmptyString, AllowEmptyCollection] public string[] AdditionalChildPath { get; set; } = [];
    [Parameter] public SwitchParameter Resolve { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var path in Path)
        {
            var joined = SessionState.Path.Combine(path, ChildPath ?? "");
            foreach (var more in AdditionalChildPath) joined = SessionState.Path.Combine(joined, more);
            if (!Resolve) WriteObject(joined);
            else
                foreach (var found in SessionState.Path.GetResolvedPSPathFromPSPath(joined)) WriteObject(found.Path);
        }
    }
}

/// <summary>Split-Path.</summary>
[Cmdlet(VerbsCommon.Split, "Path", DefaultParameterSetName = "ParentSet"), StandIn(ManagementModule), OutputType(typeof(string), typeof(bool))]
public sealed class SplitPathCommand : StandInCmdlet
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)] public string[] Path { get; set; } = [];
    [Parameter(ValueFromPipelineByPropertyName = true), Alias("PSPath", "LP")] public string[] LiteralPath { get; set; } = [];
    [Parameter(ParameterSetName = "ParentSet")] public SwitchParameter Parent { get; set; }
    [Parameter(ParameterSetName = "LeafSet", Mandatory = true)] public SwitchParameter Leaf { get; set; }
    [Parameter(ParameterSetName = "LeafBaseSet", Mandatory = true)] public SwitchParameter LeafBase { get; set; }
    [Parameter(ParameterSetName = "ExtensionSet", Mandatory = true)] public SwitchParameter Extension { get; set; }
    [Parameter(ParameterSetName = "QualifierSet", Mandatory = true)] public SwitchParameter Qualifier { get; set; }
    [Parameter(ParameterSetName = "NoQualifierSet", Mandatory = true)] public SwitchParameter NoQualifier { get; set; }
    [Parameter(ParameterSetName = "IsAbsoluteSet", Mandatory = true)] public SwitchParameter IsAbsolute { get; set; }
    [Parameter] public SwitchParameter Resolve { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var path in LiteralPath.Concat(Path))
        {
            foreach (var one in Resolve ? SessionState.Path.GetResolvedPSPathFromPSPath(path).Select(static f => f.Path) : [path])
            {
                if (IsAbsolute) WriteObject(SessionState.Path.IsPSAbsolute(one, out _) || System.IO.Path.IsPathRooted(one));
                else WriteObject(SplitOne(one));
            }
        }
    }

    private string SplitOne(string path)
    {
        var colon = path.IndexOf(':', StringComparison.Ordinal);
        switch (ParameterSetName)
        {
            case "LeafSet": return SessionState.Path.ParseChildName(path);
            case "LeafBaseSet": return System.IO.Path.GetFileNameWithoutExtension(SessionState.Path.ParseChildName(path));
            case "ExtensionSet": return System.IO.Path.GetExtension(SessionState.Path.ParseChildName(path));
            case "NoQualifierSet": return colon < 0 ? path : path[(colon + 1)..];
            case "QualifierSet":
                if (colon > 0) return path[..(colon + 1)];
                WriteError(new ErrorRecord(new FormatException($"Cannot parse path because path '{path}' does not have a qualifier specified."), "ParsePathFormatError", ErrorCategory.InvalidArgument, path));
                return "";
            default: return SessionState.Path.ParseParent(path, "");
        }
    }
}
