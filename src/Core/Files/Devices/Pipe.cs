using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Files;

/// <summary>A pipe or the inside of a FIFO (pipe(7)): bytes in the order in which they were written, between any number of ends.</summary>
public sealed class Pipe
{
    /// <summary>PIPE_BUF: bytes that one write puts in as a whole or not at all.</summary>
    public const int AtomicBytes = 4096;

    /// <summary>Bytes that a pipe holds unless told otherwise.</summary>
    public const int DefaultCapacity = 65536;

    readonly PipeBudget budget;
    byte[] buffer = [];
    int start;
    int readerOpens;
    int writerOpens;

    internal Pipe(PipeBudget budget) => this.budget = budget;

    /// <summary>Bytes in it.</summary>
    public int Count { get; private set; }

    /// <summary>The most bytes in it.</summary>
    public int Capacity { get; private set; } = DefaultCapacity;

    /// <summary>Open ends for reading.</summary>
    public int Readers { get; private set; }

    /// <summary>Open ends for writing.</summary>
    public int Writers { get; private set; }

    /// <summary>Wakes when bytes arrive or the last writer goes.</summary>
    public WaitQueue Readable { get; } = new();

    /// <summary>Wakes when there is room or the last reader goes.</summary>
    public WaitQueue Writable { get; } = new();

    /// <summary>A copy of the bytes in it, the oldest first.</summary>
    public byte[] Contents
    {
        get
        {
            var bytes = new byte[Count];
            Copy(bytes);
            return bytes;
        }
    }

    /// <summary>Makes a pipe with its two ends (pipe2(2)).</summary>
    /// <param name="tree">The machine's tree: it numbers the inode.</param>
    /// <param name="flags">O_NONBLOCK and O_DIRECT.</param>
    public static void Create(FileTree tree, OpenFlags flags, out OpenFile reader, out OpenFile writer)
    {
        var inode = new PipeInode(tree.PipeFiles, tree.PipeBudget, tree.Now);
        var dentry = new Dentry(null, $"pipe:[{inode.Number}]", inode);
        var keep = flags & (OpenFlags.NonBlock | OpenFlags.Direct);
        reader = inode.Pipe.Attach(dentry, keep | OpenFlags.ReadOnly);
        writer = inode.Pipe.Attach(dentry, keep | OpenFlags.WriteOnly);
    }

    /// <summary>Opens a further end of a FIFO or, through /proc/self/fd, of a pipe (fifo(7)): waits for the other side unless O_NONBLOCK.</summary>
    internal IoResult OpenFifo(Dentry dentry, OpenFlags flags, out OpenFile? file)
    {
        file = null;
        var mode = OpenFile.AccessOf(flags);
        if ((mode & (FMode.Read | FMode.Write)) == 0) return Errno.EINVAL;
        bool nonBlocking = (flags & OpenFlags.NonBlock) != 0;
        if (mode == FMode.Write && nonBlocking && Readers == 0) return Errno.ENXIO;
        var end = Attach(dentry, flags);
        file = end;
        end.StartOpening(nonBlocking);
        return end.ContinueOpen();
    }

    PipeFile Attach(Dentry dentry, OpenFlags flags)
    {
        if (Readers == 0 && Writers == 0) Capacity = budget.Take();
        var file = new PipeFile(this, dentry, flags);
        if ((file.Mode & FMode.Read) != 0)
        {
            Readers++;
            readerOpens++;
            Writable.Wake();
        }
        if ((file.Mode & FMode.Write) != 0)
        {
            Writers++;
            writerOpens++;
            Readable.Wake();
        }
        return file;
    }

    internal void Detach(FMode mode)
    {
        if ((mode & FMode.Read) != 0 && --Readers == 0) Writable.Wake();
        if ((mode & FMode.Write) != 0 && --Writers == 0) Readable.Wake();
        if (Readers != 0 || Writers != 0) return;
        buffer = [];
        start = Count = 0;
        budget.Give(Capacity);
    }

    internal int ReaderOpens => readerOpens;

    internal int WriterOpens => writerOpens;

    internal IoResult Read(Span<byte> to, bool nonBlocking)
    {
        if (to.IsEmpty) return Errno.None;
        if (Count == 0)
        {
            if (Writers == 0) return Errno.None;
            return nonBlocking ? Errno.EAGAIN : IoResult.Block(Readable);
        }
        int length = Math.Min(to.Length, Count);
        Copy(to[..length]);
        start = (start + length) % buffer.Length;
        Count -= length;
        if (Count == 0) start = 0;
        // Writers of up to PIPE_BUF bytes need all of them to fit.
        if (Capacity - Count >= AtomicBytes) Writable.Wake();
        return IoResult.From(length);
    }

    internal IoResult Write(ReadOnlySpan<byte> from, bool nonBlocking)
    {
        if (Readers == 0) return Errno.EPIPE;
        if (from.IsEmpty) return Errno.None;
        int room = Capacity - Count;
        if (room == 0 || (from.Length <= AtomicBytes && room < from.Length))
            return nonBlocking ? Errno.EAGAIN : IoResult.Block(Writable);
        int length = Math.Min(from.Length, room);
        Put(from[..length]);
        Readable.Wake();
        return IoResult.From(length);
    }

