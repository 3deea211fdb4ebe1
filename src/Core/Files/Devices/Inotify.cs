using System.Buffers.Binary;
using System.Text;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Files;

/// <summary>What happened to a file, and how it is watched: IN_* (linux/inotify.h).</summary>
[Flags]
public enum FileEvents : uint
{
    None = 0,
    Access = 1,
    Modify = 2,
    Attributes = 4,
    CloseWrite = 8,
    CloseNoWrite = 0x10,
    Open = 0x20,
    MovedFrom = 0x40,
    MovedTo = 0x80,
    Create = 0x100,
    Delete = 0x200,
    DeleteSelf = 0x400,
    MoveSelf = 0x800,

    /// <summary>All that a program can ask for.</summary>
    All = 0xFFF,

    QueueOverflow = 0x4000,
    Ignored = 0x8000,
    OnlyDirectory = 0x1000000,
    DoNotFollow = 0x2000000,
    ExcludeUnlinked = 0x4000000,
    MaskCreate = 0x10000000,
    MaskAdd = 0x20000000,
    IsDirectory = 0x40000000,
    OneShot = 0x80000000,
}

/// <summary>One watch: an inode under a number of one inotify.</summary>
public sealed partial class InotifyWatch
{
    internal InotifyWatch(InotifyFile owner, int number, Inode inode)
    {
        Owner = owner;
        Number = number;
        Inode = inode;
    }

    /// <summary>Whose it is.</summary>
    public InotifyFile Owner { get; private set; }

    /// <summary>The watch descriptor.</summary>
    public int Number { get; private set; }

    /// <summary>What is watched.</summary>
    public Inode Inode { get; private set; }

    /// <summary>Which events are wanted, with IN_EXCL_UNLINK and IN_ONESHOT.</summary>
    public FileEvents Mask { get; internal set; }
}

/// <summary>A queue of what happened to watched files (inotify(7), Linux: fs/notify/inotify).</summary>
public sealed partial class InotifyFile : AnonymousFile
{
    /// <summary>/proc/sys/fs/inotify: instances, watches and waiting events.</summary>
    public const int MostInstances = 128, MostWatches = 65536, MostEvents = 16384;

    const int HeadBytes = 16;
    const uint BytesToRead = 0x541B;

    readonly SortedDictionary<int, InotifyWatch> watches = [];
    readonly Queue<(int Watch, FileEvents Mask, uint Cookie, byte[] Name)> events = new();
    (int Watch, FileEvents Mask, uint Cookie, byte[] Name) last;
    int lastNumber;

    /// <summary>Makes one with one reference.</summary>
    public InotifyFile(FileTree tree, OpenFlags flags) : base(tree, "inotify", flags | OpenFlags.ReadOnly) => Tree.Inotifies++;

    /// <summary>What it watches, by number.</summary>
    public IEnumerable<InotifyWatch> Watched => watches.Values;

    /// <inheritdoc/>
    public override WaitQueue Readable { get; } = new();

    /// <inheritdoc/>
    public override int WholeBytes => 1 << 16;

    /// <inheritdoc/>
    public override string Details
    {
        get
        {
            var text = new StringBuilder();
            foreach (var watch in watches.Values)
                text.Append($"inotify wd:{watch.Number:x} ino:{watch.Inode.Number:x} sdev:{watch.Inode.FileSystem.Device:x} mask:{(uint)watch.Mask:x} ignored_mask:0 \n");
            return text.ToString();
        }
    }

    /// <inheritdoc/>
    public override void Describe(IStateDigest digest)
    {
        ArgumentNullException.ThrowIfNull(digest);
        digest.Number(lastNumber);
        foreach (var watch in watches.Values)
        {
            digest.Number(watch.Number);
            digest.Number((long)watch.Inode.Number);
            digest.Number((long)watch.Mask);
        }
        digest.Section("events");
        foreach (var (number, mask, cookie, name) in events)
        {
            digest.Number(number);
            digest.Number((long)mask << 32 | cookie);
            digest.Bytes(name);
        }
    }

    /// <inheritdoc/>
    public override PollEvents Poll() => events.Count > 0 ? PollEvents.In | PollEvents.ReadNormal : PollEvents.None;

