using CheckpointRestart.Core.Image.Records;

namespace CheckpointRestart.Core.Image.Extended;

/// <summary>A whole machine as an Extended image carries it: objects with named fields that refer to each other by number, and pages. Once complete it does not change.
/// Dispose it when its pages are no longer needed: it may hold its file open.</summary>
public sealed class ExtendedImage : IDisposable
{
    /// <summary>Made when it is asked for: a machine does not stand still for it.</summary>
    readonly Lazy<Dictionary<uint, ExtendedObject>> byNumber;

    /// <param name="names">Names of fields and kinds.</param>
    /// <param name="objects">The objects, in the image's order; their numbers are all different.</param>
    /// <param name="pages">The pages; disposed with the image.</param>
    public ExtendedImage(IReadOnlyList<string> names, IReadOnlyList<ExtendedObject> objects, ImagePages pages)
    {
        ArgumentNullException.ThrowIfNull(objects);
        Names = names;
        Objects = objects;
        Pages = pages;
        foreach (var one in objects) one.Image = this;
        byNumber = new(() => objects.ToDictionary(static one => one.Number));
    }

    /// <summary>Kernel, time and revision.</summary>
    public required HeadRecord Head { get; init; }

    /// <summary>Names of fields and kinds.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The objects, in the image's order.</summary>
    public IReadOnlyList<ExtendedObject> Objects { get; private set; }

    /// <summary>The pages, by the numbers that objects have for them.</summary>
    public ImagePages Pages { get; }

    /// <summary>SHA-256 of everything but the stored pages, whose checksums it covers; empty while it has not been written.</summary>
    public ReadOnlyMemory<byte> Identity { get; internal set; }

    /// <summary>What it says of the image that it builds on; null for a whole image.</summary>
    public ParentReference? ParentReference { get; internal set; }

    /// <summary>The image that it builds on, once opened with it; null for none.</summary>
    public ExtendedImage? Parent { get; internal set; }

    /// <summary>Images that it takes to have all pages of this one: 1 for a whole image.</summary>
    public int ChainLength => ParentReference == null ? 1 : ParentReference.ChainLength + 1;

    /// <summary>It was read, not taken of a machine.</summary>
    internal bool IsRead { get; init; }

    /// <summary>How long the machine stood still for it; zero for an image that was read.</summary>
    public TimeSpan Pause { get; init; }

    /// <summary>Full path of the file that it was opened from or written to, or null.</summary>
    public string? Path { get; internal set; }

    /// <summary>Bytes in its file; 0 for one that is in memory alone.</summary>
    public long Bytes { get; internal set; }

    /// <summary>The object of a number, or null.</summary>
    public ExtendedObject? Find(uint number) => byNumber.Value.GetValueOrDefault(number);

    /// <summary>The objects of a kind.</summary>
    public IEnumerable<ExtendedObject> OfKind(string kind) => Objects.Where(one => one.Kind == kind);

    /// <summary>What is still to be added; null for a complete image.</summary>
    internal Action? Completion { get; set; }

    /// <summary>Adds an object to an image that is not complete yet.</summary>
    internal void Append(ExtendedObject one)
    {
        one.Image = this;
        byNumber.Value.Add(one.Number, one);
        Objects = [.. Objects, one];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Pages.Dispose();
        Parent?.Dispose();
    }
}

/// <summary>An object of an Extended image.</summary>
public sealed class ExtendedObject
{
    IReadOnlyList<ExtendedField>? fields;

    /// <summary>Its number, which references have.</summary>
    public required uint Number { get; init; }

    /// <summary>What it is, such as task or pipe.</summary>
    public required string Kind { get; init; }

    /// <summary>Its fields as they stand in the image.</summary>
    public required ReadOnlyMemory<byte> Bytes { get; init; }

    /// <summary>Byte offset of its first record; 0 for one that was never written.</summary>
    public long Offset { get; init; }

    /// <summary>The image that it belongs to.</summary>
    public ExtendedImage Image { get; internal set; } = null!;

    /// <summary>Its fields, decoded.</summary>
    public IReadOnlyList<ExtendedField> Fields => fields ??= ExtendedField.Decode(Image, Bytes);

    /// <summary>The value of a field, or null.</summary>
    public object? this[string name] => Fields.FirstOrDefault(field => field.Name == name)?.Value;

    /// <summary>The object that a field refers to, or null.</summary>
    public ExtendedObject? Follow(string name) => this[name] as ExtendedObject;

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Number}";
}

/// <summary>A field of an object or of a structure within it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Tag">How it is stored.</param>
/// <param name="Value">A number (ulong, or long when negative), bytes (a byte array), a text, an <see cref="ExtendedObject"/>, a list of lists of fields, a list of
/// fields, a list of <see cref="PageRun"/>, or null.</param>
public sealed record ExtendedField(string Name, FieldTag Tag, object? Value)
{
    internal static IReadOnlyList<ExtendedField> Decode(ExtendedImage image, ReadOnlyMemory<byte> bytes) => Decode(image, bytes.Span, 0, bytes.Length);

    static List<ExtendedField> Decode(ExtendedImage image, ReadOnlySpan<byte> bytes, int start, int end)
    {
        var fields = new List<ExtendedField>();
        var scanner = new FieldScanner(bytes, start, end);
        while (scanner.Next(out var field)) fields.Add(new ExtendedField(image.Names[field.Name], field.Tag, ValueOf(image, bytes, field, end)));
        return fields;
    }

    static object? ValueOf(ExtendedImage image, ReadOnlySpan<byte> bytes, in ScannedField field, int end)
    {
        switch (field.Tag)
        {
            case FieldTag.None: return null;
            case FieldTag.S64: return (long)FieldScanner.NumberOf(bytes, field);
            case FieldTag.Bytes: return bytes.Slice(field.Start, field.Count).ToArray();
            case FieldTag.Text: return System.Text.Encoding.UTF8.GetString(bytes.Slice(field.Start, field.Count));
            case FieldTag.Reference: return image.Find((uint)FieldScanner.NumberOf(bytes, field));
            case FieldTag.Structure: return Decode(image, bytes, field.Start, field.Start + field.Count);
            case FieldTag.List:
                var items = new List<IReadOnlyList<ExtendedField>>();
                var scanner = new FieldScanner(bytes, field.Start, end);
                for (int i = 0; i < field.Count; i++)
                {
                    var (from, to) = scanner.SkipStructure();
                    items.Add(Decode(image, bytes, from, to));
                }
                return items;
            case FieldTag.Pages:
                var runs = new PageRun[field.Count];
                for (int i = 0; i < runs.Length; i++) runs[i] = FieldScanner.RunAt(bytes, field, i);
                return runs;
            default: return FieldScanner.NumberOf(bytes, field);
        }
    }
}
