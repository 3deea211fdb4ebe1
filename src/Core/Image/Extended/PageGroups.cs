using System.IO.Hashing;
using CheckpointRestart.Core.Image.Records;

namespace CheckpointRestart.Core.Image.Extended;

/// <summary>A group of an image's pages.</summary>
internal sealed class PageGroup
{
    /// <summary>Where the stored pages begin in the file.</summary>
    public required long Offset { get; init; }

    /// <summary>Where the record of the group lies; 0 when that does not matter.</summary>
    public long RecordOffset { get; init; }

    /// <summary>Of each page; never <see cref="PageKind.ParentNext"/>.</summary>
    public required PageKind[] Kinds { get; init; }

    /// <summary>Of each page of the parent's, its number there; empty when there are none.</summary>
    public int[] Inherited { get; init; } = [];

    /// <summary>CRC-32 of the stored bytes.</summary>
    public required uint Checksum { get; init; }

    /// <summary>Bytes stored.</summary>
    public required int Stored { get; init; }

    /// <summary>How they are stored.</summary>
    public PageEncoding Encoding { get; init; }

    /// <summary>Bytes of the pages that are stored.</summary>
    public int PageBytes => Kinds.Count(static kind => kind == PageKind.Stored) * ExtendedLimits.PageSize;

    /// <summary>The stored pages from the bytes that stand for them.</summary>
    /// <exception cref="CheckpointImageException">They are no zstd frame of as many pages.</exception>
    public byte[] Unpack(byte[] data)
    {
        if (Encoding == PageEncoding.Raw) return data;
        var bytes = new byte[PageBytes];
        new RecordRules((RecordType)ExtendedRecord.Pages, Offset).Require(PagePacker.TryUnpack(data.AsSpan(0, Stored), bytes), "packed pages are a zstd frame of as many pages");
        return bytes;
    }

    /// <summary>The stored pages, once they are in memory.</summary>
    public byte[]? Data { get; set; }

    /// <summary>Where a page lies among the stored ones; -1 for one that is zero.</summary>
    public int PlaceOf(int page)
    {
        if (Kinds[page] != PageKind.Stored) return -1;
        int place = 0;
        for (int i = 0; i < page; i++)
            if (Kinds[i] == PageKind.Stored) place++;
        return place;
    }
}

/// <summary>The pages of an image that was read: in memory, or in its file until they are asked for.</summary>
internal sealed partial class GroupedPages(IReadOnlyList<PageGroup> groups, int count, ImageBytes? file) : ImagePages
{
    readonly Lock gate = new();
    PageGroup? last;
    byte[] data = [];
    bool isDisposed;

    /// <summary>The image that this one builds on.</summary>
    public ExtendedImage? Parent { get; set; }

    public override int Count { get; } = count;

    public override int ZeroCount { get; internal set; } = groups.Sum(static group => group.Kinds.Count(static kind => kind == PageKind.Zero));

    public override int InheritedCount { get; internal set; } = groups.Sum(static group => group.Kinds.Count(static kind => kind == PageKind.Parent));

    public override void CopyTo(int page, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)page, (uint)Count, nameof(page));
        var group = groups[page / ExtendedLimits.GroupPages];
        if (group.Kinds[page % ExtendedLimits.GroupPages] == PageKind.Parent)
        {
            CopyInherited(group.Inherited[page % ExtendedLimits.GroupPages], destination);
            return;
        }
        int place = group.PlaceOf(page % ExtendedLimits.GroupPages);
        destination = destination[..ExtendedLimits.PageSize];
        if (place < 0)
        {
            destination.Clear();
            return;
        }
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            DataOf(group).AsSpan(place * ExtendedLimits.PageSize, ExtendedLimits.PageSize).CopyTo(destination);
        }
    }

    void CopyInherited(int page, Span<byte> destination)
    {
        try
        {
            OpenParent().Pages.CopyTo(page, destination);
        }
        catch (CheckpointImageException exception) when (IsOfParent(exception))
        {
            throw OfParent(exception);
        }
    }

    ExtendedImage OpenParent() => Parent ?? throw new InvalidOperationException("the parent of the image was not opened");

    /// <summary>True for what is wrong with the parent itself, whose file is to be named.</summary>
    bool IsOfParent(CheckpointImageException exception) => Parent!.Path != null && exception.Record != (RecordType)ExtendedRecord.Parent;

    CheckpointImageException OfParent(CheckpointImageException exception) =>
        new RecordRules((RecordType)ExtendedRecord.Parent, 0).Broken($"the image that it builds on, '{Parent!.Path}', is whole ({exception.Message})", exception.Errno);

    /// <summary>A group's stored pages; the one that was asked for last is kept.</summary>
    byte[] DataOf(PageGroup group)
    {
        if (group.Data != null) return group.Data;
        if (ReferenceEquals(group, last)) return data;
        var read = data.Length >= group.Stored && group.Encoding == PageEncoding.Raw ? data : new byte[ExtendedLimits.GroupPages * ExtendedLimits.PageSize];
        last = null;
        ReadStored(group, read.AsSpan(0, group.Stored), 0);
        RulesOf(group).Require(Crc32.HashToUInt32(read.AsSpan(0, group.Stored)) == group.Checksum, Checked, Errno.EIO);
        data = group.Unpack(read);
        last = group;
        return data;
    }

    protected override void Dispose(bool disposing)
    {
        lock (gate)
        {
            isDisposed = true;
            data = [];
            last = null;
            if (disposing) CloseIfDone();
        }
    }
}
