using System.Diagnostics;
using CheckpointRestart.Core.Tests.Guests;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>A root directory with our own guests, and with busybox where that has been fetched. Made once, taken away with the process.</summary>
internal static class GuestRoot
{
    static readonly Lazy<string> Made = new(Make);

    public static string Directory => Made.Value;

    static string Make()
    {
        string root = System.IO.Directory.CreateTempSubdirectory("cr-root-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => System.IO.Directory.Delete(root, recursive: true);
        var start = new ProcessStartInfo("bash", [Path.Combine(GuestFiles.Directory, "make-root.sh"), root, GuestFiles.Busybox ?? "none"]) { UseShellExecute = false };
        using var process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode == 0 ? root : throw new InvalidOperationException("make-root.sh failed");
    }
}
