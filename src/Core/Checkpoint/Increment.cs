using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Image.Records;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>Increments: images that leave to an earlier one what they have in common with it.</summary>
static class Increment
{
    /// <summary>Finds what an image that is about to be written can leave to its parent, whose file is opened again and must be what it was.</summary>
    /// <param name="checkpoint">What is to be written.</param>
    /// <param name="parent">The parent, in a file.</param>
    /// <param name="path">Full path, without links, that the image is going to have.</param>
    /// <param name="cancellation">Ends the comparison.</param>
    /// <exception cref="CheckpointRefusedException">It cannot be a parent.</exception>
    /// <exception cref="CheckpointImageException">The parent's file is missing, broken, or another image by now.</exception>
    public static InheritedPages Plan(Checkpoint checkpoint, Checkpoint parent, string path, CancellationToken cancellation)
    {
        if (checkpoint.Extended is not { } image) throw Refused(Errno.EINVAL, "a v5 image", "has no parent: increments are of the format Extended");
        if (parent.Extended is not { } earlier) throw Refused(Errno.EINVAL, $"the parent {parent.Path}", "is a v5 image: increments are of the format Extended, and so is what they build on");
        if (parent.Path == null || earlier.Identity.IsEmpty) throw Refused(Errno.ENOENT, "the parent", "is in memory alone: an increment refers to the file of its parent");
        if (earlier.ChainLength >= ExtendedLimits.MostChain) throw Refused(Errno.EMFILE, $"the parent {parent.Path}", $"is the last of a chain of {earlier.ChainLength} images, and there may be no more: merge it");
        using var file = ExtendedReader.Open(parent.Path, parent.Access, cancellation);
        if (!file.Identity.Span.SequenceEqual(earlier.Identity.Span))
            throw new RecordRules((RecordType)ExtendedRecord.Parent, 0).Broken($"the parent '{parent.Path}' is still the image that it was", Errno.ESTALE);
        RequireNoAncestor(path, file);
        var reference = new ParentReference(earlier.Identity, earlier.ChainLength, earlier.Pages.Count, ParentReference.PathFrom(parent.Path, Path.GetDirectoryName(path)!));
        return new InheritedPages(reference, Compare(checkpoint, image, earlier, file, cancellation));
    }

    /// <summary>What an image can leave to an earlier one that whoever reads it has: for a stream, on which one follows the other.</summary>
    /// <param name="image">What is to be written.</param>
    /// <param name="parent">An image that was written, or read.</param>
    /// <param name="cancellation">Ends the comparison.</param>
    public static InheritedPages Between(ExtendedImage image, ExtendedImage parent, CancellationToken cancellation = default)
    {
        if (parent.Identity.IsEmpty) throw new ArgumentException("the parent was never written", nameof(parent));
        if (parent.ChainLength >= ExtendedLimits.MostChain) throw Refused(Errno.EMFILE, "the parent", $"is the last of a chain of {parent.ChainLength} images, and there may be no more");
        bool areInMemory = image.Pages is FramePages && parent.Pages is FramePages;
        return new InheritedPages(new ParentReference(parent.Identity, parent.ChainLength, parent.Pages.Count, ""),
            areInMemory ? CompareFrames((FramePages)image.Pages, (FramePages)parent.Pages) : PageComparison.ByContents(image.Pages, parent.Pages, cancellation));
    }

    static int[] Compare(Checkpoint checkpoint, ExtendedImage image, ExtendedImage earlier, ExtendedImage file, CancellationToken cancellation)
    {
        if (image.Pages is FramePages now && PagesInMemory(checkpoint, earlier) is { } then)
        {
            using (then) return CompareFrames(now, then);
        }
        return PageComparison.ByContents(image.Pages, file.Pages, cancellation);
    }

    static int[] CompareFrames(FramePages now, FramePages then)
    {
        var mine = now.BeginReading();
        try
        {
            var theirs = then.BeginReading();
            try
            {
                return PageComparison.ByFrames(mine.Span, theirs.Span);
            }
            finally
            {
                then.EndReading();
            }
        }
        finally
        {
            now.EndReading();
        }
    }

    /// <summary>The earlier image's pages, where they are still in memory: its own, or those that the machine keeps of it.</summary>
    static FramePages? PagesInMemory(Checkpoint checkpoint, ExtendedImage earlier)
    {
        if (earlier.Pages is FramePages own && FramePages.TryHold(own.Snapshot) is { } held) return held;
        return checkpoint.Source?.LastImage is LastImage last && last.Identity.Span.SequenceEqual(earlier.Identity.Span) ? last.TryGet() : null;
    }

    /// <summary>An increment that took the place of what it builds on would be lost with it.</summary>
    static void RequireNoAncestor(string path, ExtendedImage parent)
    {
        for (var one = parent; one != null; one = one.Parent)
            if (one.Path != null && string.Equals(AtomicFile.TargetOf(one.Path), path, StringComparison.Ordinal)) throw Refused(Errno.EBUSY, $"the image {one.Path}", "is one that the increment builds on, and cannot be replaced by it");
    }

    static CheckpointRefusedException Refused(Errno errno, string name, string reason) => new([new Obstacle(errno, name, reason)]);
}
