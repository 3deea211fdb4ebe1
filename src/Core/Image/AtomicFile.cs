using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using CheckpointRestart.Core.Image.Protection;

namespace CheckpointRestart.Core.Image;

/// <summary>Files that appear whole or not at all.</summary>
public static partial class AtomicFile
{
    const int FileTooLarge = 27;

    /// <summary>How the names of temporary files end, behind the file's own and a random one of 12 characters.</summary>
    const string Ending = ".tmp";

    /// <summary>Age at which a temporary file that nobody holds is one of a writer that was killed.</summary>
    static readonly TimeSpan Abandoned = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Lets <paramref name="write"/> fill a temporary file beside the path, flushes it to the disk, renames it and flushes the
    /// directory: once this returns, the file outlasts a loss of power. Whatever fails before the renaming, an existing file
    /// stays as it was and the temporary one is removed.
    /// </summary>
    /// <param name="path">A symbolic link is followed: what it points at is replaced, the link stays.</param>
    /// <param name="overwrite">False: an existing file is an error, also one that appears during the writing.</param>
    /// <exception cref="IOException">The path exists and must not be replaced, is not a regular file, or cannot be written; or the directory cannot be flushed, and the new file is there all the same.</exception>
    public static void Write(string path, bool overwrite, Action<Stream> write)
    {
        var target = TargetOf(path);
        var old = new FileInfo(target);
        if (Directory.Exists(target)) throw new IOException($"'{target}' is a directory.");
        if (old.Exists && !overwrite) throw Exists(target);
        if (IsDevicePath(target)) throw new IOException($"'{target}' is not a regular file and is not replaced.");

        string directory = Path.GetDirectoryName(target)!, name = Path.GetFileName(target);
        RemoveAbandoned(directory, other => other == name, Abandoned);
        var temporary = Path.Combine(directory, $".{name}.{Path.GetRandomFileName()}{Ending}");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        // An image holds a program's memory: a new one is its owner's alone.
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            using (var stream = new FileStream(temporary, options))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            if (old.Exists) KeepMode(old, temporary);
            Rename(temporary, target, overwrite);
        }
        catch (IOException error) when (IsAboutSpace(error.HResult) || IsReadOnly(error.HResult))
        {
            Remove(temporary);
            // The system's own words name the temporary file.
            throw new IOException($"'{target}' cannot be written: {Marshal.GetPInvokeErrorMessage(error.HResult & 0xffff)}.", error) { HResult = error.HResult };
        }
        catch (ArgumentOutOfRangeException error) when (error.ParamName == "value")
        {
            Remove(temporary);
            // So .NET reports EFBIG.
            throw new IOException($"'{target}' cannot be written: {Marshal.GetPInvokeErrorMessage(FileTooLarge)}.", error) { HResult = FileTooLarge };
        }
        catch
        {
            Remove(temporary);
            throw;
        }
        Directories.Flush(target);
    }

    /// <summary>Takes away what writers left that were killed at it. Who writes holds its file locked, where the host's file system has locks.</summary>
    /// <param name="directory">Where they wrote.</param>
    /// <param name="isTarget">Whether a file of that name is the caller's to write.</param>
    /// <param name="age">Time without a change.</param>
    internal static void RemoveAbandoned(string directory, Predicate<string> isTarget, TimeSpan age)
    {
        // A dot, the file's name, a dot, the random name.
        int added = 2 + Path.GetRandomFileName().Length + Ending.Length;
        try
        {
            foreach (var left in new DirectoryInfo(directory).EnumerateFiles())
            {
                string name = left.Name;
                if (name.Length > added && name[0] == '.' && name.EndsWith(Ending, StringComparison.Ordinal) && isTarget(name[1..^(added - 1)])
                    && left.LinkTarget == null && DateTime.UtcNow - left.LastWriteTimeUtc >= age) RemoveUnheld(left);
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // What is wrong with the directory, the writing tells.
        }
    }

    static void RemoveUnheld(FileInfo left)
    {
        try
        {
            using (left.Open(FileMode.Open, FileAccess.ReadWrite, FileShare.Delete)) left.Delete();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // Somebody writes it, or it is not ours to remove.
        }
    }

    /// <summary>Whether an error's code says that there is no room: ENOSPC, EDQUOT, EFBIG, or Windows' ERROR_DISK_FULL and its like.</summary>
    public static bool IsAboutSpace(int code) => code is FileTooLarge or 28 || (code == 122 && OperatingSystem.IsLinux()) || (code == 69 && OperatingSystem.IsMacOS()) || code is unchecked((int)0x80070070) or unchecked((int)0x80070027);

    /// <summary>Whether an error's code says that nothing can be written there: EROFS or Windows' ERROR_WRITE_PROTECT.</summary>
    public static bool IsReadOnly(int code) => code is 30 or unchecked((int)0x80070013);

    /// <summary>Whether an error's code says that the file is there already: EEXIST or Windows' ERROR_FILE_EXISTS.</summary>
    public static bool IsAboutExistence(int code) => code is 17 or unchecked((int)0x80070050);

    /// <summary>The full path of a file, which need not exist; of a symbolic link that of what it leads to.</summary>
    internal static string TargetOf(string path)
    {
        var full = Path.GetFullPath(path);
        return new FileInfo(full).LinkTarget is null ? full : File.ResolveLinkTarget(full, returnFinalTarget: true)!.FullName;
    }

    /// <summary>As <see cref="Write(string, bool, Action{Stream})"/>; what is written is protected on its way to the file.</summary>
    /// <exception cref="ProtectionException">A key cannot be used; nothing was written.</exception>
    internal static void Write(string path, bool overwrite, ImageProtection? protection, Action<Stream> write)
    {
        if (protection is not { Flags: not ProtectionFlags.None }) Write(path, overwrite, write);
        else
        {
            Write(path, overwrite, stream =>
            {
                using var protectedStream = new ProtectingStream(stream, protection);
                write(protectedStream);
                protectedStream.Complete();
            });
        }
    }

    private static void KeepMode(FileInfo old, string temporary)
    {
        if (OperatingSystem.IsWindows()) return;
        try
        {
            File.SetUnixFileMode(temporary, old.UnixFileMode);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Not every file system has modes to set.
        }
    }

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Link(string existing, string made);

    private static void Rename(string temporary, string target, bool overwrite)
    {
        try
        {
            // A move looks first and renames then: of two savers both could get through. A link is one step, where the file system has links.
            if (!overwrite && OperatingSystem.IsLinux() && Link(temporary, target) == 0) File.Delete(temporary);
            else File.Move(temporary, target, overwrite);
        }
        catch (IOException) when (!overwrite && File.Exists(target))
        {
            throw Exists(target);
        }
    }

    private static void Remove(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The error that led here says more than this one.
        }
    }

    // Renaming over a device or a kernel file would replace it.
    private static bool IsDevicePath(string path) =>
        !OperatingSystem.IsWindows() && (path.StartsWith("/dev/", StringComparison.Ordinal) || path.StartsWith("/proc/", StringComparison.Ordinal) || path.StartsWith("/sys/", StringComparison.Ordinal))
        && !path.StartsWith("/dev/shm/", StringComparison.Ordinal);

    private static IOException Exists(string path) => new($"'{path}' exists.", OperatingSystem.IsWindows() ? unchecked((int)0x80070050) : 17);
}
