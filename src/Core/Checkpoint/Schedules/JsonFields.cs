using System.Globalization;
using System.Text.Json;

namespace CheckpointRestart.Core.Checkpoint.Schedules;

/// <summary>The fields of a JSON object from outside: each has a type and bounds, and one that breaks them is a FormatException with its name.</summary>
readonly struct JsonFields
{
    const double MostSeconds = 1e9;
    const int MostCharacters = 32_768;

    readonly JsonElement element;
    readonly string place;

    internal JsonFields(JsonElement element, string place)
    {
        (this.element, this.place) = (element, place);
        if (element.ValueKind != JsonValueKind.Object) throw new FormatException($"{(place.Length == 0 ? "the file" : place)} is no object");
    }

    internal bool Has(string name) => element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    internal string Text(string name)
    {
        string value;
        try
        {
            value = Get(name, JsonValueKind.String).GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Wrong(name, "is no UTF-8");
        }
        return value.Length <= MostCharacters && !value.Contains('\0', StringComparison.Ordinal) ? value : throw Wrong(name, "is too long, or has a zero");
    }

    internal long Number(string name, long least, long most)
    {
        if (!Get(name, JsonValueKind.Number).TryGetInt64(out long value) || value < least || value > most)
            throw Wrong(name, string.Create(CultureInfo.InvariantCulture, $"is a number from {least} to {most}"));
        return value;
    }

    internal ulong Unsigned(string name, ulong least)
    {
        if (!Get(name, JsonValueKind.Number).TryGetUInt64(out ulong value) || value < least)
            throw Wrong(name, string.Create(CultureInfo.InvariantCulture, $"is a number of at least {least}"));
        return value;
    }

    internal double Seconds(string name, double least)
    {
        if (!Get(name, JsonValueKind.Number).TryGetDouble(out double value) || !(value >= least && value <= MostSeconds))
            throw Wrong(name, string.Create(CultureInfo.InvariantCulture, $"is a number of seconds from {least} to {MostSeconds}"));
        return value;
    }

    internal bool Flag(string name) => element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False
        ? value.GetBoolean()
        : throw Wrong(name, "is true or false");

    internal T Choice<T>(string name) where T : struct, Enum =>
        Text(name) is var text && Enum.TryParse<T>(text, out var value) && Enum.GetName(value) == text ? value : throw Wrong(name, $"is one of {string.Join(", ", Enum.GetNames<T>())}");

    internal DateTimeOffset Time(string name) =>
        DateTimeOffset.TryParse(Text(name), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var value) ? value : throw Wrong(name, "is a time as ISO 8601 writes it");

    internal JsonFields Object(string name) => new(Get(name, JsonValueKind.Object), place.Length == 0 ? name : $"{place}.{name}");

    internal IEnumerable<JsonFields> List(string name, int most)
    {
        var list = Get(name, JsonValueKind.Array);
        if (list.GetArrayLength() > most) throw Wrong(name, string.Create(CultureInfo.InvariantCulture, $"has at most {most} entries"));
        var own = place;
        return list.EnumerateArray().Select((item, i) => new JsonFields(item, string.Create(CultureInfo.InvariantCulture, $"{(own.Length == 0 ? "" : own + ".")}{name}[{i}]")));
    }

    JsonElement Get(string name, JsonValueKind kind) => element.TryGetProperty(name, out var value) && value.ValueKind == kind
        ? value
        : throw Wrong(name, $"is missing, or is no {kind.ToString().ToLowerInvariant()}");

    FormatException Wrong(string name, string rule) => new($"{(place.Length == 0 ? "" : place + ".")}{name} {rule}");
}
