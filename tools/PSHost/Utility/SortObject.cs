namespace Microsoft.PowerShell.Commands;

/// <summary>Compares as PowerShell's operators do: numbers by value, text by the current culture, anything else by its text.</summary>
internal sealed class ObjectOrder(bool caseSensitive) : IComparer<object?>, IEqualityComparer<object?>
{
    public int Compare(object? left, object? right)
    {
        if (left is PSObject l) left = l.BaseObject;
        if (right is PSObject r) right = r.BaseObject;
        if (left is null || right is null) return (left is null ? 0 : 1) - (right is null ? 0 : 1);
        if (LanguagePrimitives.TryCompare(left, right, !caseSensitive, out var order)) return order;
        return LanguagePrimitives.Compare(left.ToString(), right.ToString(), !caseSensitive);
    }

    bool IEqualityComparer<object?>.Equals(object? x, object? y) => Compare(x, y) == 0;

    int IEqualityComparer<object?>.GetHashCode(object? obj) => 0;
}

/// <summary>Sort-Object: a stable sort by properties, or by the objects themselves.</summary>
[Cmdlet("Sort", "Object"), StandIn(UtilityModule)]
public sealed class SortObjectCommand : StandInCmdlet
{
    private readonly List<PSObject> _items = [];

    [Parameter(ValueFromPipeline = true)] public PSObject? InputObject { get; set; }
    [Parameter(Position = 0)] public object[]? Property { get; set; }
    [Parameter] public SwitchParameter Descending { get; set; }
    [Parameter] public SwitchParameter Unique { get; set; }
    [Parameter] public SwitchParameter CaseSensitive { get; set; }
    [Parameter] public SwitchParameter Stable { get; set; }
    [Parameter, ValidateRange(1, int.MaxValue)] public int Top { get; set; }
    [Parameter, ValidateRange(1, int.MaxValue)] public int Bottom { get; set; }

    protected override void ProcessRecord()
    {
        if (!IsNothing(InputObject)) _items.Add(InputObject);
    }

    protected override void EndProcessing()
    {
        var order = new ObjectOrder(CaseSensitive);
        var specs = PropertySpec.Parse(Property);
        var keyed = _items.ConvertAll(item => (Item: item, Keys: specs.Count == 0 ? [item] : specs.ConvertAll(s => s.ValueOf(item)).ToArray()));
        int Compare((PSObject Item, object?[] Keys) left, (PSObject Item, object?[] Keys) right)
        {
            for (var i = 0; i < left.Keys.Length; i++)
            {
                var result = order.Compare(left.Keys[i], right.Keys[i]);
                if (result != 0) return (specs.Count == 0 ? null : specs[i].Descending) ?? Descending ? -result : result;
            }

            return 0;
        }

        IEnumerable<(PSObject Item, object?[] Keys)> sorted = keyed.Order(Comparer<(PSObject, object?[])>.Create(Compare));
        if (Unique)
        {
            var kept = new List<(PSObject Item, object?[] Keys)>();
            foreach (var entry in sorted)
                if (kept.Count == 0 || Compare(kept[^1], entry) != 0) kept.Add(entry);
            sorted = kept;
        }

        if (Top > 0) sorted = sorted.Take(Top);
        if (Bottom > 0) sorted = sorted.TakeLast(Bottom);
        foreach (var (item, _) in sorted) WriteObject(item);
    }
}

/// <summary>Get-Unique: drops repetitions from sorted input.</summary>
[Cmdlet(VerbsCommon.Get, "Unique", DefaultParameterSetName = "AsString"), StandIn(UtilityModule)]
public sealed class GetUniqueCommand : StandInCmdlet
{
    private PSObject? _last;

    [Parameter(ValueFromPipeline = true)] public PSObject? InputObject { get; set; }
    [Parameter(ParameterSetName = "AsString")] public SwitchParameter AsString { get; set; }
    [Parameter(ParameterSetName = "UniqueByType")] public SwitchParameter OnType { get; set; }
    [Parameter] public SwitchParameter CaseInsensitive { get; set; }

    protected override void ProcessRecord()
    {
        if (InputObject is null) return;
        var same = _last is not null && (OnType ? _last.TypeNames[0] == InputObject.TypeNames[0]
            : AsString ? string.Equals(_last.ToString(), InputObject.ToString(), CaseInsensitive ? StringComparison.CurrentCultureIgnoreCase : StringComparison.CurrentCulture)
            : new ObjectOrder(!CaseInsensitive).Compare(_last, InputObject) == 0);
        if (same) return;
        _last = InputObject;
        WriteObject(InputObject);
    }
}
