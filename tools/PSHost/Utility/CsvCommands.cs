using System.Text;

namespace Microsoft.PowerShell.Commands;

/// <summary>Base of ConvertTo-Csv and Export-Csv: the first object's properties are the columns.</summary>
public abstract class WriteCsvCommandBase : StandInCmdlet
{
    private string[]? _columns;

    [Parameter(Mandatory = true, ValueFromPipeline = true)] public PSObject? InputObject { get; set; }
    [Parameter] public char Delimiter { get; set; } = ',';
    [Parameter, Alias("NTI")] public SwitchParameter NoTypeInformation { get; set; }
    [Parameter] public SwitchParameter NoHeader { get; set; }
    [Parameter, ValidateSet("Always", "AsNeeded", "Never")] public string UseQuotes { get; set; } = "Always";

    private protected abstract void WriteLine(string line);

    protected override void ProcessRecord()
    {
        if (InputObject is null) return;
        if (_columns is null)
        {
            _columns = InputObject.BaseObject is IDictionary table ? [.. table.Keys.Cast<object>().Select(static k => k.ToString()!)] : [.. InputObject.Properties.Select(static p => p.Name)];
            if (!NoHeader) WriteLine(Join(_columns));
        }

        WriteLine(Join(_columns.Select(Value)));
    }

    private string Value(string column)
    {
        var value = InputObject!.BaseObject is IDictionary table ? table[column] : InputObject.Properties[column]?.Value;
        return value is null ? "" : LanguagePrimitives.ConvertTo<string>(value);
    }

    private string Join(IEnumerable<string> fields) => string.Join(Delimiter, fields.Select(Quote));

    private string Quote(string field) => UseQuotes switch
    {
        "Never" => field,
        "AsNeeded" when field.AsSpan().IndexOfAny(Delimiter, '"', '\n') < 0 => field,
        _ => '"' + field.Replace("\"", "\"\"", StringComparison.Ordinal) + '"',
    };
}

/// <summary>ConvertTo-Csv.</summary>
[Cmdlet(VerbsData.ConvertTo, "Csv"), StandIn(UtilityModule), OutputType(typeof(string))]
public sealed class ConvertToCsvCommand : WriteCsvCommandBase
{
    private protected override void WriteLine(string line) => WriteObject(line);
}

/// <summary>Export-Csv.</summary>
[Cmdlet(VerbsData.Export, "Csv", SupportsShouldProcess = true), StandIn(UtilityModule)]
public sealed class ExportCsvCommand : WriteCsvCommandBase
{
    private readonly StringBuilder _text = new();

    [Parameter(Mandatory = true, Position = 0)] public string Path { get; set; } = "";
    [Parameter] public string Encoding { get; set; } = "utf8NoBOM";
    [Parameter] public SwitchParameter Append { get; set; }
    [Parameter] public SwitchParameter Force { get; set; }

    private protected override void WriteLine(string line) => _text.AppendLine(line);

    protected override void EndProcessing()
    {
        var path = SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path);
        if (!ShouldProcess(path)) return;
        if (Append && File.Exists(path)) File.AppendAllText(path, _text.ToString()[(_text.ToString().IndexOf('\n', StringComparison.Ordinal) + 1)..], TextEncoding.Parse(Encoding));
        else File.WriteAllText(path, _text.ToString(), TextEncoding.Parse(Encoding));
    }
}

/// <summary>ConvertFrom-Csv.</summary>
[Cmdlet(VerbsData.ConvertFrom, "Csv"), StandIn(UtilityModule)]
public sealed class ConvertFromCsvCommand : StandInCmdlet
{
    private readonly StringBuilder _text = new();

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)] public PSObject[] InputObject { get; set; } = [];
    [Parameter(Position = 1)] public char Delimiter { get; set; } = ',';
    [Parameter] public string[]? Header { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var line in InputObject) _text.Append(line).Append('\n');
    }

    protected override void EndProcessing() => WriteObject(CsvReader.Read(_text.ToString(), Delimiter, Header), enumerateCollection: true);
}

/// <summary>Import-Csv.</summary>
[Cmdlet(VerbsData.Import, "Csv"), StandIn(UtilityModule)]
public sealed class ImportCsvCommand : StandInCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)] public string[] Path { get; set; } = [];
    [Parameter(Position = 1)] public char Delimiter { get; set; } = ',';
    [Parameter] public string[]? Header { get; set; }
    [Parameter] public string Encoding { get; set; } = "utf8NoBOM";

    protected override void ProcessRecord()
    {
        foreach (var path in Path)
            foreach (var file in SessionState.Path.GetResolvedProviderPathFromPSPath(path, out _))
                WriteObject(CsvReader.Read(File.ReadAllText(file, TextEncoding.Parse(Encoding)), Delimiter, Header), enumerateCollection: true);
    }
}

/// <summary>Quoted fields, doubled quotes, and lines inside quotes.</summary>
internal static class CsvReader
{
    internal static List<PSObject> Read(string text, char delimiter, string[]? header)
    {
        var objects = new List<PSObject>();
        foreach (var row in Rows(text, delimiter))
        {
            if (header is null)
            {
                if (row.Count > 0 && !row[0].StartsWith("#TYPE", StringComparison.Ordinal)) header = [.. row];
                continue;
            }

            var item = new PSObject();
            for (var i = 0; i < header.Length; i++) item.Properties.Add(new PSNoteProperty(header[i], i < row.Count ? row[i] : null));
            objects.Add(item);
        }

        return objects;
    }

    private static IEnumerable<List<string>> Rows(string text, char delimiter)
    {
        var row = new List<string>();
        var field = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quoted)
            {
                if (c != '"') field.Append(c);
                else if (i + 1 < text.Length && text[i + 1] == '"') field.Append(text[++i]);
                else quoted = false;
            }
            else if (c == '"')
            {
                quoted = true;
            }
            else if (c == delimiter)
            {
                row.Add(field.ToString());
                field.Clear();
            }
            else if (c == '\n')
            {
                if (field.Length > 0 || row.Count > 0)
                {
                    row.Add(field.ToString());
                    yield return row;
                }

                row = [];
                field.Clear();
            }
            else if (c != '\r')
            {
                field.Append(c);
            }
        }

        if (field.Length == 0 && row.Count == 0) yield break;
        row.Add(field.ToString());
        yield return row;
    }
}
