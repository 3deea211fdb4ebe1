namespace Microsoft.PowerShell.Commands;

/// <summary>Compare-Object: which objects are in one collection only, by property or by themselves.</summary>
[Cmdlet(VerbsData.Compare, "Object"), StandIn(UtilityModule)]
public sealed class CompareObjectCommand : StandInCmdlet
{
    private readonly List<PSObject?> _differences = [];

    [Parameter(Position = 0, Mandatory = true), AllowEmptyCollection] public PSObject?[] ReferenceObject { get; set; } = [];
    [Parameter(Position = 1, Mandatory = true, ValueFromPipeline = true), AllowEmptyCollection] public PSObject?[] DifferenceObject { get; set; } = [];
    [Parameter] public object[]? Property { get; set; }
    [Parameter] public SwitchParameter ExcludeDifferent { get; set; }
    [Parameter] public SwitchParameter IncludeEqual { get; set; }
    [Parameter] public SwitchParameter PassThru { get; set; }
    [Parameter] public SwitchParameter CaseSensitive { get; set; }
    [Parameter] public int SyncWindow { get; set; } = int.MaxValue;

    protected override void ProcessRecord() => _differences.AddRange(DifferenceObject);

    protected override void EndProcessing()
    {
        var specs = PropertySpec.Parse(Property);
        var order = new ObjectOrder(CaseSensitive);
        bool Same(PSObject? x, PSObject? y) => specs.Count == 0
            ? order.Compare(x, y) == 0
            : specs.TrueForAll(s => order.Compare(s.ValueOf(x), s.ValueOf(y)) == 0);

        var left = ReferenceObject.ToList();
        var onlyRight = new List<PSObject?>();
        foreach (var item in _differences)
        {
            var match = left.FindIndex(other => Same(other, item));
            if (match < 0)
            {
                onlyRight.Add(item);
                continue;
            }

            if (IncludeEqual || ExcludeDifferent) Write(left[match], "==", specs);
            left.RemoveAt(match);
        }

        if (ExcludeDifferent) return;
        foreach (var item in onlyRight) Write(item, "=>", specs);
        foreach (var item in left) Write(item, "<=", specs);
    }

    private void Write(PSObject? item, string side, List<PropertySpec> specs)
    {
        if (PassThru)
        {
            if (item is null) return;
            item.Properties.Add(new PSNoteProperty("SideIndicator", side), preValidated: true);
            WriteObject(item);
            return;
        }

        var result = new PSObject();
        if (specs.Count == 0) result.Properties.Add(new PSNoteProperty("InputObject", item));
        foreach (var spec in specs) result.Properties.Add(new PSNoteProperty(spec.Name ?? spec.Expression.ToString(), spec.ValueOf(item)));
        result.Properties.Add(new PSNoteProperty("SideIndicator", side));
        WriteObject(result);
    }
}
