using System.Collections.Concurrent;
using System.IO.Hashing;

namespace CheckpointRestart.Core.Files;

/// <summary>The contents that a lower layer has for a file, as they were when the machine first looked at it: they can be hashed on any thread, also when the machine has gone on.</summary>
internal sealed class LowerContents
{
    const int Piece = 1 << 18;

    /// <summary>Hashes that are kept, for files that many images count on.</summary>
    const int MostKept = 4096;

    static readonly ConcurrentDictionary<(ulong Device, ulong Inode, long Size, Timespec Modified, long First, long Length), (ulong High, ulong Low)> Known = new();

    readonly LowerLayer layer;
    readonly string path;
    readonly HostMetadata identity;

    /// <summary>On the machine's thread.</summary>
    public LowerContents(HostNode node, in HostMetadata identity, long length)
    {
        layer = node.Layer;
        path = node.Path;
        this.identity = identity;
        Length = length;
    }

    /// <summary>Bytes that there are, at most.</summary>
    public long Length { get; }

    /// <summary>XXH128 of a range, as far as it lies in the file.</summary>
    /// <returns>False when it cannot be read, or is no longer what it was.</returns>
    /// <param name="first">Byte offset.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="again">Reads the file though it was hashed before and looks the same since.</param>
    /// <param name="hash">The hash.</param>
    public bool TryHash(long first, long length, bool again, out (ulong High, ulong Low) hash)
    {
        var key = (identity.Device, identity.Inode, identity.Size, identity.Modified, first, length);
        // Where the host tells files from each other, the same one need not be read again.
        bool isKnown = identity.Inode != 0 && layer is HostRoot;
        hash = default;
        if (isKnown && !again && Known.TryGetValue(key, out hash)) return layer.Stat(path, out var now) == Errno.None && now.IsSameFile(identity);
        try
        {
            if (!TryRead(first, Math.Min(length, Length - first), out hash)) return false;
        }
        catch (ObjectDisposedException)
        {
            // The machine has ended meanwhile, and with it the root.
            return false;
        }
        if (!isKnown) return true;
        if (Known.Count >= MostKept) Known.Clear();
        Known[key] = hash;
        return true;
    }

    bool TryRead(long first, long length, out (ulong High, ulong Low) hash)
    {
        hash = default;
        var digest = new XxHash128();
        if (layer is TarLayer tar)
        {
            if (!Append(digest, length, (done, buffer) => tar.ReadBeside(identity, first + done, buffer, out int read) == Errno.None ? read : -1)) return false;
        }
        else
        {
            var root = (HostRoot)layer;
            if (root.OpenFile(path, writable: false, out var file) != Errno.None) return false;
            using (file)
            {
                if (root.Stat(file!, out var before) != Errno.None || !before.IsSameFile(identity)) return false;
                if (!Append(digest, length, (done, buffer) => HostRoot.Read(file!, first + done, buffer, out int read) == Errno.None ? read : -1)) return false;
                if (root.Stat(file!, out var after) != Errno.None || !after.IsSameFile(identity)) return false;
            }
        }
        var value = digest.GetCurrentHashAsUInt128();
        hash = ((ulong)(value >> 64), (ulong)value);
        return true;
    }

    delegate int Reading(long done, Span<byte> buffer);

    static bool Append(XxHash128 digest, long length, Reading read)
    {
        var buffer = new byte[(int)Math.Min(Piece, Math.Max(length, 1))];
        for (long done = 0; done < length;)
        {
            int some = read(done, buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - done)));
            if (some <= 0) return false;
            digest.Append(buffer.AsSpan(0, some));
            done += some;
        }
        return true;
    }
}

/// <content>What of the lower layer an image counts on.</content>
public sealed partial class RegularInode
{
    /// <summary>The contents of the lower layer that the file still has; null when it has none. On the machine's thread.</summary>
    internal LowerContents? LowerContents => Host == null || !isLoaded || isStale || hostLength == 0 ? null : new LowerContents(Host, identity, hostLength);
}
