using System.Text.Json;
using CheckpointRestart.Core.Image.Extended;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>An Extended image as JSON: its header and every object with its fields. Bytes are base64, a reference is { "ref": number }, pages are runs by their numbers.</summary>
public static class ImageJson
{
    /// <summary>Writes it.</summary>
    public static void Write(ExtendedImage image, Stream stream, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("format", "Extended");
        json.WriteNumber("revision", image.Head.Revision);
        json.WriteNumber("time", image.Head.Time);
        json.WriteString("release", image.Head.Release.ToString());
        json.WriteString("version", image.Head.Version.ToString());
        json.WriteString("machine", image.Head.Machine.ToString());
        json.WriteNumber("pages", image.Pages.Count);
        json.WriteStartArray("objects");
        foreach (var one in image.Objects)
        {
            cancellation.ThrowIfCancellationRequested();
            json.WriteStartObject();
            json.WriteNumber("number", one.Number);
            json.WriteString("kind", one.Kind);
            json.WritePropertyName("fields");
            Write(json, one.Fields);
            json.WriteEndObject();
            json.Flush();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, IReadOnlyList<ExtendedField> fields)
    {
        json.WriteStartObject();
        foreach (var field in fields)
        {
            json.WritePropertyName(field.Name);
            Write(json, field.Value);
        }
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case ulong number: json.WriteNumberValue(number); break;
            case long number: json.WriteNumberValue(number); break;
            case string text: json.WriteStringValue(text); break;
            case byte[] bytes: json.WriteBase64StringValue(bytes); break;
            case ExtendedObject other:
                json.WriteStartObject();
                json.WriteNumber("ref", other.Number);
                json.WriteEndObject();
                break;
            case IReadOnlyList<ExtendedField> structure: Write(json, structure); break;
            case IReadOnlyList<IReadOnlyList<ExtendedField>> list:
                json.WriteStartArray();
                foreach (var item in list) Write(json, item);
                json.WriteEndArray();
                break;
            case IReadOnlyList<PageRun> runs:
                json.WriteStartArray();
                foreach (var run in runs)
                {
                    json.WriteStartObject();
                    json.WriteNumber("first", run.First);
                    json.WriteNumber("count", run.Count);
                    json.WriteNumber("page", run.Page);
                    json.WriteNumber("state", run.State);
                    json.WriteEndObject();
                }
                json.WriteEndArray();
                break;
            default: json.WriteNullValue(); break;
        }
    }
}
