using System.Diagnostics;
using System.IO.Pipes;
using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint.Schedules;
using CheckpointRestart.Core.Image.Protection;

namespace CheckpointRestart.PS.Runtime.Schedules;

/// <summary>How a PowerShell process is started that runs a schedule's machine.</summary>
/// <param name="HostPath">The executable.</param>
/// <param name="Assembly">What the executable is to run, where that is dotnet: pwsh.dll of a PowerShell that is a .NET tool. Null where it is a PowerShell itself.</param>
/// <param name="ManifestPath">The module that it imports.</param>
sealed record HostCommand(string HostPath, string? Assembly, string ManifestPath)
{
    /// <summary>What a line of status begins with; what else the host writes is none.</summary>
    internal const string StatusMark = "cr-schedule ";

    /// <summary>The host that a cmdlet runs in, or the one that was named.</summary>
    /// <exception cref="CrException">There is no such file, or this process is no PowerShell that could be started again.</exception>
    internal static HostCommand For(PSCmdlet cmdlet, string? hostPath)
    {
        string path = hostPath ?? Environment.ProcessPath ?? "";
        string? assembly = hostPath is null && Path.GetFileNameWithoutExtension(path) == "dotnet" ? Environment.GetCommandLineArgs()[0] : null;
        if (hostPath is null && (path.Length == 0 || (assembly is not null && Path.GetFileName(assembly) != "pwsh.dll")))
            throw new CrException("HostNotKnown", ErrorCategory.ObjectNotFound, $"This session runs in '{path}', which cannot be started as a PowerShell.", "Give -HostPath the path of pwsh.");
        if (!File.Exists(path))
            throw new CrException("PathNotFound", ErrorCategory.ObjectNotFound, $"There is no file '{path}'.", "Give -HostPath the path of pwsh.");
        string folder = Path.GetDirectoryName(Path.GetDirectoryName(typeof(HostCommand).Assembly.Location))!;
        string manifest = Path.Combine(cmdlet.MyInvocation.MyCommand.Module?.ModuleBase ?? folder, "CheckpointRestart.psd1");
        return new HostCommand(path, assembly, File.Exists(manifest) ? manifest : Path.Combine(folder, "CheckpointRestart.psd1"));
    }

    /// <summary>Starts it. It reads nothing on its standard input, whose end tells it to save the machine and go. Keys come to it through a pipe of their own: not by its arguments, its environment
    /// or a file, where others could read them.</summary>
    /// <exception cref="CrException">It cannot be started.</exception>
    internal Process Start(string schedulePath, ScheduleGuard guard)
    {
        var keys = guard.IsNone ? null : new AnonymousPipeServerStream(PipeDirection.Out, HandleInheritability.Inheritable);
        var start = new ProcessStartInfo(HostPath) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        string script = $"$ErrorActionPreference = 'Stop'; Import-Module -Name {ScriptText.Quote(ManifestPath)}; Resume-CrCheckpointSchedule -LiteralPath {ScriptText.Quote(schedulePath)} -AsHost{(keys is null ? "" : $" -KeyPipe {keys.GetClientHandleAsString()}")}";
        if (Assembly is not null) start.ArgumentList.Add(Assembly);
        foreach (string argument in (string[])["-NoProfile", "-NonInteractive", "-Command", script]) start.ArgumentList.Add(argument);
        try
        {
            var process = Process.Start(start)!;
            if (keys is not null) Give(guard, keys);
            return process;
        }
        catch (System.ComponentModel.Win32Exception refused)
        {
            keys?.Dispose();
            throw new CrException("HostNotStarted", ErrorCategory.OpenError, $"'{HostPath}' cannot be started: {refused.Message}", "Give -HostPath the path of pwsh.", refused);
        }
    }

    /// <summary>Gives the keys to a process that has been started, on a thread of its own: it may never come to read them.</summary>
    static void Give(ScheduleGuard guard, AnonymousPipeServerStream keys)
    {
        keys.DisposeLocalCopyOfClientHandle();
        new Thread(() =>
        {
            using (keys)
            {
                try
                {
                    guard.WriteTo(keys);
                }
                catch (Exception gone) when (gone is IOException or ProtectionException)
                {
                    // The process says what it lacks, or is no more.
                }
            }
        })
        { IsBackground = true, Name = "schedule keys" }.Start();
    }
}