    internal PollEvents Poll(FMode mode, bool hadWriter)
    {
        var events = PollEvents.None;
        if ((mode & FMode.Read) != 0)
        {
            if (Count > 0) events |= PollEvents.In | PollEvents.ReadNormal;
            if (Writers == 0 && hadWriter) events |= PollEvents.HangUp;
        }
        if ((mode & FMode.Write) != 0)
        {
            if (Capacity - Count >= AtomicBytes) events |= PollEvents.Out | PollEvents.WriteNormal;
            if (Readers == 0) events |= PollEvents.Error;
        }
        return events;
    }

    void Copy(Span<byte> to)
    {
        int first = Math.Min(to.Length, buffer.Length - start);
        buffer.AsSpan(start, first).CopyTo(to);
        buffer.AsSpan(0, to.Length - first).CopyTo(to[first..]);
    }

    void Put(ReadOnlySpan<byte> from)
    {
        if (buffer.Length < Count + from.Length) Grow(Count + from.Length);
        int end = (start + Count) % buffer.Length;
        int first = Math.Min(from.Length, buffer.Length - end);
        from[..first].CopyTo(buffer.AsSpan(end));
        from[first..].CopyTo(buffer);
        Count += from.Length;
    }

    void Grow(int needed)
    {
        var larger = new byte[Math.Min(Capacity, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(needed, AtomicBytes)))];
        Copy(larger.AsSpan(0, Count));
        buffer = larger;
        start = 0;
    }
}

/// <summary>How much all pipes of a machine may hold: beyond it, a new pipe is small (pipe(7), pipe-user-pages-soft).</summary>
internal sealed class PipeBudget
{
    const long Soft = 64L << 20;

    long taken;

    public int Take()
    {
        int capacity = taken + Pipe.DefaultCapacity <= Soft ? Pipe.DefaultCapacity : Pipe.AtomicBytes;
        taken += capacity;
        return capacity;
    }

    public void Give(int capacity) => taken -= capacity;
}

/// <summary>A pipe without a name. It can be opened again through /proc/self/fd.</summary>
internal sealed class PipeInode : Inode
{
    public PipeInode(FileSystem fileSystem, PipeBudget budget, Timespec now) : base(fileSystem, fileSystem.TakeInode(), FileModeBits.Fifo | 0x180)
    {
        Pipe = new Pipe(budget);
        AccessTime = ModifyTime = ChangeTime = now;
    }

    public Pipe Pipe { get; }

    public override IoResult Open(Dentry dentry, OpenFlags flags, out OpenFile? file) => Pipe.OpenFifo(dentry, flags, out file);
}

/// <summary>An end of a pipe or FIFO, or both ends in one.</summary>
public sealed class PipeFile : OpenFile
{
    const uint BytesToRead = 0x541B;

    int otherOpens;
    bool isOpening;

    internal PipeFile(Pipe pipe, Dentry dentry, OpenFlags flags) : base(dentry, flags, AccessOf(flags)) => Pipe = pipe;

    /// <summary>The pipe.</summary>
    public Pipe Pipe { get; }

    /// <inheritdoc/>
    public override bool IsPipe => true;

    /// <inheritdoc/>
    public override WaitQueue? Readable => (Mode & FMode.Read) != 0 ? Pipe.Readable : null;

    /// <inheritdoc/>
    public override WaitQueue? Writable => (Mode & FMode.Write) != 0 ? Pipe.Writable : null;

    /// <inheritdoc/>
    public override PollEvents Poll() => Pipe.Poll(Mode, hadWriter: Pipe.WriterOpens != otherOpens);

    /// <inheritdoc/>
    public override IoResult ContinueOpen()
    {
        if (!isOpening) return Errno.None;
        bool reads = Mode == FMode.Read;
        bool hasOther = reads ? Pipe.Writers > 0 || Pipe.WriterOpens != otherOpens : Pipe.Readers > 0 || Pipe.ReaderOpens != otherOpens;
        if (!hasOther) return IoResult.Block(reads ? Pipe.Readable : Pipe.Writable);
        isOpening = false;
        otherOpens = 0;
        return Errno.None;
    }

    internal void StartOpening(bool nonBlocking)
    {
        isOpening = !nonBlocking && (Mode is FMode.Read or FMode.Write);
        // A reader that does not wait sees no hang-up before the first writer has come and gone.
        if (isOpening || Pipe.Writers == 0) otherOpens = Mode == FMode.Read ? Pipe.WriterOpens : Pipe.ReaderOpens;
    }

    /// <inheritdoc/>
    public override IoResult Ioctl(uint request, uint argument, AddressSpace memory) =>
        request != BytesToRead ? Errno.ENOTTY : memory.TryWrite(argument, Pipe.Count) ? Errno.None : Errno.EFAULT;

    /// <inheritdoc/>
    protected override IoResult ReadNext(Span<byte> to) => Pipe.Read(to, IsNonBlocking);

    /// <inheritdoc/>
    protected override IoResult WriteNext(ReadOnlySpan<byte> from) => Pipe.Write(from, IsNonBlocking);

    /// <inheritdoc/>
    protected override void OnClose() => Pipe.Detach(Mode);
}
