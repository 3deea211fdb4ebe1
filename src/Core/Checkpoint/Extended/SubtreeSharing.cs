using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>A descriptor of a task, by numbers: the same in a copy of the machine.</summary>
internal readonly record struct TaskDescriptor(int Pid, int Number)
{
    public OpenFile In(Machine machine) => machine.FindTask(Pid)!.Files![Number]!;
}

/// <summary>A pipe, socket or terminal of which a task outside has the other end.</summary>
internal readonly record struct SharedEnd(string Name, TaskDescriptor Inside, TaskDescriptor Outside);

/// <summary>What the tasks of a subtree use and somebody outside holds too. The machine's streams, the terminals at which its host sits, its root's files and the
/// kernel's own devices do not count.</summary>
internal sealed class SubtreeSharing
{
    readonly record struct Held(string Name, TaskDescriptor At, OpenFile File);

    const string Hint = "; -AllowExternal leaves it open, to be bound at restore";

    readonly bool allowExternal;
    readonly List<Obstacle> obstacles = [];
    readonly List<SharedEnd> ends = [];
    readonly Dictionary<OpenFile, Held> files = new(ReferenceEqualityComparer.Instance);
    readonly Dictionary<Inode, List<Held>> inodes = new(ReferenceEqualityComparer.Instance);
    readonly Dictionary<Socket, Held> peers = new(ReferenceEqualityComparer.Instance);
    readonly Dictionary<PseudoTerminal, List<Held>> terminals = new(ReferenceEqualityComparer.Instance);
    readonly HashSet<object> reported = new(ReferenceEqualityComparer.Instance);

    public SubtreeSharing(Task root, List<Task> inside, List<Task> outside, bool allowExternal)
    {
        this.allowExternal = allowExternal;
        if (root.ParentDeathSignal != 0 && outside.Count > 0) Refuse($"task {root}", $"gets {root.ParentDeathSignal} when its parent ends, which is not in the subtree");
        foreach (var task in inside)
        {
            if (task.Trace is { Tracer: var tracer } && outside.Contains(tracer)) Refuse($"task {task}", $"is traced by {tracer}, which is not in the subtree");
            if (task.VforkParent is { } parent && outside.Contains(parent)) Refuse($"task {task}", $"uses the memory of {parent}, which waits in vfork and is not in the subtree");
            NoteFiles(task);
        }
        foreach (var other in outside)
        {
            if (other.Trace is { Tracer: var tracer } && inside.Contains(tracer)) Refuse($"task {tracer}", $"traces {other}, which is not in the subtree");
            LookAtMemory(inside, other);
            LookAtFiles(other);
        }
    }

    /// <summary>What stands in the way.</summary>
    public IReadOnlyList<Obstacle> Obstacles => obstacles;

    /// <summary>What is left open.</summary>
    public IReadOnlyList<SharedEnd> Ends => ends;

    void Refuse(string name, string reason) => obstacles.Add(new(Errno.EBUSY, name, reason));

    void NoteFiles(Task task)
    {
        if (task.Files == null) return;
        foreach (int number in task.Files.Numbers)
        {
            var file = task.Files[number]!;
            if (IsOfMachine(file)) continue;
            var held = new Held($"descriptor {number} of task {task}, {file.Dentry.FullPath()},", new(task.Pid, number), file);
            if (!files.TryAdd(file, held)) continue;
            if (file is SocketFile { Socket: var socket })
            {
                Socket? peer = socket is UnixSocket local ? local.Peer : (socket as TcpSocket)?.Peer;
                if (peer != null) peers.TryAdd(peer, held);
            }
            else if (file is TerminalFile { Terminal.Pair: var pair })
            {
                Add(terminals, pair, held);
            }
            else if (!file.Inode.IsRegular && !file.Inode.IsDirectory && file.Inode is not AnonymousInode)
            {
                Add(inodes, file.Inode, held);
            }
        }
    }

    static void Add<TKey>(Dictionary<TKey, List<Held>> to, TKey key, Held held) where TKey : notnull
    {
        if (to.TryGetValue(key, out var list)) list.Add(held);
        else to.Add(key, [held]);
    }

