using System.Buffers.Binary;
using System.Text;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Syscalls;
using CheckpointRestart.Core.Kernel.Tracing;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Tests.Kernel.Fuzzing;

/// <summary>Arguments of one call: mostly what the call expects there, sometimes anything. Everything comes from the given random numbers.</summary>
sealed class FuzzValues(Random source, IReadOnlyList<string> paths, int mostNames)
{
    /// <summary>Where a task's pages for arguments lie: writable, then read-only, then a hole.</summary>
    public const uint Data = 0x10000000, DataLength = 0x10000, ReadOnly = Data + DataLength, Hole = ReadOnly + 0x1000;

    static readonly uint[] Edges =
        [0, 1, 2, 7, 8, 16, 100, 512, 1023, 1024, 1025, 4095, 4096, 4097, 8192, 65535, 65536, 1 << 20, 1 << 24, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFF000, 0xFFFFFFFE, uint.MaxValue];

    static readonly uint[] BadPointers = [0, 1, 0x1000, Hole, Hole + 1, 0xBFFFFFFC, 0xBFFFFFFF, 0xC0000000, 0xFFFFE000, 0xFFFFFFFF];

    readonly Random random = source;
    Task task = null!;
    string call = "";
    uint next;

    /// <summary>Puts arguments for a call into six words, and into the task's memory what they point to.</summary>
    public void Fill(Task of, string name, Span<uint> arguments)
    {
        task = of;
        call = name;
        next = Data + (uint)random.Next(64) * 64;
        foreach (ref uint argument in arguments) argument = Any();
        var signature = SyscallSignatures.Find(name);
        bool isTame = random.Next(3) != 0;
        foreach (var parameter in signature.Parameters)
        {
            if (!isTame && random.Next(10) == 0) continue;
            arguments[parameter.Index] = isTame && Named(parameter) is { } value ? value : Of(parameter.Kind);
            if (parameter.Kind is "off64" or "hex64" && parameter.Index < 5) arguments[parameter.Index + 1] = random.Next(4) == 0 ? Number() : 0;
        }
    }

    /// <summary>Begins to put arguments into a task's memory.</summary>
    public void Begin(Task of)
    {
        task = of;
        next = Data + (uint)random.Next(64) * 64;
    }

    /// <summary>Puts bytes into the task's memory, nearly always where all of them can be.</summary>
    public uint Put(ReadOnlySpan<byte> bytes)
    {
        if (task.AddressSpace == null) return Data;
        uint at = next;
        next += (uint)(bytes.Length + 15) & ~15u;
        if (next > Data + DataLength / 2) next = Data;
        task.AddressSpace.Write(at, bytes);
        return at;
    }

    /// <summary>A word that could be anything.</summary>
    public uint Wild() => task.AddressSpace == null ? 0 : Any();

    /// <summary>A place with room for many bytes.</summary>
    public uint Bulk() => Data + DataLength / 2 + (uint)random.Next((int)DataLength / 4);

    /// <summary>A task's pid.</summary>
    public uint SomePid() => Pid();

