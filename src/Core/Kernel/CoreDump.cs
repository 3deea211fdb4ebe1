using System.Text;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Syscalls;

namespace CheckpointRestart.Core.Kernel;

/// <summary>Core files: what a deadly signal leaves when RLIMIT_CORE allows it (core(5); Linux: fs/coredump.c), and on request of anybody outside.</summary>
public static class CoreDump
{
    const int PageSize = 4096;
    const uint OwnerOnly = 0x180;

    /// <summary>Writes the memory and registers of a live task's process as an ELF core file, which a debugger reads. Any thread.</summary>
    /// <param name="task">Frozen or not; it goes on as before.</param>
    /// <param name="stream">Takes the file, and can seek.</param>
    /// <exception cref="InvalidOperationException">The task has ended.</exception>
    public static void Save(Task task, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(stream);
        task.Machine.Execute(_ =>
        {
            if (task.AddressSpace == null || task.Registers == null) throw new InvalidOperationException($"task {task} has ended");
            var image = new CoreImage(task, default);
            image.Write((offset, bytes) =>
            {
                stream.Position = offset;
                stream.Write(bytes);
                return true;
            });
            stream.SetLength(image.Length);
        });
    }

    /// <summary>Writes the core file of a process that a signal is about to end.</summary>
    /// <returns>True when there is one, cut at RLIMIT_CORE where it is longer: bit 80h of the status.</returns>
    internal static bool Write(Task task, in SignalInfo info)
    {
        var group = task.Group;
        ulong limit = group.Limits[Resource.Core].Current;
        if (limit < PageSize || group.Dumpable != 1 || task.AddressSpace == null) return false;
        string pattern = task.Machine.CorePattern;
        if (pattern.Length == 0 || pattern[0] == '|') return false;
        string name = Expand(task, pattern, info.Signal);
        if (!TryOpen(task, name, out var file)) return false;
        var image = new CoreImage(task, info);
        long most = (long)Math.Min(limit, (ulong)image.Length);
        bool isWhole = true;
        image.Write((offset, bytes) =>
        {
            if (task.IsBeingKilled || offset >= most) return isWhole = false;
            if (offset + bytes.Length > most) bytes = bytes[..(int)(most - offset)];
            var result = file.WriteAt(offset, bytes);
            return isWhole = !result.IsError && !result.WouldBlock;
        });
        if (isWhole) file.Truncate(most);
        file.Release();
        return true;
    }

    /// <summary>A file that is there already is taken when it is a regular one of the same owner with one name, and begins anew.</summary>
    static bool TryOpen(Task task, string name, out OpenFile file)
    {
        file = null!;
        const OpenFlags flags = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.NoFollow | OpenFlags.LargeFile;
        var result = task.Machine.Tree.Open(task.Here(), name, flags, OwnerOnly, out var opened);
        if (result.IsError || result.WouldBlock || opened == null)
        {
            opened?.Release();
            return false;
        }
        if (!opened.Inode.IsRegular || opened.Inode.Links != 1 || opened.Truncate(0) != Errno.None)
        {
            opened.Release();
            return false;
        }
        file = opened;
        return true;
    }

    static string Expand(Task task, string pattern, Signal signal)
    {
        var text = new StringBuilder();
        var group = task.Group;
        bool hasPid = false;
        for (int i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] != '%')
            {
                text.Append(pattern[i]);
                continue;
            }
            if (++i == pattern.Length) break;
            hasPid |= pattern[i] == 'p';
            text.Append(pattern[i] switch
            {
                '%' => "%",
                'p' or 'P' => $"{group.Id}",
                'i' or 'I' => $"{task.Pid}",
                'u' => $"{task.Credentials.Uid}",
                'g' => $"{task.Credentials.Gid}",
                'd' => $"{group.Dumpable}",
                's' => $"{(int)signal}",
                't' => $"{task.Machine.Clock.Realtime / TimeConversions.Second}",
                'h' => Plain(task.Machine.Version.NodeName),
                'e' => Plain(task.Comm),
                'f' => Plain(group.Executable?.Name ?? task.Comm),
                'E' => Plain(group.Executable?.FullPath(task.FileSystem?.Root) ?? task.Comm),
                'c' => $"{group.Limits[Resource.Core].Current}",
                'C' => "0",
                _ => "",
            });
        }
        if (task.Machine.CoreUsesPid && !hasPid) text.Append($".{group.Id}");
        return text.ToString();
    }

    /// <summary>A name must not lead elsewhere (cn_vprintf).</summary>
    static string Plain(string name) => name is "." or ".." ? "!" + name[1..] : name.Replace('/', '!');
}
