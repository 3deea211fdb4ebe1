using System.Collections.Frozen;
using System.Reflection;
using System.Runtime.InteropServices;
using CheckpointRestart.Core.Image.Extended;

namespace CheckpointRestart.Core.Image.Records;

/// <summary>A field of a record, as the inspector shows it and the documentation lists it.</summary>
/// <param name="Name">The reference's name.</param>
/// <param name="Offset">Bytes from the payload's start.</param>
/// <param name="Size">Bytes.</param>
public sealed record FieldSchema(string Name, int Offset, int Size, FieldFormat Format, string Summary, Type Type);

/// <summary>A decoded field of one record: a number, an enum, a string or bytes.</summary>
public sealed record FieldValue(string Name, object Value, FieldFormat Format, string Summary)
{
    public override string ToString() => Value switch
    {
        Enum or string => $"{Name}={Value}",
        byte[] bytes => $"{Name}={bytes.Length} bytes",
        _ when Format == FieldFormat.Hexadecimal => $"{Name}=0x{Value:x}",
        _ => $"{Name}={Value}",
    };
}

/// <summary>All that is known of a record type, taken from its struct. The one table of the format.</summary>
public sealed class RecordSchema
{
    private readonly Func<ReadOnlyMemory<byte>, IReadOnlyList<FieldValue>> _decode;

    private RecordSchema(RecordType type, RecordAttribute description, int size, int maxSize, IReadOnlyList<FieldSchema> fields, IReadOnlyList<(int Offset, string Name)> unused, Func<ReadOnlyMemory<byte>, IReadOnlyList<FieldValue>> decode)
    {
        Type = type;
        Name = description.Name;
        Summary = description.Summary;
        Parent = description.Parent;
        Then = description.Then;
        Size = size;
        MaxSize = maxSize;
        Fields = fields;
        Unused = unused;
        _decode = decode;
    }

    /// <summary>Every record type, in the order of an image.</summary>
    public static IReadOnlyList<RecordSchema> All { get; } =
    [
        Of<HeadRecord>(),
        Of<TaskRecord>(),
        Text(RecordType.String, new RecordAttribute("CR_HDR_STRING", "The task's name (comm): raw bytes, as many as TASK announced; written as the whole buffer of 16, NUL padded.") { Parent = "0; a name with another parent is not taken" }, 0, ImageLimits.PageSize),
        Of<MmRecord>(),
        Of<VmaRecord>(),
        Text(RecordType.FileName, new RecordAttribute("CR_HDR_FNAME", "A path, as seen from the task's root: raw bytes with one NUL, the last.") { Parent = "0; any value with bit 31 clear is accepted" }, 1, ImageLimits.PathMax),
        Of<PageArrayRecord>(),
        Of<MmContextRecord>(),
        Of<FilesRecord>(),
        Of<FileDescriptorRecord>(),
        Of<FileDataRecord>(),
        Of<ThreadRecord>(),
        Of<CpuRecord>(),
        Of<TailRecord>(),
    ];

    private static readonly FrozenDictionary<RecordType, RecordSchema> s_byType = All.ToFrozenDictionary(schema => schema.Type);

    public RecordType Type { get; }

    /// <summary>The reference's name, such as CR_HDR_VMA.</summary>
    public string Name { get; }

    public string Summary { get; }

    /// <summary>What the header's parent holds.</summary>
    public string Parent { get; }

    /// <summary>What follows the payload.</summary>
    public string Then { get; }

    /// <summary>Bytes of the payload; the least where it varies.</summary>
    public int Size { get; }

    /// <summary>Most bytes of the payload.</summary>
    public int MaxSize { get; }

    public IReadOnlyList<FieldSchema> Fields { get; }

    /// <summary>Names of bytes that are not used, by offset.</summary>
    public IReadOnlyList<(int Offset, string Name)> Unused { get; }

    /// <summary>The schema of a type, or null when v5 has no such record.</summary>
    public static RecordSchema? Find(RecordType type) => s_byType.GetValueOrDefault(type);

    /// <summary>The reference's name without its prefix, such as VMA, or the number of an unknown type.</summary>
    public static string NameOf(RecordType type) =>
        type == RecordType.None ? "image" : Find(type)?.Name["CR_HDR_".Length..]
        ?? (Enum.IsDefined((ExtendedRecord)type) ? ((ExtendedRecord)type).ToString().ToUpperInvariant() : $"record type {(short)type}");

    /// <summary>The payload's fields; empty when the payload is too short.</summary>
    public IReadOnlyList<FieldValue> Decode(ReadOnlyMemory<byte> payload) => payload.Length < Size ? [] : _decode(payload);

    private static RecordSchema Of<T>() where T : unmanaged, IRecord
    {
        var description = typeof(T).GetCustomAttribute<RecordAttribute>()!;
        var infos = FieldExtent.Fields(typeof(T)).ToArray();
        var fields = infos.Select(info =>
        {
            var field = info.GetCustomAttribute<FieldAttribute>()!;
            return new FieldSchema(field.Name, FieldExtent.Offset(info), FieldExtent.Size(info.FieldType), field.Format, field.Summary, field.As ?? info.FieldType);
        }).ToArray();
        var unused = typeof(T).GetCustomAttributes<UnusedAttribute>().Select(item => (item.Offset, item.Name)).OrderBy(item => item.Offset).ToArray();
        return new RecordSchema(T.Type, description, RecordLayout<T>.Size, RecordLayout<T>.Size, fields, unused, payload =>
        {
            object record = MemoryMarshal.Read<T>(payload.Span);
            return [.. fields.Zip(infos, (field, info) => new FieldValue(field.Name, Present(info.GetValue(record)!, field.Type), field.Format, field.Summary))];
        });
    }

    private static RecordSchema Text(RecordType type, RecordAttribute description, int size, int maxSize)
    {
        FieldSchema[] fields = [new("text", 0, maxSize, FieldFormat.Text, description.Summary, typeof(string))];
        return new RecordSchema(type, description, size, maxSize, fields, [], payload =>
            [new FieldValue("text", new FileName(payload.Span).ToString(), FieldFormat.Text, description.Summary)]);
    }

    private static object Present(object value, Type type) => value switch
    {
        ulong number when type.IsEnum && number <= uint.MaxValue => Enum.ToObject(type, number),
        FixedText text => text.ToString(),
        FxSaveArea area => area.AsSpan().ToArray(),
        _ => value,
    };
}
