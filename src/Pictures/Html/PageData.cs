using System.Globalization;
using System.Text.Json;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Comparing;
using CheckpointRestart.Core.Checkpoint.Surveying;
using CheckpointRestart.Core.Image;

namespace CheckpointRestart.Pictures.Html;

/// <summary>What a page shows, as the JSON that its script reads. Texts of the guest stand in it as they are: the encoder leaves no character that ends a script, and the script makes text nodes of them alone.</summary>
sealed partial class PageData
{
    readonly Utf8JsonWriter json;
    readonly Checkpoint checkpoint;
    readonly PageOptions options;
    readonly PageContents contents;
    readonly CancellationToken cancellation;
    readonly IReadOnlyList<ImageDifference> differences;

    PageData(Utf8JsonWriter json, Checkpoint checkpoint, PageOptions options, PageContents contents, CancellationToken cancellation)
    {
        (this.json, this.checkpoint, this.options, this.contents, this.cancellation) = (json, checkpoint, options, contents, cancellation);
        differences = options.Reference == null ? [] : ImageComparer.Compare(options.Reference, checkpoint, cancellation);
    }

    /// <summary>Writes the JSON, and puts the pages that it names into the contents.</summary>
    public static void Write(Stream stream, Checkpoint checkpoint, PageOptions options, PageContents contents, CancellationToken cancellation)
    {
        // The writer's own encoder escapes <, >, & and everything beyond ASCII.
        using var writer = new Utf8JsonWriter(stream);
        new PageData(writer, checkpoint, options, contents, cancellation).Write();
    }

    void Write()
    {
        json.WriteStartObject();
        WriteImage();
        var spaces = FindSpaces();
        try
        {
            Choose(spaces);
            WriteTasks(spaces);
            WriteSpaces(spaces);
        }
        finally
        {
            foreach (var space in spaces) space.Dispose();
        }
        WriteConnections();
        if (options.Reference != null) WriteDifference();
        json.WriteNumber("blockPages", PageContents.BlockPages);
        json.WriteEndObject();
    }

    void WriteImage()
    {
        json.WriteStartObject("image");
        Text("label", options.Label);
        Text("format", checkpoint.Format.ToString());
        Text("taken", checkpoint.Taken.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture));
        Text("kernel", checkpoint.Head.Release.ToString());
        Text("host", checkpoint.Extended?.OfKind("machine").FirstOrDefault()?["hostname"] as string);
        Text("cpu", checkpoint.Extended?.OfKind("machine").FirstOrDefault()?["cpu"] as string);
        json.WriteNumber("pid", checkpoint.ProcessId);
        json.WriteNumber("bytes", checkpoint.Bytes);
        json.WriteNumber("pagesStored", checkpoint.PagesStored);
        json.WriteNumber("pagesZero", checkpoint.PagesZero);
        json.WriteNumber("pagesUnchanged", checkpoint.PagesInherited);
        json.WriteNumber("chain", checkpoint.ChainLength);
        Text("identity", checkpoint.Extended is { Identity.Length: > 0 } image ? Convert.ToHexStringLower(image.Identity.Span) : null);
        Text("stateHash", checkpoint.StateHash);
        Texts("notCarried", checkpoint.NotCarried.Select(static item => $"{item}"));
        Texts("external", checkpoint.External);
        json.WriteEndObject();
    }

    void WriteConnections()
    {
        json.WriteStartArray("connections");
        foreach (var connection in Connection.Of(checkpoint))
        {
            json.WriteStartObject();
            Text("kind", connection.Kind.ToString().ToLowerInvariant());
            Text("name", connection.Name);
            Text("detail", connection.Detail);
            json.WriteStartArray("ends");
            foreach (var end in connection.Ends)
            {
                json.WriteStartObject();
                json.WriteNumber("pid", end.ProcessId);
                if (end.Descriptor is { } number) json.WriteNumber("descriptor", number);
                if (end.Address is { } address) json.WriteNumber("address", address);
                Text("role", end.Role);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>A text; left out when there is none.</summary>
    void Text(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value)) json.WriteString(name, Words.Valid(value));
    }

    void Texts(string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values) json.WriteStringValue(Words.Valid(value));
        json.WriteEndArray();
    }
}
