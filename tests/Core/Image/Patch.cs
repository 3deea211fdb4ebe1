using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Records;

namespace CheckpointRestart.Core.Tests.Image;

/// <summary>Changes single fields of an image's bytes.</summary>
internal static class Patch
{
    /// <summary>A copy with a field of the nth record of a type replaced.</summary>
    internal static byte[] Set(this byte[] image, RecordType type, string field, ulong value, int nth = 0)
    {
        var place = RecordSchema.Find(type)!.Fields.Single(one => one.Name == field);
        return image.SetRaw(Offset(image, type, nth) + RecordHeader.Size + place.Offset, value, place.Size);
    }

    internal static byte[] SetParent(this byte[] image, RecordType type, uint value, int nth = 0) =>
        image.SetRaw(Offset(image, type, nth) + 4, value, 4);

    internal static byte[] SetType(this byte[] image, RecordType type, short value, int nth = 0) =>
        image.SetRaw(Offset(image, type, nth), (ushort)value, 2);

    internal static byte[] SetLength(this byte[] image, RecordType type, short value, int nth = 0) =>
        image.SetRaw(Offset(image, type, nth) + 2, (ushort)value, 2);

    internal static byte[] SetRaw(this byte[] image, long offset, ulong value, int size)
    {
        var copy = (byte[])image.Clone();
        BitConverter.GetBytes(value).AsSpan(0, size).CopyTo(copy.AsSpan((int)offset));
        return copy;
    }

    /// <summary>A copy with bytes replaced by others, perhaps of another length.</summary>
    internal static byte[] Splice(this byte[] image, long offset, int remove, params byte[] insert) =>
        [.. image[..(int)offset], .. insert, .. image[(int)(offset + remove)..]];

    internal static long Offset(byte[] image, RecordType type, int nth = 0) => Records(image).Where(one => one.Type == type).ElementAt(nth).Offset;

    /// <summary>Where the raw bytes after a record start.</summary>
    internal static long RawOffset(byte[] image, RecordType type, int nth = 0)
    {
        var record = Records(image).Where(one => one.Type == type).ElementAt(nth);
        return record.Offset + RecordHeader.Size + record.Length;
    }

    internal static List<ImageRecord> Records(byte[] image)
    {
        using var stream = new MemoryStream(image);
        return [.. RecordInspector.Enumerate(stream)];
    }
}

/// <summary>A stream like a pipe: forwards only, and a few bytes at a time.</summary>
internal sealed class PipeLikeStream(byte[] bytes, int step = 7) : ForwardStream
{
    private int _position;

    internal int Left => bytes.Length - _position;

    public override bool CanRead => true;

    public override int Read(Span<byte> buffer)
    {
        var length = Math.Min(Math.Min(buffer.Length, step), Left);
        bytes.AsSpan(_position, length).CopyTo(buffer);
        _position += length;
        return length;
    }
}
