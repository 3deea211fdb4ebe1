using System.Text.RegularExpressions;

namespace Microsoft.PowerShell.Commands;

/// <summary>One line that Select-String found.</summary>
public sealed class MatchInfo
{
    public bool IgnoreCase { get; internal set; }
    public int LineNumber { get; internal set; }
    public string Line { get; internal set; } = "";
    public string Path { get; internal set; } = "InputStream";
    public string Filename => System.IO.Path.GetFileName(Path);
    public string? Pattern { get; internal set; }
    public Match[] Matches { get; internal set; } = [];

    public override string ToString() => Path == "InputStream" ? Line : $"{Path}:{LineNumber}:{Line}";
}

/// <summary>Select-String: lines of files or of the input that match.</summary>
[Cmdlet(VerbsCommon.Select, "String", DefaultParameterSetName = "File"), StandIn(UtilityModule), OutputType(typeof(MatchInfo), typeof(bool), typeof(string))]
public sealed class SelectStringCommand : StandInCmdlet
{
    private Regex[] _patterns = [];
    private int _line;
    private bool _found;

    [Parameter(Mandatory = true, Position = 0)] public string[] Pattern { get; set; } = [];
    [Parameter(ParameterSetName = "Object", Mandatory = true, ValueFromPipeline = true), AllowNull, AllowEmptyString] public PSObject? InputObject { get; set; }
    [Parameter(ParameterSetName = "File", Mandatory = true, Position = 1)] public string[] Path { get; set; } = [];
    [Parameter(ParameterSetName = "LiteralFile", Mandatory = true), Alias("PSPath", "LP")] public string[] LiteralPath { get; set; } = [];
    [Parameter] public SwitchParameter SimpleMatch { get; set; }
    [Parameter] public SwitchParameter CaseSensitive { get; set; }
    [Parameter] public SwitchParameter Quiet { get; set; }
    [Parameter] public SwitchParameter List { get; set; }
    [Parameter] public SwitchParameter Raw { get; set; }
    [Parameter] public SwitchParameter NotMatch { get; set; }
    [Parameter] public SwitchParameter AllMatches { get; set; }
    [Parameter] public SwitchParameter NoEmphasis { get; set; }
    [Parameter] public string Encoding { get; set; } = "utf8NoBOM";

    protected override void BeginProcessing() =>
        _patterns = Array.ConvertAll(Pattern, p => new Regex(SimpleMatch ? Regex.Escape(p) : p, CaseSensitive ? RegexOptions.None : RegexOptions.IgnoreCase, Timeout.InfiniteTimeSpan));

    protected override void ProcessRecord()
    {
        if (ParameterSetName == "Object")
        {
            if (InputObject?.BaseObject is FileInfo file) Search(file.FullName);
            else Test(LanguagePrimitives.ConvertTo<string>(InputObject) ?? "", "InputStream", ++_line);
            return;
        }

        foreach (var path in LiteralPath) Search(SessionState.Path.GetUnresolvedProviderPathFromPSPath(path));
        foreach (var path in Path)
            foreach (var file in SessionState.Path.GetResolvedProviderPathFromPSPath(path, out _)) Search(file);
    }

    private void Search(string file)
    {
        if (Directory.Exists(file)) return;
        var number = 0;
        foreach (var line in File.ReadLines(file, TextEncoding.Parse(Encoding)))
            if (Test(line, file, ++number) && (List || Quiet)) return;
    }

    private bool Test(string line, string path, int number)
    {
        var hit = Array.Find(_patterns, p => p.IsMatch(line));
        if (hit is null != (bool)NotMatch) return false;
        _found = true;
        if (Quiet) return true;
        if (Raw) WriteObject(line);
        else WriteObject(new MatchInfo { IgnoreCase = !CaseSensitive, Line = line, LineNumber = number, Path = path, Pattern = hit?.ToString(), Matches = hit is null ? [] : AllMatches ? [.. hit.Matches(line).Cast<Match>()] : [hit.Match(line)] });
        return true;
    }

    protected override void EndProcessing()
    {
        if (Quiet) WriteObject(_found);
    }
}
