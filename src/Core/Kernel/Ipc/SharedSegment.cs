using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel.Ipc;

/// <summary>A segment of shared memory (shmget(2)): lives until it is removed and nobody has it attached.</summary>
public sealed partial class SharedSegment : IpcObject, IPageSource
{
    /// <summary>SHM_DEST: removed with its last attachment. SHM_LOCKED.</summary>
    internal const uint Destroyed = 0x200, Locked = 0x400;

    readonly Machine machine;
    readonly SortedDictionary<uint, Frame> frames = [];
    readonly GivenPages given = new();

    internal SharedSegment(Machine machine, uint size, int creator, int key)
    {
        this.machine = machine;
        Size = size;
        CreatorPid = creator;
        Name = $"/SYSV{key:x8} (deleted)";
    }

    /// <summary>Bytes.</summary>
    public uint Size { get; }

    /// <summary>Pages.</summary>
    public uint Pages => (uint)((Size + 4095ul) >> 12);

    /// <summary>Pages that hold something.</summary>
    public int ResidentPages => frames.Count;

    /// <summary>Regions that refer to it.</summary>
    public int Attachments { get; private set; }

    public int CreatorPid { get; private set; }

    /// <summary>Who attached or detached last; 0 for nobody.</summary>
    public int LastPid { get; private set; }

    /// <summary>Seconds since 1970, 0 for never.</summary>
    public long AttachTime { get; private set; }

    /// <summary>As <see cref="AttachTime"/>.</summary>
    public long DetachTime { get; private set; }

    /// <inheritdoc/>
    public string Name { get; private set; }

    /// <inheritdoc/>
    public Frame GetPage(uint index)
    {
        if (index >= Pages) return default;
        if (frames.TryGetValue(index, out var frame)) return frame;
        frame = FrameStore.Allocate(machine.Account);
        if (frame.IsNone) return frame;
        frames.Add(index, frame);
        given.Own(index);
        return frame;
    }

    /// <inheritdoc/>
    public bool TryOwn(uint index) => given.TryOwn(index, frames, machine.Account);

    /// <summary>The bytes of the pages that hold something, by index.</summary>
    public IEnumerable<(uint Index, Frame Frame)> Contents => frames.Select(static pair => (pair.Key, pair.Value));

    /// <inheritdoc/>
    public void PageWritten(uint index)
    {
    }

    /// <inheritdoc/>
    public void Attach()
    {
        Attachments++;
        AttachTime = Now;
        LastPid = Pid;
    }

    /// <inheritdoc/>
    public void Detach()
    {
        Attachments--;
        DetachTime = Now;
        LastPid = Pid;
        if (Attachments == 0 && (Mode & Destroyed) != 0) Destroy();
    }

    /// <summary>IPC_RMID: gone now, or with the last attachment.</summary>
    internal void Remove()
    {
        Mode |= Destroyed;
        machine.Ipc.SharedMemory.ForgetKey(this);
        if (Attachments == 0) Destroy();
    }

    internal void Free()
    {
        foreach (var frame in frames.Values) FrameStore.Release(frame);
        frames.Clear();
    }

    void Destroy()
    {
        Free();
        machine.Ipc.SegmentPages -= Pages;
        machine.Ipc.SharedMemory.Remove(this);
    }

    long Now => machine.Clock.Realtime / TimeConversions.Second;

    int Pid => machine.Scheduler.Current?.Tgid ?? 0;
}
