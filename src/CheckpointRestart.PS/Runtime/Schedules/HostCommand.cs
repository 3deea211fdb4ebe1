using System.Diagnostics;
using System.Management.Automation;

namespace CheckpointRestart.PS.Runtime.Schedules;

/// <summary>How a PowerShell process is started that runs a schedule's machine.</summary>
/// <param name="HostPath">The executable.</param>
/// <param name="ManifestPath">The module that it imports.</param>
sealed record HostCommand(string HostPath, string ManifestPath)
{
    /// <summary>What a line of status begins with; what else the host writes is none.</summary>
    internal const string StatusMark = "cr-schedule ";

    /// <summary>The host that a cmdlet runs in, or the one that was named.</summary>
    /// <exception cref="CrException">There is no such file, or this process is no PowerShell that could be started again.</exception>
    internal static HostCommand For(PSCmdlet cmdlet, string? hostPath)
    {
        string path = hostPath ?? Environment.ProcessPath ?? "";
        if (hostPath is null && Path.GetFileNameWithoutExtension(path) is "" or "dotnet")
            throw new CrException("HostNotKnown", ErrorCategory.ObjectNotFound, $"This session runs in '{path}', which cannot be started as a PowerShell.", "Give -HostPath the path of pwsh.");
        if (!File.Exists(path))
            throw new CrException("PathNotFound", ErrorCategory.ObjectNotFound, $"There is no file '{path}'.", "Give -HostPath the path of pwsh.");
        string folder = Path.GetDirectoryName(Path.GetDirectoryName(typeof(HostCommand).Assembly.Location))!;
        string manifest = Path.Combine(cmdlet.MyInvocation.MyCommand.Module?.ModuleBase ?? folder, "CheckpointRestart.psd1");
        return new HostCommand(path, File.Exists(manifest) ? manifest : Path.Combine(folder, "CheckpointRestart.psd1"));
    }

    /// <summary>Starts it. It reads nothing: the end of its standard input tells it to save the machine and go.</summary>
    /// <exception cref="CrException">It cannot be started.</exception>
    internal Process Start(string schedulePath)
    {
        var start = new ProcessStartInfo(HostPath) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        string script = $"$ErrorActionPreference = 'Stop'; Import-Module -Name {Quote(ManifestPath)}; Resume-CrCheckpointSchedule -LiteralPath {Quote(schedulePath)} -AsHost";
        foreach (string argument in (string[])["-NoProfile", "-NonInteractive", "-Command", script]) start.ArgumentList.Add(argument);
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception refused)
        {
            throw new CrException("HostNotStarted", ErrorCategory.OpenError, $"'{HostPath}' cannot be started: {refused.Message}", "Give -HostPath the path of pwsh.", refused);
        }
    }

    static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
