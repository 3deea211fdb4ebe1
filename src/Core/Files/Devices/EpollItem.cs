namespace CheckpointRestart.Core.Files;

/// <summary>One watch of an epoll: an open file under the number by which it was added (Linux: struct epitem).</summary>
public sealed partial class EpollItem : IExclusiveWaiter
{
    const PollEvents Input = PollEvents.In | PollEvents.Priority | PollEvents.ReadNormal | PollEvents.ReadBand | PollEvents.ReadHangUp;
    const PollEvents Output = PollEvents.Out | PollEvents.WriteNormal | PollEvents.WriteBand;
    const uint PollMask = 0xFFFF;

    WaitQueue? readable, writable;

    internal EpollItem(EpollFile owner, OpenFile file, int descriptor, long serial)
    {
        Owner = owner;
        File = file;
        Descriptor = descriptor;
        Serial = serial;
    }

    /// <summary>The epoll.</summary>
    public EpollFile Owner { get; private set; }

    /// <summary>What it watches.</summary>
    public OpenFile File { get; private set; }

    /// <summary>The number by which it was added.</summary>
    public int Descriptor { get; private set; }

    /// <summary>What is asked for, with EPOLLERR and EPOLLHUP; only <see cref="EpollFlags"/> after a one-shot event.</summary>
    public uint Events { get; internal set; }

    /// <summary>The caller's own.</summary>
    public ulong Data { get; internal set; }

    /// <summary>True while it is in the list of those that may be ready.</summary>
    public bool IsReady { get; internal set; }

    internal long Serial { get; private set; }

    internal EpollItem? Previous { get; set; }

    internal EpollItem? Next { get; set; }

    internal bool IsExclusive => (Events & (uint)EpollFlags.Exclusive) != 0;

    /// <summary>What is ready of what is asked for.</summary>
    internal uint Poll() => (uint)File.Poll() & Events & PollMask;

    internal void Attach()
    {
        readable = File.Readable;
        writable = WritableOf(File);
        foreach (var queue in (ReadOnlySpan<WaitQueue?>)[readable, writable])
        {
            if (IsExclusive) queue?.AddExclusive(this);
            else queue?.AddWatcher(this);
        }
    }

    static WaitQueue? WritableOf(OpenFile file) => ReferenceEquals(file.Writable, file.Readable) ? null : file.Writable;

    internal void Detach()
    {
        readable?.Remove(this);
        writable?.Remove(this);
        readable = writable = null;
    }

    /// <inheritdoc/>
    public void Woken(WaitQueue queue)
    {
        if (Concerns(queue)) Owner.Notice(this);
    }

    /// <inheritdoc/>
    public bool TryTake(WaitQueue queue)
    {
        if (!Concerns(queue)) return false;
        bool isWaitedFor = !Owner.Readable.IsEmpty;
        Owner.Notice(this);
        return isWaitedFor;
    }

    /// <summary>True unless what happened is known to be nothing that is asked for: an edge-triggered watch must not be told then.</summary>
    bool Concerns(WaitQueue? queue)
    {
        var wanted = (PollEvents)(Events & PollMask);
        if (wanted == 0 || queue == null) return false;
        if (queue.Events != PollEvents.Any) return (queue.Events & wanted) != 0;
        if (ReferenceEquals(queue, readable) && writable != null && (wanted & Input) == 0) return Poll() != 0 && (Poll() & (uint)Output) == 0;
        if (ReferenceEquals(queue, writable) && (wanted & Output) == 0) return (Poll() & (uint)(PollEvents.Error | PollEvents.HangUp)) != 0;
        return true;
    }
}

/// <summary>The epolls that watch one open file.</summary>
internal sealed class EpollWatches
{
    readonly OrderedSet<EpollItem> items = new();

    public EpollWatches()
    {
    }

    public EpollWatches(IEnumerable<EpollItem> items)
    {
        foreach (var item in items) Add(item);
    }

    public int Count => items.Count;

    public IEnumerable<EpollItem> Items
    {
        get
        {
            for (int place = 0; place < items.End; place++)
                if (items[place] is { } item) yield return item;
        }
    }

    public void Add(EpollItem item) => items.Add(item);

    public void Remove(EpollItem item) => items.Remove(item);

    /// <summary>The file closes: nobody watches it any more.</summary>
    public void DropAll()
    {
        foreach (var item in Items) item.Owner.Forget(item);
        items.Clear();
    }
}

/// <summary>Epolls that watch epolls: no circles, no deep towers, and few enough ways up that one wake stays cheap (Linux: ep_loop_check, reverse_path_check).</summary>
internal static partial class EpollNesting
{
    internal const int Deepest = 4;

    static ReadOnlySpan<int> MostPaths => [1000, 500, 100, 50, 10];

    /// <summary>True when <paramref name="outer"/> must not watch <paramref name="inner"/>.</summary>
    public static bool Refuses(EpollFile outer, EpollFile inner)
    {
        int below = DepthBelow(inner, outer, 0, new Dictionary<EpollFile, int>());
        return below > Deepest || below + 1 + DepthAbove(outer, 0, new Dictionary<EpollFile, int>()) > Deepest;
    }

    /// <summary>True when too many chains of epolls lead up from a file, or from what an epoll watches.</summary>
    public static bool HasTooManyPaths(OpenFile file)
    {
        Span<int> counts = stackalloc int[Deepest + 1];
        if (file is not EpollFile epoll) return !CountPaths(file, 0, counts);
        if (file.Watches!.Count <= 1 && !epoll.Unordered.Any()) return false;
        var seen = new HashSet<EpollFile>();
        var below = new Stack<EpollFile>([epoll]);
        while (below.TryPop(out var next))
        {
            if (!seen.Add(next)) continue;
            foreach (var item in next.Unordered)
            {
                if (item.File is EpollFile nested)
                {
                    below.Push(nested);
                    continue;
                }
                counts.Clear();
                if (!CountPaths(item.File, 0, counts)) return true;
            }
        }
        return false;
    }

    static int DepthBelow(EpollFile at, EpollFile sought, int depth, Dictionary<EpollFile, int> known)
    {
        if (ReferenceEquals(at, sought) || depth > Deepest) return int.MaxValue / 2;
        if (known.TryGetValue(at, out int result)) return result;
        foreach (var item in at.Unordered)
            if (item.File is EpollFile nested) result = Math.Max(result, DepthBelow(nested, sought, depth + 1, known) + 1);
        return known[at] = result;
    }

    static int DepthAbove(EpollFile at, int depth, Dictionary<EpollFile, int> known)
    {
        if (depth > Deepest || at.Watches == null) return 0;
        if (known.TryGetValue(at, out int result)) return result;
        foreach (var item in at.Watches.Items) result = Math.Max(result, DepthAbove(item.Owner, depth + 1, known) + 1);
        return known[at] = result;
    }

    static bool CountPaths(OpenFile file, int depth, Span<int> counts)
    {
        if (depth > Deepest) return false;
        foreach (var item in file.Watches!.Items)
        {
            if (item.Owner.Watches is { Count: > 0 })
            {
                if (!CountPaths(item.Owner, depth + 1, counts)) return false;
            }
            else if (depth > 0 && ++counts[depth] > MostPaths[depth])
            {
                return false;
            }
        }
        return true;
    }
}
