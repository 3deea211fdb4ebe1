using System.Buffers.Binary;
using System.Text;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel.Proc;

/// <summary>/proc/pid/maps, smaps, smaps_rollup and pagemap (Linux: fs/proc/task_mmu.c).</summary>
internal static class ProcMaps
{
    static readonly (VmFlags Flag, VmAdvice Advice, string Text)[] Mnemonics =
    [
        (VmFlags.Read, 0, "rd"), (VmFlags.Write, 0, "wr"), (VmFlags.Exec, 0, "ex"), (VmFlags.Shared, 0, "sh"), (VmFlags.MayRead, 0, "mr"), (VmFlags.MayWrite, 0, "mw"),
        (VmFlags.MayExec, 0, "me"), (VmFlags.MayShare, 0, "ms"), (VmFlags.GrowsDown, 0, "gd"), (VmFlags.PfnMap, 0, "pf"), (VmFlags.Locked, 0, "lo"), (VmFlags.IO, 0, "io"),
        (VmFlags.SequentialRead, 0, "sr"), (VmFlags.RandomRead, 0, "rr"), (VmFlags.DontCopy, 0, "dc"), (VmFlags.DontExpand, 0, "de"), (0, VmAdvice.LockOnFault, "lf"),
        (VmFlags.Account, 0, "ac"), (VmFlags.NoReserve, 0, "nr"), (0, VmAdvice.WipeOnFork, "wf"), (0, VmAdvice.DontDump, "dd"), (0, VmAdvice.HugePage, "hg"),
        (0, VmAdvice.NoHugePage, "nh"), (0, VmAdvice.Mergeable, "mg"),
    ];

    public static string Format(Task task)
    {
        if (task.AddressSpace is not { } memory) return "";
        var text = new StringBuilder();
        foreach (var region in memory.Regions) AddLine(text, memory, region);
        return text.ToString();
    }

    public static string Detailed(Task task)
    {
        if (task.AddressSpace is not { } memory) return "";
        var text = new StringBuilder();
        foreach (var region in memory.Regions)
        {
            AddLine(text, memory, region);
            Add(text, "Size", region.Length >> 12);
            Add(text, "KernelPageSize", 1);
            Add(text, "MMUPageSize", 1);
            Add(text, MemoryUsage.Of(memory, region), region);
            text.Append("THPeligible:    0\nVmFlags: ");
            foreach (var (flag, advice, mnemonic) in Mnemonics)
                if ((region.Flags & flag) != 0 || (region.Advice & advice) != 0) text.Append(mnemonic).Append(' ');
            text.Append('\n');
        }
        return text.ToString();
    }

    public static string Rollup(Task task)
    {
        if (task.AddressSpace is not { Regions: [var first, ..] regions } memory) return "";
        var text = new StringBuilder($"{first.Start:x8}-{regions[^1].End:x8} ---p 00000000 00:00 0 ");
        text.Append(' ', Math.Max(49 - text.Length, 0)).Append("[rollup]\n");
        Add(text, MemoryUsage.Of(memory), null);
        return text.ToString();
    }

    /// <summary>A word for each page: present, of a file or shared, mapped here alone. Frame numbers are nobody's business.</summary>
    public static byte[] PageMap(Task task)
    {
        if (task.AddressSpace is not { } memory) return [];
        const ulong present = 1ul << 63, file = 1ul << 61, exclusive = 1ul << 56;
        var words = new byte[(AddressSpace.UserEnd >> 12) * 8];
        foreach (var region in memory.Regions)
        {
            memory.VisitPresent(region.Start, region.End, (page, state) =>
            {
                ulong word = present | (region.Source != null && (state & PageState.Private) == 0 ? file : 0) | (FrameStore.ReferenceCount(memory.GetFrame(page)) == 1 ? exclusive : 0);
                BinaryPrimitives.WriteUInt64LittleEndian(words.AsSpan((int)page * 8), word);
            });
        }
        return words;
    }

    static void AddLine(StringBuilder text, AddressSpace memory, Vma region)
    {
        uint device = 0;
        ulong inode = 0;
        if (region.Source is MappedFile mapped)
        {
            device = mapped.Dentry.Inode.FileSystem.Device;
            inode = mapped.Dentry.Inode.Number;
        }
        else if (region.Source is Ipc.SharedSegment segment)
        {
            device = 1;
            inode = (uint)segment.Id;
        }
        string name = region.Source?.Name ?? NameOf(memory.Layout, region);
        char Flag(VmFlags flag, char letter) => (region.Flags & flag) != 0 ? letter : '-';
        int start = text.Length;
        ulong offset = region.Source == null ? 0 : (ulong)region.PageOffset << 12;
        text.Append($"{region.Start:x8}-{region.End:x8} {Flag(VmFlags.Read, 'r')}{Flag(VmFlags.Write, 'w')}{Flag(VmFlags.Exec, 'x')}{((region.Flags & VmFlags.MayShare) != 0 ? 's' : 'p')} ")
            .Append($"{offset:x8} {FileSystem.Major(device):x2}:{FileSystem.Minor(device):x2} {inode} ");
        if (name.Length > 0) text.Append(' ', Math.Max(49 - (text.Length - start), 0)).Append(name);
        text.Append('\n');
    }

    static string NameOf(in MemoryLayout layout, Vma region) =>
        region.Name is { } name && name != "[stack]" ? name
        : region.Start <= layout.StartStack && layout.StartStack < region.End ? "[stack]"
        : layout.StartBrk != 0 && region.Start <= layout.Brk && region.End >= layout.StartBrk && layout.Brk > layout.StartBrk ? "[heap]"
        : "";

    static void Add(StringBuilder text, in MemoryUsage usage, Vma? region)
    {
        bool isLocked = region == null ? usage.Locked > 0 : (region.Flags & VmFlags.Locked) != 0;
        Add(text, "Rss", usage.Resident);
        AddBytes(text, "Pss", usage.ProportionalBytes);
        AddBytes(text, "Pss_Dirty", usage.ProportionalDirtyBytes);
        if (region == null)
        {
            AddBytes(text, "Pss_Anon", usage.ProportionalAnonymousBytes);
            AddBytes(text, "Pss_File", usage.ProportionalFileBytes);
            AddBytes(text, "Pss_Shmem", usage.ProportionalBytes - usage.ProportionalAnonymousBytes - usage.ProportionalFileBytes);
        }
        Add(text, "Shared_Clean", usage.SharedClean);
        Add(text, "Shared_Dirty", usage.SharedDirty);
        Add(text, "Private_Clean", usage.PrivateClean);
        Add(text, "Private_Dirty", usage.PrivateDirty);
        Add(text, "Referenced", usage.Resident);
        Add(text, "Anonymous", usage.Anonymous);
        foreach (string none in (string[])["LazyFree", "AnonHugePages", "ShmemPmdMapped", "FilePmdMapped", "Shared_Hugetlb", "Private_Hugetlb", "Swap", "SwapPss"]) Add(text, none, 0);
        AddBytes(text, "Locked", isLocked ? region == null ? usage.Locked : usage.ProportionalBytes : 0);
    }

    static void Add(StringBuilder text, string name, long pages) => AddBytes(text, name, pages << 12);

    static void AddBytes(StringBuilder text, string name, long bytes) => text.Append($"{name + ":",-16}{bytes >> 10,8} kB\n");
}
