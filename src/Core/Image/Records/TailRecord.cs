using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Image.Records;

/// <summary>Last record of an image: cr_hdr_tail, 8 bytes (reference 1.3).</summary>
[StructLayout(LayoutKind.Explicit, Size = 8)]
[Record("CR_HDR_TAIL", "The image is whole.")]
public struct TailRecord : IRecord
{
    public const ulong ImageMagic = 0x002d2a0cc0deef00;

    public static RecordType Type => RecordType.Tail;

    [FieldOffset(0), Field("magic", "0x002d2a0cc0deef00", FieldFormat.Hexadecimal)] public ulong Magic;

    public readonly void Validate(in RecordRules rules) =>
        rules.Require(Magic == ImageMagic, "an image ends with the magic number 0x002d2a0cc0deef00", Magic);
}
