using System.Buffers.Binary;
using System.Text;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Syscalls;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Tests.Kernel.Fuzzing;

/// <summary>Short sequences of calls that belong together, so that what needs a connected socket, a timer of its own or a traced child is reached often.
/// Their arguments make sense, but for one in forty, which is anything.</summary>
sealed class FuzzScenes
{
    const uint NonBlock = 0x800, AtCwd = GuestArguments.WorkingDirectory;

    readonly Random random;
    readonly FuzzValues values;
    readonly Func<Task, string, uint[], bool> issue;
    readonly Action turn;
    readonly Action[] scenes;
    Task task = null!;
    bool hasEnded;

    /// <param name="random">Where choices come from.</param>
    /// <param name="values">Where arguments are put.</param>
    /// <param name="issue">Makes a call; false when it cannot.</param>
    /// <param name="turn">Lets the machine go on.</param>
    public FuzzScenes(Random random, FuzzValues values, Func<Task, string, uint[], bool> issue, Action turn)
    {
        (this.random, this.values, this.issue, this.turn) = (random, values, issue, turn);
        scenes =
        [
            Connections, Connections, Messages, Datagrams, Timers, Timers, Queues, Queues, Attributes, Attributes, Tracing, Tracing, Futexes, Segments, OtherMemory, Names, Copies,
            Watches, Signals, OldMaps, Threads, Multiplexed, Epolls, Locks, Vectors,
        ];
    }

    /// <summary>Plays a scene with a task, as far as the task can.</summary>
    public void Play(Task with)
    {
        task = with;
        hasEnded = false;
        values.Begin(with);
        scenes[random.Next(scenes.Length)]();
    }

    /// <summary>Makes a call and gives its result, -1 when the scene is over.</summary>
    int Call(string name, params uint[] given)
    {
        if (hasEnded) return -1;
        var arguments = new uint[6];
        given.CopyTo(arguments, 0);
        for (int i = 0; i < given.Length; i++)
            if (random.Next(40) == 0) arguments[i] = values.Wild();
        // A signal comes first, such as that of a child.
        for (int turns = 0; turns < 60 && task is { State: TaskState.Running, AddressSpace: not null } && !FuzzTask.IsReady(task); turns++) turn();
        if (issue(task, name, arguments) && task.Registers is { } registers && !task.Call.IsActive) return (int)registers.Eax;
        hasEnded = true;
        return -1;
    }

    uint File(string name, params uint[] given) => (uint)Call(name, given);

