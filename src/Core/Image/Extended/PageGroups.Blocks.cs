using System.Buffers;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using CheckpointRestart.Core.Image.Records;

namespace CheckpointRestart.Core.Image.Extended;

/// <content>Whole groups, straight to where their pages go, by several threads at once.</content>
internal sealed partial class GroupedPages
{
    const string Checked = "stored pages have their checksum";

    int holders;
    bool mayWait;

    /// <summary>Where the stored bytes of each group lie in the file.</summary>
    internal IReadOnlyList<(long Offset, int Bytes)> Stored => [.. groups.Select(static group => (group.Offset, group.Stored))];

    internal override bool CanWait => (file != null || mayWait) && Parent?.Pages.CanWait != false;

    internal override void LetWait()
    {
        mayWait = true;
        Parent?.Pages.LetWait();
    }

    internal override bool IsZero(int page) => groups[page / ExtendedLimits.GroupPages].Kinds[page % ExtendedLimits.GroupPages] == PageKind.Zero;

    internal override bool AnyIsZero(int first, int count)
    {
        for (int page = first; page < first + count;)
        {
            int at = page % ExtendedLimits.GroupPages, some = Math.Min(count - (page - first), ExtendedLimits.GroupPages - at);
            if (MemoryMarshal.AsBytes(groups[page / ExtendedLimits.GroupPages].Kinds.AsSpan(at, some)).Contains((byte)PageKind.Zero)) return true;
            page += some;
        }
        return false;
    }

