namespace Microsoft.PowerShell.Commands;

/// <summary>Get-Item.</summary>
[Cmdlet(VerbsCommon.Get, "Item", DefaultParameterSetName = "Path"), StandIn(ManagementModule)]
public sealed class GetItemCommand : ProviderCmdlet
{
    [Parameter] public string[] Include { get; set; } = [];
    [Parameter] public string[] Exclude { get; set; } = [];
    [Parameter] public string? Filter { get; set; }
    [Parameter] public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        var (include, exclude) = (Patterns(Filter is null ? Include : [.. Include, Filter]), Patterns(Exclude));
        foreach (var path in Paths)
            On(path, () =>
            {
                if (IsElsewhere(path))
                {
                    var context = Context(Force);
                    context.SetFilters(Include, Exclude, Filter);
                    context.Call(InvokeProvider.Item, "Get", path);
                    return;
                }

                foreach (var item in InvokeProvider.Item.Get([path], Force, IsLiteral))
                    if (Wanted(item.Properties["PSChildName"]?.Value as string ?? "", include, exclude)) WriteObject(item);
            });
    }
}

/// <summary>Get-ChildItem.</summary>
[Cmdlet(VerbsCommon.Get, "ChildItem", DefaultParameterSetName = "Path"), StandIn(ManagementModule)]
public sealed class GetChildItemCommand : ProviderCmdlet
{
    [Parameter(Position = 1)] public string? Filter { get; set; }
    [Parameter] public string[] Include { get; set; } = [];
    [Parameter] public string[] Exclude { get; set; } = [];
    [Parameter, Alias("s", "r")] public SwitchParameter Recurse { get; set; }
    [Parameter] public uint Depth { get; set; } = uint.MaxValue;
    [Parameter] public SwitchParameter Force { get; set; }
    [Parameter] public SwitchParameter Name { get; set; }
    [Parameter, Alias("ad")] public SwitchParameter Directory { get; set; }
    [Parameter, Alias("af")] public SwitchParameter File { get; set; }
    [Parameter, Alias("ah", "h")] public SwitchParameter Hidden { get; set; }

    protected override void ProcessRecord()
    {
        var recurse = Recurse || MyInvocation.BoundParameters.ContainsKey(nameof(Depth));
        var (include, exclude) = (Patterns(Include), Patterns(Exclude));
        var filter = Patterns(Filter is null ? [] : [Filter]);
        foreach (var path in Paths)
            On(path, () =>
            {
                if (IsElsewhere(path))
                {
                    var context = Context(Force);
                    context.SetFilters(Include, Exclude, Filter);
                    if (Name) context.Call(InvokeProvider.ChildItem, "GetNames", path, ReturnContainers.ReturnMatchingContainers, (bool)recurse, Depth);
                    else context.Call(InvokeProvider.ChildItem, "Get", path, (bool)recurse, Depth);
                    return;
                }

                foreach (var item in InvokeProvider.ChildItem.Get([path], recurse, Depth, Force || Hidden, IsLiteral))
                {
                    var child = item.Properties["PSChildName"]?.Value as string ?? "";
                    if (!Wanted(child, include, exclude) || !Wanted(child, filter, []) || !HasKind(item)) continue;
                    WriteObject(Name ? RelativeName(path, item, child) : item);
                }
            });
    }

    private bool HasKind(PSObject item)
    {
        var container = item.Properties["PSIsContainer"]?.Value is true;
        if (Directory && !container) return false;
        if (File && container) return false;
        return !Hidden || item.BaseObject is FileSystemInfo { Attributes: var attributes } && attributes.HasFlag(FileAttributes.Hidden);
    }

    private string RelativeName(string path, PSObject item, string child) =>
        item.BaseObject is FileSystemInfo info && !WildcardPattern.ContainsWildcardCharacters(path)
            ? System.IO.Path.GetRelativePath(SessionState.Path.GetUnresolvedProviderPathFromPSPath(path), info.FullName)
            : child;
}

