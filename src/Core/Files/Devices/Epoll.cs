using System.Text;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Files;

/// <summary>Bits of epoll_event.events beside those of <see cref="PollEvents"/> (linux/eventpoll.h).</summary>
[Flags]
public enum EpollFlags : uint
{
    None = 0,
    Exclusive = 1u << 28,
    WakeUp = 1u << 29,
    OneShot = 1u << 30,
    EdgeTriggered = 1u << 31,

    /// <summary>What stays of a watch after its one shot.</summary>
    Private = Exclusive | WakeUp | OneShot | EdgeTriggered,
}

/// <summary>An epoll (epoll(7), Linux: fs/eventpoll.c): watches descriptors and keeps a list of those that may be ready, so that waiting costs only what is ready.</summary>
public sealed partial class EpollFile : AnonymousFile
{
    /// <summary>/proc/sys/fs/epoll/max_user_watches.</summary>
    public const int MostWatches = 1 << 18;

    /// <summary>Bytes of an epoll_event of i386.</summary>
    public const int EventSize = 12;

    const uint AlwaysOfInterest = (uint)(PollEvents.Error | PollEvents.HangUp);
    const uint ExclusiveMayHave = (uint)(PollEvents.In | PollEvents.Out | PollEvents.Error | PollEvents.HangUp) | (uint)(EpollFlags.WakeUp | EpollFlags.EdgeTriggered | EpollFlags.Exclusive);

    readonly Dictionary<(OpenFile File, int Descriptor), EpollItem> items = [];
    EpollItem? firstReady, lastReady;
    int readyCount;
    long serial;

    /// <summary>Makes one with one reference.</summary>
    public EpollFile(FileTree tree) : base(tree, "[eventpoll]", OpenFlags.ReadWrite)
    {
    }

    /// <summary>Wakes when a watched descriptor may have become ready: who waits in epoll_wait, and who polls the epoll itself.</summary>
    public override WaitQueue Readable { get; } = new();

    /// <summary>What it watches, by descriptor.</summary>
    public IEnumerable<EpollItem> Items => items.Values.OrderBy(static item => (item.Descriptor, item.Serial));

    /// <summary>As <see cref="Items"/>, for where the order does not matter.</summary>
    internal IEnumerable<EpollItem> Unordered => items.Values;

    /// <inheritdoc/>
    public override string Details
    {
        get
        {
            var text = new StringBuilder();
            foreach (var item in Items)
                text.Append($"tfd: {item.Descriptor,8} events: {item.Events,8:x} data: {item.Data,16:x}  pos:{item.File.Position} ino:{item.File.Inode.Number:x} sdev:{item.File.Inode.FileSystem.Device:x}\n");
            return text.ToString();
        }
    }

    /// <inheritdoc/>
    public override void Describe(IStateDigest digest)
    {
        ArgumentNullException.ThrowIfNull(digest);
        foreach (var item in Items) DescribeItem(digest, item);
        digest.Section("ready");
        for (var item = firstReady; item != null; item = item.Next) digest.Number(item.Serial);
    }

    static void DescribeItem(IStateDigest digest, EpollItem item)
    {
        digest.Number(item.Serial);
        digest.Number(item.Descriptor);
        digest.Number(item.Events);
        digest.Number((long)item.Data);
        digest.Number((long)item.File.Inode.Number);
    }

    /// <inheritdoc/>
    public override PollEvents Poll()
    {
        while (firstReady is { } item)
        {
            if (item.Poll() != 0) return PollEvents.In | PollEvents.ReadNormal;
            RemoveReady(item);
        }
        return PollEvents.None;
    }