    uint Put(params uint[] words)
    {
        var bytes = new byte[words.Length * 4];
        for (int i = 0; i < words.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * 4), words[i]);
        return values.Put(bytes);
    }

    uint Text(string text) => values.Put([.. Encoding.UTF8.GetBytes(text), 0]);

    uint Room(int bytes) => values.Put(new byte[bytes]);

    uint Word(uint address) => !hasEnded && task.AddressSpace!.TryRead(address, out uint found) ? found : 0;

    uint Some(int most) => (uint)random.Next(most);

    uint One(params uint[] of) => of[random.Next(of.Length)];

    bool Maybe => random.Next(2) == 0;

    void Connections()
    {
        bool isUnix = Maybe;
        uint family = isUnix ? 1u : One(2, 10), type = isUnix ? One(1, 5) : 1;
        uint address = isUnix ? values.Put([1, 0, 0, .. Encoding.ASCII.GetBytes($"s{random.Next(6)}")])
            : family == 2 ? values.Put([2, 0, 0x20, (byte)random.Next(16), 127, 0, 0, 1, .. new byte[8]])
            : values.Put([10, 0, 0x20, (byte)random.Next(16), .. new byte[4], .. new byte[15], 1, .. new byte[4]]);
        uint length = isUnix ? 5 : family == 2 ? 16u : 28;
        uint listener = File("socket", family, type | NonBlock, 0);
        if (!isUnix) Call("setsockopt", listener, 1, 2, Put(1), 4);
        Call("bind", listener, address, length);
        Call("listen", listener, Some(5));
        uint client = File("socket", family, type | NonBlock, 0);
        Call("connect", client, address, length);
        uint peer = Room(112), peerLength = Put(One(112, 16, 28, 2, 0));
        uint server = File("accept4", listener, Maybe ? 0 : peer, Maybe ? 0 : peerLength, One(0, NonBlock, 0x80000));
        Call("getpeername", client, peer, peerLength);
        Call("sendto", client, values.Bulk(), Some(5000), One(0, 0x40, 1, 0x8000), 0, 0);
        Call("recvfrom", server, values.Bulk(), Some(5000), One(0, 2, 0x40, 0x100, 0x20), 0, 0);
        if (Maybe) Call("sendmmsg", server, Message(client), 1, 0x40);
        if (Maybe) Call("recvmmsg", client, Message(server), 1, 0x40, 0);
        Call("setsockopt", server, One(1, 6, 0, 41), Some(60), Put(Some(3)), 4);
        Call("getsockopt", server, One(1, 6, 0, 41), Some(60), Room(64), Put(64));
        Call("shutdown", One(client, server), Some(3));
        Call("recvfrom", One(client, server), values.Bulk(), 100, 0x40, 0, 0);
        if (Maybe) Call("close", listener);
        if (Maybe) Call("close", client);
        if (Maybe) Call("close", server);
    }

    uint Message(uint descriptor)
    {
        uint control = Maybe ? Put(12 + 4, 1, 1, descriptor, 0, 0) : Put(12 + 12, 1, 2, (uint)task.Pid, 0, 0);
        return Put(0, 0, Put(values.Bulk(), Some(3000), values.Bulk(), Some(3000)), One(1, 2), One(0, control, control), One(16, 24, 24), 0, 0);
    }

    void Messages()
    {
        uint pair = Room(8);
        Call("socketpair", 1, One(1, 2, 5) | NonBlock, 0, pair);
        uint first = Word(pair), second = Word(pair + 4);
        if (Maybe) Call("setsockopt", second, 1, 16, Put(1), 4);
        for (int i = 0; i < 4; i++)
        {
            Call("sendmsg", Maybe ? first : second, Message(One(first, second, Some(20))), One(0, 0x40, 0x80));
            Call("recvmsg", Maybe ? first : second, Put(0, 0, Put(values.Bulk(), Some(4000)), 1, Room(64), One(0, 16, 64), 0), One(0, 2, 0x20, 0x40000000));
        }
        Call("ioctl", first, One(0x541B, 0x5411, 0x8905), Room(8));
        Call("close", first);
        if (Maybe) Call("close", second);
    }

    void Datagrams()
    {
        uint address = values.Put([2, 0, 0x30, (byte)random.Next(8), 127, 0, 0, 1, .. new byte[8]]);
        uint receiver = File("socket", 2, 2 | NonBlock, 0), sender = File("socket", 2, 2 | NonBlock, 0);
        Call("bind", receiver, address, 16);
        if (Maybe) Call("connect", sender, address, 16);
        Call("sendto", sender, values.Bulk(), One(0, 1, 1000, 65507, 65508), 0, address, 16);
        Call("recvfrom", receiver, values.Bulk(), Some(2000), One(0, 2, 0x20), Room(16), Put(16));
        Call("recvmsg", receiver, Put(Room(28), 28, Put(values.Bulk(), 100), 1, Room(64), 64, 0), One(0, 2));
        Call("close", receiver);
        Call("close", sender);
    }

    void Timers()
    {
        uint at = Room(8);
        uint notice = Maybe ? 0 : Put(Some(100), One(10, 34, 40), One(0, 1, 4), (uint)task.Pid, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        Call("timer_create", One(0, 1, 1, 2, 3, 7, 11), notice, at);
        uint id = Word(at);
        for (int i = 0; i < 3; i++)
        {
            if (Maybe) Call("timer_settime", id, Some(2), Put(Some(2), Some(1_000_000), Some(2), Some(1_000_000)), One(0, Room(16)));
            else Call("timer_settime64", id, Some(2), Put(Some(2), 0, Some(1_000_000), 0, Some(2), 0, Some(1_000_000), 0), One(0, Room(32)));
            Call(Maybe ? "timer_gettime" : "timer_gettime64", id, Room(32));
            if (Maybe) turn();
            Call("timer_getoverrun", id);
        }
        if (random.Next(3) != 0) Call("timer_delete", id);
        uint file = File("timerfd_create", One(0, 1), NonBlock);
        Call("timerfd_settime64", file, Some(4), Put(Some(2), 0, Some(1_000_000), 0, Some(2), 0, Some(1_000_000), 0), One(0, Room(32)));
        Call("timerfd_gettime", file, Room(16));
        Call("read", file, values.Bulk(), 8);
        Call("close", file);
        Call("setitimer", Some(3), Put(0, Some(100_000), 0, Some(100_000)), One(0, Room(16)));
        Call("getitimer", Some(3), Room(16));
    }

    void Queues()
    {
        uint name = Text($"q{random.Next(4)}"), size = One(1, 64, 8192);
        uint queue = File("mq_open", name, 0x42 | NonBlock, 0x180, Put(0, One(1, 4, 10), size, 0, 0, 0, 0, 0));
        for (int i = 0; i < 5; i++)
        {
            Call(Maybe ? "mq_timedsend" : "mq_timedsend_time64", queue, values.Bulk(), Some((int)size + 1), Some(40000), One(0, Put(Some(3), 0, 0, 0)));
            if (Maybe) Call("mq_notify", queue, One(0, Put(1, One(10, 34), One(0, 1, 2), 0)));
            if (Maybe) Call(Maybe ? "mq_timedreceive" : "mq_timedreceive_time64", queue, values.Bulk(), 8192, One(0, Room(4)), One(0, Put(Some(3), 0, 0, 0)));
        }
        Call("mq_getsetattr", queue, One(0, Put(One(0, NonBlock), 0, 0, 0, 0, 0, 0, 0)), Room(32));
        if (Maybe) Call("mq_unlink", name);
        Call("close", queue);
        uint number = File("msgget", Some(4), 0x380);
        uint message = values.Put(new byte[64]);
        task.AddressSpace?.TryWrite(message, 1 + Some(3));
        Call("msgsnd", number, message, Some(60), NonBlock);
        Call("msgrcv", number, Room(64), Some(60), One(0, 1, 2, 3, uint.MaxValue), One(0x800, 0x1800, 0x2800));
        Call("msgctl", number, One(0, 1, 2, 3, 11, 12, 13), Room(128));
        uint set = File("semget", Some(4), 4, 0x380);
        Call("semtimedop_time64", set, Put(Some(4) | Some(3) << 16, One(0x800, 0x1800)), 1, One(0, Put(0, 0, Some(1000), 0)));
        Call("semctl", set, Some(4), One(11, 12, 13, 14, 15, 16), Some(9));
    }

    void Attributes()
    {
        string path = $"/tmp/n{random.Next(12)}";
        uint file = File("open", Text(path), 0x42, 0x1B4);
        for (int i = 0; i < 4; i++)
        {
            uint name = Text($"{(Maybe ? "user" : random.Next(2) == 0 ? "trusted" : "security")}.a{random.Next(3)}");
            uint length = One(0, 1, 100, 3000);
            if (Maybe) Call("fsetxattr", file, name, values.Bulk(), length, Some(3));
            else Call(Maybe ? "setxattr" : "lsetxattr", Text(path), name, values.Bulk(), length, Some(3));
            if (Maybe) Call("fgetxattr", file, name, values.Bulk(), One(0, length, 4096));
            else Call(Maybe ? "getxattr" : "lgetxattr", Text(path), name, values.Bulk(), One(0, length, 4096));
            Call(Maybe ? "listxattr" : "llistxattr", Text(path), values.Bulk(), One(0, 1000));
            Call("flistxattr", file, values.Bulk(), One(0, 3, 1000));
            if (Maybe) Call("fremovexattr", file, name);
            else if (Maybe) Call(Maybe ? "removexattr" : "lremovexattr", Text(path), name);
        }
        Call("close", file);
    }

    void Tracing()
    {
        uint child = File("fork");
        if (hasEnded || (int)child <= 0) return;
        Call("ptrace", One(0x4206, 0x4206, 16), child, 0, One(0, 1, 0x1F, 0x1000FF));
        for (int i = 0; i < 10 && !hasEnded; i++)
        {
            // Most requests want it to stand still.
            if (random.Next(4) != 0) Call("ptrace", 0x4207, child, 0, 0);
            for (int turns = 0; turns < 60 && task.Machine.FindTask((int)child) is { State: TaskState.Running or TaskState.Sleeping }; turns++) turn();
            if (Maybe) Call("waitid", 1, child, Room(128), 1 | 2 | 4 | 0x40000000, 0);
            else Call("wait4", child, Room(4), 1 | 0x40000000, 0);
            uint request = One(1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 14, 15, 18, 19, 24, 0x4200, 0x4201, 0x4202, 0x4203, 0x4204, 0x4205, 0x4207, 0x4207, 0x4208, 0x4209, 0x420A, 0x420B, 0x420E);
            uint address = request switch
            {
                1 or 2 or 4 or 5 => One(FuzzValues.Data, 0x0E000000, values.Wild()),
                3 or 6 => One(0, 4, 44, 48, 60, 252, 280, Some(300)),
                0x4204 or 0x4205 => One(1, 2, 0x46e62b7f, 0x202),
                _ => One(0, 128),
            };
            uint data = request switch
            {
                7 or 24 or 9 or 17 => One(0, 0, 0, 10, 19, 18, 9),
                0x4200 => One(1, 0x1F, 0x7F, 0x10007F),
                0x4204 or 0x4205 => Put(Room(512), One(68, 108, 512)),
                6 => One(0, 0x0E000000, 0x246, 0x23, Some(100)),
                _ => Room(512),
            };
            Call("ptrace", request, child, address, data);
        }
        if (Maybe) Call("ptrace", 17, child, 0, 0);
        else if (Maybe) Call("kill", child, 9);
    }

    void Futexes()
    {
        uint at = Put(Some(2), Some(2), 0, 0);
        uint now = Put(0, 0, Some(1000), 0);
        uint waiters = Put(Some(2), 0, at, 0, One(2, 0x82), 0, Some(2), 0, at + 4, 0, One(2, 0x82), 0);
        Call("futex_waitv", waiters, One(1, 2), 0, now, Some(2));
        foreach (uint operation in new uint[] { 0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 })
        {
            if (Maybe) continue;
            Call(Maybe ? "futex" : "futex_time64", at, operation | One(0, 128), Some(2), operation is 3 or 4 or 5 or 12 ? Some(3) : now, at + 8, Some(3));
        }
        Call("set_robust_list", Put(at, 0, 0), 12);
        Call("get_robust_list", 0, Room(4), Room(4));
    }

    void Segments()
    {
        uint number = File("shmget", Some(4), One(4096, 8192, 100_000), 0x380);
        uint at = File("shmat", number, 0, One(0, 0x1000));
        Call("mprotect", at, 4096, Some(4));
        Call("msync", at, 4096, One(1, 2, 4));
        Call("shmctl", number, One(0, 1, 2, 3, 11, 12, 13, 14), Room(128));
        if (Maybe) Call("fork");
        if (Maybe) Call("mremap", at, 4096, 8192, 1, 0);
        Call("shmdt", at);
    }

    void OtherMemory()
    {
        uint vector = Put(values.Bulk(), Some(5000), values.Bulk(), Some(5000)), other = Put(values.Bulk(), Some(9000), values.Bulk(), 10);
        Call(Maybe ? "process_vm_readv" : "process_vm_writev", values.SomePid(), vector, 2, other, 2, 0);
        uint file = File("pidfd_open", values.SomePid(), 0);
        Call("process_madvise", file, Put(FuzzValues.Data, 8192, FuzzValues.Data + 8192, 4096), 2, One(20, 21, 3), 0);
        Call("pidfd_getfd", file, Some(30), 0);
        Call("pidfd_send_signal", file, One(0, 10, 18, 23, 34), 0, 0);
        Call("close", file);
        Call("kcmp", values.SomePid(), values.SomePid(), Some(8), Some(20), Some(20));
        uint at = File("mmap2", 0, 40960, 3, 0x22, uint.MaxValue, 0);
        Call("pkey_mprotect", at, 8192, Some(8), uint.MaxValue);
        Call("mlock2", at, 8192, Some(2));
        Call("madvise", at, 40960, One(0, 1, 4, 8, 9, 10, 14, 15, 18, 19, 20, 21, 22, 23));
        Call("mincore", at, 40960, Room(16));
        Call("mremap", at, 20480, Some(20) * 4096, One(0, 1, 3, 5), One(at + 65536, 0x30000000));
        Call("munmap", at, Some(11) * 4096);
    }

    void Names()
    {
        string from = $"/tmp/n{random.Next(12)}", to = $"/tmp/n{random.Next(12)}";
        Call(Maybe ? "creat" : "mkdir", Text(from), 0x1FF);
        switch (random.Next(6))
        {
            case 0: Call("link", Text(from), Text(to)); break;
            case 1: Call("linkat", AtCwd, Text(from), AtCwd, Text(to), One(0, 0x400)); break;
            case 2: Call("rename", Text(from), Text(to)); break;
            case 3: Call("renameat2", AtCwd, Text(from), AtCwd, Text(to), One(0, 1, 2, 4, 5)); break;
            case 4: Call("symlink", Text(from), Text(to)); break;
            default: Call("mknod", Text(to), One(0x1000, 0x8000, 0xC000, 0x2000) | 0x1B6, One(0, 0x103, 0x105)); break;
        }
        Call("openat2", AtCwd, Text(to), Put(One(0, 2, 0x42, 0x200000), 0, One(0, 0x1B4), 0, One(0, 1, 4, 8, 16), 0), 24);
        Call("statx", AtCwd, Text(to), One(0, 0x100), 0xFFF, Room(256));
        Call("fchmodat", AtCwd, Text(to), Some(0x1000));
        Call(Maybe ? "unlink" : "rmdir", Text(Maybe ? from : to));
        Call("ustat", Word(FuzzValues.Data), Room(64));
    }

    void Copies()
    {
        uint first = File("open", Text($"/tmp/n{random.Next(12)}"), 0x42, 0x1B4), second = File("memfd_create", Text("copies"), One(0, 2));
        uint third = File("open", Text($"/tmp/n{random.Next(12)}"), 0x42, 0x1B4), pipe = Room(8);
        Call("write", first, values.Bulk(), Some(20_000));
        Call("fallocate", first, One(0, 1, 3, 0x10, 0x11), Some(20_000), 0, Some(20_000), 0);
        Call("copy_file_range", first, Maybe ? 0 : Put(Some(9000), 0), third, Maybe ? 0 : Put(Some(9000), 0), Some(20_000), 0);
        Call(Maybe ? "sendfile" : "sendfile64", second, first, Maybe ? 0 : Put(Some(9000), 0), Some(20_000));
        Call("pipe2", pipe, NonBlock);
        Call("splice", first, Maybe ? 0 : Put(Some(9000), 0), Word(pipe + 4), 0, Some(70_000), 2);
        Call("splice", Word(pipe), 0, second, Maybe ? 0 : Put(Some(9000), 0), Some(70_000), 2);
        Call("vmsplice", Word(pipe + 4), Put(values.Bulk(), Some(9000)), 1, 2);
        Call("tee", Word(pipe), Some(40), Some(9000), 2);
        Call("readahead", first, 0, 0, 4096);
        Call("fadvise64_64", first, 0, 0, 4096, 0, Some(6));
        Call("fcntl64", second, One(1033, 1034), Some(16));
        Call("sync_file_range", first, 0, 0, 4096, 0, Some(8));
        Call("ftruncate64", first, Some(30_000), 0);
        foreach (uint file in new[] { first, second, third, Word(pipe), Word(pipe + 4) })
            if (random.Next(6) != 0) Call("close", file);
    }

    void Watches()
    {
        uint file = File("inotify_init1", NonBlock);
        uint watch = File("inotify_add_watch", file, Text(One(0, 1) == 0 ? "/tmp" : $"/tmp/n{random.Next(12)}"), One(0xFFF, 0x3, 0x80000FFF, 0x100));
        Call("creat", Text($"/tmp/n{random.Next(12)}"), 0x1B4);
        Call("unlink", Text($"/tmp/n{random.Next(12)}"));
        Call("ioctl", file, 0x541B, Room(4));
        Call("read", file, values.Bulk(), One(8, 16, 64, 4096));
        Call("inotify_rm_watch", file, watch);
        Call("read", file, values.Bulk(), 4096);
        if (Maybe) Call("close", file);
    }

    void Signals()
    {
        uint signal = One(10, 12, 23, 34, 40), info = Put(signal, 0, One(uint.MaxValue, 0xFFFFFFFA), 0, 0, Some(9), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        uint set = Put(1u << (int)(signal - 1 & 31), signal > 32 ? 1u << (int)(signal - 33) : 0);
        Call("rt_sigprocmask", Some(3), set, Room(8), 8);
        if (Maybe) Call("rt_sigqueueinfo", (uint)task.Pid, signal, info);
        else Call("rt_tgsigqueueinfo", (uint)task.Group.Id, (uint)task.Pid, signal, info);
        Call("rt_sigpending", Room(8), 8);
        Call(Maybe ? "rt_sigtimedwait" : "rt_sigtimedwait_time64", set, Room(128), Put(0, 0, Some(1000), 0), 8);
        uint file = File("signalfd4", uint.MaxValue, set, 8, NonBlock);
        Call("tgkill", (uint)task.Group.Id, (uint)task.Pid, signal);
        Call("read", file, values.Bulk(), 256);
        Call("close", file);
        Call("sigaltstack", Put(FuzzValues.Data + 0x4000, 0, 0x4000), Room(12));
    }

    void OldMaps()
    {
        uint file = File("memfd_create", Text("maps"), 0);
        Call("ftruncate", file, 65536);
        uint at = File("mmap", Put(0, 65536, 3, 1, file, 0));
        Call("remap_file_pages", at, 8192, 0, Some(16), 0);
        Call("msync", at, 65536, 4);
        Call("madvise", at, 65536, One(4, 9));
        Call("close", file);
        Call("munmap", at, One(4096, 65536));
        Call("brk", Word(FuzzValues.Data));
    }

    void Threads()
    {
        uint slot = Put(uint.MaxValue, 0x10000000, 0xFFFFF, 0x51);
        Call("set_thread_area", slot);
        Call("get_thread_area", slot);
        Call("modify_ldt", 1, Put(Some(4), 0x10000000, 0xFFFF, One(0x51, 0x7F)), 16);
        Call("modify_ldt", One(0, 2), Room(64), 64);
        Call("clone", One(0x50F00, 0x3D0F00, 0x11, 0x4111, 0x1200011), One(0, FuzzValues.Data + 0x8000), Room(4), 0, Room(4));
        Call("clone3", Put(0x1000, 0, Room(4), 0, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), One(64, 80, 88));
        Call("ioprio_set", 1, values.SomePid(), One(0x4004, 0x6000, 0x2000));
        Call("sched_setscheduler", values.SomePid(), Some(7), Put(Some(3)));
        Call("prctl", Some(70), Some(3), 0, 0, 0);
        Call("seccomp", One(1, 2), 0, Put(One(1, 2), values.Put([0x06, 0, 0, 0, 0, 0, 0xFF, 0x7F])));
    }

    void Multiplexed()
    {
        uint slots = Put(1, 1 | NonBlock, 0, Room(8), 0, 0);
        Call("socketcall", 8, slots);
        Call("socketcall", One(1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20), Put(Word(Word(slots + 12)), values.Bulk(), Some(30), 0x40, 0, 0));
        Call("ipc", One(1, 2, 3, 4, 11, 12, 13, 14, 21, 22, 23, 24), Some(4), Some(100), One(0, 0x380, 0x100), values.Bulk(), Some(9));
        Call("restart_syscall");
        Call("sysfs", Some(4), Some(3), Room(64));
    }

    void Epolls()
    {
        uint epoll = File("epoll_create1", 0), file = File("eventfd2", Some(2), NonBlock);
        uint inner = File("epoll_create1", 0);
        Call("epoll_ctl", epoll, 1, file, Put(One(1, 5, 0x80000001, 0x40000005), Some(9), 0));
        Call("epoll_ctl", epoll, 1, inner, Put(1, 0, 0));
        Call("epoll_ctl", inner, 1, One(file, epoll), Put(1, 0, 0));
        Call("write", file, Put(One(1, 0, uint.MaxValue), 0), 8);
        Call(Maybe ? "epoll_wait" : "epoll_pwait", epoll, Room(64), Some(5), 0);
        Call("epoll_pwait2", epoll, Room(64), 4, Put(0, 0, Some(1000), 0), 0, 8);
        Call("epoll_ctl", epoll, One(2, 3), file, Put(1, 0, 0));
        foreach (uint one in new[] { epoll, file, inner }) Call("close", one);
    }

    void Locks()
    {
        uint file = File("open", Text($"/tmp/n{random.Next(12)}"), 0x42, 0x1B4);
        Call("flock", file, One(1, 2, 8) | 4);
        for (int i = 0; i < 3; i++)
        {
            Call("fcntl", file, One(5, 6), Put(Some(3) | Some(3) << 16, Some(100), Some(100), 0));
            Call("fcntl64", file, One(12, 13, 36, 37), Put(Some(3), Some(100), 0, Some(100), 0, 0));
        }
        Call("fcntl", file, One(1, 2, 3, 4, 8, 9, 10, 11, 1024, 1025, 1026, 1031, 1032), Some(3));
        if (Maybe) Call("close", file);
    }

    void Vectors()
    {
        uint file = File("open", Text(Maybe ? $"/tmp/n{random.Next(12)}" : "/dev/zero"), 0x42, 0x1B4);
        uint vectors = Put(values.Bulk(), Some(9000), values.Bulk(), Some(9000), values.Bulk(), One(0, 100, 100_000));
        Call("writev", file, vectors, One(1, 2, 3));
        Call("pwritev2", file, vectors, One(1, 2), Some(9000), 0, One(0, 2, 4, 16));
        Call("preadv2", file, vectors, One(1, 2), Some(9000), 0, One(0, 8));
        Call("pread64", file, values.Bulk(), Some(9000), Some(9000), 0);
        Call("readv", file, vectors, One(1, 2, 3));
        Call("lseek", file, Some(9000), Some(5));
        Call("close", file);
    }
}
