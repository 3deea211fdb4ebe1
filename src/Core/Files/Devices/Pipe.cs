using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Files;

/// <summary>A pipe or the inside of a FIFO (pipe(7)): bytes in the order in which they were written, between any number of ends.</summary>
public sealed partial class Pipe
{
    /// <summary>PIPE_BUF: bytes that one write puts in as a whole or not at all.</summary>
    public const int AtomicBytes = 4096;

    /// <summary>Bytes that a pipe holds unless told otherwise.</summary>
    public const int DefaultCapacity = 65536;

    /// <summary>The largest capacity that F_SETPIPE_SZ gives to any but the superuser (/proc/sys/fs/pipe-max-size).</summary>
    public const int MostCapacity = 1 << 20;

    readonly PipeBudget budget;
    readonly PipeBuffers buffers = new();
    int readerOpens;
    int writerOpens;

    internal Pipe(PipeBudget budget) => this.budget = budget;

    /// <summary>Bytes in it.</summary>
    public int Count => buffers.Count;

    /// <summary>The most bytes in it.</summary>
    public int Capacity => buffers.Limit * PipeBuffers.SlotBytes;

    /// <summary>Open ends for reading.</summary>
    public int Readers { get; private set; }

    /// <summary>Open ends for writing.</summary>
    public int Writers { get; private set; }

    /// <summary>Wakes when bytes arrive or the last writer goes.</summary>
    public WaitQueue Readable { get; } = new();

    /// <summary>Wakes when there is room or the last reader goes.</summary>
    public WaitQueue Writable { get; } = new();

    /// <summary>A copy of the bytes in it, the oldest first.</summary>
    public byte[] Contents => buffers.ToArray();

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

    /// <summary>Opens a further end of a FIFO or, through /proc/self/fd, of a pipe (fifo(7)).</summary>
    /// <param name="dentry">The name.</param>
    /// <param name="flags">Of open(2).</param>
    /// <param name="isNamed">True of a FIFO: unless O_NONBLOCK it waits for the other side.</param>
    /// <param name="file">The end, which may still be opening.</param>
    internal IoResult Open(Dentry dentry, OpenFlags flags, bool isNamed, out OpenFile? file)
    {
        file = null;
        var mode = OpenFile.AccessOf(flags);
        if ((mode & (FMode.Read | FMode.Write)) == 0) return Errno.EINVAL;
        bool nonBlocking = (flags & OpenFlags.NonBlock) != 0;
        if (isNamed && mode == FMode.Write && nonBlocking && Readers == 0) return Errno.ENXIO;
        var end = Attach(dentry, flags);
        file = end;
        if (isNamed) end.StartOpening(nonBlocking);
        return end.ContinueOpen();
    }

