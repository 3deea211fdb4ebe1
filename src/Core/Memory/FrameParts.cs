namespace CheckpointRestart.Core.Memory;

/// <summary>Frames that have numbers in a row.</summary>
/// <param name="Source">The earlier checkpoint that they are of; null for frames of the checkpoint's own.</param>
/// <param name="Start">The first one's number there.</param>
/// <param name="Count">How many.</param>
internal readonly record struct FramePart(FrameSnapshot? Source, int Start, int Count);

/// <summary>The frames of a checkpoint as they were collected: what its numbers stand for, in turn, and what stands in the place of some.</summary>
/// <param name="own">Frames of its own.</param>
/// <param name="parts">All numbers.</param>
/// <param name="replaced">Frames in the place of others; numbers ascend.</param>
internal sealed class FrameParts(nint[] own, List<FramePart> parts, List<(int Number, nint Frame)> replaced)
{
    static readonly Comparer<(int Number, nint Frame)> ByNumber = Comparer<(int Number, nint Frame)>.Create(static (one, other) => one.Number.CompareTo(other.Number));

    /// <summary>Its own frames when there are no others, else null.</summary>
    internal nint[]? OwnAlone => replaced.Count == 0 && parts.TrueForAll(static part => part.Source == null) ? own : null;

    /// <summary>The frame of a number.</summary>
    internal nint At(int number)
    {
        if (replaced.BinarySearch((number, 0), ByNumber) is var place and >= 0) return replaced[place].Frame;
        foreach (var part in parts)
        {
            if (number < part.Count) return part.Source == null ? own[part.Start + number] : part.Source.FrameAt(part.Start + number);
            number -= part.Count;
        }
        throw new ArgumentOutOfRangeException(nameof(number));
    }

    /// <summary>All of them, by number.</summary>
    internal nint[] Join(int count)
    {
        var joined = GC.AllocateUninitializedArray<nint>(count);
        int at = 0;
        foreach (var part in parts)
        {
            (part.Source == null ? own : part.Source.Frames).AsSpan(part.Start, part.Count).CopyTo(joined.AsSpan(at));
            at += part.Count;
        }
        foreach (var (number, frame) in replaced) joined[number] = frame;
        return joined;
    }
}
