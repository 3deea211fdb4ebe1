using CheckpointRestart.Core.Image.Extended;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>Fields of objects by name and type; what is absent is the default.</summary>
internal static class ObjectFields
{
    public static object? Value(this IReadOnlyList<ExtendedField> fields, string name)
    {
        foreach (var field in fields)
            if (field.Name == name) return field.Value;
        return null;
    }

    public static ulong Word(this IReadOnlyList<ExtendedField> fields, string name) => fields.Value(name) switch
    {
        ulong word => word,
        long negative => (ulong)negative,
        _ => 0,
    };

    public static uint Uint(this IReadOnlyList<ExtendedField> fields, string name) => (uint)fields.Word(name);

    public static byte[] Bytes(this IReadOnlyList<ExtendedField> fields, string name) => fields.Value(name) as byte[] ?? [];

    public static ExtendedObject? Follow(this IReadOnlyList<ExtendedField> fields, string name) => fields.Value(name) as ExtendedObject;

    public static IReadOnlyList<IReadOnlyList<ExtendedField>> Items(this IReadOnlyList<ExtendedField> fields, string name) =>
        fields.Value(name) as IReadOnlyList<IReadOnlyList<ExtendedField>> ?? [];

    public static IReadOnlyList<ExtendedField> Structure(this IReadOnlyList<ExtendedField> fields, string name) => fields.Value(name) as IReadOnlyList<ExtendedField> ?? [];

    public static PageRun[] Runs(this IReadOnlyList<ExtendedField> fields, string name) => fields.Value(name) as PageRun[] ?? [];

    /// <summary>The objects of a list of references.</summary>
    public static IEnumerable<ExtendedObject> Objects(this IReadOnlyList<ExtendedField> fields, string name) =>
        fields.Items(name).Select(static item => item.Follow("object")).OfType<ExtendedObject>();
}