/// <summary>New-Item.</summary>
[Cmdlet(VerbsCommon.New, "Item", DefaultParameterSetName = "Path", SupportsShouldProcess = true), StandIn(ManagementModule)]
public sealed class NewItemCommand : StandInCmdlet
{
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)] public string[] Path { get; set; } = ["."];
    [Parameter(ValueFromPipelineByPropertyName = true), AllowNull, AllowEmptyString] public string? Name { get; set; }
    [Parameter(ValueFromPipelineByPropertyName = true), Alias("Type")] public string? ItemType { get; set; }
    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true), Alias("Target")] public object? Value { get; set; }
    [Parameter] public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var path in Path)
        {
            try
            {
                if (ProviderContext.IsElsewhere(SessionState, path))
                {
                    // The provider asks.
                    new ProviderContext(this) { Force = Force }.Call(InvokeProvider.Item, "New", path, Name, ItemType, Value);
                    continue;
                }

                if (!ShouldProcess(string.IsNullOrEmpty(Name) ? path : SessionState.Path.Combine(path, Name), "Create item")) continue;
                foreach (var item in InvokeProvider.Item.New([path], Name, ItemType, Value, Force)) WriteObject(item);
            }
            catch (Exception e) when (e is RuntimeException or IOException or UnauthorizedAccessException)
            {
                Fail(e is ProviderInvocationException { InnerException: { } inner } ? inner : e, "NewItemIOError", ErrorCategory.WriteError, path);
            }
        }
    }
}

/// <summary>Remove-Item.</summary>
[Cmdlet(VerbsCommon.Remove, "Item", DefaultParameterSetName = "Path", SupportsShouldProcess = true), StandIn(ManagementModule)]
public sealed class RemoveItemCommand : ProviderCmdlet
{
    [Parameter] public SwitchParameter Recurse { get; set; }
    [Parameter] public SwitchParameter Force { get; set; }
    [Parameter] public string[] Include { get; set; } = [];
    [Parameter] public string[] Exclude { get; set; } = [];

    protected override void ProcessRecord()
    {
        var (include, exclude) = (Patterns(Include), Patterns(Exclude));
        foreach (var path in Paths)
            foreach (var found in Resolve(path))
            {
                if (!Wanted(SessionState.Path.ParseChildName(found.Path), include, exclude)) continue;
                if (found.Provider.Name != "FileSystem")
                {
                    // Where it could ask, the original asks about what is in it.
                    if (!Recurse && InvokeProvider.ChildItem.HasChild(found.Path, Force, literalPath: true))
                        Fail("DirectoryNotEmpty", ErrorCategory.InvalidOperation, found.Path, $"The item at {found.Path} has children and the Recurse parameter was not specified.");
                    else
                        On(path, () => Context(Force, isLiteral: true).Call(InvokeProvider.Item, "Remove", found.Path, (bool)Recurse));
                    continue;
                }

                if (!ShouldProcess(found.Path, "Remove Item")) continue;
                if (!Recurse && found.Provider.Name == "FileSystem" && new DirectoryInfo(found.ProviderPath) is { Exists: true, LinkTarget: null } folder && folder.EnumerateFileSystemInfos().Any())
                {
                    Fail("DirectoryNotEmpty", ErrorCategory.InvalidOperation, found.Path, $"The item at {found.Path} has children and the Recurse parameter was not specified.");
                    continue;
                }

                On(path, () => InvokeProvider.Item.Remove([found.Path], Recurse, Force, literalPath: true));
            }
    }
}

/// <summary>Base of Copy-Item and Move-Item.</summary>
public abstract class TransferCommand : ProviderCmdlet
{
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)] public string Destination { get; set; } = ".";
    [Parameter] public SwitchParameter Force { get; set; }
    [Parameter] public SwitchParameter PassThru { get; set; }

    private protected abstract string Verb { get; }

    private protected abstract IEnumerable<PSObject> Transfer(string source);

    protected override void ProcessRecord()
    {
        foreach (var path in Paths)
            foreach (var found in Resolve(path))
            {
                if (!ShouldProcess($"Item: {found.Path} Destination: {Destination}", Verb)) continue;
                On(path, () =>
                {
                    foreach (var item in Transfer(found.Path))
                        if (PassThru) WriteObject(item);
                });
            }
    }
}

/// <summary>Copy-Item.</summary>
[Cmdlet(VerbsCommon.Copy, "Item", DefaultParameterSetName = "Path", SupportsShouldProcess = true), StandIn(ManagementModule)]
public sealed class CopyItemCommand : TransferCommand
{
    [Parameter] public SwitchParameter Recurse { get; set; }
    [Parameter] public SwitchParameter Container { get; set; } = true;

    private protected override string Verb => "Copy Item";

    private protected override IEnumerable<PSObject> Transfer(string source) =>
        InvokeProvider.Item.Copy([source], Destination, Recurse, Container ? CopyContainers.CopyTargetContainer : CopyContainers.CopyChildrenOfTargetContainer, Force, literalPath: true);
}

