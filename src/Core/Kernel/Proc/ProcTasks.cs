using System.Text;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel.Proc;

/// <summary>The numbered directories of /proc: one a process, and under task one a thread.</summary>
internal sealed class ProcTasks(Machine machine, ThreadGroup? group = null) : IProcDirectory
{
    IEnumerable<Task> Here => group == null
        ? machine.AllTasks.Where(static task => ReferenceEquals(task.Group.Leader, task))
        : machine.AllTasks.Where(task => ReferenceEquals(task.Group, group));

    /// <inheritdoc/>
    public IEnumerable<string> Names => Here.Select(static task => task.Pid.ToString());

    /// <inheritdoc/>
    public ProcNode? Find(string name)
    {
        if (!int.TryParse(name, System.Globalization.NumberStyles.None, null, out int pid) || name.StartsWith('0')) return null;
        var task = machine.FindTask(pid);
        if (task == null || (group != null && !ReferenceEquals(task.Group, group))) return null;
        return FolderOf(task);
    }

    /// <inheritdoc/>
    public ProcNode? FindAgain(string name, object? subject) => subject is Task task && (group == null || ReferenceEquals(task.Group, group)) ? FolderOf(task) : null;

    ProcFolder FolderOf(Task task) => new(new ProcTask(task, withThreads: group == null)) { Owner = mode => OwnerOf(task, mode), Subject = task };

    /// <summary>The task's effective user; root when the process must not be dumped, but for directories that all may list (task_dump_owner).</summary>
    static (uint Uid, uint Gid) OwnerOf(Task task, uint mode)
    {
        const uint openDirectory = FileModeBits.Directory | 0x16D;
        return task.Group.Dumpable != 1 && mode != openDirectory ? (0, 0) : (task.Credentials.EffectiveUid, task.Credentials.EffectiveGid);
    }
}

/// <summary>/proc/pid.</summary>
internal sealed class ProcTask : IProcDirectory
{
    readonly ProcList entries = new();
    readonly Task task;

    /// <summary>The process of a /proc/pid; null for the directory of a thread.</summary>
    public ThreadGroup? Process { get; }

    public ProcTask(Task task, bool withThreads)
    {
        if (withThreads) Process = task.Group;
        this.task = task;
        Private("auxv", () => task.Group.AuxiliaryVector, 0x100);
        Text("cmdline", () => Strings(static layout => (layout.ArgStart, layout.ArgEnd)));
        Private("environ", () => Strings(static layout => (layout.EnvStart, layout.EnvEnd)), 0x100);
        entries.Add("comm", new ProcText(() => GuestText.ToBytes(task.Comm + "\n"), SetComm, 0x1A4));
        entries.Add("coredump_filter", new ProcText(() => GuestText.ToBytes($"{task.Group.CoreFilter:x8}\n"), SetCoreFilter, 0x1A4));
        Text("limits", () => GuestText.ToBytes(Limits()));
        Private("maps", () => GuestText.ToBytes(ProcMaps.Format(task)), 0x124);
        entries.Add("mem", new ProcMemory(() => task.AddressSpace, ReadMemory, WriteMemory) { Check = Inspect });
        Private("smaps", () => GuestText.ToBytes(ProcMaps.Detailed(task)), 0x124);
        Private("smaps_rollup", () => GuestText.ToBytes(ProcMaps.Rollup(task)), 0x124);
        Private("pagemap", () => ProcMaps.PageMap(task), 0x100);
        Text("oom_score", () => GuestText.ToBytes($"{OutOfMemoryKiller.Score(task.Group)}\n"));
        entries.Add("oom_adj", new ProcText(() => GuestText.ToBytes($"{OldAdjustment}\n"), SetOldAdjustment, 0x1A4));
        Text("mounts", () => GuestText.ToBytes(task.Machine.Tree.MountTable.Mounts(Root)));
        Text("mountinfo", () => GuestText.ToBytes(task.Machine.Tree.MountTable.MountInformation(Root)));
        Text("mountstats", () => GuestText.ToBytes(task.Machine.Tree.MountTable.MountStatistics(Root)), 0x100);
        Text("stat", () => GuestText.ToBytes(ProcStatus.Stat(task)));
        Text("statm", () => GuestText.ToBytes(ProcStatus.Memory(task)));
        Text("status", () => GuestText.ToBytes(ProcStatus.Status(task)));
        Text("wchan", () => GuestText.ToBytes(task.State == TaskState.Sleeping ? task.Call.Reason : "0"));
        entries.Add("oom_score_adj", new ProcText(() => GuestText.ToBytes($"{task.Group.OutOfMemoryAdjustment}\n"), SetAdjustment, 0x1A4));
        entries.Add("cwd", new ProcLink(() => PathOf(task.FileSystem?.WorkingDirectory), () => task.FileSystem?.WorkingDirectory) { Check = Inspect });
        entries.Add("root", new ProcLink(() => PathOf(task.FileSystem?.Root), () => task.FileSystem?.Root) { Check = Inspect });
        entries.Add("exe", new ProcLink(() => PathOf(task.Group.Executable), () => task.HasExited ? null : task.Group.Executable) { Check = Inspect });
        entries.Add("fd", new ProcFolder(new ProcDescriptors(task), 0x140) { IsOpen = IsOwn });
        entries.Add("fdinfo", new ProcFolder(new ProcDescriptorInformation(task), 0x140) { IsOpen = IsOwn });
        entries.Add("net", new ProcFolder(ProcNet.Make(task.Machine)));
        ProcDetails.Add(entries, task, Inspect);
        if (withThreads) entries.Add("task", new ProcFolder(new ProcTasks(task.Machine, task.Group)));
    }

