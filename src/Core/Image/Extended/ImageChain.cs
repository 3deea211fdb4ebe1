using CheckpointRestart.Core.Image.Protection;
using CheckpointRestart.Core.Image.Records;

namespace CheckpointRestart.Core.Image.Extended;

/// <summary>Images that build on others: each is joined with its parent, which has to be the very image that it was written upon.</summary>
internal static class ImageChain
{
    /// <summary>Opens the parent of an image, that one's parent, and so on. On failure what was opened is the image's to dispose.</summary>
    /// <exception cref="CheckpointImageException">A parent is not there (ENOENT), is broken, or is another image (ESTALE); its file is named.</exception>
    public static void OpenParents(ExtendedImage image, ImageAccess? access, CancellationToken cancellation)
    {
        for (var child = image; child.ParentReference is { } reference; child = child.Parent!)
        {
            // How far it goes on down is less with each: a parent that does not agree is refused before its own is opened.
            var rules = new RecordRules((RecordType)ExtendedRecord.Parent, 0);
            if (child.Path == null || reference.Path.Length == 0) throw rules.Broken($"the image that it builds on, {Name(reference.Identity)}, is given with it", Errno.ENOENT);
            string path = reference.ResolveFrom(child.Path);
            ExtendedImage parent;
            try
            {
                parent = ExtendedReader.OpenAlone(path, access, cancellation);
            }
            catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
            {
                throw rules.Broken($"the image that {child.Path} builds on is there: '{path}'", Errno.ENOENT);
            }
            catch (CheckpointImageException exception)
            {
                throw rules.Broken($"the image that {child.Path} builds on, '{path}', is whole ({exception.Message})", exception.Errno);
            }
            try
            {
                Join(child, parent);
            }
            catch
            {
                parent.Dispose();
                throw;
            }
        }
    }

    /// <summary>Joins an image with its parent, which is disposed with it from now on.</summary>
    /// <exception cref="CheckpointImageException">It is not the image's parent.</exception>
    public static void Join(ExtendedImage image, ExtendedImage? parent)
    {
        var rules = new RecordRules((RecordType)ExtendedRecord.Parent, 0);
        if (image.ParentReference is not { } reference) throw rules.Broken("a whole image has no parent");
        if (parent == null) throw rules.Broken($"the image that it builds on, {Name(reference.Identity)}, is given with it", Errno.ENOENT);
        string of = parent.Path == null ? "the image that it builds on" : $"the image that {image.Path ?? "it"} builds on, '{parent.Path}',";
        rules.Require(parent.Identity.Span.SequenceEqual(reference.Identity.Span), $"{of} is the one that it was, {Name(reference.Identity)}", Errno.ESTALE, Name(parent.Identity))
             .Require(parent.Pages.Count == reference.Pages, $"{of} has as many pages as it had", (ulong)parent.Pages.Count)
             .Require(parent.ChainLength == reference.ChainLength, $"{of} has as many images below it as it had", (ulong)parent.ChainLength);
        image.Parent = parent;
        if (image.Pages is GroupedPages pages) pages.Parent = parent;
    }

    /// <summary>The beginning of an identity, as messages have it.</summary>
    static string Name(ReadOnlyMemory<byte> identity) => identity.IsEmpty ? "one that was never written" : Convert.ToHexStringLower(identity.Span[..8]);
}