    /// <summary>A value that makes sense for a parameter, judged by its name; null when the name says nothing.</summary>
    uint? Named(SyscallParameter parameter) => parameter.Name switch
    {
        "sigsetsize" or "sizemask" => 8,
        "semid" or "shmid" or "msqid" or "timerid" or "wd" or "key" or "semnum" or "mountflags" => (uint)random.Next(4),
        "addrlen" when parameter.Kind == "int" => (uint)(random.Next(3) switch { 0 => 16, 1 => 28, _ => random.Next(3, 110) }),
        "addr" or "shmaddr" or "old_address" or "start" when call is not ("bind" or "connect") => Region(),
        "length" or "len" or "old_size" or "new_size" when call is "mmap2" or "mremap" or "munmap" or "mprotect" or "madvise" or "mincore" or "msync" or "mlock" or "munlock" or "mlock2" => (uint)random.Next(1, 40) * 4096,
        "name" when parameter.Kind == "path" => Place(Encoding.UTF8.GetBytes(call.Contains("xattr", StringComparison.Ordinal) ? $"{Families[random.Next(Families.Length)]}.a{random.Next(3)}\0" : $"q{random.Next(4)}\0")),
        "flags" when parameter.Kind == "hex" => random.Next(8) == 0 ? (uint)random.Next(16) : 0,
        "flags" when parameter.Kind == "f.map" => Flags("f.map") & ~0x100010u | (uint)random.Next(1, 4) | (random.Next(2) == 0 ? 0x20u : 0) | (random.Next(5) == 0 ? 0x10u : 0),
        "pathname" when call is "execve" or "execveat" && random.Next(2) == 0 => Place("/start\0"u8),
        "len" when call is "set_robust_list" => 12,
        "rseq_len" => 32,
        "u_info" => Place(Words(4, static (v, i) => i == 0 ? uint.MaxValue : (uint)v.random.Next(0x80))),
        "hdrp" => Place(Words(2, static (v, i) => i == 0 ? 0x20080522u : 0)),
        "ss" => Place(Words(3, static (v, i) => i == 0 ? Data + 0x4000 : i == 2 ? 0x4000u : 0)),
        "pgoffset" => (uint)random.Next(4),
        "optlen" when parameter.Kind == "int" => (uint)random.Next(1, 5) * 4,
        "msg_len" or "msgsz" or "nsems" or "nsops" or "iovcnt" or "nr_segs" or "maxevents" or "nfds" or "backlog" or "vlen" or "liovcnt" or "riovcnt" => (uint)random.Next(1, 9),
        "prot" => (uint)random.Next(8),
        "size" when call is "clone3" => 64 + 8 * (uint)random.Next(4),
        "size" when call is "openat2" => 24,
        "size" when call is "statfs64" or "fstatfs64" => 84,
        "optval" => Place(Words(4, static (v, _) => (uint)v.random.Next(70))),
        _ when parameter.Kind == "lengthptr" => Place(Words(1, static (v, _) => (uint)v.random.Next(120))),
        _ when parameter.Kind is "off64ptr" or "off32ptr" => random.Next(2) == 0 ? 0 : Place(Words(2, static (v, i) => i == 0 ? (uint)v.random.Next(9000) : 0)),
        _ when parameter.Kind is "fd" => Fitting(parameter.Name),
        _ => null,
    };

    static readonly string[] Families = ["user", "user", "trusted", "security"];

    /// <summary>The start of a region of the task's, or a page in it; and now and then where there is none.</summary>
    uint Region() => task.AddressSpace!.Regions is { Count: > 0 } regions && random.Next(6) != 0 && regions[random.Next(regions.Count)] is var region
        ? region.Start + ((uint)random.Next((int)Math.Min(region.Length >> 12, 64)) << 12)
        : (uint)random.Next(0x40, 0xBFFFF) << 12;

    /// <summary>An open descriptor of the kind that the call is about.</summary>
    uint? Fitting(string parameter)
    {
        string? wanted = call switch
        {
            _ when parameter == "epfd" => "Epoll",
            _ when call.StartsWith("timerfd", StringComparison.Ordinal) => "Timer",
            _ when call.StartsWith("inotify", StringComparison.Ordinal) => "Inotify",
            _ when call.StartsWith("mq_", StringComparison.Ordinal) => "Queue",
            _ when parameter is "pidfd" => "Pid",
            _ when parameter is "sockfd" => "Socket",
            "getdents" or "getdents64" or "readdir" or "fchdir" => "Directory",
            "tee" or "vmsplice" or "splice" => "Pipe",
            "signalfd" or "signalfd4" => "Signal",
            "ioctl" => "Terminal",
            _ => null,
        };
        if (wanted == null || task.Files == null) return null;
        var files = task.Files;
        var fitting = files.Numbers.Where(number => IsOf(files[number]!, wanted)).ToArray();
        return fitting.Length == 0 ? null : (uint)fitting[random.Next(fitting.Length)];
    }

    static bool IsOf(OpenFile file, string wanted) =>
        file.GetType().Name.Contains(wanted, StringComparison.Ordinal) || file.Inode.GetType().Name.Contains(wanted, StringComparison.Ordinal);

