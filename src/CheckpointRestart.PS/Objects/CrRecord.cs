using System.Collections.Specialized;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Records;

namespace CheckpointRestart.PS.Objects;

/// <summary>One record as it stands in an image.</summary>
public sealed class CrRecord
{
    readonly ImageRecord record;
    OrderedDictionary? payload;

    internal CrRecord(ImageRecord record, string source)
    {
        this.record = record;
        Source = source;
    }

    /// <summary>Bytes from the image's start to the record's header.</summary>
    public long Offset => record.Offset;

    public RecordType Type => record.Type;

    /// <summary>Its type as -Type names it.</summary>
    internal string TypeName => Enum.IsDefined(Type) ? Type.ToString() : ((Core.Image.Extended.ExtendedRecord)Type).ToString();

    /// <summary>The reference's name, such as VMA.</summary>
    public string Name => record.Name;

    /// <summary>Bytes of the payload, the header of 8 bytes not counted.</summary>
    public int Length => record.Length;

    /// <summary>The header's parent field.</summary>
    public uint Parent => record.Parent;

    /// <summary>The payload's fields by the reference's names.</summary>
    public OrderedDictionary Payload => payload ??= Decode();

    /// <summary>The payload's fields with their formats and meanings.</summary>
    public IReadOnlyList<FieldValue> Fields => record.Fields.ToArray();

    /// <summary>The payload as it stands.</summary>
    public byte[] Bytes => record.Payload.ToArray();

    /// <summary>Bytes that follow outside any record: page addresses and pages, LDT, TLS.</summary>
    public long RawLength => record.RawLength;

    /// <summary>The addresses of a chunk's pages.</summary>
    public IReadOnlyList<uint> PageAddresses => record.PageAddresses.ToArray();

    /// <summary>The descriptors after MM_CONTEXT or THREAD.</summary>
    public IReadOnlyList<SegmentDescriptor> Descriptors => record.Descriptors.ToArray();

    /// <summary>The task or image that it belongs to.</summary>
    public string Source { get; }

    /// <summary>The payload's fields in one line.</summary>
    public string Summary => string.Join(", ", record.Fields.Where(item => item.Format != FieldFormat.Bytes));

    /// <inheritdoc/>
    public override string ToString() => $"{Name} at {Offset}";

    OrderedDictionary Decode()
    {
        var result = new OrderedDictionary(StringComparer.OrdinalIgnoreCase);
        foreach (var field in record.Fields) result[field.Name] = field.Value;
        return result;
    }
}
