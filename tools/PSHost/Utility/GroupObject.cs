namespace Microsoft.PowerShell.Commands;

/// <summary>What Group-Object gives.</summary>
public sealed class GroupInfo
{
    internal GroupInfo(object?[] values, string name)
    {
        Values = [.. values];
        Name = name;
    }

    public ArrayList Values { get; }
    public Collection<PSObject> Group { get; } = [];
    public int Count => Group.Count;
    public string Name { get; }
}

/// <summary>The same without its elements.</summary>
public sealed class GroupInfoNoElement(string name, int count)
{
    public int Count { get; } = count;
    public string Name { get; } = name;
}

/// <summary>Group-Object: objects with equal values of some properties, sorted by them.</summary>
[Cmdlet("Group", "Object"), StandIn(UtilityModule), OutputType(typeof(GroupInfo), typeof(Hashtable))]
public sealed class GroupObjectCommand : StandInCmdlet
{
    private readonly List<GroupInfo> _groups = [];
    private List<PropertySpec> _specs = [];
    private ObjectOrder _order = new(caseSensitive: false);

    [Parameter(ValueFromPipeline = true)] public PSObject? InputObject { get; set; }
    [Parameter(Position = 0)] public object[]? Property { get; set; }
    [Parameter] public SwitchParameter NoElement { get; set; }
    [Parameter] public SwitchParameter AsHashTable { get; set; }
    [Parameter] public SwitchParameter AsString { get; set; }
    [Parameter] public SwitchParameter CaseSensitive { get; set; }

    protected override void BeginProcessing()
    {
        _specs = PropertySpec.Parse(Property);
        _order = new ObjectOrder(CaseSensitive);
    }

    protected override void ProcessRecord()
    {
        if (IsNothing(InputObject)) return;
        object?[] values = _specs.Count == 0 ? [InputObject] : [.. _specs.Select(s => s.ValueOf(InputObject))];
        var group = _groups.Find(g => g.Values.Cast<object?>().SequenceEqual(values, _order));
        if (group is null) _groups.Add(group = new GroupInfo(values, string.Join(", ", values.Select(static v => LanguagePrimitives.ConvertTo<string>(v)))));
        group.Group.Add(InputObject);
    }

    protected override void EndProcessing()
    {
        var sorted = _groups.Order(Comparer<GroupInfo>.Create((x, y) =>
        {
            for (var i = 0; i < x.Values.Count; i++)
                if (_order.Compare(x.Values[i], y.Values[i]) is var result and not 0) return result;
            return 0;
        }));
        if (AsHashTable)
        {
            var table = new Hashtable(CaseSensitive ? StringComparer.CurrentCulture : StringComparer.CurrentCultureIgnoreCase);
            foreach (var group in sorted) table[AsString || group.Values[0] is null ? group.Name : PSObject.AsPSObject(group.Values[0]).BaseObject] = group.Group;
            WriteObject(table);
            return;
        }

        foreach (var group in sorted) WriteObject(NoElement ? new GroupInfoNoElement(group.Name, group.Count) : group);
    }
}