    internal override void Hold()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposed && holders == 0, this);
            holders++;
        }
        Parent?.Pages.Hold();
    }

    internal override void Drop()
    {
        lock (gate)
        {
            holders--;
            CloseIfDone();
        }
        Parent?.Pages.Drop();
    }

    internal override unsafe void ReadBlock(int first, ReadOnlySpan<nint> targets)
    {
        var group = groups[first / ExtendedLimits.GroupPages];
        bool anyStored = false, anyInherited = false;
        for (int i = 0; i < targets.Length; i++)
        {
            if (targets[i] == 0) continue;
            anyStored |= group.Kinds[i] == PageKind.Stored;
            anyInherited |= group.Kinds[i] == PageKind.Parent;
            if (group.Kinds[i] == PageKind.Zero) new Span<byte>((void*)targets[i], ExtendedLimits.PageSize).Clear();
        }
        if (anyInherited) ReadInherited(group, targets);
        if (!anyStored) return;
        if (group.Data == null && group.Encoding == PageEncoding.Raw) ReadRaw(group, targets);
        else CopyStored(group, targets);
    }

    /// <inheritdoc/>
    /// <remarks>What is at least half of a group is read past the group that is kept, by several threads at once.</remarks>
    public override unsafe void CopyRun(int first, Span<byte> destination)
    {
        int wanted = destination.Length / ExtendedLimits.PageSize;
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, Count - wanted);
        Span<nint> targets = stackalloc nint[ExtendedLimits.GroupPages];
        fixed (byte* to = destination)
        {
            for (int done = 0; done < wanted;)
            {
                var (start, count) = BlockOf(first + done);
                int skipped = first + done - start, some = Math.Min(count - skipped, wanted - done);
                if (some * 2 < count)
                {
                    for (int end = done + some; done < end; done++) CopyTo(first + done, destination[(done * ExtendedLimits.PageSize)..]);
                    continue;
                }
                targets.Clear();
                for (int i = 0; i < some; i++, done++) targets[skipped + i] = (nint)(to + ((long)done * ExtendedLimits.PageSize));
                Hold();
                try
                {
                    ReadBlock(start, targets[..count]);
                }
                finally
                {
                    Drop();
                }
            }
        }
    }

    /// <summary>Pages of the parent, those of one of its groups at a time.</summary>
    void ReadInherited(PageGroup group, ReadOnlySpan<nint> targets)
    {
        var parent = OpenParent();
        Span<nint> left = stackalloc nint[ExtendedLimits.GroupPages], theirs = stackalloc nint[ExtendedLimits.GroupPages];
        left = left[..targets.Length];
        targets.CopyTo(left);
        for (int i = 0; i < left.Length; i++)
        {
            // One that a page before it has in common is left for a turn of its own.
            while (left[i] != 0 && group.Kinds[i] == PageKind.Parent)
            {
                var (first, count) = parent.Pages.BlockOf(group.Inherited[i]);
                var block = theirs[..count];
                block.Clear();
                for (int k = i; k < left.Length; k++)
                {
                    int place = group.Kinds[k] == PageKind.Parent && left[k] != 0 ? group.Inherited[k] - first : -1;
                    if ((uint)place >= (uint)count || block[place] != 0) continue;
                    (block[place], left[k]) = (left[k], 0);
                }
                try
                {
                    parent.Pages.ReadBlock(first, block);
                }
                catch (CheckpointImageException damage) when (IsOfParent(damage))
                {
                    throw OfParent(damage);
                }
            }
        }
    }

    /// <summary>Pages that lie in a row in memory as they do in the file are read in one piece; those that nobody wants are read for the checksum alone.</summary>
    unsafe void ReadRaw(PageGroup group, ReadOnlySpan<nint> targets)
    {
        byte[]? spare = null;
        var check = new Crc32();
        int done = 0;
        try
        {
            for (int i = 0; i < targets.Length;)
            {
                if (group.Kinds[i] != PageKind.Stored)
                {
                    i++;
                    continue;
                }
                nint target = targets[i];
                int bytes = ExtendedLimits.PageSize;
                for (i++; i < targets.Length && group.Kinds[i] == PageKind.Stored && targets[i] == (target == 0 ? 0 : target + bytes); i++) bytes += ExtendedLimits.PageSize;
                if (target == 0) spare ??= ArrayPool<byte>.Shared.Rent(ExtendedLimits.GroupPages * ExtendedLimits.PageSize);
                var to = target == 0 ? spare.AsSpan(0, bytes) : new Span<byte>((void*)target, bytes);
                ReadStored(group, to, done);
                check.Append(to);
                done += bytes;
            }
        }
        finally
        {
            if (spare != null) ArrayPool<byte>.Shared.Return(spare);
        }
        RulesOf(group).Require(check.GetCurrentHashAsUInt32() == group.Checksum, Checked, Errno.EIO);
    }

    unsafe void CopyStored(PageGroup group, ReadOnlySpan<nint> targets)
    {
        byte[] stored = group.Data ?? [];
        if (group.Data == null)
        {
            byte[] packed = ArrayPool<byte>.Shared.Rent(group.Stored);
            try
            {
                ReadStored(group, packed.AsSpan(0, group.Stored), 0);
                RulesOf(group).Require(Crc32.HashToUInt32(packed.AsSpan(0, group.Stored)) == group.Checksum, Checked, Errno.EIO);
                stored = group.Unpack(packed);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(packed);
            }
        }
        int place = 0;
        for (int i = 0; i < targets.Length; i++)
        {
            if (group.Kinds[i] != PageKind.Stored) continue;
            if (targets[i] != 0) stored.AsSpan(place, ExtendedLimits.PageSize).CopyTo(new Span<byte>((void*)targets[i], ExtendedLimits.PageSize));
            place += ExtendedLimits.PageSize;
        }
    }

    void ReadStored(PageGroup group, Span<byte> to, int from)
    {
        if (file!.ReadAll(to, group.Offset + from) < to.Length) throw RulesOf(group).Broken("an image ends with END, not before", Errno.EPIPE);
    }

    static RecordRules RulesOf(PageGroup group) => new((RecordType)ExtendedRecord.Pages, group.Offset);

    void CloseIfDone()
    {
        if (isDisposed && holders == 0) file?.Dispose();
    }
}
