using System.IO.Hashing;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;

namespace CheckpointRestart.Core.Checkpoint.Measuring;

/// <summary>Looks at pages one after another: whether they are zero, whether they were there before, and what they become when they are packed. Not thread safe.</summary>
internal sealed class PageMeter : IDisposable
{
    const int Most = 256;

    readonly HashSet<UInt128> seen = [];
    readonly PagePacker packer = new(1);
    readonly byte[] waiting = new byte[Most * ImageLimits.PageSize], packed = new byte[Most * ImageLimits.PageSize];
    ImageShare? owner;
    int count;

    public void Add(ImageShare share, ReadOnlySpan<byte> page)
    {
        share.Pages++;
        if (!page.ContainsAnyExcept((byte)0))
        {
            share.ZeroPages++;
            return;
        }
        if (!seen.Add(XxHash128.HashToUInt128(page))) share.DuplicatePages++;
        if (owner != share || count == Most) Pack();
        owner = share;
        page.CopyTo(waiting.AsSpan(count++ * ImageLimits.PageSize));
    }

    /// <summary>Packs what is left.</summary>
    public void Dispose()
    {
        Pack();
        packer.Dispose();
    }

    void Pack()
    {
        if (count == 0) return;
        int length = count * ImageLimits.PageSize;
        owner!.PackedBytes += packer.TryPack(waiting.AsSpan(0, length), packed, out int less) ? less : length;
        count = 0;
    }
}