    /// <summary>inotify_add_watch(2).</summary>
    /// <param name="inode">What to watch.</param>
    /// <param name="mask">Which events.</param>
    /// <param name="number">The watch descriptor.</param>
    /// <returns>EEXIST, ENOSPC.</returns>
    public Errno Add(Inode inode, FileEvents mask, out int number)
    {
        ArgumentNullException.ThrowIfNull(inode);
        const FileEvents kept = FileEvents.All | FileEvents.ExcludeUnlinked | FileEvents.OneShot;
        var known = inode.Watches?.Find(watch => ReferenceEquals(watch.Owner, this));
        number = known?.Number ?? 0;
        if (known != null)
        {
            if ((mask & FileEvents.MaskCreate) != 0) return Errno.EEXIST;
            known.Mask = (mask & kept) | ((mask & FileEvents.MaskAdd) != 0 ? known.Mask : 0);
            return Errno.None;
        }
        if (Tree.InotifyWatches >= MostWatches) return Errno.ENOSPC;
        Tree.InotifyWatches++;
        number = ++lastNumber;
        var made = new InotifyWatch(this, number, inode) { Mask = mask & kept };
        watches.Add(number, made);
        (inode.Watches ??= []).Add(made);
        return Errno.None;
    }

    /// <summary>inotify_rm_watch(2): the last event of a watch is IN_IGNORED. EINVAL.</summary>
    public Errno Remove(int number)
    {
        if (!watches.TryGetValue(number, out var watch)) return Errno.EINVAL;
        watch.Inode.Watches!.Remove(watch);
        Forget(watch);
        return Errno.None;
    }

    /// <inheritdoc/>
    public override IoResult Ioctl(uint request, uint argument, AddressSpace memory)
    {
        if (request != BytesToRead) return Errno.ENOTTY;
        int bytes = 0;
        foreach (var (_, _, _, name) in events) bytes += SizeOf(name);
        return memory.TryWrite(argument, bytes) ? Errno.None : Errno.EFAULT;
    }

    /// <summary>Takes away a watch that its inode has already forgotten.</summary>
    internal void Forget(InotifyWatch watch)
    {
        if (!watches.Remove(watch.Number)) return;
        Tree.InotifyWatches--;
        Put(watch.Number, FileEvents.Ignored, 0, []);
    }

    /// <summary>Puts an event in the queue; one like the last is not repeated, and what finds the queue full is lost.</summary>
    internal void Put(int watch, FileEvents mask, uint cookie, byte[] name)
    {
        if (events.Count > 0 && last.Watch == watch && last.Mask == mask && last.Name.AsSpan().SequenceEqual(name)) return;
        if (events.Count >= MostEvents)
        {
            if (last.Mask == FileEvents.QueueOverflow) return;
            (watch, mask, cookie, name) = (-1, FileEvents.QueueOverflow, 0, []);
        }
        last = (watch, mask, cookie, name);
        events.Enqueue(last);
        Readable.Wake(PollEvents.In | PollEvents.ReadNormal);
    }

    /// <inheritdoc/>
    protected override IoResult ReadNext(Span<byte> to)
    {
        if (events.Count == 0) return IsNonBlocking ? Errno.EAGAIN : IoResult.Block(Readable);
        int done = 0;
        while (events.TryPeek(out var next))
        {
            int size = SizeOf(next.Name);
            if (size > to.Length - done) return done > 0 ? IoResult.From(done) : Errno.EINVAL;
            var slot = to.Slice(done, size);
            slot.Clear();
            BinaryPrimitives.WriteInt32LittleEndian(slot, next.Watch);
            BinaryPrimitives.WriteUInt32LittleEndian(slot[4..], (uint)next.Mask);
            BinaryPrimitives.WriteUInt32LittleEndian(slot[8..], next.Cookie);
            BinaryPrimitives.WriteInt32LittleEndian(slot[12..], size - HeadBytes);
            next.Name.CopyTo(slot[HeadBytes..]);
            done += size;
            events.Dequeue();
        }
        return IoResult.From(done);
    }

    /// <inheritdoc/>
    protected override void OnClose()
    {
        Tree.Inotifies--;
        foreach (var watch in watches.Values) watch.Inode.Watches!.Remove(watch);
        Tree.InotifyWatches -= watches.Count;
        watches.Clear();
    }

    /// <summary>The name is filled with NUL to a multiple of the head.</summary>
    static int SizeOf(byte[] name) => HeadBytes + (name.Length == 0 ? 0 : (name.Length + HeadBytes) / HeadBytes * HeadBytes);
}
