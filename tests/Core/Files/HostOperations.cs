using System.Runtime.InteropServices;
using System.Text;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Tests.Files;

/// <summary>The same operations on a real Linux kernel, in a directory of its own.</summary>
public sealed unsafe partial class HostOperations : IFileOperations, IDisposable
{
    const int CurrentDirectory = -100;

    readonly int at;
    readonly int[] open = [-1, -1, -1];

    public HostOperations(string directory)
    {
        string path = directory;
        for (int depth = 0; depth < OperationGenerator.Depth; depth++) path += "/x";
        Directory.CreateDirectory(path);
        at = OpenAt(CurrentDirectory, Bytes(path), 0x10000, 0);
        Xunit.Assert.True(at >= 0);
    }

    public void Dispose()
    {
        foreach (int descriptor in open)
            if (descriptor >= 0) _ = Close(descriptor);
        _ = Close(at);
    }

    public void Do(Operation operation, StringBuilder seen)
    {
        int file = open[operation.Slot];
        var path = Bytes(operation.Path);
        var other = Bytes(operation.Other);
        switch (operation.Kind)
        {
            case OperationKind.Open:
                if (file >= 0) _ = Close(file);
                open[operation.Slot] = file = OpenAt(at, path, (int)(operation.Flags | OpenFlags.NonBlock | OpenFlags.CloseOnExec), 0x180);
                Say(seen, Math.Min(file, 0));
                break;
            case OperationKind.Close:
                if (file >= 0) _ = Close(file);
                open[operation.Slot] = -1;
                break;
            case OperationKind.Read when file >= 0:
                var bytes = new byte[operation.Length];
                fixed (byte* to = bytes) Read(seen, ReadFile(file, to, bytes.Length), bytes);
                break;
            case OperationKind.ReadAt when file >= 0:
                bytes = new byte[operation.Length];
                fixed (byte* to = bytes) Read(seen, ReadFileAt(file, to, bytes.Length, operation.Number), bytes);
                break;
            case OperationKind.Write when file >= 0:
                fixed (byte* from = OperationGenerator.Data(operation)) Say(seen, WriteFile(file, from, operation.Length));
                break;
            case OperationKind.WriteAt when file >= 0:
                fixed (byte* from = OperationGenerator.Data(operation)) Say(seen, WriteFileAt(file, from, operation.Length, operation.Number));
                break;
            case OperationKind.Seek when file >= 0 && !IsDirectory(file): Say(seen, Seek(file, operation.Number, operation.Length % 3)); break;
            case OperationKind.TruncateOpen when file >= 0: Say(seen, TruncateFile(file, operation.Number)); break;
            case OperationKind.StatOpen:
                if (file >= 0) Stat(seen, file, [0], LinuxCalls.EmptyPath);
                else seen.Append("EBADF ");
                break;
            case OperationKind.MakeDirectory: Say(seen, LinuxCalls.MakeDirectoryAt(at, path, 0x1C0)); break;
            case OperationKind.RemoveDirectory: Say(seen, LinuxCalls.UnlinkAt(at, path, LinuxCalls.RemoveDirectory)); break;
            case OperationKind.Unlink: Say(seen, LinuxCalls.UnlinkAt(at, path, 0)); break;
            case OperationKind.Rename: Say(seen, LinuxCalls.RenameAt(at, path, at, other, (uint)Math.Max(0, operation.Length % 5 - 1))); break;
            case OperationKind.Link: Say(seen, LinuxCalls.LinkAt(at, path, at, other, 0)); break;
            case OperationKind.SymbolicLink: Say(seen, LinuxCalls.SymlinkAt(other, at, path)); break;
            case OperationKind.MakeFifo: Say(seen, LinuxCalls.MakeFifoAt(at, path, 0x180)); break;
            case OperationKind.Truncate: TruncatePath(operation, seen); break;
            case OperationKind.Stat: Stat(seen, at, path, 0); break;
            case OperationKind.LinkStat: Stat(seen, at, path, LinuxCalls.SymlinkNoFollow); break;
            case OperationKind.ReadLink:
                var buffer = new byte[4096];
                nint length = LinuxCalls.ReadLinkAt(at, path, buffer, 4096);
                seen.Append(length < 0 ? LinuxCalls.LastError : Errno.None).Append(' ');
                if (length > 0) seen.Append(Encoding.UTF8.GetString(buffer, 0, (int)length));
                break;
            case OperationKind.SetMode: Say(seen, ChangeModeAt(at, path, TreeOperations.ModeOf(operation), 0)); break;
            case OperationKind.List: List(operation, seen); break;
        }
    }