    PipeFile Attach(Dentry dentry, OpenFlags flags)
    {
        if (Readers == 0 && Writers == 0) buffers.Limit = budget.Take() / PipeBuffers.SlotBytes;
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

    /// <summary>Readers that get SIGIO.</summary>
    AsyncFiles? asyncReaders;

    /// <summary>Writers that get SIGIO.</summary>
    AsyncFiles? asyncWriters;

    internal void SetAsync(PipeFile file, bool on, int descriptor)
    {
        if ((file.Mode & FMode.Read) != 0) (asyncReaders ??= new()).Set(file, descriptor, on);
        if ((file.Mode & FMode.Write) != 0) (asyncWriters ??= new()).Set(file, descriptor, on);
    }

    internal void Detach(FMode mode)
    {
        if ((mode & FMode.Read) != 0 && --Readers == 0) Writable.Wake();
        if ((mode & FMode.Write) != 0 && --Writers == 0) Readable.Wake();
        if (Readers != 0 || Writers != 0)
        {
            if (Readers != 0 && Writers != 0) return;
            asyncReaders?.Send(IoReason.Input);
            asyncWriters?.Send(IoReason.Output);
            return;
        }
        budget.Give(Capacity);
        buffers.Clear();
    }

    internal void Describe(IStateDigest digest)
    {
        digest.Number((long)Readers << 32 | (uint)Writers);
        digest.Number((long)readerOpens << 32 | (uint)writerOpens);
        digest.Number(Capacity);
        buffers.Describe(digest);
    }

    internal int ReaderOpens => readerOpens;

    internal int WriterOpens => writerOpens;

    internal bool IsPacketNext => buffers.IsPacketNext;

    internal IoResult Read(Span<byte> to, bool nonBlocking)
    {
        if (to.IsEmpty) return Errno.None;
        if (buffers.Used == 0)
        {
            // Readers tell of room whether they made any or not; so do writers of bytes.
            asyncWriters?.Send(IoReason.Output);
            if (Writers == 0) return Errno.None;
            return nonBlocking ? Errno.EAGAIN : IoResult.Block(Readable);
        }
        bool wasFull = buffers.IsFull;
        int length = buffers.Take(to);
        HasTaken(wasFull);
        return IoResult.From(length);
    }

    internal IoResult Write(ReadOnlySpan<byte> from, long callLength, bool nonBlocking, bool isPacket)
    {
        if (Readers == 0) return Errno.EPIPE;
        if (from.IsEmpty) return Errno.None;
        int length = buffers.Put(from, (int)(callLength & (PipeBuffers.SlotBytes - 1)), isPacket);
        if (length > 0) return HasPut(length);
        asyncReaders?.Send(IoReason.Input);
        return nonBlocking ? Errno.EAGAIN : IoResult.Block(Writable);
    }

    /// <summary>vmsplice(2) into the pipe: as a write, but nothing joins what is there already or comes later.</summary>
    public IoResult Gift(ReadOnlySpan<byte> from, bool nonBlocking)
    {
        if (Readers == 0) return Errno.EPIPE;
        if (from.IsEmpty) return Errno.None;
        int done = 0;
        while (done < from.Length && !buffers.IsFull)
        {
            int length = Math.Min(from.Length - done, PipeBuffers.SlotBytes);
            done += buffers.Put(from.Slice(done, length), tail: 0, isPacket: false, canMerge: false);
        }
        return done > 0 ? HasPut(done) : nonBlocking ? Errno.EAGAIN : IoResult.Block(Writable);
    }

    /// <summary>splice(2) or tee(2) from this pipe into another.</summary>
    /// <param name="to">Another pipe.</param>
    /// <param name="most">Bytes.</param>
    /// <param name="keep">True for tee: what is copied stays here.</param>
    /// <param name="nonBlocking">EAGAIN rather than a wait.</param>
    /// <returns>Bytes; 0 when this one is empty and nobody writes; EPIPE.</returns>
    public IoResult Pass(Pipe to, int most, bool keep, bool nonBlocking)
    {
        if (buffers.Used == 0) return Writers == 0 ? Errno.None : nonBlocking ? Errno.EAGAIN : IoResult.Block(Readable);
        if (to.Readers == 0) return Errno.EPIPE;
        if (to.buffers.IsFull) return nonBlocking ? Errno.EAGAIN : IoResult.Block(to.Writable);
        bool wasFull = buffers.IsFull;
        int done = buffers.Pass(to.buffers, most, keep);
        HasTaken(wasFull);
        return to.HasPut(done);
    }

    /// <summary>What can be had without waiting: a slot's bytes. Empty, with a wait or the end, when there is nothing.</summary>
    public IoResult Peek(bool nonBlocking, out ReadOnlySpan<byte> bytes)
    {
        bytes = buffers.Head;
        if (buffers.Used > 0) return IoResult.From(bytes.Length);
        return Writers == 0 ? Errno.None : nonBlocking ? Errno.EAGAIN : IoResult.Block(Readable);
    }

    /// <summary>Takes away what <see cref="Peek"/> showed.</summary>
    public void Skip(int bytes)
    {
        bool wasFull = buffers.IsFull;
        buffers.Drop(bytes);
        HasTaken(wasFull);
    }

    /// <summary>Bytes that can be put in as whole slots; 0 when the pipe is full.</summary>
    public int FreeBytes => (buffers.Limit - buffers.Used) * PipeBuffers.SlotBytes;

    /// <summary>F_SETPIPE_SZ: a power of two pages.</summary>
    /// <returns>The capacity; EINVAL, EPERM, EBUSY when more is in it; ENOMEM when the machine's pipes are too large together.</returns>
    public IoResult SetCapacity(uint bytes, bool isPrivileged)
    {
        if (bytes > 1u << 31) return Errno.EINVAL;
        long wanted = System.Numerics.BitOperations.RoundUpToPowerOf2(Math.Max(bytes, PipeBuffers.SlotBytes));
        if (wanted > int.MaxValue) return isPrivileged ? Errno.ENOMEM : Errno.EPERM;
        if (wanted > Capacity && wanted > MostCapacity && !isPrivileged) return Errno.EPERM;
        if (wanted > Capacity && !budget.TryGrow(wanted - Capacity)) return isPrivileged ? Errno.ENOMEM : Errno.EPERM;
        if (buffers.Used > wanted / PipeBuffers.SlotBytes) return Errno.EBUSY;
        if (wanted < Capacity) budget.Give((int)(Capacity - wanted));
        bool wasFull = buffers.IsFull;
        buffers.Limit = (int)(wanted / PipeBuffers.SlotBytes);
        if (wasFull && !buffers.IsFull) Writable.Wake(Room);
        return IoResult.From(wanted);
    }

    const PollEvents Data = PollEvents.In | PollEvents.ReadNormal, Room = PollEvents.Out | PollEvents.WriteNormal;

    void HasTaken(bool wasFull)
    {
        if (wasFull && !buffers.IsFull) Writable.Wake(Room);
        asyncWriters?.Send(IoReason.Output);
    }

    IoResult HasPut(int bytes)
    {
        Readable.Wake(Data);
        asyncReaders?.Send(IoReason.Input);
        return IoResult.From(bytes);
    }

    internal PollEvents Poll(FMode mode, bool hadWriter)
    {
        var events = PollEvents.None;
        if ((mode & FMode.Read) != 0)
        {
            if (buffers.Used > 0) events |= Data;
            if (Writers == 0 && hadWriter) events |= PollEvents.HangUp;
        }
        if ((mode & FMode.Write) != 0)
        {
            if (!buffers.IsFull) events |= Room;
            if (Readers == 0) events |= PollEvents.Error;
        }
        return events;
    }
}

/// <summary>How much all pipes of a machine may hold: beyond it, a new pipe is small (pipe(7), pipe-user-pages-soft).</summary>
internal sealed partial class PipeBudget
{
    const long Soft = 64L << 20;

