using System.Text.Json;
using System.Text.Unicode;
using CheckpointRestart.Core.Image.Extended;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>An Extended image as JSON, from which <see cref="ImageJsonReader"/> makes an image again: its header, every object with its fields, and when wanted the pages.
/// Bytes are { "$bytes": base64 }, text that is no UTF-8 is { "$text": base64 }, a reference is { "$ref": number }, pages are { "$pages": runs }, by their numbers in the image.</summary>
public static class ImageJson
{
    /// <summary>Writes it.</summary>
    /// <param name="image">The image.</param>
    /// <param name="stream">Where it goes.</param>
    /// <param name="withPages">Writes the contents of the pages too; else whoever reads it needs those of the image.</param>
    /// <param name="cancellation">Ends the writing.</param>
    public static void Write(ExtendedImage image, Stream stream, bool withPages = false, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        WriteHead(json, image);
        json.WriteStartArray("objects");
        foreach (var one in image.Objects)
        {
            cancellation.ThrowIfCancellationRequested();
            json.WriteStartObject();
            json.WriteNumber("number", one.Number);
            json.WriteString("kind", one.Kind);
            json.WritePropertyName("fields");
            WriteFields(json, image, one.Bytes.Span, 0, one.Bytes.Length);
            json.WriteEndObject();
            json.Flush();
        }
        json.WriteEndArray();
        if (withPages) WritePages(json, image.Pages, cancellation);
        json.WriteEndObject();
    }

    static void WriteHead(Utf8JsonWriter json, ExtendedImage image)
    {
        var head = image.Head;
        json.WriteString("format", "Extended");
        json.WriteNumber("revision", head.Revision);
        json.WriteString("kernel", $"{head.Major}.{head.Minor}.{head.Patch}");
        json.WriteNumber("time", head.Time);
        json.WriteString("release", head.Release.ToString());
        json.WriteString("version", head.Version.ToString());
        json.WriteString("machine", head.Machine.ToString());
        json.WriteString("identity", Convert.ToHexStringLower(image.Identity.Span));
        json.WriteNumber("pages", image.Pages.Count);
    }

    static void WriteFields(Utf8JsonWriter json, ExtendedImage image, ReadOnlySpan<byte> bytes, int start, int end)
    {
        json.WriteStartObject();
        var scanner = new FieldScanner(bytes, start, end);
        while (scanner.Next(out var field))
        {
            json.WritePropertyName(image.Names[field.Name]);
            WriteValue(json, image, bytes, field, end);
        }
        json.WriteEndObject();
    }

    static void WriteValue(Utf8JsonWriter json, ExtendedImage image, ReadOnlySpan<byte> bytes, in ScannedField field, int end)
    {
        var value = bytes.Slice(field.Start, field.Tag is FieldTag.Bytes or FieldTag.Text ? field.Count : 0);
        switch (field.Tag)
        {
            case FieldTag.None: json.WriteNullValue(); break;
            case FieldTag.S64: json.WriteNumberValue((long)FieldScanner.NumberOf(bytes, field)); break;
            case FieldTag.Text when Utf8.IsValid(value): json.WriteStringValue(value); break;
            case FieldTag.Bytes or FieldTag.Text:
                json.WriteStartObject();
                json.WriteBase64String(field.Tag == FieldTag.Bytes ? "$bytes" : "$text", value);
                json.WriteEndObject();
                break;
            case FieldTag.Reference:
                json.WriteStartObject();
                json.WriteNumber("$ref", (uint)FieldScanner.NumberOf(bytes, field));
                json.WriteEndObject();
                break;
            case FieldTag.Structure: WriteFields(json, image, bytes, field.Start, field.Start + field.Count); break;
            case FieldTag.List:
                json.WriteStartArray();
                var items = new FieldScanner(bytes, field.Start, end);
                for (int i = 0; i < field.Count; i++)
                {
                    var (from, to) = items.SkipStructure();
                    WriteFields(json, image, bytes, from, to);
                }
                json.WriteEndArray();
                break;
            case FieldTag.Pages:
                json.WriteStartObject();
                json.WriteStartArray("$pages");
                for (int i = 0; i < field.Count; i++) WriteRun(json, FieldScanner.RunAt(bytes, field, i));
                json.WriteEndArray();
                json.WriteEndObject();
                break;
            default: json.WriteNumberValue(FieldScanner.NumberOf(bytes, field)); break;
        }
    }

    static void WriteRun(Utf8JsonWriter json, in PageRun run)
    {
        json.WriteStartObject();
        json.WriteNumber("first", run.First);
        json.WriteNumber("count", run.Count);
        json.WriteNumber("page", run.Page);
        json.WriteNumber("state", run.State);
        json.WriteEndObject();
    }

    /// <summary>A page of zeros is null.</summary>
    static void WritePages(Utf8JsonWriter json, ImagePages pages, CancellationToken cancellation)
    {
        Span<byte> page = stackalloc byte[ExtendedLimits.PageSize];
        json.WriteStartArray("pageContents");
        for (int i = 0; i < pages.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            pages.CopyTo(i, page);
            if (page.IndexOfAnyExcept((byte)0) < 0) json.WriteNullValue();
            else json.WriteBase64StringValue(page);
            if (json.BytesPending > 1 << 20) json.Flush();
        }
        json.WriteEndArray();
    }
}
