using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Image.Records;

/// <summary>Moves a record between its struct and its bytes; padding is cleared in both directions.</summary>
/// <remarks>An image is little-endian. So is every host that .NET runs on today; the constructor refuses another.</remarks>
internal static class RecordLayout<T> where T : unmanaged, IRecord
{
    private static readonly (int Start, int Length)[] s_padding = FindPadding();

    internal static int Size => Unsafe.SizeOf<T>();

    internal static string SizeRule { get; } = $"a payload has {Size} bytes";

    internal static T Read(ReadOnlySpan<byte> payload)
    {
        Span<byte> clean = stackalloc byte[Size];
        payload[..Size].CopyTo(clean);
        ClearPadding(clean);
        return MemoryMarshal.Read<T>(clean);
    }

    internal static void Write(in T record, Span<byte> payload)
    {
        MemoryMarshal.Write(payload, in record);
        ClearPadding(payload);
    }

    private static void ClearPadding(Span<byte> payload)
    {
        foreach (var (start, length) in s_padding) payload.Slice(start, length).Clear();
    }

    private static (int Start, int Length)[] FindPadding()
    {
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("Images are little-endian; this host is not.");
        var gaps = new List<(int, int)>();
        var end = 0;
        foreach (var (offset, size) in FieldExtent.Of(typeof(T)))
        {
            if (offset > end) gaps.Add((end, offset - end));
            end = offset + size;
        }
        if (end < Size) gaps.Add((end, Size - end));
        return [.. gaps];
    }
}

/// <summary>Where the fields of a record lie.</summary>
internal static class FieldExtent
{
    internal static IEnumerable<FieldInfo> Fields(Type record) =>
        record.GetFields(BindingFlags.Public | BindingFlags.Instance).OrderBy(Offset);

    internal static IEnumerable<(int Offset, int Size)> Of(Type record) =>
        Fields(record).Select(field => (Offset(field), Size(field.FieldType)));

    internal static int Offset(FieldInfo field) => field.GetCustomAttribute<FieldOffsetAttribute>()!.Value;

    internal static int Size(Type type)
    {
        if (type.IsEnum) type = type.GetEnumUnderlyingType();
        if (type.GetCustomAttribute<InlineArrayAttribute>() is { } array) return array.Length;
        return Type.GetTypeCode(type) switch
        {
            TypeCode.Int16 or TypeCode.UInt16 => 2,
            TypeCode.Int32 or TypeCode.UInt32 => 4,
            TypeCode.Int64 or TypeCode.UInt64 => 8,
            _ => throw new NotSupportedException($"a record has no field of type {type.Name}"),
        };
    }
}
