namespace CheckpointRestart.Core.Image;

/// <summary>An 8-byte segment descriptor of GDT or LDT (Intel SDM volume 3, 3.4.5), whole: all 32 bits of base and 20 of limit.</summary>
public readonly record struct SegmentDescriptor(ulong Raw)
{
    /// <summary>No descriptor at all.</summary>
    public bool IsEmpty => Raw == 0;

    public uint Base => (uint)(Raw >> 16 & 0xff_ffff) | ((uint)(Raw >> 56) << 24);

    /// <summary>The 20-bit limit as stored; in units of 4 KiB when <see cref="Granular"/>.</summary>
    public uint RawLimit => (uint)(Raw & 0xffff) | (uint)(Raw >> 32 & 0xf_0000);

    /// <summary>The last valid offset, in bytes (for an expand-down segment, the last invalid one).</summary>
    public uint Limit => Granular ? (RawLimit << 12) | 0xfff : RawLimit;

    /// <summary>The 4-bit type field.</summary>
    public int Type => (int)(Raw >> 40) & 0xf;

    /// <summary>A code or data segment, not a system one.</summary>
    public bool IsUserSegment => (Raw >> 44 & 1) != 0;

    public int PrivilegeLevel => (int)(Raw >> 45) & 3;

    public bool Present => (Raw >> 47 & 1) != 0;

    /// <summary>The bit that software may use.</summary>
    public bool Available => (Raw >> 52 & 1) != 0;

    /// <summary>A 64-bit code segment: never valid here.</summary>
    public bool Long => (Raw >> 53 & 1) != 0;

    /// <summary>32-bit rather than 16-bit.</summary>
    public bool Big => (Raw >> 54 & 1) != 0;

    public bool Granular => (Raw >> 55 & 1) != 0;

    public bool IsCode => (Type & 8) != 0;

    /// <summary>Conforming code, or expand-down data.</summary>
    public bool ConformingOrExpandDown => (Type & 4) != 0;

    /// <summary>Writable data, or readable code.</summary>
    public bool WritableOrReadable => (Type & 2) != 0;

    /// <summary>A descriptor of privilege 3.</summary>
    /// <param name="type">The 4-bit type field, such as 3 for writable data.</param>
    /// <param name="limit">20 bits.</param>
    public static SegmentDescriptor Create(uint @base, uint limit, int type, bool big = true, bool granular = true, bool present = true, bool available = false) =>
        new((limit & 0xffff)
            | ((ulong)(@base & 0xff_ffff) << 16)
            | ((ulong)(type & 0xf) << 40)
            | (1UL << 44)
            | (3UL << 45)
            | ((present ? 1UL : 0) << 47)
            | ((ulong)(limit >> 16 & 0xf) << 48)
            | ((available ? 1UL : 0) << 52)
            | ((big ? 1UL : 0) << 54)
            | ((granular ? 1UL : 0) << 55)
            | ((ulong)(@base >> 24) << 56));

    public override string ToString() =>
        IsEmpty ? "empty" : $"base 0x{Base:x8}, limit 0x{Limit:x8}, {(IsCode ? "code" : "data")}, {(Big ? 32 : 16)}-bit{(Present ? "" : ", not present")}";
}
