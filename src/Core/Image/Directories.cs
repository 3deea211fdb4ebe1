using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace CheckpointRestart.Core.Image;

/// <summary>Directories of the host as something that is written to the disk like a file: see fsync(2). .NET opens no directories.</summary>
internal static partial class Directories
{
    const int PermissionDenied = 13, InvalidArgument = 22, Interrupted = 4, NotSupported = 95;

    // Of Linux on x86 and on Arm, which have other numbers for it, and of macOS.
    static readonly int OnlyDirectory = OperatingSystem.IsMacOS() ? 0x100000 : RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64 ? 0x4000 : 0x10000;
    static readonly int CloseOnExec = OperatingSystem.IsMacOS() ? 0x1000000 : 0x80000;

    /// <summary>Sees that the name of a file that was made, renamed or linked is on the disk. Windows' file systems keep names by their journal.</summary>
    /// <param name="file">Full path of the file.</param>
    /// <exception cref="IOException">The disk fails.</exception>
    internal static void Flush(string file)
    {
        if (OperatingSystem.IsWindows() || (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())) return;
        using var directory = new SafeFileHandle(Open(Path.GetDirectoryName(file)!, OnlyDirectory | CloseOnExec), ownsHandle: true);
        // Whoever may write to a directory need not be one who may read it, and then nobody can ask for this.
        if (directory.IsInvalid && Marshal.GetLastPInvokeError() == PermissionDenied) return;
        int error = directory.IsInvalid ? Marshal.GetLastPInvokeError() : Flush(directory);
        // Not every file system has something to flush there.
        if (error is 0 or InvalidArgument or NotSupported) return;
        throw new IOException($"'{file}' is written, but may not outlast a loss of power: {Marshal.GetPInvokeErrorMessage(error)}.") { HResult = error };
    }

    [UnsupportedOSPlatform("windows")]
    static int Flush(SafeFileHandle directory)
    {
        while (Synchronize(directory) != 0)
            if (Marshal.GetLastPInvokeError() is var error and not Interrupted) return error;
        return 0;
    }

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Synchronize(SafeFileHandle file);
}
