using System.Diagnostics.CodeAnalysis;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Futexes;
using CheckpointRestart.Core.Kernel.Ipc;
using CheckpointRestart.Core.Kernel.Proc;
using CheckpointRestart.Core.Kernel.Syscalls;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel;

/// <summary>A container: one virtual processor and one kernel, driven by one host thread.</summary>
/// <remarks>What belongs to the guest (tasks, files, memory) is touched on the machine's thread alone: from outside through <see cref="Execute{T}"/>.
/// Members marked "any thread" are safe everywhere.</remarks>
public sealed partial class Machine : IDisposable
{
    static int lastId;

    /// <summary>True once the process has made one that is seen. Any thread.</summary>
    internal static bool IsAnyMade => Volatile.Read(ref lastId) != 0;

    readonly Syscall?[] calls = SyscallTable.Copy();
    readonly Dictionary<Type, object> services = [];
    ulong retired;

    /// <summary>Makes a machine and starts its thread.</summary>
    /// <exception cref="IOException">The root directory or program cannot be opened.</exception>
    public Machine(MachineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options with { Files = null };
        Id = options.IsRehearsal ? 0 : Interlocked.Increment(ref lastId);
        Version = options.Version with { Machine = options.Cpu.MachineName };
        Account = new MemoryAccount(Math.Max(options.MemoryLimit / Frame.Size, 64));
        Account.Exhausted = memory => OutOfMemoryKiller.Free(this, memory);
        Overcommit = new Overcommit(this);
        PosixQueues = new PosixQueues(this);
        Clock = new Clock(options.Clock, () => RetiredInstructions + Processor!.RetiredInRun);
        Random = new DeterministicRandom(options.Seed);
        Processor = new Processor
        {
            Model = options.Cpu,
            Engine = options.Engine,
            TranslateAfter = options.TranslateAfter ?? Processor.DefaultTranslateAfter,
            WindowAfter = options.WindowAfter,
            TimeStampCounter = () => (ulong)Clock.Now,
        };
        Streams = new MachineStreams(options.StreamLimit) { OutputDrained = () => Post(static machine => machine.Streams.WakeWriters()) };
        try
        {
            Tree = options.Files == null ? NewTree() : new FileTree(options.Files, options.Root, FileServices);
        }
        catch
        {
            Processor.Dispose();
            Account.Dispose();
            throw;
        }
        MakeKernel();
        thread = new Thread(Run) { IsBackground = true, Name = $"machine {Id}" };
        thread.Start();
    }

    /// <summary>Makes what needs the tree, once that is there.</summary>
    [MemberNotNull(nameof(Network), nameof(Init))]
    void MakeKernel()
    {
        Network = NewNetwork();
        Init = CreateInit();
        ProcFiles.Register(this);
        RegisterTerminals();
    }

    /// <summary>A serial number of this process. Any thread.</summary>
    public int Id { get; }

    /// <summary>How it was made, without the snapshot of files. Any thread.</summary>
    public MachineOptions Options { get; }

    /// <summary>The kernel that the guest sees; a machine made from an image takes the image's.</summary>
    public KernelVersion Version { get; internal set; }

    /// <summary>Who is charged for memory. Any thread.</summary>
    public MemoryAccount Account { get; }

    /// <summary>The machine's time.</summary>
    public Clock Clock { get; }

    /// <summary>The machine's random bytes.</summary>
    public DeterministicRandom Random { get; }

    /// <summary>The virtual processor.</summary>
    public Processor Processor { get; }

    /// <summary>Standard streams.</summary>
    public MachineStreams Streams { get; }

    /// <summary>Files.</summary>
    public FileTree Tree { get; private set; }

    /// <summary>/proc/sys/kernel/core_pattern.</summary>
    public string CorePattern { get; internal set; } = "core";

    /// <summary>/proc/sys/kernel/core_uses_pid.</summary>
    public bool CoreUsesPid { get; internal set; }

