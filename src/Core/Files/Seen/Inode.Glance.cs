using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Files;

/// <content>Looking from outside: nothing is fixed, numbered, cached or told to watchers.</content>
public abstract partial class Inode
{
    /// <summary>As <see cref="Stat"/>; what of the lower layer was never looked at stays so.</summary>
    internal virtual Errno Glance(out StatData data) => Stat(out data);

    /// <summary>What the lower layer says of a file that was never looked at.</summary>
    private protected Errno GlanceBelow(out StatData data)
    {
        data = default;
        var error = Host!.Layer.Stat(Host, out var lower);
        if (error != Errno.None) return error == Errno.ENOENT ? Errno.ESTALE : error;
        if (lower.Type != Type) return Errno.ESTALE;
        data = LowerReading.Facts(lower, Number, FileSystem.Device);
        return Errno.None;
    }
}

internal sealed partial class TreeDirectory
{
    /// <inheritdoc/>
    internal override Errno Glance(out StatData data)
    {
        if (!isLoaded) return GlanceBelow(out data);
        // Counting the directories in it would list them.
        if (isListed || base.Links == 0) return Stat(out data);
        data = Facts(2);
        return Errno.None;
    }

    /// <summary>The entries, and those that the lower layer has and nobody has listed yet.</summary>
    internal Errno GlanceList(List<Glance> found)
    {
        foreach (var entry in entries.Values) found.Add(new Glance(entry));
        if (isListed) return Errno.None;
        var below = new List<HostEntry>();
        var error = Host!.Layer.List(Host, below);
        if (error != Errno.None) return error == Errno.ENOENT ? Errno.ESTALE : error;
        foreach (var entry in below)
            if (!entries.ContainsKey(entry.Name)) found.Add(Below(entry.Name));
        return Errno.None;
    }

    /// <summary>One entry of them; null when there is none.</summary>
    internal Errno GlanceChild(string name, out Glance? child)
    {
        child = entries.TryGetValue(name, out var known) ? new Glance(known) : null;
        if (child != null || isListed) return Errno.None;
        var at = new HostNode(Host!.Layer, Host, name);
        var error = Host.Layer.Stat(at, out _);
        if (error == Errno.None) child = Below(name);
        return error is Errno.ENOENT or Errno.ENOTDIR ? Errno.None : error;
    }

    Glance Below(string name)
    {
        var at = new HostNode(Host!.Layer, Host, name);
        // A file with several names may be known by another one, and changed.
        return Host.Layer.FindLinked(at) is { } linked ? new Glance(name, linked) : new Glance(name, at);
    }
}

internal sealed partial class SymbolicLinkInode
{
    /// <inheritdoc/>
    internal override Errno Glance(out StatData data) => target == null ? GlanceBelow(out data) : Stat(out data);

    /// <summary>The text.</summary>
    internal Errno GlanceTarget(out string text)
    {
        text = target ?? "";
        return target != null ? Errno.None : Host!.Layer.ReadLink(Host.Path, out text);
    }
}

internal sealed partial class SpecialInode
{
    /// <summary>What lies in a FIFO.</summary>
    internal byte[] InPipe => pipe?.Contents ?? [];
}

public sealed partial class RegularInode
{
    /// <inheritdoc/>
    internal override Errno Glance(out StatData data) => isLoaded ? Stat(out data) : GlanceBelow(out data);

    /// <summary>Copies contents.</summary>
    internal Errno GlanceRead(long position, Span<byte> to, out int read)
    {
        read = 0;
        if (isStale) return Errno.ESTALE;
        if (!isLoaded)
        {
            var error = Host!.Layer.Stat(Host, out var lower);
            if (error == Errno.None && lower.Type != FileModeBits.Regular) error = Errno.ESTALE;
            return error != Errno.None ? error : LowerReading.Read(Host.Layer, Host.Path, lower, position, to, out read);
        }
        if (position >= size) return Errno.None;
        if (to.Length > size - position) to = to[..(int)(size - position)];
        while (read < to.Length)
        {
            uint index = (uint)(position >> 12);
            int offset = (int)(position & 0xFFF);
            int length = Math.Min(to.Length - read, Frame.Size - offset);
            var part = to.Slice(read, length);
            if (pages.TryGetValue(index, out var page))
            {
                page.Frame.Bytes.Slice(offset, length).CopyTo(part);
            }
            else if (position >= hostLength)
            {
                part.Clear();
            }
            else
            {
                length = LengthBelow(index, to.Length - read, position);
                var error = ReadBelow(position, to.Slice(read, length));
                if (error != Errno.None) return read > 0 ? Errno.None : error;
            }
            read += length;
            position += length;
        }
        return Errno.None;
    }

    /// <summary>Bytes from a position on that no page in memory has.</summary>
    int LengthBelow(uint index, int most, long position)
    {
        long end = ((long)index + 1) << 12;
        while (end - position < most && end < hostLength && !pages.ContainsKey((uint)(end >> 12))) end += Frame.Size;
        return (int)Math.Min(most, end - position);
    }

    Errno ReadBelow(long position, Span<byte> to)
    {
        int wanted = (int)Math.Clamp(hostLength - position, 0, to.Length), read;
        var error = deletedHandle != null
            ? HostRoot.Read(deletedHandle, position, to[..wanted], out read)
            : LowerReading.Read(Host!.Layer, Host.Path, identity, position, to[..wanted], out read);
        if (error == Errno.None && read < wanted) error = Errno.ESTALE;
        to[wanted..].Clear();
        return error;
    }
}
