using System.Diagnostics;
using CheckpointRestart.Core.Tests.Guests;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>Root directories with our own guests, and with busybox where that has been fetched. Each made once, taken away with the process.</summary>
internal static class GuestRoot
{
    static readonly Lazy<string> Made = new(() => Make([]));
    static readonly Lazy<string> MadeWithDebian = new(() => Make([GuestFiles.Debian!]));

    public static string Directory => Made.Value;

    /// <summary>Also with Debian's C library and programs, which must have been fetched.</summary>
    public static string DirectoryWithDebian => MadeWithDebian.Value;

    static string Make(string[] more)
    {
        string root = System.IO.Directory.CreateTempSubdirectory("cr-root-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => System.IO.Directory.Delete(root, recursive: true);
        var start = new ProcessStartInfo("bash", [Path.Combine(GuestFiles.Directory, "make-root.sh"), root, GuestFiles.Busybox ?? "none", .. more]) { UseShellExecute = false };
        using var process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode == 0 ? root : throw new InvalidOperationException("make-root.sh failed");
    }
}
