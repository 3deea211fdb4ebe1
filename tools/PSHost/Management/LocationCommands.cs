namespace Microsoft.PowerShell.Commands;

/// <summary>Get-Location.</summary>
[Cmdlet(VerbsCommon.Get, "Location"), StandIn(ManagementModule), OutputType(typeof(PathInfo))]
public sealed class GetLocationCommand : StandInCmdlet
{
    [Parameter] public string? PSProvider { get; set; }
    [Parameter] public string? PSDrive { get; set; }
    [Parameter] public SwitchParameter Stack { get; set; }
    [Parameter] public string? StackName { get; set; }

    protected override void ProcessRecord() => WriteObject(
        Stack || StackName is not null ? SessionState.Path.LocationStack(StackName)
        : PSProvider is not null ? SessionState.Path.CurrentProviderLocation(PSProvider)
        : PSDrive is not null ? SessionState.Drive.Get(PSDrive).CurrentLocation
        : SessionState.Path.CurrentLocation);
}

/// <summary>Base of the cmdlets that change the location.</summary>
public abstract class ChangeLocationCommand : StandInCmdlet
{
    [Parameter] public SwitchParameter PassThru { get; set; }

    private protected void Go(string path, bool literal)
    {
        try
        {
            WriteIfWanted(SessionState.Path.SetLocation(literal ? WildcardPattern.Escape(path) : path));
        }
        catch (RuntimeException e)
        {
            Fail(e, "SetLocationFailed", ErrorCategory.ObjectNotFound, path);
        }
    }

    private protected void WriteIfWanted(PathInfo? path)
    {
        if (PassThru) WriteObject(path);
    }
}

/// <summary>Set-Location.</summary>
[Cmdlet(VerbsCommon.Set, "Location", DefaultParameterSetName = "Path"), StandIn(ManagementModule), OutputType(typeof(PathInfo))]
public sealed class SetLocationCommand : ChangeLocationCommand
{
    [Parameter(Position = 0, ParameterSetName = "Path", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)] public string Path { get; set; } = "~";
    [Parameter(ParameterSetName = "LiteralPath", Mandatory = true, ValueFromPipelineByPropertyName = true), Alias("PSPath", "LP")] public string? LiteralPath { get; set; }

    protected override void ProcessRecord() => Go(LiteralPath ?? Path, LiteralPath is not null);
}

/// <summary>Push-Location.</summary>
[Cmdlet(VerbsCommon.Push, "Location", DefaultParameterSetName = "Path"), StandIn(ManagementModule), OutputType(typeof(PathInfo))]
public sealed class PushLocationCommand : ChangeLocationCommand
{
    [Parameter(Position = 0, ParameterSetName = "Path", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)] public string? Path { get; set; }
    [Parameter(ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true), Alias("PSPath", "LP")] public string? LiteralPath { get; set; }
    [Parameter] public string? StackName { get; set; }

    protected override void ProcessRecord()
    {
        SessionState.Path.PushCurrentLocation(StackName);
        if ((LiteralPath ?? Path) is { } path) Go(path, LiteralPath is not null);
    }
}

/// <summary>Pop-Location.</summary>
[Cmdlet(VerbsCommon.Pop, "Location"), StandIn(ManagementModule), OutputType(typeof(PathInfo))]
public sealed class PopLocationCommand : ChangeLocationCommand
{
    [Parameter] public string? StackName { get; set; }

    protected override void ProcessRecord()
    {
        // An empty stack is no error, as in the original.
        if (SessionState.Path.LocationStack(StackName ?? "").Count > 0) WriteIfWanted(SessionState.Path.PopLocation(StackName));
    }
}

/// <summary>Get-PSDrive.</summary>
[Cmdlet(VerbsCommon.Get, "PSDrive", DefaultParameterSetName = "Name"), StandIn(ManagementModule), OutputType(typeof(PSDriveInfo))]
public sealed class GetPSDriveCommand : StandInCmdlet
{
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)] public string[] Name { get; set; } = ["*"];
    [Parameter] public string? Scope { get; set; }
    [Parameter] public string[] PSProvider { get; set; } = [];

    protected override void ProcessRecord()
    {
        var drives = Scope is null ? SessionState.Drive.GetAll() : SessionState.Drive.GetAllAtScope(Scope);
        foreach (var name in Name)
        {
            var pattern = new WildcardPattern(name, WildcardOptions.IgnoreCase);
            var found = drives.Where(d => pattern.IsMatch(d.Name) && (PSProvider.Length == 0 || PSProvider.Contains(d.Provider.Name, StringComparer.OrdinalIgnoreCase))).OrderBy(static d => d.Name, StringComparer.OrdinalIgnoreCase).ToList();
            if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
                WriteError(new ErrorRecord(new System.Management.Automation.DriveNotFoundException($"Cannot find drive. A drive with the name '{name}' does not exist."), "GetLocationNoMatchingDrive", ErrorCategory.ObjectNotFound, name));
            WriteObject(found, enumerateCollection: true);
        }
    }
}

/// <summary>New-PSDrive.</summary>
[Cmdlet(VerbsCommon.New, "PSDrive", SupportsShouldProcess = true), StandIn(ManagementModule), OutputType(typeof(PSDriveInfo))]
public sealed class NewPSDriveCommand : StandInCmdlet, IDynamicParameters
{
    private object? _ofProvider;

    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)] public string Name { get; set; } = "";
    [Parameter(Position = 1, Mandatory = true, ValueFromPipelineByPropertyName = true)] public string PSProvider { get; set; } = "";
    [Parameter(Position = 2, Mandatory = true, ValueFromPipelineByPropertyName = true), AllowEmptyString] public string Root { get; set; } = "";
    [Parameter] public string Description { get; set; } = "";
    [Parameter] public string? Scope { get; set; }

    public object? GetDynamicParameters() => PSProvider.Length == 0 ? null
        : _ofProvider = EngineInternals.CallSessionState(SessionState, "NewDriveDynamicParameters", PSProvider, new ProviderContext(this).Inner);

    protected override void ProcessRecord()
    {
        if (!ShouldProcess($"Name: {Name} Provider: {PSProvider} Root: {Root}", "New drive")) return;
        try
        {
            var root = PSProvider.Equals("FileSystem", StringComparison.OrdinalIgnoreCase) ? SessionState.Path.GetUnresolvedProviderPathFromPSPath(Root) : Root;
            var drive = new PSDriveInfo(Name, SessionState.Provider.GetOne(PSProvider), root, Description, null);
            if (_ofProvider is null) WriteObject(SessionState.Drive.New(drive, Scope));
            else EngineInternals.CallSessionState(SessionState, "NewDrive", drive, Scope, new ProviderContext(this) { DynamicParameters = _ofProvider }.Inner);
        }
        catch (RuntimeException e)
        {
            Fail(e, "NewDriveFailed", ErrorCategory.InvalidArgument, Name);
        }
    }
}

/// <summary>Remove-PSDrive.</summary>
[Cmdlet(VerbsCommon.Remove, "PSDrive", SupportsShouldProcess = true), StandIn(ManagementModule)]
public sealed class RemovePSDriveCommand : StandInCmdlet
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)] public string[] Name { get; set; } = [];
    [Parameter] public SwitchParameter Force { get; set; }
    [Parameter] public string? Scope { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var name in Name)
        {
            if (!ShouldProcess("Name: " + name, "Remove Drive")) continue;
            try { SessionState.Drive.Remove(name, Force, Scope); }
            catch (RuntimeException e) { Fail(e, "DriveNotFound", ErrorCategory.ObjectNotFound, name); }
        }
    }
}
