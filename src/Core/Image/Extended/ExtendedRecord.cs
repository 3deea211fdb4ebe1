namespace CheckpointRestart.Core.Image.Extended;

/// <summary>Record types of an Extended image besides HEAD; the value is the header's <c>type</c> field. A reader passes over a type that it does not know
/// when <see cref="Optional"/> is set in it, and refuses the image otherwise.</summary>
public enum ExtendedRecord : short
{
    None = 0,
    /// <summary>How much there is of everything, and which image this one builds on.</summary>
    Contents = 1001,
    /// <summary>Names that fields and kinds of objects have.</summary>
    Names = 1002,
    /// <summary>An object: its kind and the first of its bytes.</summary>
    Object = 1003,
    /// <summary>Further bytes of the object before it.</summary>
    More = 1004,
    /// <summary>The checksum of all records since the last one.</summary>
    Check = 1005,
    /// <summary>A group of pages; their contents follow outside any record.</summary>
    Pages = 1006,
    /// <summary>Where the groups of pages lie.</summary>
    Index = 1007,
    /// <summary>Writing has failed: what the image would have had further, it has not.</summary>
    Error = 1008,
    /// <summary>The end, with the identity of the image.</summary>
    End = 1009,
    /// <summary>The image that this one builds on: how far down the chain goes, and where it is.</summary>
    Parent = 1010,
    /// <summary>The bit of types that a reader may pass over.</summary>
    Optional = 0x4000,
}

/// <summary>Sizes and limits of the Extended format.</summary>
public static class ExtendedLimits
{
    /// <summary>The revision in HEAD.</summary>
    public const ushort Revision = 16;

    /// <summary>Pages of a group; the last group of an image may have fewer.</summary>
    public const int GroupPages = 256;

    /// <summary>Pages of a group that are stored as they are begin at a multiple of their size when there are so many; fewer, as in an increment, are not worth the padding.</summary>
    public const int AlignedPages = 16;

    /// <summary>Bytes of a page.</summary>
    public const int PageSize = 4096;

    /// <summary>Bytes of an object that one record carries, at most.</summary>
    public const int PieceBytes = 32_000;

    /// <summary>Bytes of records after which a checksum stands, about.</summary>
    public const int CheckedBytes = 256 << 10;

    /// <summary>Entries of one INDEX record, at most.</summary>
    public const int IndexEntries = 4000;

    /// <summary>Names of an image, at most.</summary>
    public const int MostNames = ushort.MaxValue;

    /// <summary>Pages of an image, at most: 64 GiB.</summary>
    public const long MostPages = 1 << 24;

    /// <summary>Bytes of one object, at most.</summary>
    public const int MostObjectBytes = 256 << 20;

    /// <summary>Bytes of the identity of an image: SHA-256.</summary>
    public const int IdentityBytes = 32;

    /// <summary>Bytes of END's payload.</summary>
    public const int EndBytes = 16 + IdentityBytes;

    /// <summary>Bytes of CONTENTS' payload.</summary>
    public const int ContentsBytes = 32 + IdentityBytes;

    /// <summary>Bytes of PAGES' payload in front of what is said of each page, and of the checksum at its end.</summary>
    public const int GroupHeadBytes = 16;

    /// <summary>Bytes of PARENT's payload in front of the path.</summary>
    public const int ParentHeadBytes = 8;

    /// <summary>Bytes of the path of a parent, at most.</summary>
    public const int MostPathBytes = 4096;

    /// <summary>Images of a chain, the whole one at its beginning included, at most.</summary>
    public const int MostChain = 64;

    /// <summary>The first eight bytes of END's payload: "CrEndRec", little-endian.</summary>
    public const ulong EndMagic = 0x6365_5264_6E45_7243;
}

/// <summary>How a group's pages are stored.</summary>
public enum PageEncoding : byte
{
    /// <summary>As they are, page aligned in the file.</summary>
    Raw = 0,
    /// <summary>One zstd frame of them all, shorter than they are; not aligned. The checksum is of the frame.</summary>
    Zstd = 1,
}

/// <summary>Where the contents of a page are.</summary>
public enum PageKind : byte
{
    /// <summary>In this group.</summary>
    Stored = 0,
    /// <summary>All zero: nowhere.</summary>
    Zero = 1,
    /// <summary>In the parent image: its number there is listed.</summary>
    Parent = 2,
    /// <summary>In the parent image, behind the one of the page before.</summary>
    ParentNext = 3,
}
