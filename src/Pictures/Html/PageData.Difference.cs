using System.Globalization;
using CheckpointRestart.Core.Checkpoint.Comparing;

namespace CheckpointRestart.Pictures.Html;

/// <content>What tells an earlier checkpoint and this one apart.</content>
sealed partial class PageData
{
    /// <summary>Differences that a page lists, at most.</summary>
    const int MostDifferences = 2000;

    void WriteDifference()
    {
        json.WriteStartObject("difference");
        Text("reference", options.ReferenceLabel);
        Text("taken", options.Reference!.Taken.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture));
        json.WriteNumber("total", differences.Count);
        json.WriteStartObject("counts");
        foreach (var group in differences.CountBy(static difference => difference.Kind).OrderBy(static group => group.Key)) json.WriteNumber(group.Key.ToString().ToLowerInvariant(), group.Value);
        json.WriteEndObject();
        json.WriteStartArray("items");
        // Bytes of memory are the many; the rest is rarely cut.
        foreach (var difference in differences.OrderBy(static difference => difference.Kind == DifferenceKind.Memory ? 1 : 0).Take(MostDifferences))
        {
            json.WriteStartObject();
            Text("kind", difference.Kind.ToString().ToLowerInvariant());
            Text("change", difference.Change.ToString().ToLowerInvariant());
            if (difference.ProcessId is { } pid) json.WriteNumber("pid", pid);
            Text("name", difference.Name);
            if (difference.Address is { } address) json.WriteNumber("address", address);
            if (difference.Length > 0) json.WriteNumber("length", difference.Length);
            Text("before", Show(difference, difference.Reference));
            Text("after", Show(difference, difference.Difference));
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static string Show(ImageDifference difference, object? value) => value switch
    {
        null => "",
        byte[] bytes => string.Join(' ', bytes.Take(16).Select(static one => one.ToString("x2", CultureInfo.InvariantCulture))) + (bytes.Length > 16 ? " …" : ""),
        ulong number when difference.Kind is DifferenceKind.Register or DifferenceKind.Region => number.ToString("x8", CultureInfo.InvariantCulture),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value}"),
    };
}
