using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Image.Records;

/// <summary>First record of an image: cr_hdr_head, 224 bytes (reference 1.3).</summary>
[StructLayout(LayoutKind.Explicit, Size = 224)]
[Record("CR_HDR_HEAD", "What the image is, and of which kernel.")]
public struct HeadRecord : IRecord
{
    public const ulong ImageMagic = 0x00feed0cc0a2d200;
    public const ushort ImageRevision = 2;

    public static RecordType Type => RecordType.Head;

    [FieldOffset(0), Field("magic", "0x00feed0cc0a2d200", FieldFormat.Hexadecimal)] public ulong Magic;
    [FieldOffset(8), Field("major", "kernel version, first number")] public ushort Major;
    [FieldOffset(10), Field("minor", "kernel version, second number")] public ushort Minor;
    [FieldOffset(12), Field("patch", "kernel version, third number")] public ushort Patch;
    [FieldOffset(14), Field("rev", "revision of the format: 2")] public ushort Revision;
    [FieldOffset(16), Field("time", "when it was taken, seconds since 1970 by the machine's clock", FieldFormat.Time)] public ulong Time;
    [FieldOffset(24), Field("flags", "CR_CTX_CKPT (1); no other bit may be set", FieldFormat.Flags)] public ImageFlags Flags;
    [FieldOffset(32), Field("release", "uname's release; never compared", FieldFormat.Text)] public FixedText Release;
    [FieldOffset(96), Field("version", "uname's version; never compared", FieldFormat.Text)] public FixedText Version;
    [FieldOffset(160), Field("machine", "uname's machine; never compared", FieldFormat.Text)] public FixedText Machine;

    /// <summary>A header of this format for the given kernel.</summary>
    public static HeadRecord Create(ushort major, ushort minor, ushort patch, ulong time, string release, string version, string machine = "i686") => new()
    {
        Magic = ImageMagic,
        Major = major,
        Minor = minor,
        Patch = patch,
        Revision = ImageRevision,
        Time = time,
        Flags = ImageFlags.Checkpoint,
        Release = FixedText.From(release),
        Version = FixedText.From(version),
        Machine = FixedText.From(machine),
    };

    public readonly void Validate(in RecordRules rules) =>
        rules.Require(Magic == ImageMagic, "an image starts with the magic number 0x00feed0cc0a2d200", Magic)
             .Require(Revision == ImageRevision, "the revision of the format is 2", Revision)
             .Require((Flags & ~ImageFlags.Checkpoint) == ImageFlags.None, "no flag but CR_CTX_CKPT (1) is set", (ulong)Flags);
}