    void LookAtFiles(Task other)
    {
        if (other.Files == null) return;
        foreach (int number in other.Files.Numbers)
        {
            var file = other.Files[number]!;
            var at = new TaskDescriptor(other.Pid, number);
            string holder = $"descriptor {number} of task {other}, which is not in the subtree";
            if (files.TryGetValue(file, out var same)) LookAtShared(file, same, holder);
            else if (file is SocketFile { Socket: var socket } && peers.TryGetValue(socket, out var connected)) LeadsOut(file, connected, at, $"is connected to {holder}");
            else if (file is TerminalFile { Terminal: var terminal } && terminals.TryGetValue(terminal.Pair, out var sides)) LookAtTerminal(terminal, sides, at, holder);
            else if (inodes.TryGetValue(file.Inode, out var held)) LookAtObject(file, held, at, holder);
        }
    }

    /// <summary>One open file on both sides. As if the task outside had ended it belongs to those inside, with a position of its own.</summary>
    void LookAtShared(OpenFile file, in Held same, string holder)
    {
        if (!reported.Add(file)) return;
        bool canPart = file.Inode.IsRegular || file.Inode.IsDirectory || file is PipeFile or SocketFile or TerminalFile;
        if (!canPart) Refuse(same.Name, $"is the open file of {holder}");
        else if (!allowExternal) Refuse(same.Name, $"is the open file of {holder}; -AllowExternal parts them");
    }

    void LookAtTerminal(Terminal terminal, List<Held> sides, TaskDescriptor at, string holder)
    {
        bool hasOtherSide = sides.Exists(side => ((TerminalFile)side.File).Terminal.IsMaster != terminal.IsMaster);
        // Who has the other side has it inside too: the terminal works on.
        bool isInside = sides.Exists(side => ((TerminalFile)side.File).Terminal.IsMaster == terminal.IsMaster);
        if (!allowExternal)
        {
            if (reported.Add(terminal.Pair)) Refuse(sides[0].Name, $"is the same terminal as {holder}{Hint}");
        }
        else if (hasOtherSide && !isInside && reported.Add(terminal))
        {
            ends.Add(new SharedEnd(sides[0].File.Dentry.FullPath(), sides[0].At, at));
        }
    }

    void LookAtObject(OpenFile file, List<Held> held, TaskDescriptor at, string holder)
    {
        if (file is not PipeFile || held[0].File is not PipeFile)
        {
            if (reported.Add(file.Inode)) Refuse(held[0].Name, $"is the same object as {holder}");
            return;
        }
        if (!allowExternal)
        {
            if (reported.Add(file.Inode)) Refuse(held[0].Name, $"is the same object as {holder}{Hint}");
            return;
        }
        // A direction that somebody inside has goes on to work without those outside.
        foreach (var mode in (ReadOnlySpan<FMode>)[FMode.Read, FMode.Write])
        {
            if ((file.Mode & mode) == 0 || held.Exists(one => (one.File.Mode & mode) != 0)) continue;
            if (ends.Exists(end => end.Inside == held[0].At)) continue;
            ends.Add(new SharedEnd(held[0].File.Dentry.FullPath(), held[0].At, at));
        }
    }

    void LeadsOut(OpenFile file, in Held inside, TaskDescriptor at, string reason)
    {
        if (!reported.Add(file)) return;
        if (allowExternal) ends.Add(new SharedEnd(inside.File.Dentry.FullPath(), inside.At, at));
        else Refuse(inside.Name, reason + Hint);
    }

    /// <summary>Tables and memory.</summary>
    void LookAtMemory(List<Task> inside, Task other)
    {
        foreach (var task in inside)
        {
            if (task.AddressSpace != null && ReferenceEquals(task.AddressSpace, other.AddressSpace)) Refuse($"the memory of task {task}", $"is shared with task {other}, which is not in the subtree");
            if (task.Files != null && ReferenceEquals(task.Files, other.Files)) Refuse($"the descriptors of task {task}", $"are shared with task {other}, which is not in the subtree");
            if (task.AddressSpace == null || other.AddressSpace == null || ReferenceEquals(task.AddressSpace, other.AddressSpace)) continue;
            foreach (var region in task.AddressSpace.Regions)
            {
                if (region.IsShared && region.Source != null && other.AddressSpace.Regions.Any(theirs => theirs.IsShared && ReferenceEquals(theirs.Source, region.Source)))
                    Refuse($"the region 0x{region.Start:x8}-0x{region.End:x8} of task {task}", $"is shared with task {other}, which is not in the subtree");
            }
        }
    }

    static bool IsOfMachine(OpenFile file) =>
        file.Inode is StreamInode || file is TerminalFile { Terminal.Pair.HostSide: not null }
        || (file.Dentry.Origin == FileOrigin.Machine && !file.IsTerminal && file.Inode.Type is FileModeBits.CharacterDevice or FileModeBits.BlockDevice);
}