    /// <inheritdoc/>
    public IEnumerable<string> Names => entries.Names;

    /// <inheritdoc/>
    public ProcNode? Find(string name) => entries.Find(name);

    /// <inheritdoc/>
    public ProcNode? FindAgain(string name, object? subject) => entries.FindAgain(name, subject);

    Dentry Root => task.FileSystem?.Root ?? task.Machine.Tree.Root;

    void Text(string name, Func<byte[]> read, uint permissions = 0x124) => entries.Add(name, new ProcText(read, null, permissions));

    /// <summary>What tells of a process's memory and files is for who may trace it.</summary>
    void Private(string name, Func<byte[]> read, uint permissions) => entries.Add(name, new ProcText(read, null, permissions) { Check = Inspect });

    bool IsOwn() => ReferenceEquals(task.Machine.Scheduler.Current?.Group, task.Group);

    Errno Inspect() => TaskAccess.MayInspect(task.Machine.Scheduler.Current, task) ? Errno.None : Errno.EACCES;

    string PathOf(Dentry? dentry) => dentry == null ? "" : dentry.FullPath((task.Machine.Scheduler.Current ?? task.Machine.Init).FileSystem?.Root);

    byte[] Strings(Func<MemoryLayout, (uint Start, uint End)> range)
    {
        if (task.AddressSpace is not { } memory) return [];
        var (start, end) = range(memory.Layout);
        if (end <= start || end - start > 1 << 21) return [];
        var bytes = new byte[end - start];
        int read = memory.Peek(start, bytes);
        return bytes[..read];
    }

    IoResult SetComm(ReadOnlySpan<byte> bytes)
    {
        task.SetComm(bytes.TrimEnd((byte)'\n'));
        return IoResult.From(bytes.Length);
    }

    IoResult SetCoreFilter(ReadOnlySpan<byte> bytes)
    {
        const uint known = 0x1FF;
        string text = GuestText.FromBytes(bytes).Trim();
        bool isHexadecimal = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        var style = isHexadecimal ? System.Globalization.NumberStyles.AllowHexSpecifier : System.Globalization.NumberStyles.None;
        if (!uint.TryParse(isHexadecimal ? text[2..] : text, style, null, out uint value)) return Errno.EINVAL;
        task.Group.CoreFilter = value & known;
        return IoResult.From(bytes.Length);
    }

    /// <summary>/proc/pid/mem: what is mapped whatever its protection, as ptrace(2) does; EIO where nothing is. It is the memory of the program that ran when
    /// it was opened: of another it shows nothing.</summary>
    IoResult ReadMemory(object? opened, long position, Span<byte> to)
    {
        if (opened is not AddressSpace memory || !ReferenceEquals(memory, task.AddressSpace) || to.IsEmpty) return IoResult.From(0);
        if (position >= AddressSpace.UserEnd) return Errno.EIO;
        int length = (int)Math.Min(to.Length, AddressSpace.UserEnd - position), read = memory.Peek((uint)position, to[..length]);
        return read > 0 ? IoResult.From(read) : Errno.EIO;
    }

    /// <summary>As <see cref="ReadMemory"/>.</summary>
    IoResult WriteMemory(object? opened, long position, ReadOnlySpan<byte> from)
    {
        const int page = 4096;
        if (opened is not AddressSpace memory || !ReferenceEquals(memory, task.AddressSpace) || from.IsEmpty) return IoResult.From(0);
        int written = 0;
        while (written < from.Length && position + written < AddressSpace.UserEnd)
        {
            uint at = (uint)(position + written);
            int piece = (int)Math.Min(from.Length - written, page - (at & (page - 1)));
            if (!memory.Poke(at, from.Slice(written, piece))) break;
            written += piece;
        }
        return written > 0 ? IoResult.From(written) : Errno.EIO;
    }

    IoResult SetAdjustment(ReadOnlySpan<byte> bytes)
    {
        if (!int.TryParse(GuestText.FromBytes(bytes).Trim(), out int value) || value is < -1000 or > 1000) return Errno.EINVAL;
        return Adjust(value) is var error && error != Errno.None ? error : IoResult.From(bytes.Length);
    }

    /// <summary>The adjustment in the units that it had before Linux 2.6.36: -17 to 15.</summary>
    int OldAdjustment => task.Group.OutOfMemoryAdjustment == 1000 ? 15 : task.Group.OutOfMemoryAdjustment * 17 / 1000;

