using System.IO.Compression;
using System.Security.Cryptography;

namespace CheckpointRestart.Pictures.Html;

/// <summary>The bytes of memory that a page has with it: every different page once, packed in blocks, up to a limit.</summary>
/// <param name="most">Packed bytes, at most.</param>
sealed class PageContents(long most) : IDisposable
{
    /// <summary>Pages of a block: unpacked together.</summary>
    public const int BlockPages = 16;

    const int PageSize = 4096;

    readonly Dictionary<string, int> known = new(StringComparer.Ordinal);
    readonly List<byte[]> blocks = [];
    readonly MemoryStream open = new();
    long packed;

    /// <summary>True when no other page has room.</summary>
    public bool IsFull => packed >= most;

    /// <summary>Adds a page.</summary>
    /// <returns>Its number; -1 when it is a new one and there is no room.</returns>
    public int Add(ReadOnlySpan<byte> page)
    {
        // What a guest makes up must not pass for something else.
        string hash = Convert.ToHexString(SHA256.HashData(page));
        if (known.TryGetValue(hash, out int number)) return number;
        if (IsFull) return -1;
        known.Add(hash, number = known.Count);
        open.Write(page);
        if (open.Length == BlockPages * PageSize) Close();
        return number;
    }

    /// <summary>Writes the blocks in base64, one on each line: a page's number divided by <see cref="BlockPages"/> is its line.</summary>
    public void WriteTo(TextWriter writer)
    {
        if (open.Length > 0) Close();
        foreach (byte[] block in blocks)
        {
            writer.Write(Convert.ToBase64String(block));
            writer.Write('\n');
        }
    }

    /// <inheritdoc/>
    public void Dispose() => open.Dispose();

    void Close()
    {
        using var block = new MemoryStream();
        using (var packer = new DeflateStream(block, CompressionLevel.SmallestSize, leaveOpen: true)) packer.Write(open.GetBuffer(), 0, (int)open.Length);
        blocks.Add(block.ToArray());
        packed += block.Length;
        open.SetLength(0);
    }
}
