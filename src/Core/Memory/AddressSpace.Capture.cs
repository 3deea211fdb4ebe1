using System.Numerics;
using System.Runtime.CompilerServices;

namespace CheckpointRestart.Core.Memory;

/// <content>What a checkpoint takes of an address space: its private pages, which it shares with it until they are written.</content>
public sealed unsafe partial class AddressSpace
{
    /// <summary>A bit a page: changed, in whatever way, since the last checkpoint. Null while there was none.</summary>
    ulong[]? changed;

    /// <summary>What the last checkpoint took.</summary>
    CapturedPages? captured;

    /// <summary>Frames of private pages may be in other address spaces, too.</summary>
    internal bool MayShare { get; set; }

    sealed record CapturedPages(FrameSnapshot Snapshot, FrameRun[] Runs, int Start, int Count);

    /// <summary>Gives a checkpoint the private pages: each is copied before it is next written.</summary>
    /// <returns>Where they are among the checkpoint's frames, ascending.</returns>
    internal FrameRun[] Capture(FrameCollector into)
    {
        // Whoever shared pages with it has gone.
        if (MayShare && Account.HasOneSpace) (MayShare, captured) = (false, null);
        int start = into.Count;
        bool isHeld = captured != null && !MayShare && into.TryHold(captured.Snapshot);
        var runs = isHeld ? CaptureChanges(into) : null;
        runs ??= CaptureAll(into, isHeld);
        Window?.DropWrites(runs);
        FindForeign();
        if (changed == null) changed = new ulong[PageCount / 64];
        else changed.AsSpan().Clear();
        captured = new CapturedPages(into.Result, runs, start, into.Count - start);
        return runs;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void NoteChange(uint page)
    {
        if (changed != null) changed[page >> 6] |= 1ul << (int)(page & 63);
    }

    /// <summary>The pages of the last checkpoint, and in the place of those that changed the new ones.</summary>
    /// <returns>Null when other pages are there than then, or in other states.</returns>
    FrameRun[]? CaptureChanges(FrameCollector into)
    {
        var last = captured!;
        if (!HasSameRuns(last.Runs)) return null;
        int start = into.Count;
        into.AddHeld(last.Snapshot, last.Start, last.Count);
        int at = 0;
        for (int word = 0; word < changed!.Length; word++)
        {
            for (ulong bits = changed[word]; bits != 0; bits &= bits - 1)
            {
                uint page = (uint)(word * 64 + BitOperations.TrailingZeroCount(bits));
                while (at < last.Runs.Length && last.Runs[at].End <= page) at++;
                if (at == last.Runs.Length || last.Runs[at].First > page) continue;
                int number = (int)(last.Runs[at].Number + (page - last.Runs[at].First));
                var frame = (nint)(pages[page] & ~FlagMask);
                if (last.Snapshot.FrameAt(number) != frame) into.Replace(start + number - last.Start, frame);
                writeTable[page] = 0;
            }
        }
        if (start == last.Start) return last.Runs;
        var runs = new FrameRun[last.Runs.Length];
        for (int i = 0; i < runs.Length; i++) runs[i] = last.Runs[i] with { Number = last.Runs[i].Number - (uint)last.Start + (uint)start };
        return runs;
    }

    bool HasSameRuns(FrameRun[] runs)
    {
        int at = 0;
        for (int word = 0; word < changed!.Length; word++)
        {
            for (ulong bits = changed[word]; bits != 0; bits &= bits - 1)
            {
                uint page = (uint)(word * 64 + BitOperations.TrailingZeroCount(bits));
                while (at < runs.Length && runs[at].End <= page) at++;
                bool was = at < runs.Length && runs[at].First <= page;
                if ((pages[page] & (ulong)PageState.Private) != 0 != was || (was && (uint)(pages[page] & (ulong)Carried) != runs[at].State)) return false;
            }
        }
        return true;
    }

    FrameRun[] CaptureAll(FrameCollector into, bool isHeld)
    {
        var runs = new List<FrameRun>();
        FrameRun run = default;
        int most = (int)PrivatePages, number = into.Count, added = 0;
        bool isPlain = !isHeld && !MayShare;
        var room = isPlain ? into.Reserve(most) : default;
        if (!isPlain) into.Expect(most);
        for (uint group = 0; group < PageCount >> GroupShift; group++)
        {
            if (groupPresent[group] == 0) continue;
            uint end = (group + 1) << GroupShift;
            for (uint page = group << GroupShift; page < end; page++)
            {
                ulong entry = pages[page];
                if ((entry & (ulong)PageState.Private) == 0) continue;
                var frame = (nint)(entry & ~FlagMask);
                if (isPlain)
                {
                    room[added++] = frame;
                }
                else if (MayShare)
                {
                    number = into.Add(frame);
                }
                else if ((changed![page >> 6] >> (int)(page & 63) & 1) == 0)
                {
                    into.AddHeld(frame);
                }
                else
                {
                    into.AddOwn(frame);
                }
                if (writeTable[page] != 0) writeTable[page] = 0;
                var state = (uint)(entry & (ulong)Carried);
                if (page == run.End && (uint)number == run.Number + run.Count && state == run.State && run.Count > 0)
                {
                    run = run with { Count = run.Count + 1 };
                }
                else
                {
                    if (run.Count > 0) runs.Add(run);
                    run = new FrameRun(page, 1, (uint)number, state);
                }
                number++;
            }
        }
        if (run.Count > 0) runs.Add(run);
        if (isPlain) into.Hold(added);
        return [.. runs];
    }
}
