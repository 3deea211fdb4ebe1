using Microsoft.PowerShell.Commands.Internal.Format;

namespace Microsoft.PowerShell.Commands;

/// <summary>Format-Table, by the engine's own machinery.</summary>
[Cmdlet(VerbsCommon.Format, "Table"), StandIn(UtilityModule)]
public sealed class FormatTableCommand : OuterFormatTableBase
{
    public FormatTableCommand() => EngineInternals.SetFormatter(this, "InnerFormatShapeCommand", EngineInternals.FormatShape("Table"));
}

/// <summary>Format-List, by the engine's own machinery.</summary>
[Cmdlet(VerbsCommon.Format, "List"), StandIn(UtilityModule)]
public sealed class FormatListCommand : OuterFormatTableAndListBase
{
    public FormatListCommand() => EngineInternals.SetFormatter(this, "InnerFormatShapeCommand", EngineInternals.FormatShape("List"));
}

/// <summary>Format-Wide, by the engine's own machinery; one property, and the columns that fit.</summary>
[Cmdlet(VerbsCommon.Format, "Wide"), StandIn(UtilityModule)]
public sealed class FormatWideCommand : OuterFormatShapeCommandBase
{
    public FormatWideCommand() => EngineInternals.SetFormatter(this, "InnerFormatShapeCommand", EngineInternals.FormatShape("Wide"));
}

/// <summary>Format-Custom, by the engine's own machinery.</summary>
[Cmdlet(VerbsCommon.Format, "Custom"), StandIn(UtilityModule)]
public sealed class FormatCustomCommand : OuterFormatShapeCommandBase
{
    public FormatCustomCommand() => EngineInternals.SetFormatter(this, "InnerFormatShapeCommand", EngineInternals.FormatShape("Complex"));
}

/// <summary>Out-String: what the console would show, as one string or line by line.</summary>
[Cmdlet(VerbsData.Out, "String"), StandIn(UtilityModule), OutputType(typeof(string))]
public sealed class OutStringCommand : FrontEndCommandBase
{
    private const int DefaultWidth = 120;
    private readonly StringWriter _text = new();

    public OutStringCommand() => EngineInternals.SetFormatter(this, "OutputManagerInner");

    [Parameter, ValidateRange(2, int.MaxValue)] public int Width { get; set; }
    [Parameter] public SwitchParameter Stream { get; set; }
    [Parameter] public SwitchParameter NoNewline { get; set; }

    protected override void BeginProcessing()
    {
        EngineInternals.SetLineOutput(this, _text, Width > 0 ? Width : ScreenWidth());
        base.BeginProcessing();
    }

    protected override void ProcessRecord()
    {
        base.ProcessRecord();
        if (Stream) WriteLines();
    }

    protected override void EndProcessing()
    {
        base.EndProcessing();
        if (Stream) WriteLines();
        else WriteObject(NoNewline ? _text.ToString().ReplaceLineEndings("") : _text.ToString());
    }

    private void WriteLines()
    {
        var builder = _text.GetStringBuilder();
        if (builder.Length == 0) return;
        var text = builder.ToString();
        builder.Clear();
        foreach (var line in text[..^(text.EndsWith('\n') ? 1 : 0)].Split('\n')) WriteObject(line.TrimEnd('\r'));
    }

    private int ScreenWidth()
    {
        try { return Host.UI.RawUI.BufferSize.Width is > 1 and var width ? width : DefaultWidth; }
        catch (Exception e) when (e is System.Management.Automation.Host.HostException or NotImplementedException) { return DefaultWidth; }
    }
}

/// <summary>Out-File: what the console would show, in a file.</summary>
[Cmdlet(VerbsData.Out, "File", DefaultParameterSetName = "ByPath", SupportsShouldProcess = true), StandIn(UtilityModule)]
public sealed class OutFileCommand : FrontEndCommandBase
{
    private const int DefaultWidth = 120;
    private StreamWriter? _writer;

    public OutFileCommand() => EngineInternals.SetFormatter(this, "OutputManagerInner");

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "ByPath"), Alias("Path")] public string? FilePath { get; set; }
    [Parameter(Mandatory = true, ParameterSetName = "ByLiteralPath", ValueFromPipelineByPropertyName = true), Alias("PSPath", "LP")] public string? LiteralPath { get; set; }
    [Parameter(Position = 1)] public string Encoding { get; set; } = "utf8NoBOM";
    [Parameter] public SwitchParameter Append { get; set; }
    [Parameter] public SwitchParameter Force { get; set; }
    [Parameter, Alias("NoOverwrite")] public SwitchParameter NoClobber { get; set; }
    [Parameter, ValidateRange(2, int.MaxValue)] public int Width { get; set; } = DefaultWidth;
    [Parameter] public SwitchParameter NoNewline { get; set; }

    protected override void BeginProcessing()
    {
        var path = SessionState.Path.GetUnresolvedProviderPathFromPSPath(LiteralPath ?? FilePath!);
        if (!ShouldProcess(path, "Output to File")) Width = DefaultWidth;
        else
        {
            var mode = NoClobber ? FileMode.CreateNew : Append ? FileMode.Append : FileMode.Create;
            try
            {
                _writer = new StreamWriter(new FileStream(path, mode, FileAccess.Write, FileShare.ReadWrite), TextEncoding.Parse(Encoding));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                ThrowTerminatingError(new ErrorRecord(e, NoClobber ? "NoClobber" : "FileOpenFailure", ErrorCategory.OpenError, path));
            }
        }

        EngineInternals.SetLineOutput(this, _writer ?? TextWriter.Null, Width);
        base.BeginProcessing();
    }

    protected override void ProcessRecord()
    {
        if (NoNewline) _writer?.Write(InputObject);
        else base.ProcessRecord();
    }

    protected override void EndProcessing()
    {
        base.EndProcessing();
        _writer?.Dispose();
    }

    protected override void InternalDispose()
    {
        _writer?.Dispose();
        base.InternalDispose();
    }
}

/// <summary>Tee-Object: to a file or a variable, and on.</summary>
[Cmdlet("Tee", "Object", DefaultParameterSetName = "File"), StandIn(UtilityModule)]
public sealed class TeeObjectCommand : StandInCmdlet
{
    private readonly List<object?> _objects = [];

    [Parameter(ValueFromPipeline = true)] public PSObject? InputObject { get; set; }
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "File"), Alias("Path")] public string? FilePath { get; set; }
    [Parameter(ParameterSetName = "File")] public SwitchParameter Append { get; set; }
    [Parameter(Mandatory = true, ParameterSetName = "Variable")] public string? Variable { get; set; }

    protected override void ProcessRecord()
    {
        _objects.Add(InputObject);
        WriteObject(InputObject);
    }

    protected override void EndProcessing()
    {
        if (Variable is not null)
        {
            SessionState.PSVariable.Set(Variable, _objects.Count == 1 ? _objects[0] : _objects.ToArray());
            return;
        }

        var script = Append ? "$args[0] | Out-File -LiteralPath $args[1] -Append" : "$args[0] | Out-File -LiteralPath $args[1]";
        InvokeCommand.InvokeScript(script, _objects.ToArray(), FilePath);
    }
}
