using System.Text;
using System.Text.Json;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Image.Records;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>The objects of an image, from JSON.</summary>
/// <param name="pages">Pages of the image.</param>
internal sealed class ObjectBuilder(int pages)
{
    readonly List<string> names = [];
    readonly Dictionary<string, ushort> index = new(StringComparer.Ordinal);
    readonly HashSet<uint> numbers = [];
    readonly FieldWriter writer = new();

    /// <exception cref="ImageJsonException">An object breaks a rule.</exception>
    public List<ExtendedObject> Read(JsonElement root, out IReadOnlyList<string> found)
    {
        Require(root.TryGetProperty("objects", out var list) && list.ValueKind == JsonValueKind.Array, "objects", "the objects are a list");
        var objects = new List<ExtendedObject>(list.GetArrayLength());
        foreach (var one in list.EnumerateArray()) objects.Add(Object(one, $"objects[{objects.Count}]"));
        var rules = new ObjectRules(names.Count, pages, numbers.Contains);
        for (int i = 0; i < objects.Count; i++)
        {
            try
            {
                rules.Check(objects[i].Bytes.Span, new RecordRules((RecordType)ExtendedRecord.Object, 0));
            }
            catch (CheckpointImageException e)
            {
                throw new ImageJsonException($"objects[{i}].fields", $"of {objects[i]}, {e.Rule}");
            }
        }
        found = names;
        return objects;
    }

    ExtendedObject Object(JsonElement one, string path)
    {
        Require(one.ValueKind == JsonValueKind.Object, path, "an object has number, kind and fields");
        uint number = 0;
        Require(one.TryGetProperty("number", out var given) && given.ValueKind == JsonValueKind.Number && given.TryGetUInt32(out number) && number != 0, path + ".number", "an object's number has 32 bits and is not 0");
        Require(numbers.Add(number), path + ".number", $"an object has a number of its own, {number} is another's too");
        Require(one.TryGetProperty("kind", out var kind) && kind.ValueKind == JsonValueKind.String, path + ".kind", "an object's kind is a text");
        string text = kind.GetString()!;
        Require(StateKinds.Find(text) != null, path + ".kind", $"an object's kind is known, {text} is not");
        NameOf(text, path + ".kind");
        Require(one.TryGetProperty("fields", out var fields) && fields.ValueKind == JsonValueKind.Object, path + ".fields", "an object's fields are an object");
        writer.Clear();
        Fields(fields, path + ".fields");
        Require(writer.Length <= ExtendedLimits.MostObjectBytes, path, "an object has at most 256 MiB");
        return new ExtendedObject { Number = number, Kind = text, Bytes = writer.Written.ToArray() };
    }

    void Fields(JsonElement fields, string path)
    {
        foreach (var field in fields.EnumerateObject())
        {
            string here = $"{path}.{field.Name}";
            Value(NameOf(field.Name, here), field.Value, here);
        }
    }

    void Value(ushort name, JsonElement value, string path)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Null: writer.None(name); break;
            case JsonValueKind.String: writer.Bytes(name, FieldTag.Text, Encoding.UTF8.GetBytes(value.GetString()!)); break;
            case JsonValueKind.Number:
                if (value.TryGetUInt64(out ulong word)) writer.Word(name, word);
                else if (value.TryGetInt64(out long number)) writer.Number(name, number);
                else throw new ImageJsonException(path, $"a number is whole and has 64 bits, {value.GetRawText()} does not");
                break;
            case JsonValueKind.Array:
                writer.BeginList(name, value.GetArrayLength());
                int i = 0;
                foreach (var item in value.EnumerateArray()) Structure(item, $"{path}[{i++}]");
                break;
            case JsonValueKind.Object when Single(value) is { } special: Special(name, special, path); break;
            case JsonValueKind.Object:
                writer.BeginStructure(name);
                Structure(value, path);
                break;
            default: throw new ImageJsonException(path, "a field is null, a number, a text, a list of structures, or a structure: yes and no are 1 and 0");
        }
    }

    static JsonProperty? Single(JsonElement value)
    {
        foreach (var property in value.EnumerateObject())
            if (property.Name.StartsWith('$')) return property;
        return null;
    }

    void Special(ushort name, JsonProperty special, string path)
    {
        string here = $"{path}.{special.Name}";
        switch (special.Name)
        {
            case "$ref":
                uint number = 0;
                Require(special.Value.ValueKind == JsonValueKind.Number && special.Value.TryGetUInt32(out number), here, "a reference is an object's number");
                writer.Reference(name, number);
                break;
            case "$bytes" or "$text":
                byte[]? bytes = null;
                Require(special.Value.ValueKind == JsonValueKind.String && special.Value.TryGetBytesFromBase64(out bytes), here, "bytes are in base64");
                writer.Bytes(name, special.Name == "$bytes" ? FieldTag.Bytes : FieldTag.Text, bytes);
                break;
            case "$pages":
                Require(special.Value.ValueKind == JsonValueKind.Array, here, "pages are a list of runs");
                var runs = new List<PageRun>();
                foreach (var run in special.Value.EnumerateArray()) runs.Add(Run(run, $"{here}[{runs.Count}]"));
                writer.Pages(name, runs);
                break;
            default: throw new ImageJsonException(here, "a value with $ is $ref, $bytes, $text or $pages");
        }
    }

    void Structure(JsonElement value, string path)
    {
        Require(value.ValueKind == JsonValueKind.Object, path, "a structure is an object");
        int start = writer.BeginCount();
        Fields(value, path);
        writer.EndCount(start);
    }

    static PageRun Run(JsonElement run, string path)
    {
        return new PageRun(Part("first"), Part("count"), Part("page"), Part("state"));

        uint Part(string name)
        {
            uint value = 0;
            Require(run.ValueKind == JsonValueKind.Object && run.TryGetProperty(name, out var part) && part.ValueKind == JsonValueKind.Number && part.TryGetUInt32(out value), $"{path}.{name}", $"{name} of a run of pages is a number of 32 bits");
            return value;
        }
    }

    ushort NameOf(string name, string path)
    {
        if (index.TryGetValue(name, out ushort known)) return known;
        Require(name.Length is > 0 and <= byte.MaxValue && name.AsSpan().IndexOfAnyExceptInRange('\x21', '\x7E') < 0, path, "a name is printable ASCII without blanks, of 1 to 255 bytes");
        Require(names.Count < ExtendedLimits.MostNames, path, "an image has at most 65535 names");
        index.Add(name, (ushort)names.Count);
        names.Add(name);
        return (ushort)(names.Count - 1);
    }

    static void Require(bool condition, string path, string rule) => ImageJsonReader.Require(condition, path, rule);
}