    uint Of(string kind)
    {
        if (kind.StartsWith("f.", StringComparison.Ordinal)) return Flags(kind);
        if (kind.StartsWith("e.", StringComparison.Ordinal)) return Value(kind);
        return kind switch
        {
            "fd" => Descriptor(),
            "dfd" => random.Next(2) == 0 ? GuestArguments.WorkingDirectory : Descriptor(),
            "pid" => Pid(),
            "sig" => (uint)random.Next(66),
            "mode" or "filemode" => (uint)random.Next(1 << 16),
            "uid" => random.Next(3) == 0 ? uint.MaxValue : (uint)random.Next(4) * 1000,
            "path" => Place(Path()),
            "hex" or "kind" => Any(),
            "buf" or "ptr" or "dirents" or "intptr" or "uintptr" or "lengthptr" or "off64ptr" or "off32ptr" => Pointer(),
            "handler" => Any(),
            "size" or "count" or "length" or "int" or "uint" or "off" or "off64" or "pgoff" => Number(),
            "argv" or "envp" => Vector(),
            "iovec" => Place(Words(2 * random.Next(1, 9), static (v, i) => (i & 1) == 0 ? v.Pointer() : v.Number())),
            "msghdr" => Message(),
            "sockaddr" => Place(Address()),
            "timespec" or "timeval" or "itimerval" or "itimerspec" or "timespec2" or "timeval2" or "utimbuf" or "futextime" => random.Next(3) == 0 ? 0 : Place(Words(4, static (v, _) => (uint)v.random.Next(1000))),
            "time64" or "time64_2" or "itimer64" or "futextime64" => random.Next(3) == 0 ? 0 : Place(Words(8, static (v, i) => (i & 1) == 0 ? (uint)v.random.Next(1000) : 0)),
            "clone_args" => Place(Words(22, static (v, i) => i == 0 ? v.Flags("f.clone") : (i & 1) == 0 && v.random.Next(3) == 0 ? v.Any() : 0)),
            "open_how" => Place(Words(6, static (v, i) => i == 0 ? v.Flags("f.open") : i == 4 ? v.Flags("f.resolve") : 0)),
            "sigevent" => Place(Words(16, static (v, i) => i == 1 ? (uint)v.random.Next(65) : i == 2 ? (uint)v.random.Next(5) : v.Any())),
            "epoll_event" => Place(Words(3, static (v, i) => i == 0 ? v.Flags("f.epoll") : v.Any())),
            "pollfds" => Place(Words(32, static (v, i) => (i & 1) == 0 ? v.Descriptor() : v.Flags("f.poll"))),
            "sembufs" => Place(Words(16, static (v, _) => (uint)v.random.Next(4) | (uint)v.random.Next(-2, 3) << 16)),
            "socketargs" => Place(Words(6, static (v, i) => i == 0 ? v.Descriptor() : v.Any())),
            "sigaction" or "oldsigaction" => Place(Words(5, static (v, i) => i == 0 ? (uint)v.random.Next(2) * FuzzTask.Handler : i == 1 ? v.Flags("f.sa") : (uint)v.random.Next())),
            _ => Any(),
        };
    }

    /// <summary>A word that could be anything.</summary>
    uint Any() => random.Next(8) switch
    {
        0 => Number(),
        1 => Descriptor(),
        2 => Place(Words(random.Next(1, 20), static (v, _) => v.Number())),
        3 => Pid(),
        4 => (uint)random.NextInt64(1L << 32),
        _ => Pointer(),
    };

    uint Number() => random.Next(6) switch
    {
        0 => Edges[random.Next(Edges.Length)],
        1 => (uint)random.Next(70_000),
        2 => 1u << random.Next(32),
        3 => (uint)-random.Next(1, 5000),
        4 => (uint)random.Next(64),
        _ => (uint)random.Next(4),
    };

    uint Pointer() => random.Next(12) switch
    {
        0 => BadPointers[random.Next(BadPointers.Length)],
        1 => ReadOnly + (uint)random.Next(0x1000),
        2 => ReadOnly - (uint)random.Next(64),
        3 => Hole - (uint)random.Next(64),
        4 when task.AddressSpace!.Regions is { Count: > 0 } regions => regions[random.Next(regions.Count)].Start + (uint)random.Next(2) * (uint)random.Next(0x2000),
        _ => Data + (uint)random.Next((int)DataLength),
    };

    uint Descriptor()
    {
        int choice = random.Next(16);
        return choice == 0 ? Number() : choice < 3 ? (uint)random.Next(12) : (uint)random.Next(72);
    }

    uint Pid()
    {
        var all = task.Machine.Tasks;
        return random.Next(8) switch
        {
            0 => 0,
            1 => Number(),
            2 => (uint)-all[random.Next(all.Count)].Pid,
            3 => (uint)task.Pid,
            _ => (uint)all[random.Next(all.Count)].Pid,
        };
    }

    uint Flags(string list)
    {
        uint value = 0;
        var values = Vocabulary.Values(list).ToArray();
        if (values.Length == 0) return list == "f.open" ? OpenFlags() : (uint)random.Next(4096);
        for (int times = random.Next(4); times > 0; times--) value |= values[random.Next(values.Length)];
        return random.Next(24) == 0 ? value | 1u << random.Next(32) : value;
    }

