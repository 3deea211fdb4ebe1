using System.ComponentModel;
using System.Diagnostics;

namespace Microsoft.PowerShell.Commands;

/// <summary>Base of the cmdlets that find processes by name or number.</summary>
public abstract class ProcessCommand : StandInCmdlet
{
    private protected IEnumerable<Process> Find(string[]? names, int[]? ids, Process[]? given)
    {
        foreach (var process in given ?? []) yield return process;
        foreach (var id in ids ?? [])
        {
            Process? process = null;
            try { process = Process.GetProcessById(id); }
            catch (ArgumentException) { Fail("NoProcessFoundForGivenId", ErrorCategory.ObjectNotFound, id, $"Cannot find a process with the process identifier {id}."); }
            if (process is not null) yield return process;
        }

        foreach (var name in names ?? (ids is null && given is null ? ["*"] : []))
        {
            var pattern = new WildcardPattern(name, WildcardOptions.IgnoreCase);
            var found = Process.GetProcesses().Where(p => pattern.IsMatch(p.ProcessName)).OrderBy(static p => p.ProcessName, StringComparer.OrdinalIgnoreCase).ToList();
            if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(name)) Fail("NoProcessFoundForGivenName", ErrorCategory.ObjectNotFound, name, $"Cannot find a process with the name \"{name}\". Verify the process name and call the cmdlet again.");
            foreach (var process in found) yield return process;
        }
    }
}

/// <summary>Get-Process.</summary>
[Cmdlet(VerbsCommon.Get, "Process", DefaultParameterSetName = "Name"), StandIn(ManagementModule), OutputType(typeof(Process))]
public sealed class GetProcessCommand : ProcessCommand
{
    [Parameter(Position = 0, ParameterSetName = "Name", ValueFromPipelineByPropertyName = true), Alias("ProcessName")] public string[]? Name { get; set; }
    [Parameter(ParameterSetName = "Id", Mandatory = true, ValueFromPipelineByPropertyName = true), Alias("PID")] public int[]? Id { get; set; }
    [Parameter(ParameterSetName = "InputObject", Mandatory = true, ValueFromPipeline = true)] public Process[]? InputObject { get; set; }

    protected override void ProcessRecord() => WriteObject(Find(Name, Id, InputObject), enumerateCollection: true);
}

/// <summary>Stop-Process.</summary>
[Cmdlet(VerbsLifecycle.Stop, "Process", DefaultParameterSetName = "Id", SupportsShouldProcess = true), StandIn(ManagementModule)]
public sealed class StopProcessCommand : ProcessCommand
{
    [Parameter(ParameterSetName = "Name", Mandatory = true), Alias("ProcessName")] public string[]? Name { get; set; }
    [Parameter(Position = 0, ParameterSetName = "Id", Mandatory = true, ValueFromPipelineByPropertyName = true)] public int[]? Id { get; set; }
    [Parameter(Position = 0, ParameterSetName = "InputObject", Mandatory = true, ValueFromPipeline = true)] public Process[]? InputObject { get; set; }
    [Parameter] public SwitchParameter Force { get; set; }
    [Parameter] public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var process in Find(Name, Id, InputObject))
        {
            if (!ShouldProcess($"{process.ProcessName} ({process.Id})", "Stop-Process")) continue;
            try { process.Kill(); }
            catch (Exception e) when (e is Win32Exception or InvalidOperationException) { Fail(e, "CouldNotStopProcess", ErrorCategory.CloseError, process); }
            if (PassThru) WriteObject(process);
        }
    }
}

/// <summary>Wait-Process; Ctrl+C ends it at once.</summary>
[Cmdlet(VerbsLifecycle.Wait, "Process", DefaultParameterSetName = "Name"), StandIn(ManagementModule)]
public sealed class WaitProcessCommand : ProcessCommand
{
    private const int Slice = 100;

    [Parameter(Position = 0, ParameterSetName = "Name", Mandatory = true), Alias("ProcessName")] public string[]? Name { get; set; }
    [Parameter(ParameterSetName = "Id", Mandatory = true, ValueFromPipelineByPropertyName = true), Alias("PID")] public int[]? Id { get; set; }
    [Parameter(ParameterSetName = "InputObject", Mandatory = true, ValueFromPipeline = true)] public Process[]? InputObject { get; set; }
    [Parameter(Position = 1), Alias("TimeoutSec")] public int Timeout { get; set; } = -1;

