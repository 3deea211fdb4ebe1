using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Image.Records;

/// <summary>One chunk of a region's pages: cr_hdr_pgarr, 8 bytes (reference 1.3, 1.5).</summary>
[StructLayout(LayoutKind.Explicit, Size = 8)]
[Record("CR_HDR_PGARR", "One chunk of the region's pages; one of 0 pages ends the region.", Then = "raw: nr_pages addresses of 4 bytes, then nr_pages pages of 4096 bytes in the same order")]
public struct PageArrayRecord : IRecord
{
    public static RecordType Type => RecordType.PageArray;

    [FieldOffset(0), Field("nr_pages", "number of pages; the writer puts at most 4096 into a chunk")] public ulong PageCount;

    public readonly void Validate(in RecordRules rules) =>
        rules.Require(PageCount <= ImageLimits.UserSpaceEnd / ImageLimits.PageSize, "a chunk has at most the pages of user space", PageCount);
}
