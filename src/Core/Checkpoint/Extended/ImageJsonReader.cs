using System.Globalization;
using System.Text.Json;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Image.Records;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>Makes an Extended image of the JSON that <see cref="ImageJson"/> writes, edited or not. All rules of the format hold for it as for one in a file.</summary>
public static class ImageJsonReader
{
    const int MostDepth = 64;

    /// <summary>Reads it.</summary>
    /// <param name="stream">JSON, UTF-8.</param>
    /// <param name="original">The image that the pages are taken from where the JSON has only their numbers; the result owns it from then on. Null where it has the pages.</param>
    /// <exception cref="ImageJsonException">It is no image, or has no pages, or those of another one: the path says where.</exception>
    public static ExtendedImage Read(Stream stream, ExtendedImage? original = null)
    {
        using var document = Parse(stream);
        return Read(document.RootElement, count => Pages(document.RootElement, count, original));
    }

    /// <summary>Reads it, with pages that are there already.</summary>
    /// <exception cref="ImageJsonException">It is no image, or has another number of pages.</exception>
    internal static ExtendedImage Read(JsonElement root, ImagePages pages) => Read(root, count =>
    {
        Require(pages.Count == count, "pages", $"there are as many pages, {pages.Count}");
        return pages;
    });

    static ExtendedImage Read(JsonElement root, Func<int, ImagePages> pagesOf)
    {
        Require(root.ValueKind == JsonValueKind.Object, "$", "an image is an object");
        Require(root.TryGetProperty("format", out var format) && format.ValueKind == JsonValueKind.String && format.GetString() == "Extended", "format", "the format is \"Extended\"");
        Require(Number(root, "revision", ushort.MaxValue) == ExtendedLimits.Revision, "revision", $"the revision is {ExtendedLimits.Revision}");
        var head = Head(root);
        int count = (int)Number(root, "pages", ExtendedLimits.MostPages);
        var objects = new ObjectBuilder(count).Read(root, out var names);
        return new ExtendedImage(names, objects, pagesOf(count)) { Head = head };
    }

    static JsonDocument Parse(Stream stream)
    {
        try
        {
            return JsonDocument.Parse(stream, new JsonDocumentOptions { MaxDepth = MostDepth });
        }
        catch (JsonException e)
        {
            throw new ImageJsonException(string.Create(CultureInfo.InvariantCulture, $"line {(e.LineNumber ?? 0) + 1}, byte {(e.BytePositionInLine ?? 0) + 1}"), "the text is JSON, with structures at most 64 deep");
        }
    }

    static HeadRecord Head(JsonElement root)
    {
        Require(Version.TryParse(Text(root, "kernel", 64), out var kernel) && kernel is { Major: >= 0 and <= ushort.MaxValue, Minor: >= 0 and <= ushort.MaxValue, Build: >= 0 and <= ushort.MaxValue, Revision: -1 },
            "kernel", "the kernel is major.minor.patch");
        var head = HeadRecord.Create((ushort)kernel!.Major, (ushort)kernel.Minor, (ushort)kernel.Build, Number(root, "time", ulong.MaxValue), Text(root, "release", 64), Text(root, "version", 64), Text(root, "machine", 64));
        head.Revision = ExtendedLimits.Revision;
        return head;
    }

    static ImagePages Pages(JsonElement root, int count, ExtendedImage? original)
    {
        if (!root.TryGetProperty("pageContents", out var contents))
        {
            if (count == 0) return ImagePages.None;
            Require(original != null, "pages", $"the JSON has {count} pages by number and not their contents: the image is needed that it was made from");
            Require(original!.Pages.Count == count, "pages", $"the image that the pages are taken from has as many, {original.Pages.Count}");
            string identity = Text(root, "identity", 64), theirs = Convert.ToHexStringLower(original.Identity.Span);
            Require(identity.Length == 0 || theirs.Length == 0 || identity == theirs, "identity", $"the pages are taken from the image that the JSON was made from, {theirs} is another");
            return new PagesOfImage(original);
        }
        Require(contents.ValueKind == JsonValueKind.Array && contents.GetArrayLength() == count, "pageContents", $"there are as many pages as \"pages\" says, {count}");
        var pages = new byte[]?[count];
        int i = 0;
        foreach (var page in contents.EnumerateArray())
        {
            if (page.ValueKind != JsonValueKind.Null)
            {
                byte[]? bytes = null;
                Require(page.ValueKind == JsonValueKind.String && page.TryGetBytesFromBase64(out bytes) && bytes.Length == ExtendedLimits.PageSize, $"pageContents[{i}]", "a page is null for zeros, or 4096 bytes in base64");
                pages[i] = bytes;
            }
            i++;
        }
        return new PagesInArrays(pages);
    }

    internal static void Require(bool condition, string path, string rule)
    {
        if (!condition) throw new ImageJsonException(path, rule);
    }

    static ulong Number(JsonElement of, string name, ulong most)
    {
        ulong value = 0;
        Require(of.TryGetProperty(name, out var found) && found.ValueKind == JsonValueKind.Number && found.TryGetUInt64(out value) && value <= most, name, $"{name} is a number from 0 to {most}");
        return value;
    }

    static ulong Number(JsonElement of, string name, long most) => Number(of, name, (ulong)most);

    static string Text(JsonElement of, string name, int most)
    {
        Require(of.TryGetProperty(name, out var found) && found.ValueKind == JsonValueKind.String && System.Text.Encoding.UTF8.GetByteCount(found.GetString()!) <= most, name, $"{name} is a text of at most {most} bytes");
        return found.GetString()!;
    }

    sealed class PagesInArrays(byte[]?[] pages) : ImagePages
    {
        public override int Count => pages.Length;

        public override void CopyTo(int page, Span<byte> destination)
        {
            if (pages[page] is { } bytes) bytes.CopyTo(destination);
            else destination[..ExtendedLimits.PageSize].Clear();
        }

        protected override void Dispose(bool disposing)
        {
        }
    }

    sealed class PagesOfImage(ExtendedImage original) : ImagePages
    {
        public override int Count => original.Pages.Count;

        public override void CopyTo(int page, Span<byte> destination) => original.Pages.CopyTo(page, destination);

        protected override void Dispose(bool disposing)
        {
            if (disposing) original.Dispose();
        }
    }
}
