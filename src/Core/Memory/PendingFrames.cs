using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Memory;

/// <summary>Frames whose contents are still where <see cref="IPendingPages"/> has them. A frame is pending while its word at the head of its chunk says which page it waits for;
/// nobody may look at its bytes before <see cref="Fill(Frame)"/>. Thread safe.</summary>
/// <remarks>Several frames may wait for one page: the first stands in <see cref="first"/>, further ones in <see cref="more"/>.</remarks>
internal sealed unsafe class PendingFrames : IDisposable
{
    /// <summary>Sources of the process with pending frames.</summary>
    static int sources;

    static class Known
    {
        internal static readonly Lock Gate = new();
        internal static readonly Stack<int> Free = new();
        /// <summary>By number; replaced by a longer one.</summary>
        internal static volatile PendingFrames?[] All = [];
    }

    readonly Lock gate = new();
    readonly IPendingPages pages;
    readonly nint[] first;
    readonly ulong mark;
    Dictionary<int, List<nint>>? more;
    long left;
    /// <summary>Behind the last page that a frame waits for or waited for.</summary>
    int end;
    /// <summary>No frames come any more but copies of those that there are.</summary>
    bool isSealed, isClosed;

    /// <param name="pages">Where the pages are; closed with the last pending frame.</param>
    internal PendingFrames(IPendingPages pages)
    {
        this.pages = pages;
        first = new nint[pages.Count];
        lock (Known.Gate)
        {
            if (!Known.Free.TryPop(out int id))
            {
                id = Known.All.Length;
                Known.All = [.. Known.All, this];
            }
            Known.All[id] = this;
            mark = (ulong)id << 32;
        }
        Interlocked.Increment(ref sources);
    }

    /// <summary>False when no frame of the process is pending.</summary>
    internal static bool Any => sources != 0;

    /// <summary>Frames that wait.</summary>
    internal long Left => Interlocked.Read(ref left);

    /// <summary>True when a frame's bytes are not there yet.</summary>
    internal static bool IsPending(Frame frame) => sources != 0 && FrameStore.PendingWord(frame) != 0;

    /// <summary>Sees to it that a frame's bytes are there.</summary>
    /// <exception cref="LostPagesException">They cannot be had.</exception>
    internal static void Fill(Frame frame)
    {
        for (ulong word; sources != 0 && (word = FrameStore.PendingWord(frame)) != 0;) Find(word)?.FillBlock(frame, word);
    }

    /// <summary>Makes a frame wait for the same page as another.</summary>
    /// <returns>False when that does not wait.</returns>
    internal static bool TryJoin(Frame other, Frame frame)
    {
        ulong word;
        while (sources != 0 && (word = FrameStore.PendingWord(other)) != 0)
            if (Find(word)?.Join(other, frame, word) == true) return true;
        return false;
    }

    /// <summary>Nobody refers to a frame any more.</summary>
    internal static void Forget(Frame frame)
    {
        ulong word;
        while (sources != 0 && (word = FrameStore.PendingWord(frame)) != 0) Find(word)?.Drop(frame, word);
    }

    /// <summary>Makes frames that lie in a row wait for pages that follow each other. Before anybody else knows of the frames, and before <see cref="Seal"/>.</summary>
    internal void Add(int page, Frame row, int count)
    {
        lock (gate)
        {
            var words = FrameStore.PendingWords(row, count);
            var places = first.AsSpan(page, count);
            if (page >= end && !pages.AnyIsZero(page, count))
            {
                nint address = row.Address;
                ulong word = mark | (uint)(page + 1);
                for (int i = 0; i < words.Length; i++, address += Frame.Size)
                {
                    places[i] = address;
                    words[i] = word++;
                }
                left += count;
                end = page + count;
                return;
            }
            end = Math.Max(end, page + count);
            for (int i = 0; i < count; i++)
            {
                if (pages.IsZero(page + i)) continue;
                nint frame = row.Address + i * Frame.Size;
                if (first[page + i] != 0)
                {
                    Add(page + i, frame);
                    continue;
                }
                first[page + i] = frame;
                words[i] = mark | (uint)(page + i + 1);
                left++;
            }
        }
    }

    /// <summary>All frames are there.</summary>
    internal void Seal()
    {
        lock (gate)
        {
            isSealed = true;
            CloseIfDone();
        }
    }

