using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Image.Records;

/// <summary>A thread's own segments: cr_hdr_thread, 8 bytes (reference 1.3).</summary>
[StructLayout(LayoutKind.Explicit, Size = 8)]
[Unused(6, "padding")]
[Record("CR_HDR_THREAD", "The thread's own segments (TLS).", Parent = "the task's pid", Then = "raw: 3 descriptors of 8 bytes, always, also when ntls is 0")]
public struct ThreadRecord : IRecord
{
    /// <summary>Bytes of the raw TLS array.</summary>
    public const int TlsBytes = ImageLimits.TlsEntries * MmContextRecord.EntrySize;

    public static RecordType Type => RecordType.Thread;

    [FieldOffset(0), Field("gdt_entry_tls_entries", "entries of the array: 3")] public short Entries;
    [FieldOffset(2), Field("sizeof_tls_array", "bytes of the array: 24")] public short ArraySize;
    [FieldOffset(4), Field("ntls", "how many of the entries are not zero")] public short Used;

    public readonly void Validate(in RecordRules rules) =>
        rules.Require(Entries == ImageLimits.TlsEntries, "the TLS array has 3 entries", (ushort)Entries)
             .Require(ArraySize == TlsBytes, "the TLS array has 24 bytes", (ushort)ArraySize)
             .Require(Used is >= 0 and <= ImageLimits.TlsEntries, "0 to 3 TLS entries are in use", (ushort)Used);
}
