using System.Diagnostics;
using System.Globalization;
using System.Text;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Syscalls;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Tests.Kernel.Fuzzing;

/// <summary>One machine whose tasks make random calls until so many are made. The same seed and count give the same calls.</summary>
/// <remarks>The machine is frozen, and its turns are taken by hand between the calls, so that no host time gets in.</remarks>
sealed class FuzzRun(int seed, FuzzRoot root, bool writable) : IDisposable
{
    /// <summary>No call may take longer, on whatever host.</summary>
    static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    static readonly (uint Number, string Name)[] Calls =
        [.. SyscallTable.All.Where(static c => c.Number is not (1 or 252)).Select(static c => (c.Number, c.Name)), (500, "none"), (uint.MaxValue, "none")];

    static readonly (uint Number, string Name)[] Done =
        [.. SyscallTable.All.Where(static c => c.Number is not (1 or 252) && c.Support != Support.Refused).Select(static c => (c.Number, c.Name))];

    static readonly Dictionary<string, uint> Numbers = SyscallTable.All.GroupBy(static c => c.Name, StringComparer.Ordinal).ToDictionary(static c => c.Key, static c => c.First().Number, StringComparer.Ordinal);

    const int CallsPerMachine = 4000;

    readonly Random random = new(seed);
    readonly Queue<string> last = new();
    readonly uint[] arguments = new uint[6];
    volatile string current = "";
    readonly FuzzOutcomes outcomes = new();
    int issuer;
    FuzzValues values = null!;
    FuzzScenes scenes = null!;
    bool isSpent, isStuck;
    Machine machine = null!;

    /// <summary>Calls made.</summary>
    public int Made { get; private set; }

    /// <summary>What came of the calls, in a line: a run of the same seed and count says the same of a kernel that does the same.</summary>
    public string Summary => string.Create(CultureInfo.InvariantCulture, $"seed {seed}{(writable ? ", writable root" : "")}: {Made} calls, {outcomes}; slowest {Slowest.Milliseconds:f0} ms, {Slowest.Call}");

    /// <summary>The slowest call and its milliseconds.</summary>
    public (double Milliseconds, string Call) Slowest { get; private set; }

    /// <summary>Ends the machine, unless that would wait for a call that never returns.</summary>
    public void Dispose()
    {
        if (!isStuck) machine.Dispose();
    }

    /// <summary>Makes so many calls, in as many machines as that takes.</summary>
    public void Run(int calls)
    {
        values = new FuzzValues(random, root.GuestPaths, 12);
        scenes = new FuzzScenes(random, values, IssueNamed, () => Turn());
        using var report = outcomes;
        for (int number = 0; Made < calls; number++)
        {
            root.PlaceProgram();
            isSpent = false;
            OneMachine(Math.Min(calls, Made + CallsPerMachine), (ulong)(seed * 1000L + number));
        }
    }

    void OneMachine(int calls, ulong machineSeed)
    {
        machine = new Machine(new MachineOptions
        {
            Root = new RootOptions { HostDirectory = root.Root, Writable = writable, OverlayLimit = 32 << 20, InodeLimit = 4000, FileSizeLimit = 1L << 32 },
            Clock = ClockKind.Virtual,
            Seed = machineSeed,
            MemoryLimit = 64 << 20,
            MaximumTasks = 24,
            MaximumDescriptors = 256,
            StreamLimit = 1 << 20,
        });
        machine.EndInput();
        machine.Freeze();
        while (Made < calls && !isSpent)
        {
            var batch = System.Threading.Tasks.Task.Run(() => machine.Execute(_ => Batch(calls)), TestContext.Current.CancellationToken);
            try
            {
                if (!batch.Wait(Bound * 3, TestContext.Current.CancellationToken))
                {
                    isStuck = true;
                    Fail($"does not return: the machine is {machine.State}, its clock at {machine.Clock.Now}, the next timer at {machine.Timers.Next}; {string.Join("; ", machine.Tasks.Select(static t => $"{t} {t.State} {t.BlockedCall?.Reason}"))}");
                }
            }
            catch (AggregateException exception)
            {
                Fail($"threw {exception.InnerException}");
            }
            machine.Streams.TakeAll(StreamKind.Output);
            machine.Streams.TakeAll(StreamKind.Error);
        }
        long began = Environment.TickCount64;
        machine.Stop();
        if (Environment.TickCount64 - began > Bound.TotalMilliseconds) Fail("left a machine that does not stop");
        if (machine.Failure != null) Fail($"the machine failed: {machine.Failure}");
        if (machine.Account.Used != 0) Fail($"{machine.Account.Used} frames of memory are left");
        machine.Dispose();
    }

