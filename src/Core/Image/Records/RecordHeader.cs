using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Image.Records;

/// <summary>What stands before every payload: cr_hdr, 8 bytes (reference 1.1). No padding between records.</summary>
[StructLayout(LayoutKind.Explicit, Size = 8)]
public readonly struct RecordHeader(RecordType type, short length, uint parent)
{
    /// <summary>Bytes of a header on disk.</summary>
    public const int Size = 8;

    [FieldOffset(0)] public readonly RecordType Type = type;

    /// <summary>Bytes of the payload, the header not counted.</summary>
    [FieldOffset(2)] public readonly short Length = length;

    /// <summary>Who owns the record; the meaning depends on the type (reference 1.4).</summary>
    [FieldOffset(4)] public readonly uint Parent = parent;
}