    void TruncatePath(Operation operation, StringBuilder seen)
    {
        // The path is relative to our directory, which only /proc can name for a call without a descriptor.
        int result = operation.Path.Length == 0
            ? TruncatePath(Bytes(""), operation.Number)
            : TruncatePath(Bytes($"/proc/self/fd/{at}/{operation.Path}"), operation.Number);
        Say(seen, result);
    }

    void List(Operation operation, StringBuilder seen)
    {
        int descriptor = OpenAt(at, Bytes(operation.Path), 0x10000 | (int)OpenFlags.CloseOnExec, 0);
        Say(seen, Math.Min(0, descriptor));
        if (descriptor < 0) return;
        var names = new List<string>();
        nint stream = LinuxCalls.OpenDirectoryStream(descriptor);
        while (true)
        {
            byte* entry = LinuxCalls.ReadDirectoryStream(stream);
            if (entry == null) break;
            names.Add($"{Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + 19))}/{entry[18]}");
        }
        _ = LinuxCalls.CloseDirectoryStream(stream);
        seen.Append(Errno.None).Append(' ').AppendJoin(' ', names.Order(StringComparer.Ordinal));
    }

    static void Read(StringBuilder seen, nint result, byte[] bytes)
    {
        Say(seen, result);
        if (result > 0) seen.Append(OperationGenerator.Digest(bytes.AsSpan(0, (int)result)));
    }

    static void Stat(StringBuilder seen, int directory, byte[] path, int flags)
    {
        int result = LinuxCalls.StatAt(directory, path, flags, LinuxCalls.BasicStats, out var data);
        seen.Append(result < 0 ? LinuxCalls.LastError : Errno.None).Append(' ');
        if (result < 0) return;
        seen.Append(data.Mode).Append(' ').Append(data.Links);
        if ((data.Mode & FileModeBits.TypeMask) != FileModeBits.Directory) seen.Append(' ').Append(data.Size);
    }

    static bool IsDirectory(int file) =>
        LinuxCalls.StatAt(file, [0], LinuxCalls.EmptyPath, LinuxCalls.BasicStats, out var data) == 0
        && (data.Mode & FileModeBits.TypeMask) == FileModeBits.Directory;

    static void Say(StringBuilder seen, nint result) =>
        seen.Append(result < 0 ? LinuxCalls.LastError.ToString() : result.ToString()).Append(' ');

    static byte[] Bytes(string text) => [.. Encoding.UTF8.GetBytes(text), 0];

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    private static partial int OpenAt(int directory, byte[] path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int file);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadFile(int file, byte* to, nint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteFile(int file, byte* from, nint length);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    private static partial nint ReadFileAt(int file, byte* to, nint length, long position);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    private static partial nint WriteFileAt(int file, byte* from, nint length, long position);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial nint Seek(int file, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    private static partial int TruncateFile(int file, long size);

    [LibraryImport("libc", EntryPoint = "truncate", SetLastError = true)]
    private static partial int TruncatePath(byte[] path, long size);

    [LibraryImport("libc", EntryPoint = "fchmodat", SetLastError = true)]
    private static partial int ChangeModeAt(int directory, byte[] path, uint mode, int flags);
}