    long taken;

    public int Take()
    {
        int capacity = taken + Pipe.DefaultCapacity <= Soft ? Pipe.DefaultCapacity : Pipe.AtomicBytes;
        taken += capacity;
        return capacity;
    }

    /// <summary>Makes one larger, up to four times the soft limit for all.</summary>
    public bool TryGrow(long bytes)
    {
        if (taken + bytes > Soft * 4) return false;
        taken += bytes;
        return true;
    }

    public void Give(int capacity) => taken -= capacity;
}

/// <summary>A pipe without a name. It can be opened again through /proc/self/fd.</summary>
internal sealed partial class PipeInode : Inode
{
    public PipeInode(FileSystem fileSystem, PipeBudget budget, Timespec now) : base(fileSystem, fileSystem.TakeInode(), FileModeBits.Fifo | 0x180)
    {
        Pipe = new Pipe(budget);
        AccessTime = ModifyTime = ChangeTime = now;
    }

    public Pipe Pipe { get; }

    public override IoResult Open(Dentry dentry, OpenFlags flags, out OpenFile? file) => Pipe.Open(dentry, flags, isNamed: false, out file);
}

/// <summary>An end of a pipe or FIFO, or both ends in one.</summary>
public sealed partial class PipeFile : OpenFile
{
    const uint BytesToRead = 0x541B;

    int otherOpens;
    bool isOpening;

    internal PipeFile(Pipe pipe, Dentry dentry, OpenFlags flags) : base(dentry, flags, AccessOf(flags)) => Pipe = pipe;

    /// <summary>The pipe.</summary>
    public Pipe Pipe { get; }

    /// <inheritdoc/>
    public override bool IsPipe => true;

    /// <summary>Packets are read as a whole.</summary>
    public override int WholeBytes => (Mode & FMode.Read) != 0 && Pipe.IsPacketNext ? Pipe.AtomicBytes : 0;

    /// <inheritdoc/>
    public override WaitQueue? Readable => (Mode & FMode.Read) != 0 ? Pipe.Readable : null;

    /// <inheritdoc/>
    public override WaitQueue? Writable => (Mode & FMode.Write) != 0 ? Pipe.Writable : null;

    /// <inheritdoc/>
    public override void Describe(IStateDigest digest)
    {
        ArgumentNullException.ThrowIfNull(digest);
        digest.Number((long)Inode.Number);
        digest.Number(otherOpens << 1 | (isOpening ? 1 : 0));
        Pipe.Describe(digest);
    }

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

    internal override bool SetAsync(bool on, int descriptor)
    {
        Pipe.SetAsync(this, on, descriptor);
        return true;
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

    /// <summary>Writes the first part of a longer call.</summary>
    /// <param name="from">Either all that is left of it, or more than <see cref="Pipe.FreeBytes"/> by a page.</param>
    /// <param name="callLength">How much is left of it.</param>
    internal IoResult WriteBeginning(ReadOnlySpan<byte> from, long callLength)
    {
        if ((Mode & FMode.Write) == 0) return Errno.EBADF;
        var result = Pipe.Write(from, callLength, IsNonBlocking, (Flags & OpenFlags.Direct) != 0);
        if (result.Value > 0) FileNotices.Send(Dentry, FileEvents.Modify);
        return result;
    }

    /// <inheritdoc/>
    protected override IoResult WriteNext(ReadOnlySpan<byte> from) => Pipe.Write(from, from.Length, IsNonBlocking, (Flags & OpenFlags.Direct) != 0);

    /// <inheritdoc/>
    protected override void OnClose() => Pipe.Detach(Mode);
}
