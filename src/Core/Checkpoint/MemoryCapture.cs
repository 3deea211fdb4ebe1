using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Records;
using CheckpointRestart.Core.Kernel.Loading;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>Regions and pages: from an address space to the image's model, and back into a new address space.</summary>
internal static class MemoryCapture
{
    /// <summary>Flags that a restored region may have: those that say nothing of devices or sharing.</summary>
    const VmFlags Restorable = VmFlags.Protection | VmFlags.May | VmFlags.GrowsDown | VmFlags.DenyWrite | VmFlags.Executable | VmFlags.SequentialRead
        | VmFlags.RandomRead | VmFlags.DontCopy | VmFlags.DontExpand | VmFlags.Account | VmFlags.NoReserve | VmFlags.AlwaysDump | VmFlags.CanNonLinear;

    /// <summary>Describes an address space. The pages are snapshotted; <paramref name="owned"/> gets what has to be disposed with the model.</summary>
    public static SavedMemory Save(AddressSpace space, Cpu.LocalDescriptorTable? ldt, ICollection<IDisposable> owned)
    {
        var vmas = new List<SavedVma>(space.Regions.Count);
        foreach (var vma in space.Regions)
        {
            var pages = space.SnapshotPrivatePages(vma.Start, vma.End);
            owned.Add(pages);
            vmas.Add(new SavedVma
            {
                Record = new VmaRecord
                {
                    Kind = vma.Source == null ? VmaKind.Anonymous : VmaKind.File,
                    Start = vma.Start,
                    End = vma.End,
                    PageProtection = PageProtectionOf(vma.Flags),
                    Flags = vma.Flags,
                    PageOffset = vma.Source == null ? 0 : vma.PageOffset,
                },
                File = vma.Source == null ? null : new FileName(GuestText.ToBytes(vma.Source.Name)),
                Pages = new SnapshotPages(pages),
            });
        }
        return new SavedMemory
        {
            Layout = SaveLayout(space.Layout),
            Vmas = vmas,
            Ldt = ldt == null ? [] : [.. Enumerable.Range(0, ldt.Count).Select(index => new SegmentDescriptor(ldt[index]))],
        };
    }

    /// <summary>Maps the regions of an image and fills in its pages.</summary>
    /// <exception cref="RestoreException">A file cannot be mapped, or memory ran out.</exception>
    public static void Restore(SavedMemory saved, AddressSpace space, FileTree tree)
    {
        space.Layout = RestoreLayout(saved.Layout);
        foreach (var vma in saved.Vmas)
        {
            var source = vma.File is { } name ? OpenSource(tree, GuestText.FromBytes(name.Bytes)) : null;
            var flags = vma.Flags & Restorable;
            flags |= (VmFlags)((uint)(flags & VmFlags.Protection) << 4);
            var errno = space.Map(vma.Start, vma.Size, flags, isFixed: true, source, source == null ? 0 : vma.PageOffset, out _, NameOf(vma, space.Layout));
            if (errno != Errno.None) throw new RestoreException(errno, $"the region at 0x{vma.Start:x8} cannot be mapped");
            FillPages(vma, space);
        }
    }

    /// <summary>The descriptor table of an image; null when it has none.</summary>
    public static Cpu.LocalDescriptorTable? RestoreLdt(SavedMemory saved)
    {
        if (saved.Ldt.Count == 0) return null;
        var table = new Cpu.LocalDescriptorTable();
        for (int index = 0; index < saved.Ldt.Count; index++) table[index] = saved.Ldt[index].Raw;
        return table;
    }

    static void FillPages(SavedVma vma, AddressSpace space)
    {
        for (int index = 0; index < vma.Pages.Count; index++)
        {
            var bytes = space.InstallPage(vma.Pages.AddressOf(index) >> 12);
            if (bytes.IsEmpty) throw new RestoreException(Errno.ENOMEM, $"the machine's memory limit does not hold the image's pages (at 0x{vma.Pages.AddressOf(index):x8})");
            vma.Pages.CopyPages(index, bytes);
        }
    }

    static IPageSource? OpenSource(FileTree tree, string path)
    {
        var at = new PathStart(tree.Root, tree.Root);
        var opened = tree.Open(at, path, OpenFlags.ReadOnly | OpenFlags.LargeFile, 0, out var file);
        var errno = file == null ? opened.Errno : file.GetPages(out _);
        IPageSource? source = null;
        if (errno == Errno.None && file != null) errno = file.GetPages(out source);
        file?.Release();
        if (errno != Errno.None) throw new RestoreException(errno, $"the mapped file {path} cannot be opened") { Path = path };
        return source;
    }

    static string? NameOf(SavedVma vma, MemoryLayout layout) =>
        vma.File != null ? null
        : vma.Start == Vdso.Address ? "[vdso]"
        : layout.StartStack >= vma.Start && layout.StartStack < vma.End ? "[stack]"
        : null;

    /// <summary>What the page table of 2.6.27 without PAE holds for a fresh page of a private region: present or PROT_NONE, user, accessed.</summary>
    static ulong PageProtectionOf(VmFlags flags) => (flags & VmFlags.Protection) == VmFlags.None ? 0x120u : (flags & (VmFlags.Shared | VmFlags.Write)) == (VmFlags.Shared | VmFlags.Write) ? 0x27u : 0x25u;

    static MmRecord SaveLayout(in MemoryLayout layout) => new()
    {
        StartCode = layout.StartCode,
        EndCode = layout.EndCode,
        StartData = layout.StartData,
        EndData = layout.EndData,
        StartBreak = layout.StartBrk,
        Break = layout.Brk,
        StartStack = layout.StartStack,
        ArgumentStart = layout.ArgStart,
        ArgumentEnd = layout.ArgEnd,
        EnvironmentStart = layout.EnvStart,
        EnvironmentEnd = layout.EnvEnd,
    };

    static MemoryLayout RestoreLayout(in MmRecord saved) => new()
    {
        StartCode = (uint)saved.StartCode,
        EndCode = (uint)saved.EndCode,
        StartData = (uint)saved.StartData,
        EndData = (uint)saved.EndData,
        StartBrk = (uint)saved.StartBreak,
        Brk = (uint)saved.Break,
        StartStack = (uint)saved.StartStack,
        ArgStart = (uint)saved.ArgumentStart,
        ArgEnd = (uint)saved.ArgumentEnd,
        EnvStart = (uint)saved.EnvironmentStart,
        EnvEnd = (uint)saved.EnvironmentEnd,
    };

    sealed class SnapshotPages(PageSnapshot snapshot) : PageSet
    {
        public override int Count => snapshot.Count;

        public override uint AddressOf(int index) => snapshot.AddressOf(index);

        public override void CopyPages(int first, Span<byte> destination)
        {
            for (; destination.Length > 0; destination = destination[Frame.Size..]) snapshot.CopyTo(first++, destination);
        }
    }
}