    protected override void ProcessRecord()
    {
        var watch = Stopwatch.StartNew();
        foreach (var process in Find(Name, Id, InputObject))
            while (!process.WaitForExit(Slice) && !Stopping)
            {
                if (Timeout < 0 || watch.Elapsed.TotalSeconds < Timeout) continue;
                Fail("ProcessNotTerminated", ErrorCategory.CloseError, process, $"This command stopped because process \"{process.ProcessName} ({process.Id})\" is not stopped in the specified time-out.");
                break;
            }
    }
}

/// <summary>Start-Process: a program with its own or redirected streams.</summary>
[Cmdlet(VerbsLifecycle.Start, "Process", SupportsShouldProcess = true), StandIn(ManagementModule), OutputType(typeof(Process))]
public sealed class StartProcessCommand : StandInCmdlet
{
    private Process? _process;

    [Parameter(Mandatory = true, Position = 0), Alias("PSPath", "Path")] public string FilePath { get; set; } = "";
    [Parameter(Position = 1), Alias("Args")] public string[] ArgumentList { get; set; } = [];
    [Parameter] public string? WorkingDirectory { get; set; }
    [Parameter, Alias("RSO")] public string? RedirectStandardOutput { get; set; }
    [Parameter, Alias("RSE")] public string? RedirectStandardError { get; set; }
    [Parameter, Alias("RSI")] public string? RedirectStandardInput { get; set; }
    [Parameter] public Hashtable? Environment { get; set; }
    [Parameter, Alias("nnw")] public SwitchParameter NoNewWindow { get; set; }
    [Parameter] public SwitchParameter PassThru { get; set; }
    [Parameter] public SwitchParameter Wait { get; set; }

    protected override void BeginProcessing()
    {
        if (!ShouldProcess(FilePath, "Start-Process")) return;
        var start = new ProcessStartInfo(File.Exists(ResolvePath(FilePath)) && FilePath.Contains('/', StringComparison.Ordinal) ? ResolvePath(FilePath) : FilePath, string.Join(' ', ArgumentList))
        {
            UseShellExecute = false,
            WorkingDirectory = WorkingDirectory is null ? SessionState.Path.CurrentFileSystemLocation.ProviderPath : ResolvePath(WorkingDirectory),
            RedirectStandardOutput = RedirectStandardOutput is not null,
            RedirectStandardError = RedirectStandardError is not null,
            RedirectStandardInput = RedirectStandardInput is not null,
        };
        foreach (DictionaryEntry variable in Environment ?? []) start.Environment[variable.Key.ToString()!] = variable.Value?.ToString();
        try
        {
            _process = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            ThrowTerminatingError(new ErrorRecord(new InvalidOperationException($"This command cannot be run due to the error: {e.Message}", e), "InvalidOperationException", ErrorCategory.InvalidOperation, null));
            return;
        }

        var copies = new List<System.Threading.Tasks.Task>();
        if (RedirectStandardOutput is not null) copies.Add(Copy(_process.StandardOutput.BaseStream, RedirectStandardOutput));
        if (RedirectStandardError is not null) copies.Add(Copy(_process.StandardError.BaseStream, RedirectStandardError));
        if (RedirectStandardInput is not null)
        {
            using var input = File.OpenRead(ResolvePath(RedirectStandardInput));
            input.CopyTo(_process.StandardInput.BaseStream);
            _process.StandardInput.Close();
        }

        if (PassThru)
        {
            // Without a handle taken now the exit code would be lost when the process ends first.
            _ = _process.Handle;
            WriteObject(_process);
        }

        if (!Wait) return;
        while (!_process.WaitForExit(100) && !Stopping) { }
        System.Threading.Tasks.Task.WaitAll([.. copies], TimeSpan.FromSeconds(5));
    }

    protected override void StopProcessing()
    {
        if (!Wait) return;
        try { _process?.Kill(); }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException) { } // It has ended already.
    }

    private string ResolvePath(string path) => SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);

    private async System.Threading.Tasks.Task Copy(Stream source, string path)
    {
        var file = File.Create(ResolvePath(path));
        await using (file.ConfigureAwait(false)) await source.CopyToAsync(file).ConfigureAwait(false);
    }
}
