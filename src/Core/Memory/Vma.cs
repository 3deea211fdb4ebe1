namespace CheckpointRestart.Core.Memory;

/// <summary>Properties of a region that Linux has gained since the VM_* flags of an image were fixed.</summary>
[Flags]
public enum VmAdvice : byte
{
    None = 0,
    /// <summary>MADV_WIPEONFORK: a child finds zeros.</summary>
    WipeOnFork = 1,
    /// <summary>MADV_DONTDUMP.</summary>
    DontDump = 2,
    /// <summary>MADV_MERGEABLE.</summary>
    Mergeable = 4,
    /// <summary>MADV_HUGEPAGE.</summary>
    HugePage = 8,
    /// <summary>MADV_NOHUGEPAGE.</summary>
    NoHugePage = 16,
    /// <summary>mlock2(2) with MLOCK_ONFAULT.</summary>
    LockOnFault = 32,
}

/// <summary>One virtual memory area: a range of guest pages with one protection and one backing. Changed only by its address space.</summary>
public sealed class Vma
{
    internal Vma(uint start, uint end, VmFlags flags, IPageSource? source, uint pageOffset, string? name)
    {
        Start = start;
        End = end;
        Flags = flags;
        Source = source;
        PageOffset = pageOffset;
        Name = name;
    }

    /// <summary>First byte, page aligned.</summary>
    public uint Start { get; internal set; }

    /// <summary>One past the last byte, page aligned.</summary>
    public uint End { get; internal set; }

    /// <summary>Linux VM_* flags.</summary>
    public VmFlags Flags { get; internal set; }

    /// <summary>What madvise(2) said of it beyond <see cref="Flags"/>.</summary>
    public VmAdvice Advice { get; internal set; }

    /// <summary>The file or shared memory behind the region; null when it is anonymous and private.</summary>
    public IPageSource? Source { get; }

    /// <summary>Where in <see cref="Source"/> the region begins, in pages.</summary>
    public uint PageOffset { get; internal set; }

    /// <summary>A kernel name such as [stack], [heap] or [vdso]; null when there is none.</summary>
    public string? Name { get; internal set; }

    /// <summary>Bytes.</summary>
    public uint Length => End - Start;

    /// <summary>True when writes go to <see cref="Source"/>.</summary>
    public bool IsShared => (Flags & VmFlags.Shared) != 0;

    internal uint SourceIndex(uint page) => PageOffset + (page - (Start >> 12));
}