    void Batch(int calls)
    {
        for (int i = 0; i < 200 && Made < calls && !isSpent; i++)
        {
            var ready = machine.Tasks.Where(FuzzTask.IsReady).ToArray();
            if (ready.Length < 3) Refill(ready.Length);
            else One(ready[random.Next(ready.Length)]);
            if (random.Next(3) == 0) Turn();
            if (random.Next(300) == 0) machine.Clock.Skipped += random.NextInt64(4_000_000_000);
        }
    }

    /// <summary>The machine goes on by itself for a turn, if anything can happen in it.</summary>
    void Turn()
    {
        current = "a turn of the machine";
        // Else the machine would wait for somebody to read, while this holds its thread.
        foreach (var stream in (ReadOnlySpan<StreamKind>)[StreamKind.Output, StreamKind.Error])
        {
            if (machine.Streams.IsFull(stream)) machine.Streams.TakeAll(stream);
        }
        machine.Streams.WakeWriters();
        machine.Timers.Run(machine.Clock.Now);
        if (machine.Tasks.Any(static task => task.State == TaskState.Running) || machine.Timers.Next != SystemCallState.Never) machine.Step();
    }

    /// <summary>Too few tasks are left that can do anything: some that sleep or are stopped get a signal, and programs are started.</summary>
    void Refill(int ready)
    {
        var all = machine.Tasks;
        foreach (var task in all)
        {
            if (random.Next(2) == 0) continue;
            current = $"a signal for {task.Pid}";
            machine.SendSignal(task.Group, SignalInfo.FromTask(all.Count > 16 || random.Next(4) == 0 ? Signal.SIGKILL : random.Next(2) == 0 ? Signal.SIGCONT : Signal.SIGUSR1, SignalCode.User, 1));
        }
        for (int i = 0; i < 8; i++) Turn();
        if (ready > 1 || !machine.HasRoomForTask) return;
        Task started;
        try
        {
            started = machine.Start(new ProgramOptions { FilePath = "/start" });
        }
        catch (ProgramException)
        {
            // The program, or the memory for it, was taken away by a call.
            isSpent = true;
            return;
        }
        if (FuzzTask.Adopt(started)) Equip(started);
    }

    void One(Task task)
    {
        if (!FuzzTask.Adopt(task))
        {
            machine.SendSignal(task.Group, SignalInfo.FromTask(Signal.SIGKILL, SignalCode.User, 1));
            Turn();
            return;
        }
        if (random.Next(25) == 0)
        {
            scenes.Play(task);
            return;
        }
        var from = random.Next(5) == 0 ? Calls : Done;
        var (number, name) = from[random.Next(from.Length)];
        if (random.Next(1000) == 0) (number, name) = (random.Next(2) == 0 ? 1u : 252, "exit");
        values.Fill(task, name, arguments);
        Issue(task, number, name);
    }

    bool IssueNamed(Task task, string name, uint[] given)
    {
        if (!FuzzTask.IsReady(task) || !FuzzTask.Adopt(task)) return false;
        given.CopyTo(arguments, 0);
        Issue(task, Numbers[name], name);
        return true;
    }

