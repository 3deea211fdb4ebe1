namespace CheckpointRestart.Core.Image.Extended;

/// <summary>What stands behind a field's name in an object of an Extended image.</summary>
public enum FieldTag : byte
{
    /// <summary>Nothing: an object, text or structure that is not there.</summary>
    None = 0,
    /// <summary>An unsigned number of 1, 2, 4 or 8 bytes, little-endian.</summary>
    U8 = 1, U16 = 2, U32 = 3, U64 = 4,
    /// <summary>A negative number, 8 bytes, two's complement.</summary>
    S64 = 5,
    /// <summary>u32 count, then bytes.</summary>
    Bytes = 6,
    /// <summary>u32 count, then bytes of a guest's text: UTF-8 as a rule.</summary>
    Text = 7,
    /// <summary>u32 number of an object.</summary>
    Reference = 8,
    /// <summary>u32 count, then as many structures, each a u32 count of bytes and its fields.</summary>
    List = 9,
    /// <summary>u32 count of bytes, then fields.</summary>
    Structure = 10,
    /// <summary>u32 count, then as many runs of pages of 16 bytes: <see cref="PageRun"/>.</summary>
    Pages = 11,
}

/// <summary>Pages of an object that follow each other, there and among the image's pages.</summary>
/// <param name="First">The first page's number in the object.</param>
/// <param name="Count">How many.</param>
/// <param name="Page">The first one's number among the pages of the image.</param>
/// <param name="State">The object's own word about each of them.</param>
public readonly record struct PageRun(uint First, uint Count, uint Page, uint State);
