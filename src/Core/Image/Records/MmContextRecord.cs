using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Image.Records;

/// <summary>The local descriptor table: cr_hdr_mm_context, 8 bytes (reference 1.3).</summary>
[StructLayout(LayoutKind.Explicit, Size = 8)]
[Unused(4, "padding")]
[Record("CR_HDR_MM_CONTEXT", "The local descriptor table.", Parent = "objref of the MM record", Then = "raw: nldt descriptors of 8 bytes")]
public struct MmContextRecord : IRecord
{
    /// <summary>Bytes of a descriptor.</summary>
    public const int EntrySize = 8;

    public static RecordType Type => RecordType.MmContext;

    [FieldOffset(0), Field("ldt_entry_size", "bytes of an entry: 8")] public short LdtEntrySize;
    [FieldOffset(2), Field("nldt", "number of entries, 0 to 8192")] public short LdtCount;

    public readonly void Validate(in RecordRules rules) =>
        rules.Require(LdtEntrySize == EntrySize, "an LDT entry has 8 bytes", (ushort)LdtEntrySize)
             .Require(LdtCount is >= 0 and <= ImageLimits.MaxLdtEntries, "an LDT has 0 to 8192 entries", (ushort)LdtCount);
}