    void Issue(Task task, uint number, string name)
    {
        string call = string.Create(CultureInfo.InvariantCulture, $"{task.Pid}: {name}({string.Join(", ", arguments.Select(static a => a.ToString("x", CultureInfo.InvariantCulture)))})");
        current = call;
        issuer = task.Pid;
        last.Enqueue(call);
        if (last.Count > 30) last.Dequeue();
        long began = Stopwatch.GetTimestamp();
        FuzzTask.Issue(task, number, arguments);
        var took = Stopwatch.GetElapsedTime(began);
        Made++;
        // These are many calls in one.
        outcomes.Add(name is "ptrace" or "socketcall" or "ipc" && arguments[0] < 0x5000 ? string.Create(CultureInfo.InvariantCulture, $"{name}:{arguments[0]:x}") : name, task);
        if (took.TotalMilliseconds > Slowest.Milliseconds) Slowest = (took.TotalMilliseconds, call);
        if (FuzzTrace.IsOn && took.TotalMilliseconds > 100) FuzzTrace.Write($"seed {seed}, call {Made}: {took.TotalMilliseconds:f0} ms {call} {Files()}");
        if (took > Bound) Fail($"took {took}");
    }

    /// <summary>Opens one of everything, so that random descriptors mean something.</summary>
    void Equip(Task task)
    {
        uint at = FuzzValues.Data + 0x800;
        void Make(string name, params uint[] given)
        {
            if (!FuzzTask.IsReady(task)) return;
            arguments.AsSpan().Clear();
            given.CopyTo(arguments, 0);
            Issue(task, SyscallTable.All.First(c => c.Name == name).Number, name);
        }

        uint Text(string text)
        {
            task.AddressSpace!.Write(FuzzValues.Data, [.. Encoding.UTF8.GetBytes(text), 0]);
            return FuzzValues.Data;
        }

        foreach (string path in root.GuestPaths) Make("open", Text(path), (uint)random.Next(3) | 0x800, 0x1FF);
        foreach (string path in new[] { "/proc/self/maps", "/proc/self/mem", "/proc/self/status", "/dev/zero", "/dev/null", "/dev/urandom", "/dev/ptmx", "/dev/tty" }) Make("open", Text(path), 2 | 0x800, 0);
        foreach (uint family in new uint[] { 1, 2, 10, 16 })
            foreach (uint type in new uint[] { 1, 2, 5 }) Make("socket", family, type | 0x800, 0);
        foreach (uint type in new uint[] { 1, 2, 5 }) Make("socketpair", 1, type | 0x800, 0, at);
        Make("pipe2", at, 0x800);
        Make("pipe2", at, 0);
        Make("epoll_create1", 0);
        Make("epoll_create1", 0);
        Make("eventfd2", 3, 0x800);
        Make("timerfd_create", 1, 0x800);
        Make("inotify_init1", 0x800);
        Make("memfd_create", Text("m"), 2);
        Make("signalfd4", uint.MaxValue, FuzzValues.Data, 8, 0x800);
        Make("mq_open", Text("q"), 0x842, 0x1FF, 0);
        Make("pidfd_open", (uint)task.Pid, 0);
        Make("semget", 1, 4, 0x3FF);
        Make("shmget", 1, 8192, 0x3FF);
        Make("msgget", 1, 0x3FF);
        task.AddressSpace!.Write(FuzzValues.Data, [0x40, 0, 0, 0x0E, 0, 0, 0, 0x10, .. new byte[16]]);
        foreach (uint signal in new uint[] { 1, 2, 10, 12, 13, 14, 17, 23, 29, 34, 40 }) Make("rt_sigaction", signal, FuzzValues.Data, 0, 8);
        for (int i = 0; i < 3; i++) Make("fork");
    }

    void Fail(string what) =>
        Assert.Fail($"seed {seed}, writable {writable}, call {Made}: {current} {what}\nfiles: {Files()}\nthe calls before:\n{string.Join('\n', last.ToArray())}");

    /// <summary>What the descriptors among the last call's arguments are.</summary>
    string Files()
    {
        if (machine.FindTask(issuer)?.Files is not { } files) return "";
        return string.Join("; ", arguments.Where(a => a < 256 && files[(int)a] != null).Select(a => $"{a:x} is {files[(int)a]!.GetType().Name} {files[(int)a]!.Dentry.Name}"));
    }
}

/// <summary>Tells of slow calls in the file that CR_FUZZ_TRACE names.</summary>
static class FuzzTrace
{
    static readonly string? Path = Environment.GetEnvironmentVariable("CR_FUZZ_TRACE");

    public static bool IsOn => Path != null;

    public static void Write(FormattableString text) => File.AppendAllText(Path!, text.ToString(CultureInfo.InvariantCulture) + "\n");
}
