using System.Text.Encodings.Web;
using System.Text.Json;

namespace Microsoft.PowerShell.Commands;

/// <summary>ConvertTo-Json.</summary>
[Cmdlet(VerbsData.ConvertTo, "Json"), StandIn(UtilityModule), OutputType(typeof(string))]
public sealed class ConvertToJsonCommand : StandInCmdlet
{
    private readonly List<object?> _items = [];

    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true), AllowNull] public object? InputObject { get; set; }
    [Parameter, ValidateRange(0, 100)] public int Depth { get; set; } = 2;
    [Parameter] public SwitchParameter Compress { get; set; }
    [Parameter] public SwitchParameter EnumsAsStrings { get; set; }
    [Parameter] public SwitchParameter AsArray { get; set; }

    protected override void ProcessRecord() => _items.Add(InputObject);

    protected override void EndProcessing()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = !Compress, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            Write(writer, _items.Count == 1 && !AsArray ? _items[0] : _items, 0);
        WriteObject(System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }

    private void Write(Utf8JsonWriter writer, object? value, int depth)
    {
        var plain = value is PSObject wrapped ? wrapped.BaseObject : value;
        switch (plain)
        {
            case null or DBNull: writer.WriteNullValue(); return;
            case string or char or Uri or Guid or Version or TimeSpan: writer.WriteStringValue(plain.ToString()); return;
            case bool flag: writer.WriteBooleanValue(flag); return;
            case SwitchParameter flag: writer.WriteBooleanValue(flag); return;
            case DateTime time: writer.WriteStringValue(time); return;
            case DateTimeOffset time: writer.WriteStringValue(time); return;
            case Enum name when EnumsAsStrings: writer.WriteStringValue(name.ToString()); return;
            case Enum number: writer.WriteRawValue(number.ToString("D")); return;
            case double number when !double.IsFinite(number): writer.WriteStringValue(LanguagePrimitives.ConvertTo<string>(number)); return;
            case double number: writer.WriteRawValue(WithPoint(number.ToString("R", System.Globalization.CultureInfo.InvariantCulture))); return;
            case float number: writer.WriteRawValue(WithPoint(number.ToString("R", System.Globalization.CultureInfo.InvariantCulture))); return;
            case sbyte or byte or short or ushort or int or uint or long or ulong or decimal or System.Numerics.BigInteger:
                writer.WriteRawValue(((IFormattable)plain).ToString(null, System.Globalization.CultureInfo.InvariantCulture)); return;
        }

        if (depth > Depth)
        {
            writer.WriteStringValue(LanguagePrimitives.ConvertTo<string>(value));
            return;
        }

        if (plain is IDictionary table)
        {
            writer.WriteStartObject();
            foreach (DictionaryEntry entry in table)
            {
                writer.WritePropertyName(entry.Key.ToString()!);
                Write(writer, entry.Value, depth + 1);
            }

            writer.WriteEndObject();
        }
        else if (plain is IEnumerable list)
        {
            writer.WriteStartArray();
            foreach (var item in list) Write(writer, item, depth + 1);
            writer.WriteEndArray();
        }
        else
        {
            writer.WriteStartObject();
            foreach (var property in PSObject.AsPSObject(value!).Properties)
            {
                if (!property.IsGettable) continue;
                writer.WritePropertyName(property.Name);
                object? content = null;
                try { content = property.Value; }
                catch (GetValueException) { } // A property that throws is null, as in the original.
                Write(writer, content, depth + 1);
            }

            writer.WriteEndObject();
        }
    }

    private static string WithPoint(string text) => text.AsSpan().IndexOfAny('.', 'E') < 0 ? text + ".0" : text;
}

/// <summary>ConvertFrom-Json.</summary>
[Cmdlet(VerbsData.ConvertFrom, "Json"), StandIn(UtilityModule)]
public sealed class ConvertFromJsonCommand : StandInCmdlet
{
    private readonly List<string> _lines = [];

    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true), AllowEmptyString] public string InputObject { get; set; } = "";
    [Parameter] public SwitchParameter AsHashtable { get; set; }
    [Parameter, ValidateRange(1, int.MaxValue)] public int Depth { get; set; } = 1024;
    [Parameter] public SwitchParameter NoEnumerate { get; set; }

    protected override void ProcessRecord() => _lines.Add(InputObject);

    protected override void EndProcessing()
    {
        var text = string.Join('\n', _lines);
        if (string.IsNullOrWhiteSpace(text)) return;
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = Depth });
            WriteObject(Convert(document.RootElement), enumerateCollection: !NoEnumerate);
        }
        catch (JsonException e)
        {
            ThrowTerminatingError(new ErrorRecord(new ArgumentException("Conversion from JSON failed with error: " + e.Message, e), "System.ArgumentException", ErrorCategory.NotSpecified, null));
        }
    }

    private object? Convert(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                if (AsHashtable)
                {
                    var table = new OrderedHashtable();
                    foreach (var member in element.EnumerateObject()) table[member.Name] = Convert(member.Value);
                    return table;
                }

                var made = new PSObject();
                foreach (var member in element.EnumerateObject())
                {
                    made.Properties.Remove(member.Name);
                    made.Properties.Add(new PSNoteProperty(member.Name, Convert(member.Value)));
                }

                return made;
            case JsonValueKind.Array: return element.EnumerateArray().Select(Convert).ToArray();
            case JsonValueKind.String:
                return element.GetString() is { Length: >= 19 } text && text[10] == 'T' && element.TryGetDateTime(out var time) ? time : element.GetString();
            case JsonValueKind.Number:
                if (element.TryGetInt64(out var whole)) return whole;
                return element.TryGetDecimal(out var exact) && element.GetRawText().AsSpan().IndexOfAny('.', 'e', 'E') < 0 ? exact : element.GetDouble();
            case JsonValueKind.True: return true;
            case JsonValueKind.False: return false;
            default: return null;
        }
    }
}