    /// <summary>Whose turn it is.</summary>
    public Scheduler Scheduler { get; private set; } = new();

    /// <summary>Process 1: has no program, adopts orphans and reaps them.</summary>
    public Task Init { get; private set; }

    /// <summary>Instructions retired by all tasks. Any thread.</summary>
    public ulong RetiredInstructions => Volatile.Read(ref retired);

    FileTreeServices FileServices => new()
    {
        Account = Account,
        Clock = () => TimeConversions.ToTimespec(Clock.Realtime),
        Random = bytes => Random.Fill(bytes),
        Streams = Streams,
        PagesGone = UnmapPages,
    };

    FileTree NewTree() => new(Options.Root, FileServices);

    Network NewNetwork() => new(Tree, () => TimeConversions.ToTimespec(Clock.Realtime), () => Clock.Now);

    /// <summary>What higher floors keep with the machine, by type.</summary>
    public T GetService<T>() where T : class, new()
    {
        if (services.TryGetValue(typeof(T), out var found)) return (T)found;
        var made = new T();
        services.Add(typeof(T), made);
        return made;
    }

    /// <summary>As <see cref="GetService{T}"/>; null where there is none yet.</summary>
    public T? FindService<T>() where T : class => services.GetValueOrDefault(typeof(T)) as T;

    /// <summary>Gives a system call number to a higher floor.</summary>
    public void RegisterSyscall(uint number, string name, SyscallHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        calls[number] = new Syscall(number, name, handler, Support.Full);
    }

    internal TimerQueue Timers { get; private set; } = new();

    /// <summary>Woken when the realtime clock was set.</summary>
    internal WaitQueue ClockSet { get; private set; } = new();

    /// <summary>Sockets; none of them reaches beyond the machine.</summary>
    internal Network Network { get; private set; }

    /// <summary>Whether memory may be promised that is not there yet.</summary>
    public Overcommit Overcommit { get; private set; }

    /// <summary>Processes that died because the machine had no memory left (oom_kill of /proc/vmstat).</summary>
    public long OutOfMemoryKills { get; internal set; }

    internal FutexTable Futexes { get; private set; } = new();

    /// <summary>Shared memory, semaphores and message queues of System V.</summary>
    public IpcState Ipc { get; private set; } = new();

    /// <summary>Message queues of POSIX.</summary>
    public PosixQueues PosixQueues { get; private set; }

    /// <summary>Pages that programs and the files they made take, at most the limit. It depends on what the guest did alone: what the host holds besides, in snapshots and
    /// in the cache of its files, is free memory to the guest.</summary>
    public long UsedPages
    {
        get
        {
            var seen = new HashSet<AddressSpace>(ReferenceEqualityComparer.Instance);
            long sum = Tree.OverlayPages;
            if (Ipc.SharedMemory.Objects.Count != 0) sum += Ipc.SharedMemory.Objects.Values.Sum(static segment => (long)segment.ResidentPages);
            foreach (var (_, task) in tasks)
                if (task.AddressSpace is { } memory && seen.Add(memory)) sum += memory.OwnPages;
            return Math.Min(sum, Account.Limit);
        }
    }

    /// <summary>Takes a file's pages, and private copies of them, out of every mapping (Linux: unmap_mapping_pages).</summary>
    void UnmapPages(RegularInode file, uint first)
    {
        foreach (var (_, task) in tasks)
        {
            if (task.AddressSpace is not { } memory) continue;
            foreach (var region in memory.Regions)
            {
                if (region.Source is not MappedFile mapped || !ReferenceEquals(mapped.Dentry.Inode, file) || region.PageOffset + (ulong)(region.Length >> 12) <= first) continue;
                memory.Discard(region.Start + (first > region.PageOffset ? (first - region.PageOffset) << 12 : 0), region.End);
            }
        }
    }

    /// <summary>The call of a number in this machine, or null.</summary>
    internal Syscall? FindCall(uint number) => number < (uint)calls.Length ? calls[number] : null;
}
