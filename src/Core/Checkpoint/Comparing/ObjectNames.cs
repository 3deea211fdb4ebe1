using System.Globalization;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Image.Extended;

namespace CheckpointRestart.Core.Checkpoint.Comparing;

/// <summary>What objects and entries of lists are told by, whichever number they have in an image.</summary>
internal static class ObjectNames
{
    static readonly string[] Keys = ["pid", "number", "start", "id", "name", "key", "offset", "first"];

    /// <summary>The name of an object, as values of differences show it.</summary>
    public static string Of(ExtendedObject one) => one.Kind switch
    {
        "task" => string.Create(CultureInfo.InvariantCulture, $"task {one.Fields.Uint("pid")} ({ImageTasks.CommOf(one)})"),
        "dentry" => PathOf(one),
        _ => KeyOf(one.Fields) is { } key ? $"{one.Kind} {key}" : one.Kind,
    };

    /// <summary>What tells an entry from others of its list, or null.</summary>
    public static string? KeyOf(IReadOnlyList<ExtendedField> fields)
    {
        foreach (string name in Keys)
        {
            switch (fields.Value(name))
            {
                case ulong number: return name is "start" ? number.ToString("x8", CultureInfo.InvariantCulture) : number.ToString(CultureInfo.InvariantCulture);
                case string { Length: > 0 } text: return text;
                default: break;
            }
        }
        return fields is [{ Value: ExtendedObject one }] ? one.Kind == "dentry" ? PathOf(one) : KeyOf(one.Fields) : null;
    }

    /// <summary>A name that stays when the file is deleted.</summary>
    static string PathOf(ExtendedObject dentry)
    {
        const string Suffix = " (deleted)";
        string path = TaskView.PathOf(dentry, null);
        return dentry.Fields.Word("deleted") != 0 && path.EndsWith(Suffix, StringComparison.Ordinal) ? path[..^Suffix.Length] : path;
    }
}
