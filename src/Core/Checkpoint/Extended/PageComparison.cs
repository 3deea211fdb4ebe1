using System.IO.Hashing;
using System.Runtime.InteropServices;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>Finds the pages that an image has in common with an earlier one.</summary>
internal static class PageComparison
{
    /// <summary>Pages that are looked at to tell whether pages have moved.</summary>
    const int Ahead = 16;

    /// <summary>Of two images in memory, by their frames: a frame that both hold has not been written in between. Pages whose place tells what they were before are compared as well.</summary>
    /// <returns>For each page the number of the earlier one with the same contents, or -1.</returns>
    public static int[] ByFrames(ReadOnlySpan<nint> now, ReadOnlySpan<nint> then)
    {
        var found = new int[now.Length];
        Dictionary<nint, int>? places = null;
        // Where the next page lies if all is as it was.
        int next = 0;
        for (int i = 0; i < found.Length; i++, next++)
        {
            if (next < then.Length && now[i] == then[next])
            {
                found[i] = next;
                continue;
            }
            if (!IsInPlace(now[i..], next < then.Length ? then[next..] : []))
            {
                places ??= Places(then);
                if (places.TryGetValue(now[i], out int place))
                {
                    found[i] = next = place;
                    continue;
                }
            }
            found[i] = next < then.Length && BytesOf(now[i]).SequenceEqual(BytesOf(then[next])) ? next : -1;
        }
        return found;
    }

    /// <summary>True where some of the next pages are what they were: then the first was not moved but written.</summary>
    static bool IsInPlace(ReadOnlySpan<nint> now, ReadOnlySpan<nint> then)
    {
        for (int i = 1; i < Math.Min(Ahead, Math.Min(now.Length, then.Length)); i++)
            if (now[i] == then[i]) return true;
        return false;
    }

    /// <summary>By contents: a hash finds candidates, and every byte of them is compared.</summary>
    /// <exception cref="Image.CheckpointImageException">A page of the earlier image is damaged.</exception>
    public static int[] ByContents(ImagePages now, ImagePages then, CancellationToken cancellation)
    {
        var found = new int[now.Count];
        if (then.Count == 0)
        {
            found.AsSpan().Fill(-1);
            return found;
        }
        byte[] mine = new byte[ExtendedLimits.PageSize], theirs = new byte[ExtendedLimits.PageSize];
        var hashes = new ulong[then.Count];
        var places = new Dictionary<ulong, int>(then.Count);
        for (int i = 0; i < hashes.Length; i++)
        {
            if (i % ExtendedLimits.GroupPages == 0) cancellation.ThrowIfCancellationRequested();
            then.CopyTo(i, theirs);
            places.TryAdd(hashes[i] = XxHash3.HashToUInt64(theirs), i);
        }
        int next = 0;
        for (int i = 0; i < found.Length; i++, next++)
        {
            if (i % ExtendedLimits.GroupPages == 0) cancellation.ThrowIfCancellationRequested();
            now.CopyTo(i, mine);
            ulong hash = XxHash3.HashToUInt64(mine);
            found[i] = -1;
            // A page of zeros takes no room in either.
            if (!mine.AsSpan().ContainsAnyExcept((byte)0)) continue;
            if (next >= hashes.Length || hashes[next] != hash)
            {
                if (!places.TryGetValue(hash, out int place)) continue;
                next = place;
            }
            then.CopyTo(next, theirs);
            if (mine.AsSpan().SequenceEqual(theirs)) found[i] = next;
        }
        return found;
    }

    static Dictionary<nint, int> Places(ReadOnlySpan<nint> frames)
    {
        var places = new Dictionary<nint, int>(frames.Length);
        for (int i = 0; i < frames.Length; i++) CollectionsMarshal.GetValueRefOrAddDefault(places, frames[i], out _) = i;
        return places;
    }

    static ReadOnlySpan<byte> BytesOf(nint frame) => Frame.At(frame).Bytes;
}
