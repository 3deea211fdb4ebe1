using System.Diagnostics;
using System.Globalization;

namespace Microsoft.PowerShell.Commands;

/// <summary>Get-Date.</summary>
[Cmdlet(VerbsCommon.Get, "Date"), StandIn(UtilityModule), OutputType(typeof(DateTime), typeof(string))]
public sealed class GetDateCommand : StandInCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true), Alias("LastWriteTime")] public DateTime? Date { get; set; }
    [Parameter] public double? UnixTimeSeconds { get; set; }
    [Parameter] public int? Year { get; set; }
    [Parameter] public int? Month { get; set; }
    [Parameter] public int? Day { get; set; }
    [Parameter] public int? Hour { get; set; }
    [Parameter] public int? Minute { get; set; }
    [Parameter] public int? Second { get; set; }
    [Parameter] public int? Millisecond { get; set; }
    [Parameter] public string? Format { get; set; }
    [Parameter] public string? UFormat { get; set; }
    [Parameter] public SwitchParameter AsUTC { get; set; }

    protected override void ProcessRecord()
    {
        var time = UnixTimeSeconds is { } seconds ? DateTime.UnixEpoch.AddSeconds(seconds).ToLocalTime() : Date ?? DateTime.Now;
        time = new DateTime(Year ?? time.Year, Month ?? time.Month, Day ?? time.Day, Hour ?? time.Hour, Minute ?? time.Minute, Second ?? time.Second, time.Kind).AddTicks(Millisecond is { } ms ? ms * TimeSpan.TicksPerMillisecond : time.Ticks % TimeSpan.TicksPerSecond);
        if (AsUTC) time = time.ToUniversalTime();
        if (Format is not null) WriteObject(time.ToString(Format switch { "FileDate" => "yyyyMMdd", "FileDateTime" => "yyyyMMddTHHmmssffff", _ => Format }, CultureInfo.CurrentCulture));
        else if (UFormat == "%s") WriteObject(new DateTimeOffset(time).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        else if (UFormat is not null) Refuse("Get-Date -UFormat other than %s");
        else WriteObject(time);
    }
}

/// <summary>New-TimeSpan.</summary>
[Cmdlet(VerbsCommon.New, "TimeSpan", DefaultParameterSetName = "Date"), StandIn(UtilityModule), OutputType(typeof(TimeSpan))]
public sealed class NewTimeSpanCommand : StandInCmdlet
{
    [Parameter(Position = 0, ParameterSetName = "Date", ValueFromPipeline = true), Alias("LastWriteTime")] public DateTime? Start { get; set; }
    [Parameter(Position = 1, ParameterSetName = "Date")] public DateTime? End { get; set; }
    [Parameter(ParameterSetName = "Time")] public int Days { get; set; }
    [Parameter(ParameterSetName = "Time")] public int Hours { get; set; }
    [Parameter(ParameterSetName = "Time")] public int Minutes { get; set; }
    [Parameter(ParameterSetName = "Time")] public int Seconds { get; set; }
    [Parameter(ParameterSetName = "Time")] public int Milliseconds { get; set; }

    protected override void ProcessRecord()
    {
        var now = DateTime.Now;
        WriteObject(ParameterSetName == "Time" ? new TimeSpan(Days, Hours, Minutes, Seconds, Milliseconds) : (End ?? now) - (Start ?? now));
    }
}

/// <summary>Start-Sleep; Ctrl+C ends it at once.</summary>
[Cmdlet(VerbsLifecycle.Start, "Sleep", DefaultParameterSetName = "Seconds"), StandIn(UtilityModule)]
public sealed class StartSleepCommand : StandInCmdlet, IDisposable
{
    private readonly ManualResetEventSlim _stopped = new();

    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Seconds", ValueFromPipeline = true)] public double Seconds { get; set; }
    [Parameter(Mandatory = true, ParameterSetName = "Milliseconds"), Alias("ms")] public int Milliseconds { get; set; }
    [Parameter(Mandatory = true, ParameterSetName = "FromTimeSpan"), Alias("ts")] public TimeSpan Duration { get; set; }

    protected override void ProcessRecord() => _stopped.Wait(ParameterSetName switch
    {
        "Milliseconds" => TimeSpan.FromMilliseconds(Milliseconds),
        "FromTimeSpan" => Duration,
        _ => TimeSpan.FromSeconds(Seconds),
    });

    protected override void StopProcessing() => _stopped.Set();

    public void Dispose() => _stopped.Dispose();
}

/// <summary>Measure-Command: how long a script block takes; its output is dropped.</summary>
[Cmdlet("Measure", "Command"), StandIn(UtilityModule), OutputType(typeof(TimeSpan))]
public sealed class MeasureCommandCommand : StandInCmdlet
{
    private readonly Stopwatch _watch = new();

    [Parameter(ValueFromPipeline = true)] public PSObject? InputObject { get; set; }
    [Parameter(Position = 0, Mandatory = true)] public ScriptBlock Expression { get; set; } = ScriptBlock.Create("");

    protected override void ProcessRecord()
    {
        _watch.Start();
        InvokeCommand.InvokeScript(useLocalScope: false, Expression, InputObject is null ? null : new ArrayList { InputObject });
        _watch.Stop();
    }

    protected override void EndProcessing() => WriteObject(_watch.Elapsed);
}

/// <summary>Get-Random: numbers or elements, repeatable with -SetSeed.</summary>
[Cmdlet(VerbsCommon.Get, "Random", DefaultParameterSetName = "RandomNumber"), StandIn(UtilityModule)]
public sealed class GetRandomCommand : StandInCmdlet
{
    private static Random s_random = Random.Shared;
    private readonly List<object> _items = [];

    [Parameter] public int? SetSeed { get; set; }
    [Parameter(Position = 0, ParameterSetName = "RandomNumber")] public object? Maximum { get; set; }
    [Parameter(ParameterSetName = "RandomNumber")] public object? Minimum { get; set; }
    [Parameter(ParameterSetName = "RandomList", Mandatory = true, ValueFromPipeline = true)] public object[]? InputObject { get; set; }
    [Parameter] public int Count { get; set; } = 1;
    [Parameter(ParameterSetName = "Shuffle")] public SwitchParameter Shuffle { get; set; }

    protected override void BeginProcessing()
    {
        if (SetSeed is { } seed) s_random = new Random(seed);
    }

    protected override void ProcessRecord() => _items.AddRange(InputObject ?? []);

    protected override void EndProcessing()
    {
        if (InputObject is not null || MyInvocation.ExpectingInput)
        {
            var items = _items.ToArray();
            s_random.Shuffle(items);
            foreach (var item in items.Take(Shuffle ? items.Length : Count)) WriteObject(item);
            return;
        }

        for (var i = 0; i < Count; i++)
        {
            if (Maximum is double || Minimum is double)
            {
                var low = LanguagePrimitives.ConvertTo<double>(Minimum ?? 0.0);
                WriteObject(low + (s_random.NextDouble() * (LanguagePrimitives.ConvertTo<double>(Maximum ?? double.MaxValue) - low)));
            }
            else
            {
                var value = s_random.NextInt64(LanguagePrimitives.ConvertTo<long>(Minimum ?? 0L), LanguagePrimitives.ConvertTo<long>(Maximum ?? (long)int.MaxValue));
                WriteObject(value is >= int.MinValue and <= int.MaxValue ? (object)(int)value : value);
            }
        }
    }
}
