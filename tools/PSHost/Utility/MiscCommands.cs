using System.Globalization;
using System.Management.Automation.Language;
using System.Security.Cryptography;

namespace Microsoft.PowerShell.Commands;

/// <summary>Invoke-Expression: text as a script, in the caller's scope.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "Expression"), StandIn(UtilityModule)]
public sealed class InvokeExpressionCommand : StandInCmdlet
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true)] public string Command { get; set; } = "";

    protected override void ProcessRecord()
    {
        foreach (var item in InvokeCommand.InvokeScript(useLocalScope: false, InvokeCommand.NewScriptBlock(Command), null)) WriteObject(item);
    }
}

/// <summary>Get-Host.</summary>
[Cmdlet(VerbsCommon.Get, "Host"), StandIn(UtilityModule)]
public sealed class GetHostCommand : StandInCmdlet
{
    protected override void BeginProcessing() => WriteObject(Host);
}

/// <summary>Read-Host.</summary>
[Cmdlet("Read", "Host", DefaultParameterSetName = "AsString"), StandIn(UtilityModule)]
public sealed class ReadHostCommand : StandInCmdlet
{
    [Parameter(Position = 0, ValueFromRemainingArguments = true), AllowNull] public object? Prompt { get; set; }
    [Parameter(ParameterSetName = "AsSecureString")] public SwitchParameter AsSecureString { get; set; }
    [Parameter(ParameterSetName = "AsString")] public SwitchParameter MaskInput { get; set; }

    protected override void BeginProcessing()
    {
        if (Prompt is not null) Host.UI.Write(LanguagePrimitives.ConvertTo<string>(Prompt) + ": ");
        if (AsSecureString) WriteObject(Host.UI.ReadLineAsSecureString());
        else if (MaskInput) WriteObject(new System.Net.NetworkCredential("", Host.UI.ReadLineAsSecureString()).Password);
        else WriteObject(Host.UI.ReadLine());
    }
}

/// <summary>Get-Culture.</summary>
[Cmdlet(VerbsCommon.Get, "Culture"), StandIn(UtilityModule), OutputType(typeof(CultureInfo))]
public sealed class GetCultureCommand : StandInCmdlet
{
    [Parameter(Position = 0)] public string? Name { get; set; }

    protected override void BeginProcessing() => WriteObject(Name is null ? CultureInfo.CurrentCulture : CultureInfo.GetCultureInfo(Name));
}

/// <summary>Get-UICulture.</summary>
[Cmdlet(VerbsCommon.Get, "UICulture"), StandIn(UtilityModule), OutputType(typeof(CultureInfo))]
public sealed class GetUICultureCommand : StandInCmdlet
{
    protected override void BeginProcessing() => WriteObject(CultureInfo.CurrentUICulture);
}

/// <summary>Get-PSCallStack.</summary>
[Cmdlet(VerbsCommon.Get, "PSCallStack"), StandIn(UtilityModule), OutputType(typeof(CallStackFrame))]
public sealed class GetPSCallStackCommand : StandInCmdlet
{
    protected override void ProcessRecord() => WriteObject(System.Management.Automation.Runspaces.Runspace.DefaultRunspace.Debugger.GetCallStack(), enumerateCollection: true);
}

/// <summary>Set-PSBreakpoint: on a line of a script, by the engine's debugger.</summary>
[Cmdlet(VerbsCommon.Set, "PSBreakpoint"), StandIn(UtilityModule), OutputType(typeof(Breakpoint))]
public sealed class SetPSBreakpointCommand : StandInCmdlet
{
    [Parameter(Position = 0)] public string? Script { get; set; }
    [Parameter(Position = 1)] public int[] Line { get; set; } = [];
    [Parameter(Position = 2)] public int Column { get; set; }
    [Parameter] public ScriptBlock? Action { get; set; }

    protected override void ProcessRecord()
    {
        if (Script is null || Line.Length == 0) Refuse("breakpoints other than on a line of a script");
        var path = SessionState.Path.GetUnresolvedProviderPathFromPSPath(Script);
        foreach (var line in Line) WriteObject(System.Management.Automation.Runspaces.Runspace.DefaultRunspace.Debugger.SetLineBreakpoint(path, line, Column, Action));
    }
}

/// <summary>Remove-PSBreakpoint.</summary>
[Cmdlet(VerbsCommon.Remove, "PSBreakpoint"), StandIn(UtilityModule)]
public sealed class RemovePSBreakpointCommand : StandInCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)] public Breakpoint[] Breakpoint { get; set; } = [];

    protected override void ProcessRecord()
    {
        foreach (var breakpoint in Breakpoint) System.Management.Automation.Runspaces.Runspace.DefaultRunspace.Debugger.RemoveBreakpoint(breakpoint);
    }
}

