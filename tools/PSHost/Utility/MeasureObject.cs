namespace Microsoft.PowerShell.Commands;

/// <summary>What Measure-Object gives for values.</summary>
public sealed class GenericMeasureInfo
{
    public int Count { get; set; }
    public double? Average { get; set; }
    public double? Sum { get; set; }
    public object? Maximum { get; set; }
    public object? Minimum { get; set; }
    public double? StandardDeviation { get; set; }
    public string? Property { get; set; }
}

/// <summary>What Measure-Object gives for text.</summary>
public sealed class TextMeasureInfo
{
    public int? Lines { get; set; }
    public int? Words { get; set; }
    public int? Characters { get; set; }
    public string? Property { get; set; }
}

/// <summary>Measure-Object: counts, sums, extremes and averages, of the objects or of a property.</summary>
[Cmdlet("Measure", "Object", DefaultParameterSetName = "GenericMeasure"), StandIn(UtilityModule), OutputType(typeof(GenericMeasureInfo), typeof(TextMeasureInfo))]
public sealed class MeasureObjectCommand : StandInCmdlet
{
    private readonly Dictionary<string, Statistics> _statistics = new(StringComparer.OrdinalIgnoreCase);
    private readonly ObjectOrder _order = new(caseSensitive: false);

    [Parameter(ValueFromPipeline = true)] public PSObject? InputObject { get; set; }
    [Parameter(Position = 0)] public object[]? Property { get; set; }
    [Parameter(ParameterSetName = "GenericMeasure")] public SwitchParameter Sum { get; set; }
    [Parameter(ParameterSetName = "GenericMeasure")] public SwitchParameter Average { get; set; }
    [Parameter(ParameterSetName = "GenericMeasure")] public SwitchParameter Maximum { get; set; }
    [Parameter(ParameterSetName = "GenericMeasure")] public SwitchParameter Minimum { get; set; }
    [Parameter(ParameterSetName = "GenericMeasure")] public SwitchParameter StandardDeviation { get; set; }
    [Parameter(ParameterSetName = "GenericMeasure")] public SwitchParameter AllStats { get; set; }
    [Parameter(ParameterSetName = "TextMeasure")] public SwitchParameter Line { get; set; }
    [Parameter(ParameterSetName = "TextMeasure")] public SwitchParameter Word { get; set; }
    [Parameter(ParameterSetName = "TextMeasure")] public SwitchParameter Character { get; set; }
    [Parameter(ParameterSetName = "TextMeasure")] public SwitchParameter IgnoreWhiteSpace { get; set; }

    private sealed class Statistics
    {
        internal int Count, Lines, Words, Characters;
        internal double Sum, SquareSum;
        internal object? Maximum, Minimum;
    }

    private bool IsText => ParameterSetName == "TextMeasure";

    private bool NeedsNumbers => Sum || Average || StandardDeviation || AllStats;

    protected override void ProcessRecord()
    {
        if (IsNothing(InputObject)) return;
        if (Property is null)
        {
            Add("", InputObject);
            return;
        }

        foreach (var spec in PropertySpec.Parse(Property))
            foreach (var name in spec.Expression.ResolveNames(InputObject))
                foreach (var result in name.GetValues(InputObject))
                    if (result.Exception is null && result.Result is not null) Add(name.ToString(), result.Result);
    }

    private void Add(string property, object value)
    {
        if (!_statistics.TryGetValue(property, out var s)) _statistics[property] = s = new Statistics();
        s.Count++;
        if (IsText)
        {
            var text = LanguagePrimitives.ConvertTo<string>(value);
            s.Lines += text.Length == 0 ? 0 : text.AsSpan().Count('\n') + (text.EndsWith('\n') ? 0 : 1);
            s.Words += text.Split(null as char[], StringSplitOptions.RemoveEmptyEntries).Length;
            s.Characters += IgnoreWhiteSpace ? text.Count(static c => !char.IsWhiteSpace(c)) : text.Length;
            return;
        }

        if (NeedsNumbers)
        {
            if (!LanguagePrimitives.TryConvertTo(value, out double number))
            {
                WriteError(new ErrorRecord(new PSInvalidCastException($"Input object \"{value}\" is not numeric."), "NonNumericInputObject", ErrorCategory.InvalidType, value));
                return;
            }

            s.Sum += number;
            s.SquareSum += number * number;
        }

        if ((Maximum || AllStats) && (s.Maximum is null || _order.Compare(value, s.Maximum) > 0)) s.Maximum = value;
        if ((Minimum || AllStats) && (s.Minimum is null || _order.Compare(value, s.Minimum) < 0)) s.Minimum = value;
    }

    protected override void EndProcessing()
    {
        if (Property is null && _statistics.Count == 0) _statistics[""] = new Statistics();
        foreach (var spec in PropertySpec.Parse(Property))
        {
            var name = spec.Expression.ToString();
            if (!spec.Expression.HasWildCardCharacters && !_statistics.ContainsKey(name))
                WriteError(new ErrorRecord(new PSArgumentException($"The property \"{name}\" cannot be found in the input for any objects."), "GenericMeasurePropertyNotFound", ErrorCategory.InvalidArgument, null));
        }

        foreach (var (property, s) in _statistics)
        {
            var name = property.Length > 0 ? property : null;
            if (IsText)
                WriteObject(new TextMeasureInfo { Lines = Line ? s.Lines : null, Words = Word ? s.Words : null, Characters = Character ? s.Characters : null, Property = name });
            else
                WriteObject(new GenericMeasureInfo
                {
                    Count = s.Count,
                    Sum = Sum || AllStats ? s.Sum : null,
                    Average = (Average || AllStats) && s.Count > 0 ? s.Sum / s.Count : null,
                    StandardDeviation = (StandardDeviation || AllStats) && s.Count > 1 ? Math.Sqrt((s.SquareSum - (s.Sum * s.Sum / s.Count)) / (s.Count - 1)) : null,
                    Maximum = s.Maximum is PSObject max ? max.BaseObject : s.Maximum,
                    Minimum = s.Minimum is PSObject min ? min.BaseObject : s.Minimum,
                    Property = name,
                });
        }
    }
}
