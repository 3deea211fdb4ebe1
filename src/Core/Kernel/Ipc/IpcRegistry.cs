using System.Diagnostics.CodeAnalysis;

namespace CheckpointRestart.Core.Kernel.Ipc;

/// <summary>All objects of one kind by id and by key (Linux: struct ipc_ids). Indices are taken in a circle, so that an id is not soon used again.</summary>
public sealed partial class IpcRegistry<T>(int limit) where T : IpcObject
{
    const int IndexBits = 15, IndexMask = (1 << IndexBits) - 1, SequenceLimit = int.MaxValue >> IndexBits, ShortestCircle = 64;

    readonly SortedDictionary<int, T> objects = [];
    readonly Dictionary<int, T> byKey = [];
    int lastIndex = -1;
    int sequence;

    /// <summary>The most objects.</summary>
    public int Limit { get; internal set; } = limit;

    /// <summary>All objects by index.</summary>
    public IReadOnlyDictionary<int, T> Objects => objects;

    /// <summary>The highest index in use, 0 when there is none.</summary>
    internal int HighestIndex => objects.Count == 0 ? 0 : objects.Keys.Max();

    /// <summary>The object of an id; EINVAL when there is none.</summary>
    internal Errno Find(int id, [NotNull] out T? found)
    {
        found = null!;
        if (id < 0 || !objects.TryGetValue(id & IndexMask, out var there) || there.Id != id) return Errno.EINVAL;
        found = there;
        return Errno.None;
    }

    /// <summary>The object of an index, for the *_STAT commands.</summary>
    internal Errno FindIndex(int index, [NotNull] out T? found)
    {
        found = null!;
        if (index < 0 || !objects.TryGetValue(index & IndexMask, out var there)) return Errno.EINVAL;
        found = there;
        return Errno.None;
    }

    /// <summary>What all *get calls do: finds or makes the object of a key.</summary>
    /// <param name="task">The caller.</param>
    /// <param name="key">The key; 0 makes a new object.</param>
    /// <param name="flags">IPC_CREAT, IPC_EXCL and permissions.</param>
    /// <param name="make">Makes a new object, or gives an errno.</param>
    /// <param name="check">Whether an object that is there will do.</param>
    /// <returns>The id, or ENOENT, EEXIST, EACCES, ENOSPC and what the two functions give.</returns>
    internal Result Get(Task task, int key, uint flags, Func<(T? Made, Errno Error)> make, Func<T, Errno> check)
    {
        const uint create = 0x200, exclusive = 0x400;
        if (key != IpcObject.PrivateKey && byKey.TryGetValue(key, out var there))
        {
            if ((flags & (create | exclusive)) == (create | exclusive)) return Errno.EEXIST;
            var error = check(there);
            return error != Errno.None ? error : there.Allows(task, flags) ? there.Id : Errno.EACCES;
        }
        if (key != IpcObject.PrivateKey && (flags & create) == 0) return Errno.ENOENT;
        var (made, failure) = make();
        if (made == null) return failure;
        if (objects.Count >= Limit) return Errno.ENOSPC;
        var credentials = task.Credentials;
        made.Key = key;
        made.Mode = flags & 0x1FF;
        made.Uid = made.CreatorUid = credentials.EffectiveUid;
        made.Gid = made.CreatorGid = credentials.EffectiveGid;
        made.ChangeTime = task.Machine.Clock.Realtime / TimeConversions.Second;
        Add(made);
        return made.Id;
    }

    /// <summary>No key leads to the object any more.</summary>
    internal void ForgetKey(T gone)
    {
        if (gone.Key != IpcObject.PrivateKey) byKey.Remove(gone.Key);
        gone.Key = IpcObject.PrivateKey;
    }

    internal void Remove(T gone)
    {
        ForgetKey(gone);
        objects.Remove(gone.Id & IndexMask);
        gone.IsRemoved = true;
    }

    void Add(T made)
    {
        int circle = Math.Min(Math.Max(objects.Count * 3 / 2, ShortestCircle), IndexMask + 1), index = lastIndex;
        do
        {
            if (++index >= circle) index = 0;
        }
        while (objects.ContainsKey(index));
        if (index <= lastIndex && ++sequence >= SequenceLimit) sequence = 0;
        lastIndex = index;
        made.Id = sequence << IndexBits | index;
        objects.Add(index, made);
        if (made.Key != IpcObject.PrivateKey) byKey[made.Key] = made;
    }
}
