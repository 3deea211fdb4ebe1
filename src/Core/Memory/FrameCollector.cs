using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Memory;

/// <summary>Numbers the frames of a checkpoint and takes a reference to each; one that several objects share has one number.
/// Frames that an earlier checkpoint holds are held together with it, without a reference of their own.</summary>
internal sealed class FrameCollector(MemoryAccount account)
{
    /// <summary>Sets of one checkpoint; with more, all frames are held anew.</summary>
    const int MostSets = 16;

    readonly FrameSnapshot result = new();
    readonly List<FrameSet> sets = [];
    readonly Dictionary<nint, int[]> numbers = [];
    readonly List<FramePart> parts = [];
    readonly List<(int Number, nint Frame)> replaced = [];
    /// <summary>Those that were put in one by one or as a row, and how many.</summary>
    nint[] frames = [];
    int fresh;
    int count;
    /// <summary>The frames that are held here; null as long as these are all.</summary>
    nint[]? own;
    int ownCount;
    nint lastChunk;
    int[] lastNumbers = [];

    /// <summary>Frames so far.</summary>
    internal int Count => count;

    /// <summary>What comes out of it, filled by <see cref="Finish"/>.</summary>
    internal FrameSnapshot Result => result;

    /// <summary>Makes room.</summary>
    internal void Expect(int more)
    {
        if (frames.Length - fresh >= more) return;
        var wider = GC.AllocateUninitializedArray<nint>(Math.Max(fresh + more, Math.Min(frames.Length * 2, 1 << 24)));
        frames.AsSpan(0, fresh).CopyTo(wider);
        frames = wider;
    }

    /// <summary>Gives its number to a frame that others may share, and takes a reference to it the first time.</summary>
    internal int Add(nint frame)
    {
        nint chunk = frame & ~(nint)(FrameStore.ChunkSize - 1);
        if (chunk != lastChunk)
        {
            ref var found = ref CollectionsMarshal.GetValueRefOrAddDefault(numbers, chunk, out _);
            lastNumbers = found ??= new int[FrameStore.ChunkSize / Frame.Size];
            lastChunk = chunk;
        }
        ref int number = ref lastNumbers[(int)(frame - chunk) / Frame.Size];
        if (number == 0)
        {
            FrameStore.AddReference(Frame.At(frame));
            Put(frame, isOwn: true);
            number = count;
        }
        return number - 1;
    }

    /// <summary>The next numbers are those of frames that nobody else has, not held yet: <see cref="Hold"/> has to follow.</summary>
    internal Span<nint> Reserve(int most)
    {
        Expect(most);
        return frames.AsSpan(fresh, most);
    }

    /// <summary>Takes a reference to the frames that were put where <see cref="Reserve"/> said.</summary>
    internal void Hold(int added)
    {
        var row = frames.AsSpan(fresh, added);
        FrameStore.AddReferences(row);
        Grow(added);
        if (own != null) foreach (nint frame in row) PutOwn(frame);
    }

    /// <summary>The next numbers are those of frames that a snapshot holds whose sets <see cref="TryHold"/> has taken. They stay where they are.</summary>
    internal void AddHeld(FrameSnapshot earlier, int start, int length)
    {
        KeepApart();
        parts.Add(new FramePart(earlier, start, length));
        count += length;
    }

    /// <summary>As <see cref="AddHeld(FrameSnapshot, int, int)"/>, one.</summary>
    internal void AddHeld(nint frame)
    {
        KeepApart();
        Put(frame, isOwn: false);
    }

    /// <summary>Adds a frame that nobody else has.</summary>
    internal void AddOwn(nint frame)
    {
        FrameStore.AddReference(Frame.At(frame));
        Put(frame, isOwn: true);
    }

    /// <summary>Puts another frame in the place of a number, and takes a reference to it. Numbers ascend from call to call.</summary>
    internal void Replace(int number, nint frame)
    {
        FrameStore.AddReference(Frame.At(frame));
        replaced.Add((number, frame));
        PutOwn(frame);
    }

    /// <summary>Holds what an earlier checkpoint holds.</summary>
    /// <returns>False when it holds nothing any more, or much that has changed since.</returns>
    internal bool TryHold(FrameSnapshot earlier)
    {
        if (ReferenceEquals(earlier, result) || earlier.Sets.Length is 0 or >= MostSets || earlier.Sets.Sum(static set => (long)set.Count) > earlier.Count + earlier.Count / 4 + 4096) return false;
        foreach (var set in earlier.Sets)
        {
            if (sets.Contains(set)) continue;
            if (!set.TryHold()) return false;
            sets.Add(set);
        }
        return true;
    }

    /// <summary>Ends the collection; what it holds is the result's.</summary>
    internal FrameSnapshot Finish()
    {
        if (own == null) sets.Add(new FrameSet(frames, fresh, account));
        else if (ownCount > 0) sets.Add(new FrameSet(own, ownCount, account));
        result.Sets = [.. sets];
        result.Fill(count, new FrameParts(frames, parts, replaced));
        return result;
    }

    void KeepApart()
    {
        if (own != null) return;
        own = new nint[Math.Max(fresh + (fresh >> 2), 64)];
        frames.AsSpan(0, fresh).CopyTo(own);
        ownCount = fresh;
    }

    void Put(nint frame, bool isOwn)
    {
        if (fresh == frames.Length) Expect(Math.Max(1024, fresh));
        frames[fresh] = frame;
        Grow(1);
        if (isOwn && own != null) PutOwn(frame);
    }

    /// <summary>What lies behind the last of the fresh frames has got its numbers.</summary>
    void Grow(int more)
    {
        if (parts.Count > 0 && parts[^1] is var last && last.Source == null) parts[^1] = last with { Count = last.Count + more };
        else parts.Add(new FramePart(null, fresh, more));
        fresh += more;
        count += more;
    }

    void PutOwn(nint frame)
    {
        if (ownCount == own!.Length) Array.Resize(ref own, ownCount * 2);
        own[ownCount++] = frame;
    }
}