/// <summary>Move-Item.</summary>
[Cmdlet(VerbsCommon.Move, "Item", DefaultParameterSetName = "Path", SupportsShouldProcess = true), StandIn(ManagementModule)]
public sealed class MoveItemCommand : TransferCommand
{
    private protected override string Verb => "Move Item";

    private protected override IEnumerable<PSObject> Transfer(string source) => InvokeProvider.Item.Move([source], Destination, Force, literalPath: true);
}

/// <summary>Rename-Item.</summary>
[Cmdlet(VerbsCommon.Rename, "Item", SupportsShouldProcess = true), StandIn(ManagementModule)]
public sealed class RenameItemCommand : StandInCmdlet
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true), Alias("PSPath", "LiteralPath")] public string Path { get; set; } = "";
    [Parameter(Position = 1, Mandatory = true, ValueFromPipelineByPropertyName = true)] public string NewName { get; set; } = "";
    [Parameter] public SwitchParameter Force { get; set; }
    [Parameter] public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        if (!ShouldProcess($"Item: {Path} Destination: {NewName}", "Rename Item")) return;
        try
        {
            var renamed = InvokeProvider.Item.Rename(Path, NewName, Force);
            if (PassThru) WriteObject(renamed);
        }
        catch (Exception e) when (e is RuntimeException or IOException)
        {
            Fail(e, "RenameItemIOError", ErrorCategory.WriteError, Path);
        }
    }
}

/// <summary>Get-ItemProperty.</summary>
[Cmdlet(VerbsCommon.Get, "ItemProperty", DefaultParameterSetName = "Path"), StandIn(ManagementModule)]
public sealed class GetItemPropertyCommand : ProviderCmdlet
{
    [Parameter(Position = 1)] public string[] Name { get; set; } = [];

    protected override void ProcessRecord()
    {
        foreach (var path in Paths)
            On(path, () =>
            {
                foreach (var item in InvokeProvider.Property.Get([path], new Collection<string>(Name), IsLiteral)) WriteObject(item);
            });
    }
}

/// <summary>Set-ItemProperty.</summary>
[Cmdlet(VerbsCommon.Set, "ItemProperty", DefaultParameterSetName = "Path", SupportsShouldProcess = true), StandIn(ManagementModule)]
public sealed class SetItemPropertyCommand : ProviderCmdlet
{
    [Parameter(Position = 1, Mandatory = true)] public string Name { get; set; } = "";
    [Parameter(Position = 2, Mandatory = true), AllowNull] public object? Value { get; set; }
    [Parameter] public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        var property = new PSObject();
        property.Properties.Add(new PSNoteProperty(Name, Value));
        foreach (var path in Paths)
            if (ShouldProcess($"Item: {path} Property: {Name}", "Set Property")) On(path, () => InvokeProvider.Property.Set([path], property, Force, IsLiteral));
    }
}

/// <summary>New-ItemProperty: no provider on this host has properties that can be added.</summary>
[Cmdlet(VerbsCommon.New, "ItemProperty"), StandIn(ManagementModule)]
public sealed class NewItemPropertyCommand : StandInCmdlet
{
    [Parameter(Position = 0, Mandatory = true)] public string[] Path { get; set; } = [];
    [Parameter(Position = 1, Mandatory = true)] public string Name { get; set; } = "";
    [Parameter] public string? PropertyType { get; set; }
    [Parameter] public object? Value { get; set; }
    [Parameter] public SwitchParameter Force { get; set; }

    protected override void ProcessRecord() => Refuse("a provider with properties that can be added");
}

/// <summary>Set-Item: the value of an alias, a function, a variable or an environment variable.</summary>
[Cmdlet(VerbsCommon.Set, "Item", DefaultParameterSetName = "Path", SupportsShouldProcess = true), StandIn(ManagementModule)]
public sealed class SetItemCommand : ProviderCmdlet
{
    [Parameter(Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)] public object? Value { get; set; }
    [Parameter] public SwitchParameter Force { get; set; }
    [Parameter] public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var path in Paths)
        {
            if (!ShouldProcess($"Item: {path} Value: {Value}", "Set Item")) continue;
            On(path, () =>
            {
                foreach (var item in InvokeProvider.Item.Set([path], Value, Force, IsLiteral))
                    if (PassThru) WriteObject(item);
            });
        }
    }
}
