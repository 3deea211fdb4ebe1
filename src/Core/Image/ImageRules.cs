using CheckpointRestart.Core.Image.Records;

namespace CheckpointRestart.Core.Image;

/// <summary>
/// The rules that span records, for one image in its order. The reader asks them of every record it meets, the writer of
/// every record it is about to write: one set for both directions.
/// </summary>
public sealed class ImageRules
{
    private HashSet<int>? _descriptors;
    private int _lastDescriptor = -1;
    private VmaRecord _vma;
    private uint _vmaEnd;
    private long _lastPage;
    private uint _pagesLeft;
    private bool _first = true;

    /// <summary>
    /// The header's kernel version must be the running kernel's (reference 2.4). It is no rule of the format: a machine
    /// made from an image takes the image's version, and only restart(2) inside a running machine asks it.
    /// </summary>
    /// <exception cref="CheckpointImageException">EINVAL: they differ.</exception>
    public static void CheckKernelVersion(in HeadRecord head, ushort major, ushort minor, ushort patch) =>
        new RecordRules(RecordType.Head, 0).Require(
            head.Major == major && head.Minor == minor && head.Patch == patch,
            $"the image is of the running kernel, {major}.{minor}.{patch}", Errno.EINVAL, $"{head.Major}.{head.Minor}.{head.Patch}");

    /// <summary>Parents of MM, FILES, THREAD and CPU: the pid, not compared.</summary>
    internal static void Owner(uint parent, in RecordRules rules) =>
        rules.Require((int)parent >= 0, "a parent has bit 31 clear", parent);

    internal static void Parent(uint parent, uint expected, in RecordRules rules)
    {
        if (parent != expected) throw rules.Broken(expected == 0 ? "the parent is 0" : $"the parent is {expected}", Errno.EINVAL, $"{(int)parent}");
    }

    internal void Vma(in VmaRecord vma, in RecordRules rules)
    {
        rules.Require(_first || vma.Start >= _vmaEnd, "regions ascend and do not overlap", vma.Start);
        _first = false;
        _vma = vma;
        _vmaEnd = (uint)vma.End;
        _lastPage = -1;
        _pagesLeft = (uint)((vma.End - vma.Start) / ImageLimits.PageSize);
    }

    internal void Chunk(ulong pages, in RecordRules rules)
    {
        rules.Require(pages <= _pagesLeft, "the chunks of a region have at most its pages", pages);
        _pagesLeft -= (uint)pages;
    }

    internal void Page(uint address, in RecordRules rules)
    {
        rules.Require(address % ImageLimits.PageSize == 0, "a page's address is a multiple of 4096", address)
             .Require(address >= _vma.Start && address < _vma.End, "a page lies inside its region", address)
             .Require(address > _lastPage, "the pages of a region ascend", address);
        _lastPage = address;
    }

    internal static void LdtEntry(SegmentDescriptor entry, in RecordRules rules)
    {
        Descriptor(entry, rules);
        // modify_ldt(2) takes conforming code only when it is not present.
        var conformingCode = entry is { IsCode: true, ConformingOrExpandDown: true, Present: true };
        rules.Require(!conformingCode, "an LDT entry is no conforming code segment", entry.Raw);
    }

    internal static void TlsEntry(SegmentDescriptor entry, in RecordRules rules) => Descriptor(entry, rules);

    /// <summary>A code selector must name code; that is known once LDT and TLS are.</summary>
    internal static void CodeSegment(in CpuRecord cpu, IReadOnlyList<SegmentDescriptor> tls, IReadOnlyList<SegmentDescriptor> ldt, in RecordRules rules)
    {
        var (table, index) = CpuRules.TlsIndex(cpu.Cs) is >= 0 and var slot ? (tls, slot) : (ldt, CpuRules.LdtIndex(cpu.Cs));
        if (index >= 0)
            rules.Require(index < table.Count && table[index] is { IsCode: true, Present: true }, "cs selects a code segment", cpu.Cs);
    }

    /// <param name="before">The descriptors that came earlier.</param>
    internal void Descriptor(int number, IEnumerable<SavedDescriptor> before, in RecordRules rules)
    {
        // Ascending numbers, the original's order, need no memory of those before.
        if (_descriptors is null && number <= _lastDescriptor) _descriptors = [.. before.Select(one => one.Number)];
        rules.Require(_descriptors?.Add(number) != false, "a descriptor's number occurs once", (uint)number);
        _lastDescriptor = number;
    }

    private static void Descriptor(SegmentDescriptor entry, in RecordRules rules) =>
        rules.Require(entry.IsEmpty || (entry is { Long: false, IsUserSegment: true, PrivilegeLevel: 3 }), "a descriptor is empty, or a code or data segment of privilege 3, not 64-bit", entry.Raw);
}