/// <summary>Import-PowerShellDataFile: a data file as a table, without running it.</summary>
[Cmdlet(VerbsData.Import, "PowerShellDataFile"), StandIn(UtilityModule), OutputType(typeof(Hashtable))]
public sealed class ImportPowerShellDataFileCommand : StandInCmdlet
{
    [Parameter(Position = 0, ParameterSetName = "ByPath")] public string[] Path { get; set; } = [];
    [Parameter(ParameterSetName = "ByLiteralPath"), Alias("PSPath", "LP")] public string[] LiteralPath { get; set; } = [];
    [Parameter] public SwitchParameter SkipLimitCheck { get; set; }

    protected override void ProcessRecord()
    {
        var files = LiteralPath.Select(SessionState.Path.GetUnresolvedProviderPathFromPSPath).Concat(Path.SelectMany(p => SessionState.Path.GetResolvedProviderPathFromPSPath(p, out _)));
        foreach (var file in files)
        {
            var script = Parser.ParseFile(file, out _, out var errors);
            if (errors.Length > 0 || script.Find(static a => a is HashtableAst, searchNestedScriptBlocks: false) is not HashtableAst table)
                Fail("InvalidPowerShellDataFile", ErrorCategory.InvalidData, file, $"The file '{file}' could not be read as a PowerShell data file.");
            else WriteObject(table.SafeGetValue());
        }
    }
}

/// <summary>Import-LocalizedData: the data file for a culture, or the one beside the script.</summary>
[Cmdlet(VerbsData.Import, "LocalizedData"), StandIn(UtilityModule)]
public sealed class ImportLocalizedDataCommand : StandInCmdlet
{
    [Parameter(Position = 0)] public string? BindingVariable { get; set; }
    [Parameter(Position = 1)] public string? UICulture { get; set; }
    [Parameter] public string? BaseDirectory { get; set; }
    [Parameter] public string? FileName { get; set; }

    protected override void ProcessRecord()
    {
        var folder = BaseDirectory ?? (GetVariableValue("PSScriptRoot") as string) ?? "";
        var name = (FileName ?? System.IO.Path.GetFileNameWithoutExtension(MyInvocation.ScriptName)) + ".psd1";
        var file = new[] { UICulture ?? CultureInfo.CurrentUICulture.Name, "en-US", "" }.Select(c => Path.Combine(folder, c, name)).FirstOrDefault(File.Exists);
        if (file is null)
        {
            Fail("ImportLocalizedDataFileNotFound", ErrorCategory.ObjectNotFound, name, $"Cannot find the data file '{name}' under '{folder}'.");
            return;
        }

        var data = ((HashtableAst?)Parser.ParseFile(file, out _, out _).Find(static a => a is HashtableAst, searchNestedScriptBlocks: false))?.SafeGetValue();
        if (BindingVariable is null) WriteObject(data);
        else SessionState.PSVariable.Set(BindingVariable, data);
    }
}

/// <summary>Get-FileHash.</summary>
[Cmdlet(VerbsCommon.Get, "FileHash", DefaultParameterSetName = "Path"), StandIn(UtilityModule)]
public sealed class GetFileHashCommand : StandInCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "Path")] public string[] Path { get; set; } = [];
    [Parameter(Mandatory = true, ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true), Alias("PSPath", "LP")] public string[] LiteralPath { get; set; } = [];
    [Parameter(Position = 1), ValidateSet("SHA1", "SHA256", "SHA384", "SHA512", "MD5")] public string Algorithm { get; set; } = "SHA256";

    protected override void ProcessRecord()
    {
        var files = LiteralPath.Select(SessionState.Path.GetUnresolvedProviderPathFromPSPath).Concat(Path.SelectMany(p => SessionState.Path.GetResolvedProviderPathFromPSPath(p, out _)));
        foreach (var file in files)
        {
            using var stream = File.OpenRead(file);
            using var hash = IncrementalHash.CreateHash(new HashAlgorithmName(Algorithm.ToUpperInvariant()));
            var buffer = new byte[81920];
            for (int read; (read = stream.Read(buffer)) > 0;) hash.AppendData(buffer, 0, read);
            var result = new PSObject();
            result.Properties.Add(new PSNoteProperty("Algorithm", Algorithm.ToUpperInvariant()));
            result.Properties.Add(new PSNoteProperty("Hash", Convert.ToHexString(hash.GetHashAndReset())));
            result.Properties.Add(new PSNoteProperty("Path", file));
            WriteObject(result);
        }
    }
}