    IoResult SetOldAdjustment(ReadOnlySpan<byte> bytes)
    {
        if (!int.TryParse(GuestText.FromBytes(bytes).Trim(), out int value) || value is < -17 or > 15) return Errno.EINVAL;
        return Adjust(value == 15 ? 1000 : value * 1000 / 17) is var error && error != Errno.None ? error : IoResult.From(bytes.Length);
    }

    /// <summary>All processes that share the memory are adjusted alike; only the privileged may make one less likely to be chosen.</summary>
    Errno Adjust(int value)
    {
        if (value < task.Group.OutOfMemoryAdjustment && task.Machine.Scheduler.Current?.Credentials.Has(Capability.Resource) == false) return Errno.EACCES;
        task.Group.OutOfMemoryAdjustment = value;
        if (task.AddressSpace is not { Users: > 1 } memory || task.VforkParent != null) return Errno.None;
        foreach (var other in task.Machine.AllTasks)
            if (ReferenceEquals(other.AddressSpace, memory)) other.Group.OutOfMemoryAdjustment = value;
        return Errno.None;
    }

    string Limits()
    {
        (string Name, Resource Resource, string Unit)[] rows =
        [
            ("Max cpu time", Resource.CpuTime, "seconds"), ("Max file size", Resource.FileSize, "bytes"), ("Max data size", Resource.Data, "bytes"),
            ("Max stack size", Resource.Stack, "bytes"), ("Max core file size", Resource.Core, "bytes"), ("Max resident set", Resource.ResidentSet, "bytes"),
            ("Max processes", Resource.Processes, "processes"), ("Max open files", Resource.OpenFiles, "files"), ("Max locked memory", Resource.LockedMemory, "bytes"),
            ("Max address space", Resource.AddressSpace, "bytes"), ("Max file locks", Resource.Locks, "locks"), ("Max pending signals", Resource.PendingSignals, "signals"),
            ("Max msgqueue size", Resource.MessageQueues, "bytes"), ("Max nice priority", Resource.Nice, ""), ("Max realtime priority", Resource.RealTimePriority, ""),
            ("Max realtime timeout", Resource.RealTimeTime, "us"),
        ];
        var text = new StringBuilder($"{"Limit",-26}{"Soft Limit",-21}{"Hard Limit",-21}{"Units",-10}\n");
        foreach (var (name, resource, unit) in rows)
        {
            var limit = task.Group.Limits[resource];
            text.Append($"{name,-26}{Show(limit.Current),-21}{Show(limit.Maximum),-21}{unit,-10}\n");
        }
        return text.ToString();
    }

    static string Show(ulong limit) => limit == ResourceLimit.Infinity ? "unlimited" : limit.ToString();
}

/// <summary>/proc/pid/fd: links that lead to the open files themselves.</summary>
internal sealed class ProcDescriptors(Task task) : IProcDirectory
{
    /// <inheritdoc/>
    public IEnumerable<string> Names => task.Files == null ? [] : task.Files.Numbers.Select(static number => number.ToString());

    /// <inheritdoc/>
    public ProcNode? Find(string name)
    {
        if (!int.TryParse(name, System.Globalization.NumberStyles.None, null, out int number) || task.Files?[number] is not { } file) return null;
        uint permissions = 0x40u | ((file.Mode & FMode.Read) != 0 ? 0x100u : 0) | ((file.Mode & FMode.Write) != 0 ? 0x80u : 0);
        return LinkOf(number, permissions);
    }

    /// <inheritdoc/>
    public ProcNode? FindAgain(string name, object? subject) =>
        subject == null && int.TryParse(name, System.Globalization.NumberStyles.None, null, out int number) ? LinkOf(number, 0) : null;

    ProcLink LinkOf(int number, uint permissions) =>
        new(() => task.Files?[number]?.Dentry.FullPath(task.FileSystem?.Root) ?? "", () => task.Files?[number]?.Dentry, permissions);
}

/// <summary>/proc/pid/fdinfo: position and flags.</summary>
internal sealed class ProcDescriptorInformation(Task task) : IProcDirectory
{
    /// <inheritdoc/>
    public IEnumerable<string> Names => task.Files == null ? [] : task.Files.Numbers.Select(static number => number.ToString());

    /// <inheritdoc/>
    public ProcNode? Find(string name) =>
        int.TryParse(name, System.Globalization.NumberStyles.None, null, out int number) && task.Files?[number] != null ? TextOf(number) : null;

    /// <inheritdoc/>
    public ProcNode? FindAgain(string name, object? subject) =>
        subject == null && int.TryParse(name, System.Globalization.NumberStyles.None, null, out int number) ? TextOf(number) : null;

    ProcText TextOf(int number) => new(() => GuestText.ToBytes(Format(number)), null, 0x100);

    /// <summary>Nothing once the descriptor is closed.</summary>
    string Format(int number)
    {
        if (task.Files?[number] is not { } file) return "";
        uint flags = (uint)file.Flags | (task.Files.GetCloseOnExec(number) ? (uint)OpenFlags.CloseOnExec : 0);
        return $"pos:\t{file.Position}\nflags:\t0{Convert.ToString(flags, 8)}\nmnt_id:\t{task.Machine.Tree.MountTable.IdOf(file.Dentry)}\n{file.Details}";
    }
}
