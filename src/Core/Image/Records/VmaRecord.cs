using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Image.Records;

/// <summary>One region of an address space: cr_hdr_vma, 48 bytes (reference 1.3).</summary>
[StructLayout(LayoutKind.Explicit, Size = 48)]
[Unused(4, "_padding")]
[Record("CR_HDR_VMA", "One region of the address space.", Then = "FNAME when vma_type is 2, then page chunks, the last one empty")]
public struct VmaRecord : IRecord
{
    public static RecordType Type => RecordType.Vma;

    [FieldOffset(0), Field("vma_type", "1 anonymous, 2 backed by a file")] public VmaKind Kind;
    [FieldOffset(8), Field("vm_start", "first byte, page aligned", FieldFormat.Hexadecimal)] public ulong Start;
    [FieldOffset(16), Field("vm_end", "end, exclusive, page aligned, at most 0xc0000000", FieldFormat.Hexadecimal)] public ulong End;
    [FieldOffset(24), Field("vm_page_prot", "the page table bits of a fresh page; never used at restart", FieldFormat.Hexadecimal)] public ulong PageProtection;
    [FieldOffset(32), Field("vm_flags", "VM_*", FieldFormat.Flags, As = typeof(VmFlags))] public ulong RawFlags;
    [FieldOffset(40), Field("vm_pgoff", "where in the file it starts, in pages; no meaning for an anonymous region")] public ulong PageOffset;

    public VmFlags Flags
    {
        readonly get => (VmFlags)RawFlags;
        set => RawFlags = (ulong)value;
    }

    public readonly void Validate(in RecordRules rules)
    {
        rules.Require(Kind is VmaKind.Anonymous or VmaKind.File, "a region is anonymous (1) or backed by a file (2)", (uint)Kind)
             .Require(Start % ImageLimits.PageSize == 0, "a region starts at a page boundary", Start)
             .Require(End % ImageLimits.PageSize == 0, "a region ends at a page boundary", End)
             .Require(Start < End, "a region starts before it ends", Start)
             .Require(End <= ImageLimits.UserSpaceEnd, "a region ends below 3 GiB", End)
             .Require(RawFlags <= uint.MaxValue, "a region's flags are a 32-bit value, zero extended", RawFlags)
             .Require((Flags & ImageLimits.UnsupportedRegions) == VmFlags.None, "v5 carries private regions only: no VM_SHARED, VM_MAYSHARE, VM_IO, VM_HUGETLB, VM_NONLINEAR", RawFlags, Errno.ENOSYS);
        if (Kind == VmaKind.File)
            rules.Require(PageOffset <= uint.MaxValue && PageOffset + ((End - Start) / ImageLimits.PageSize) <= uint.MaxValue, "a region's file offset is a 32-bit number of pages", PageOffset, Errno.EOVERFLOW);
    }
}
