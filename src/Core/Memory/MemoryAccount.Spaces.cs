namespace CheckpointRestart.Core.Memory;

/// <content>The address spaces of the machine, for what concerns the frames that they share.</content>
public sealed partial class MemoryAccount
{
    readonly HashSet<AddressSpace> spaces = [];

    internal bool HasOneSpace
    {
        get
        {
            lock (spaces) return spaces.Count == 1;
        }
    }

    internal void Add(AddressSpace space)
    {
        lock (spaces) spaces.Add(space);
    }

    internal void Remove(AddressSpace space)
    {
        lock (spaces) spaces.Remove(space);
    }

    /// <summary>The next write to a page of a shared region, in any space, takes the slow path.</summary>
    internal void ProtectShared()
    {
        lock (spaces)
            foreach (var space in spaces) space.ProtectShared();
    }

    /// <summary>How often a frame is mapped that a source has as page <paramref name="index"/>.</summary>
    internal int CountMapped(uint index, Frame frame)
    {
        int count = 0;
        lock (spaces)
            foreach (var space in spaces) count += space.CountMapped(index, frame);
        return count;
    }

    /// <summary>Puts another frame in the place of one that a source had as page <paramref name="index"/>, wherever it is mapped.</summary>
    internal void MoveMapped(uint index, Frame old, Frame fresh)
    {
        lock (spaces)
            foreach (var space in spaces) space.MoveMapped(index, old, fresh);
    }

    /// <summary>Makes sure that only a source and its mappings have a frame: else all of them get a copy.</summary>
    /// <param name="index">The page's number in the source.</param>
    /// <param name="frame">The source's frame; afterwards that which it has to have.</param>
    /// <returns>False without memory.</returns>
    internal bool TryOwn(uint index, ref Frame frame)
    {
        if (FrameStore.ReferenceCount(frame) == 1 + CountMapped(index, frame)) return true;
        var copy = FrameStore.Allocate(this, zeroed: false);
        if (copy.IsNone) return false;
        frame.Bytes.CopyTo(copy.Bytes);
        MoveMapped(index, frame, copy);
        FrameStore.Release(frame);
        frame = copy;
        return true;
    }
}
