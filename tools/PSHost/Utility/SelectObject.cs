namespace Microsoft.PowerShell.Commands;

/// <summary>Select-Object: some properties, some objects, or both.</summary>
[Cmdlet(VerbsCommon.Select, "Object", DefaultParameterSetName = "Default"), StandIn(UtilityModule)]
public sealed class SelectObjectCommand : StandInCmdlet
{
    private readonly List<PSObject> _last = [];
    private readonly List<PSObject> _unique = [];
    private List<PropertySpec> _properties = [];
    private List<PropertySpec> _expand = [];
    private WildcardPattern[] _excluded = [];
    private HashSet<int> _indexes = [];
    private int _seen;
    private int _written;

    [Parameter(ValueFromPipeline = true)] public PSObject? InputObject { get; set; }
    [Parameter(Position = 0)] public object[]? Property { get; set; }
    [Parameter] public string[] ExcludeProperty { get; set; } = [];
    [Parameter] public string? ExpandProperty { get; set; }
    [Parameter] public SwitchParameter Unique { get; set; }
    [Parameter] public SwitchParameter CaseInsensitive { get; set; }
    [Parameter, ValidateRange(0, int.MaxValue)] public int? First { get; set; }
    [Parameter, ValidateRange(0, int.MaxValue)] public int? Last { get; set; }
    [Parameter, ValidateRange(0, int.MaxValue)] public int Skip { get; set; }
    [Parameter, ValidateRange(0, int.MaxValue)] public int SkipLast { get; set; }
    [Parameter] public int[]? Index { get; set; }
    [Parameter] public int[]? SkipIndex { get; set; }
    [Parameter] public SwitchParameter Wait { get; set; }

    protected override void BeginProcessing()
    {
        _properties = PropertySpec.Parse(Property);
        if (ExcludeProperty.Length > 0 && _properties.Count == 0) _properties = PropertySpec.Parse(["*"]);
        if (ExpandProperty is not null) _expand = PropertySpec.Parse([ExpandProperty]);
        _excluded = Array.ConvertAll(ExcludeProperty, static p => new WildcardPattern(p, WildcardOptions.IgnoreCase));
        _indexes = [.. Index ?? SkipIndex ?? []];
    }

    protected override void ProcessRecord()
    {
        if (IsNothing(InputObject)) return;
        var position = _seen++;
        if (Index is not null)
        {
            if (_indexes.Contains(position)) Emit(InputObject);
            return;
        }

        if (SkipIndex is not null)
        {
            if (!_indexes.Contains(position)) Emit(InputObject);
            return;
        }

        if (Last is { } last)
        {
            // -Skip counts from the end here.
            _last.Add(InputObject);
            if (_last.Count > last + Skip && First is null) _last.RemoveAt(0);
            if (First is { } firstToo && _written < firstToo) EmitFirst(InputObject);
            return;
        }

        if (position < Skip) return;
        if (SkipLast > 0)
        {
            _last.Add(InputObject);
            if (_last.Count > SkipLast)
            {
                Emit(_last[0]);
                _last.RemoveAt(0);
            }

            return;
        }

        if (First is { } first)
        {
            if (_written < first) EmitFirst(InputObject);
            if (_written >= first && !Wait && !Unique) EngineInternals.StopUpstream(this);
            return;
        }

        Emit(InputObject);
    }

    protected override void EndProcessing()
    {
        if (Last is { } last)
        {
            var end = _last.Count - Skip;
            for (var i = Math.Max(First is null ? 0 : _written, end - last); i < end; i++) Emit(_last[i]);
        }

        if (Unique)
            foreach (var item in _unique) WriteObject(item);
    }

    private void EmitFirst(PSObject item)
    {
        _written++;
        Emit(item);
    }

    private void Emit(PSObject item)
    {
        var shaped = _properties.Count > 0 ? Shape(item) : item;
        if (_expand.Count == 0)
        {
            Write(shaped);
            return;
        }

        var results = _expand[0].Expression.GetValues(item);
        if (results.Count == 0 || results[0].Exception is not null)
        {
            WriteError(new ErrorRecord(new PSArgumentException($"Property \"{ExpandProperty}\" cannot be found."), "ExpandPropertyNotFound", ErrorCategory.InvalidArgument, item));
            return;
        }

        foreach (var result in results)
        {
            if (LanguagePrimitives.GetEnumerable(result.Result) is { } list)
                foreach (var element in list) WriteExpanded(element, shaped);
            else WriteExpanded(result.Result, shaped);
        }
    }

    private void WriteExpanded(object? value, PSObject shaped)
    {
        if (value is null) return;
        var wrapped = PSObject.AsPSObject(value);
        if (_properties.Count > 0)
            foreach (var property in shaped.Properties) wrapped.Properties.Add(new PSNoteProperty(property.Name, property.Value));
        Write(wrapped);
    }

    private PSObject Shape(PSObject item)
    {
        var shaped = new PSObject();
        foreach (var spec in _properties)
        {
            var names = spec.Expression.ResolveNames(item);
            if (names.Count == 0 && !spec.Expression.HasWildCardCharacters) names = [spec.Expression];
            foreach (var name in names)
            {
                var label = spec.Name ?? name.ToString();
                if (Array.Exists(_excluded, p => p.IsMatch(label)) || shaped.Properties[label] is not null) continue;
                var results = name.GetValues(item);
                shaped.Properties.Add(new PSNoteProperty(label, results.Count > 0 && results[0].Exception is null ? results[0].Result : null));
            }
        }

        foreach (var type in item.TypeNames.Where(static t => t is not "System.Object").Select(static t => t.StartsWith("Selected.", StringComparison.Ordinal) ? t : "Selected." + t).Take(1)) shaped.TypeNames.Insert(0, type);
        return shaped;
    }

    private void Write(PSObject item)
    {
        if (!Unique)
        {
            WriteObject(item);
            return;
        }

        if (!_unique.Exists(other => Same(other, item))) _unique.Add(item);
    }

    private bool Same(PSObject left, PSObject right)
    {
        if (_properties.Count == 0 || ExpandProperty is not null) return LanguagePrimitives.Equals(left, right, CaseInsensitive);
        var others = right.Properties.ToDictionary(static p => p.Name, static p => p.Value, StringComparer.OrdinalIgnoreCase);
        return left.Properties.All(p => others.TryGetValue(p.Name, out var value) && LanguagePrimitives.Equals(p.Value, value, CaseInsensitive));
    }
}
