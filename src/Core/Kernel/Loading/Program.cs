using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Loading;

/// <summary>What execve(2) is asked for: a file with its argument and environment strings, after following #! lines (Linux: linux_binprm).</summary>
internal sealed class Program
{
    const int FirstBytes = 256, MaximumScripts = 5;

    /// <summary>The most bytes of one string, its NUL included (MAX_ARG_STRLEN).</summary>
    public const int LongestString = 131072;

    /// <summary>The most bytes of all strings and their pointers, whatever the stack limit (three quarters of 8 MiB).</summary>
    public const int MostBytes = 6 << 20;

    /// <summary>The path as the program was called: AT_EXECFN.</summary>
    public required byte[] FileName { get; init; }

    public required List<byte[]> Arguments { get; init; }

    public required IReadOnlyList<byte[]> Environment { get; init; }

    /// <summary>The file to load: the script's interpreter when it is a script.</summary>
    public OpenFile File { get; private set; } = null!;

    public ElfFile Elf { get; private set; } = null!;

    /// <summary>PT_INTERP's file, or null.</summary>
    public OpenFile? Interpreter { get; private set; }

    public ElfFile? InterpreterElf { get; private set; }

    /// <summary>The name that the task gets.</summary>
    public required byte[] Comm { get; init; }

    /// <summary>For ENOEXEC, what the file is instead.</summary>
    public string Reason { get; private set; } = "";

    /// <summary>What to open when the file was named by a descriptor; null to walk to it.</summary>
    public Dentry? Given { get; init; }

    /// <summary>True when nobody can open the file by the name it has: a script's interpreter could not, which is ENOENT.</summary>
    public bool IsOutOfReach { get; init; }

    /// <summary>Opens the file and what it needs. Whatever happens, <see cref="Close"/> must follow.</summary>
    public Errno Open(Machine machine, in PathStart start, string path)
    {
        Reason = "";
        var name = FileName;
        for (int depth = 0; ; depth++)
        {
            if (depth > MaximumScripts) return Errno.ELOOP;
            Release(File);
            File = null!;
            var error = OpenExecutable(machine, start, path, depth == 0 ? Given : null, out var file);
            if (error != Errno.None) return error;
            File = file!;
            var first = new byte[FirstBytes];
            var read = File.ReadAt(0, first);
            if (read.IsError) return read.Errno;
            if (read.Value < 2 || first[0] != (byte)'#' || first[1] != (byte)'!') break;
            if (!TryParseScript(first.AsSpan(0, (int)read.Value), out var interpreter, out byte[]? argument)) return Errno.ENOEXEC;
            if (IsOutOfReach) return Errno.ENOENT;
            if (Arguments.Count > 0) Arguments.RemoveAt(0);
            Arguments.Insert(0, name);
            if (argument != null) Arguments.Insert(0, argument);
            Arguments.Insert(0, interpreter);
            path = GuestText.FromBytes(interpreter);
            name = interpreter;
        }
        var result = ElfFile.Read(File, out var elf, out string reason);
        Reason = reason;
        if (result != Errno.None) return result;
        Elf = elf!;
        return Elf.InterpreterPath == null ? Errno.None : OpenInterpreter(machine, start);
    }

    /// <summary>Lets go of the files.</summary>
    public void Close()
    {
        Release(File);
        Release(Interpreter);
        File = null!;
        Interpreter = null;
    }

    /// <summary>True when strings and pointers fit (else E2BIG).</summary>
    public bool Fits(ulong stackLimit)
    {
        long most = (long)Math.Clamp(stackLimit / 4, LongestString, MostBytes);
        long bytes = FileName.Length + 1 + (Arguments.Count + Environment.Count) * 4L;
        foreach (var text in Arguments.Concat(Environment))
        {
            if (text.Length >= LongestString) return false;
            bytes += text.Length + 1;
        }
        return bytes <= most;
    }

    Errno OpenInterpreter(Machine machine, in PathStart start)
    {
        var error = OpenExecutable(machine, start, Elf.InterpreterPath!, null, out var file);
        if (error != Errno.None)
        {
            Reason = $"needs {Elf.InterpreterPath}, which the root does not have";
            return error;
        }
        Interpreter = file;
        error = ElfFile.Read(file!, out var elf, out string reason);
        Reason = reason.Length == 0 ? "" : $"needs {Elf.InterpreterPath}, which {reason}";
        InterpreterElf = elf;
        return error == Errno.ENOEXEC ? Errno.ENOEXEC : error;
    }

    static Errno OpenExecutable(Machine machine, in PathStart start, string path, Dentry? dentry, out OpenFile? file)
    {
        file = null;
        var error = dentry == null ? machine.Tree.Walk(start, path, WalkFlags.None, out dentry) : Errno.None;
        if (error != Errno.None) return error;
        var inode = dentry!.Inode;
        if (!inode.IsRegular) return Errno.EACCES;
        error = FileTree.CheckAccess(inode, AccessRights.Execute, start.Who);
        if (error != Errno.None) return error;
        var result = inode.Open(dentry, OpenFlags.ReadOnly, out var opened);
        if (result.WouldBlock) return Errno.EACCES;
        if (result.IsError) return result.Errno;
        error = inode is RegularInode regular ? regular.DenyWrite() : Errno.None;
        if (error == Errno.None) file = opened;
        else opened!.Release();
        return error;
    }

    /// <summary>The file may be written to again, unless an address space holds it.</summary>
    static void Release(OpenFile? file)
    {
        if (file == null) return;
        (file.Inode as RegularInode)?.AllowWrite();
        file.Release();
    }

    /// <summary>The line behind #!: an interpreter, and all the rest as one argument.</summary>
    static bool TryParseScript(ReadOnlySpan<byte> first, out byte[] interpreter, out byte[]? argument)
    {
        interpreter = [];
        argument = null;
        int end = first.IndexOf((byte)'\n');
        bool isWhole = end >= 0;
        // The last byte of the buffer is kept for an end.
        var line = (isWhole ? first[2..end] : first[2..Math.Min(first.Length, FirstBytes - 1)]).TrimEnd(" \t"u8).TrimStart(" \t"u8);
        int nul = line.IndexOf((byte)0);
        if (nul >= 0)
        {
            line = line[..nul];
            isWhole = true;
        }
        int space = line.IndexOfAny((byte)' ', (byte)'\t');
        // A name that may go on behind the bytes that were read is not a name.
        if (line.IsEmpty || (!isWhole && first.Length == FirstBytes && space < 0)) return false;
        interpreter = (space < 0 ? line : line[..space]).ToArray();
        if (space >= 0) argument = line[space..].TrimStart(" \t"u8).ToArray();
        return true;
    }
}