    /// <summary>EPOLL_CTL_ADD. EPERM, EINVAL, EEXIST, ENOSPC, ELOOP.</summary>
    public Errno Add(OpenFile file, int descriptor, uint events, ulong data)
    {
        ArgumentNullException.ThrowIfNull(file);
        if ((events & (uint)EpollFlags.Exclusive) != 0 && (file is EpollFile || (events & ~ExclusiveMayHave) != 0)) return Errno.EINVAL;
        if (file is EpollFile nested && EpollNesting.Refuses(this, nested)) return Errno.ELOOP;
        if (items.ContainsKey((file, descriptor))) return Errno.EEXIST;
        if (Tree.EpollWatches >= MostWatches) return Errno.ENOSPC;
        var item = new EpollItem(this, file, descriptor, ++serial) { Events = events | AlwaysOfInterest, Data = data };
        (file.Watches ??= new()).Add(item);
        // What nobody watches itself and watches no epoll makes no new ways up.
        if ((file is EpollFile || Watches is { Count: > 0 }) && EpollNesting.HasTooManyPaths(file))
        {
            file.Watches.Remove(item);
            return Errno.EINVAL;
        }
        items.Add((file, descriptor), item);
        Tree.EpollWatches++;
        item.Attach();
        NoticeIfReady(item);
        return Errno.None;
    }

    /// <summary>EPOLL_CTL_MOD. ENOENT; EINVAL for an exclusive watch.</summary>
    public Errno Modify(OpenFile file, int descriptor, uint events, ulong data)
    {
        if ((events & (uint)EpollFlags.Exclusive) != 0) return Errno.EINVAL;
        if (!items.TryGetValue((file, descriptor), out var item)) return Errno.ENOENT;
        if (item.IsExclusive) return Errno.EINVAL;
        item.Events = events | AlwaysOfInterest;
        item.Data = data;
        NoticeIfReady(item);
        return Errno.None;
    }

    /// <summary>EPOLL_CTL_DEL. ENOENT.</summary>
    public Errno Delete(OpenFile file, int descriptor)
    {
        if (!items.TryGetValue((file, descriptor), out var item)) return Errno.ENOENT;
        file.Watches!.Remove(item);
        Forget(item);
        return Errno.None;
    }

    /// <summary>epoll_wait: writes the events of what is ready. What was told and is level-triggered goes to the end of the list, so that all get their turn.</summary>
    /// <param name="memory">The caller's.</param>
    /// <param name="address">The array.</param>
    /// <param name="most">Its length.</param>
    /// <returns>Events written; 0 when nothing is ready; -EFAULT.</returns>
    public int Collect(AddressSpace memory, uint address, int most)
    {
        ArgumentNullException.ThrowIfNull(memory);
        int told = 0;
        for (int left = readyCount; left > 0 && told < most && firstReady is { } item; left--)
        {
            uint events = item.Poll();
            if (events != 0)
            {
                uint at = address + (uint)told * EventSize;
                if (!memory.TryWrite(at, events) || !memory.TryWrite(at + 4, item.Data)) return told > 0 ? told : -(int)Errno.EFAULT;
                told++;
            }
            RemoveReady(item);
            if (events == 0) continue;
            if ((item.Events & (uint)EpollFlags.OneShot) != 0) item.Events &= (uint)EpollFlags.Private;
            else if ((item.Events & (uint)EpollFlags.EdgeTriggered) == 0) AddReady(item);
        }
        return told;
    }

    /// <summary>A watched file may be ready for what the item asks.</summary>
    internal void Notice(EpollItem item)
    {
        if (!item.IsReady) AddReady(item);
        Readable.Wake(PollEvents.In | PollEvents.ReadNormal);
    }

    /// <summary>Takes a watch away whose file has already forgotten it.</summary>
    internal void Forget(EpollItem item)
    {
        item.Detach();
        if (item.IsReady) RemoveReady(item);
        if (items.Remove((item.File, item.Descriptor))) Tree.EpollWatches--;
    }

    /// <inheritdoc/>
    protected override void OnClose()
    {
        foreach (var item in items.Values.ToArray())
        {
            item.File.Watches!.Remove(item);
            Forget(item);
        }
    }

    void NoticeIfReady(EpollItem item)
    {
        if (!item.IsReady && item.Poll() != 0) Notice(item);
    }

    void AddReady(EpollItem item)
    {
        item.IsReady = true;
        item.Previous = lastReady;
        if (lastReady == null) firstReady = item;
        else lastReady.Next = item;
        lastReady = item;
        readyCount++;
    }

    void RemoveReady(EpollItem item)
    {
        if (item.Previous == null) firstReady = item.Next;
        else item.Previous.Next = item.Next;
        if (item.Next == null) lastReady = item.Previous;
        else item.Next.Previous = item.Previous;
        item.Next = item.Previous = null;
        item.IsReady = false;
        readyCount--;
    }
}
