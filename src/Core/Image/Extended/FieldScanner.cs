using System.Buffers.Binary;

namespace CheckpointRestart.Core.Image.Extended;

/// <summary>One field as it stands in an object.</summary>
/// <param name="Name">Its place among the image's names.</param>
/// <param name="Tag">What stands behind it.</param>
/// <param name="Start">Where the value begins, behind the tag and the count; in the object's bytes.</param>
/// <param name="Count">Bytes of the value; of a list or of pages, how many there are.</param>
internal readonly record struct ScannedField(ushort Name, FieldTag Tag, int Start, int Count);

/// <summary>Goes through the fields of an object's bytes, which <see cref="ObjectRules"/> has found to be whole.</summary>
internal ref struct FieldScanner(ReadOnlySpan<byte> bytes, int start, int end)
{
    readonly ReadOnlySpan<byte> bytes = bytes;
    int at = start;

    /// <summary>Where the next field, or structure of a list, begins.</summary>
    public readonly int Position => at;

    /// <summary>The next field.</summary>
    /// <returns>False at the end.</returns>
    public bool Next(out ScannedField field)
    {
        field = default;
        if (at >= end) return false;
        ushort name = BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
        var tag = (FieldTag)bytes[at + 2];
        at += 3;
        int count = tag switch
        {
            FieldTag.None => 0,
            FieldTag.U8 => 1,
            FieldTag.U16 => 2,
            FieldTag.U32 or FieldTag.Reference => 4,
            FieldTag.U64 or FieldTag.S64 => 8,
            _ => ReadCount(),
        };
        field = new ScannedField(name, tag, at, count);
        if (tag == FieldTag.List)
        {
            for (int i = 0; i < count; i++) SkipStructure();
        }
        else
        {
            at += tag == FieldTag.Pages ? count * 16 : count;
        }
        return true;
    }

    /// <summary>Goes over a structure of a list.</summary>
    /// <returns>Where its fields begin and end.</returns>
    public (int Start, int End) SkipStructure()
    {
        int length = ReadCount();
        at += length;
        return (at - length, at);
    }

    int ReadCount()
    {
        int count = (int)BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
        at += 4;
        return count;
    }

    /// <summary>The number of a field that is one.</summary>
    public static ulong NumberOf(ReadOnlySpan<byte> bytes, in ScannedField field) => field.Tag switch
    {
        FieldTag.U8 => bytes[field.Start],
        FieldTag.U16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes[field.Start..]),
        FieldTag.U32 or FieldTag.Reference => BinaryPrimitives.ReadUInt32LittleEndian(bytes[field.Start..]),
        _ => BinaryPrimitives.ReadUInt64LittleEndian(bytes[field.Start..]),
    };

    /// <summary>A run of pages.</summary>
    public static PageRun RunAt(ReadOnlySpan<byte> bytes, in ScannedField field, int index)
    {
        var run = bytes.Slice(field.Start + index * 16, 16);
        return new PageRun(BinaryPrimitives.ReadUInt32LittleEndian(run), BinaryPrimitives.ReadUInt32LittleEndian(run[4..]),
            BinaryPrimitives.ReadUInt32LittleEndian(run[8..]), BinaryPrimitives.ReadUInt32LittleEndian(run[12..]));
    }
}