    uint OpenFlags()
    {
        uint flags = (uint)random.Next(3);
        if (random.Next(2) == 0) flags |= 0x40;
        return random.Next(3) == 0 ? flags | (uint)random.Next(1 << 23) & 0x7F_FFC0 : flags;
    }

    uint Value(string list)
    {
        var values = Vocabulary.Values(list).ToArray();
        return values.Length == 0 || random.Next(16) == 0 ? Number() : values[random.Next(values.Length)];
    }

    /// <summary>Puts bytes where the next argument lies: in the middle of writable memory, or so that they end behind it.</summary>
    uint Place(ReadOnlySpan<byte> bytes)
    {
        if (random.Next(24) == 0) return Pointer();
        uint at = next;
        if (random.Next(16) == 0) at = Hole - (uint)random.Next(bytes.Length + 1);
        else next += (uint)(bytes.Length + 15) & ~15u;
        if (next > Data + DataLength - 8192) next = Data;
        task.AddressSpace!.Write(at, bytes);
        return at;
    }

    byte[] Words(int count, Func<FuzzValues, int, uint> word)
    {
        var bytes = new byte[count * 4];
        for (int i = 0; i < count; i++) BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * 4), random.Next(20) == 0 ? Number() : word(this, i));
        return bytes;
    }

    byte[] Path()
    {
        string text = random.Next(12) switch
        {
            0 => $"/proc/self/fd/{random.Next(64)}",
            1 => $"/proc/{Pid()}/{ProcNames[random.Next(ProcNames.Length)]}",
            2 or 3 or 4 => $"/tmp/n{random.Next(mostNames)}",
            5 => $"/tmp/n{random.Next(mostNames)}/n{random.Next(mostNames)}",
            6 => Escapes(paths[random.Next(paths.Count)]),
            7 => new string('x', Lengths[random.Next(Lengths.Length)]),
            _ => paths[random.Next(paths.Count)],
        };
        byte[] bytes = [.. Encoding.UTF8.GetBytes(text), 0];
        if (random.Next(12) == 0) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        return bytes;
    }

    string Escapes(string path) => random.Next(4) switch
    {
        0 => "/proc/self/root/../.." + path,
        1 => "/proc/self/cwd/../../../" + path,
        2 => $"/proc/self/fd/{random.Next(16)}/../../.." + path,
        _ => "/tmp/../../../.." + path,
    };

    static readonly int[] Lengths = [0, 1, 254, 255, 256, 4094, 4095, 4096, 5000];

    static readonly string[] ProcNames =
        ["maps", "smaps", "stat", "status", "fd", "fdinfo", "mem", "exe", "cwd", "root", "environ", "cmdline", "auxv", "limits", "mounts", "task", "io", "comm", "oom_score_adj", "ns", "wchan", "syscall", "pagemap", "clear_refs"];

    uint Vector()
    {
        var words = new uint[random.Next(1, 5)];
        for (int i = 0; i < words.Length - 1; i++) words[i] = Place(Path());
        if (random.Next(10) == 0) words[^1] = Pointer();
        return Place(Words(words.Length, (_, i) => words[i]));
    }

    byte[] Address()
    {
        if (random.Next(3) == 0) return [1, 0, .. Path().AsSpan(..1), .. Path().Take(106)];
        if (random.Next(2) == 0) return [2, 0, 0x10, (byte)random.Next(8), 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        return random.Next(2) == 0 ? [10, 0, 0x10, (byte)random.Next(8), 0, 0, 0, 0, .. new byte[15], 1, 0, 0, 0, 0] : Words(random.Next(1, 30), static (v, _) => v.Number());
    }

    uint Message()
    {
        uint name = random.Next(2) == 0 ? 0 : Place(Address());
        uint vector = Place(Words(8, static (v, i) => (i & 1) == 0 ? v.Pointer() : (uint)v.random.Next(3000)));
        // A cmsghdr: length, level, type, and descriptors or credentials behind it.
        uint control = Place(Words(10, static (v, i) => i switch
        {
            0 => v.random.Next(4) == 0 ? v.Number() : 12 + 4 * (uint)v.random.Next(6),
            1 => 1,
            2 => (uint)v.random.Next(1, 4),
            _ => v.Descriptor(),
        }));
        return Place(Words(7, (v, i) => i switch
        {
            0 => name,
            1 => (uint)v.random.Next(128),
            2 => vector,
            3 => (uint)v.random.Next(6),
            4 => control,
            5 => (uint)v.random.Next(64),
            _ => 0,
        }));
    }
}