    /// <summary>Reads all that is pending, on several threads. While nobody else uses the frames.</summary>
    /// <exception cref="LostPagesException">Some cannot be had.</exception>
    internal void FillAll(CancellationToken cancellation)
    {
        var blocks = new List<(int First, int Count)>();
        for (int page = 0; page < pages.Count; page = blocks[^1].First + blocks[^1].Count) blocks.Add(pages.BlockOf(page));
        try
        {
            Parallel.ForEach(blocks, new ParallelOptions { MaxDegreeOfParallelism = Math.Min(Environment.ProcessorCount, 4), CancellationToken = cancellation }, block => Fill(block.First, block.Count));
        }
        catch (AggregateException several)
        {
            throw several.InnerExceptions.FirstOrDefault(static one => one is LostPagesException) ?? several;
        }
        lock (gate) CloseIfDone();
    }

    /// <summary>Reads all that is pending, piece by piece, on a thread of its own, while others use the frames. What cannot be read is left to whoever touches it.</summary>
    internal void FillBehind() => new Thread(() =>
    {
        try
        {
            for (int page = 0; page < pages.Count && FillNext(ref page);)
            {
            }
        }
        catch (LostPagesException)
        {
            // Whoever touches it says so.
        }
    })
    { IsBackground = true, Name = "pages of an image", Priority = ThreadPriority.BelowNormal }.Start();

    /// <returns>False when nothing is pending any more.</returns>
    bool FillNext(ref int page)
    {
        lock (gate)
        {
            if (isClosed) return false;
            var (start, count) = pages.BlockOf(page);
            Fill(start, count);
            page = start + count;
            CloseIfDone();
            return !isClosed;
        }
    }

    /// <summary>Reads no more. While nobody else uses the frames, of which none is pending any more.</summary>
    public void Dispose() => Seal();

    static PendingFrames? Find(ulong word) => Volatile.Read(ref Known.All[(int)(word >> 32)]);

    void Add(int page, nint frame)
    {
        FrameStore.SetPendingWord(Frame.At(frame), mark | (uint)(page + 1));
        Interlocked.Increment(ref left);
        if (first[page] == 0)
        {
            first[page] = frame;
            return;
        }
        ref var others = ref CollectionsMarshal.GetValueRefOrAddDefault(more ??= [], page, out _);
        (others ??= []).Add(frame);
    }

    void FillBlock(Frame frame, ulong word)
    {
        lock (gate)
        {
            if (FrameStore.PendingWord(frame) != word) return;
            var (start, count) = pages.BlockOf((int)(uint)word - 1);
            Fill(start, count);
            CloseIfDone();
        }
    }

    void Fill(int start, int count)
    {
        // A frame that stands there waits: who is filled or dropped is taken out.
        Span<nint> targets = stackalloc nint[IPendingPages.MostTogether];
        targets = targets[..count];
        first.AsSpan(start, count).CopyTo(targets);
        if (!targets.ContainsAnyExcept(0)) return;
        pages.Read(start, targets);
        for (int i = 0; i < count; i++)
        {
            if (targets[i] == 0) continue;
            if (more != null) FillMore(start + i, targets[i]);
            first[start + i] = 0;
            IsThere(targets[i]);
        }
    }

    void FillMore(int page, nint filled)
    {
        lock (gate)
        {
            if (!more!.Remove(page, out var others)) return;
            foreach (nint other in others)
            {
                new ReadOnlySpan<byte>((void*)filled, Frame.Size).CopyTo(new Span<byte>((void*)other, Frame.Size));
                IsThere(other);
            }
        }
    }

    void IsThere(nint frame)
    {
        FrameStore.SetPendingWord(Frame.At(frame), 0);
        Interlocked.Decrement(ref left);
    }

    bool Join(Frame other, Frame frame, ulong word)
    {
        lock (gate)
        {
            if (FrameStore.PendingWord(other) != word) return false;
            Add((int)(uint)word - 1, frame.Address);
            return true;
        }
    }

    void Drop(Frame frame, ulong word)
    {
        lock (gate)
        {
            if (FrameStore.PendingWord(frame) != word) return;
            int page = (int)(uint)word - 1;
            List<nint>? others = null;
            more?.TryGetValue(page, out others);
            if (first[page] != frame.Address)
            {
                others!.Remove(frame.Address);
            }
            else
            {
                first[page] = others is { Count: > 0 } ? others[^1] : 0;
                if (first[page] != 0) others!.RemoveAt(others.Count - 1);
            }
            if (others is { Count: 0 }) more!.Remove(page);
            IsThere(frame.Address);
            CloseIfDone();
        }
    }

    void CloseIfDone()
    {
        if (!isSealed || isClosed || Left != 0) return;
        isClosed = true;
        lock (Known.Gate)
        {
            int id = (int)(mark >> 32);
            Known.All[id] = null;
            Known.Free.Push(id);
        }
        Interlocked.Decrement(ref sources);
        pages.Close();
    }
}
