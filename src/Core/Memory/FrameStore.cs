using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Memory;

/// <summary>The process's page frames: chunks of 4 MiB, aligned to their size, each with its bookkeeping in its first two pages.
/// Shared by all machines, so that copies of one machine share frames. Thread safe; reference counts are atomic.</summary>
public static unsafe class FrameStore
{
    /// <summary>Bytes of a chunk, and what its address is a multiple of.</summary>
    internal const int ChunkSize = 4 << 20;

    const int FramesInChunk = ChunkSize / Frame.Size;
    const int FirstFrame = 2;
    const int UsableFrames = FramesInChunk - FirstFrame;

    /// <summary>Frames that the host gives at once.</summary>
    const int Batch = 16;

    /// <summary>The head of a chunk. A free frame's count holds the index of the next free one, negated.</summary>
    struct Chunk
    {
        public fixed int References[FramesInChunk];
        public fixed ushort Owner[FramesInChunk];
        public Chunk* Next;
        public Chunk* Previous;
        public int FreeHead;
        public int InUse;
        public int Fresh;
        /// <summary>Where the chunk lies in the memory file; -1 when it lies in none.</summary>
        public long Offset;
        /// <summary>A word a frame: what it waits for, 0 when its bytes are there. Null as long as none of the chunk ever waited.</summary>
        public ulong* Pending;
    }

    static readonly Lock Gate = new();
    static Chunk* open;
    static long inUse;
    static long chunks;

    static FrameStore()
    {
        Zero = Take(0, out _);
    }

    /// <summary>The frame of zeros that stands for every page that was read but never written. It is never written and never free.</summary>
    public static Frame Zero { get; }

    /// <summary>Frames in use in this process, the zero frame left out.</summary>
    public static long InUse => Interlocked.Read(ref inUse) - 1;

    /// <summary>Bytes that the store holds from the host.</summary>
    public static long ReservedBytes => Interlocked.Read(ref chunks) * ChunkSize;

    /// <summary>Allocates a frame with one reference, charged to <paramref name="account"/>.</summary>
    /// <param name="account">Whose limit counts.</param>
    /// <param name="zeroed">False when the caller overwrites all 4096 bytes.</param>
    /// <returns>The frame, or none when the account is at its limit.</returns>
    public static Frame Allocate(MemoryAccount account, bool zeroed = true)
    {
        if (!account.TryCharge()) return default;
        var frame = Take(account.Id, out bool fresh);
        if (zeroed && !fresh) frame.Bytes.Clear();
        return frame;
    }

    /// <summary>Allocates frames that lie in a row, zero, none of them used before; charged to <paramref name="account"/>.</summary>
    /// <param name="account">Whose limit counts.</param>
    /// <param name="most">How many are wanted; there may be fewer.</param>
    /// <param name="references">References that each has.</param>
    /// <param name="first">The first of them.</param>
    /// <returns>How many; 0 when the account is at its limit.</returns>
    internal static int AllocateRow(MemoryAccount account, int most, int references, out Frame first)
    {
        first = default;
        int count = account.TryCharge(most);
        if (count == 0) return 0;
        int taken;
        lock (Gate)
        {
            var chunk = open;
            if (chunk == null || chunk->Fresh == FramesInChunk) chunk = AddChunk();
            taken = Math.Min(count, FramesInChunk - chunk->Fresh);
            int index = chunk->Fresh;
            chunk->Fresh += taken;
            new Span<int>(&chunk->References[index], taken).Fill(references);
            new Span<ushort>(&chunk->Owner[index], taken).Fill(account.Id);
            inUse += taken;
            if ((chunk->InUse += taken) == UsableFrames) Unlink(chunk);
            first = new Frame((byte*)chunk + (nint)index * Frame.Size);
        }
        if (taken < count) account.Uncharge(count - taken);
        return taken;
    }

    /// <summary>Allocates a frame with the contents of another; as that one they may have to be read yet.</summary>
    /// <returns>None when the account is at its limit.</returns>
    internal static Frame Duplicate(Frame frame, MemoryAccount account)
    {
        var copy = Allocate(account, zeroed: false);
        if (!copy.IsNone && !PendingFrames.TryJoin(frame, copy)) frame.Bytes.CopyTo(copy.Bytes);
        return copy;
    }

    /// <summary>What a frame waits for: <see cref="PendingFrames"/>.</summary>
    internal static ulong PendingWord(Frame frame)
    {
        var chunk = ChunkOf(frame, out int index);
        ulong* words = chunk->Pending;
        return words == null ? 0 : Volatile.Read(ref words[index]);
    }

    /// <summary>Says what a frame waits for.</summary>
    internal static void SetPendingWord(Frame frame, ulong word) => Volatile.Write(ref PendingWords(frame, 1)[0], word);

    /// <summary>The words of frames that lie in a row, none of which anybody else knows of yet.</summary>
    internal static Span<ulong> PendingWords(Frame first, int count)
    {
        var chunk = ChunkOf(first, out int index);
        if (chunk->Pending == null)
        {
            lock (Gate)
                if (chunk->Pending == null) chunk->Pending = (ulong*)NativeMemory.AllocZeroed(FramesInChunk, sizeof(ulong));
        }
        return new Span<ulong>(chunk->Pending + index, count);
    }

    /// <summary>Adds a reference.</summary>
    public static void AddReference(Frame frame)
    {
        var chunk = ChunkOf(frame, out int index);
        if (frame != Zero) Interlocked.Increment(ref chunk->References[index]);
    }

    /// <summary>Adds a reference to each of many.</summary>
    internal static void AddReferences(ReadOnlySpan<nint> frames)
    {
        for (int i = 0; i < frames.Length; i++)
        {
            var chunk = ChunkOf(Frame.At(frames[i]), out int index);
            // Two that lie side by side are one word. A count never reaches the next one: it is above 0 and far below 2^31.
            if ((index & 1) == 0 && i + 1 < frames.Length && frames[i + 1] == frames[i] + Frame.Size)
            {
                Interlocked.Add(ref *(long*)&chunk->References[index], (1L << 32) + 1);
                i++;
            }
            else
            {
                Interlocked.Increment(ref chunk->References[index]);
            }
        }
    }

    /// <summary>References to a frame; one means that the caller alone holds it.</summary>
    public static int ReferenceCount(Frame frame)
    {
        var chunk = ChunkOf(frame, out int index);
        return Volatile.Read(ref chunk->References[index]);
    }

    /// <summary>Drops a reference; the frame is free when it was the last.</summary>
    public static void Release(Frame frame)
    {
        if (frame == Zero) return;
        var chunk = ChunkOf(frame, out int index);
        if (Interlocked.Decrement(ref chunk->References[index]) != 0) return;
        if (PendingFrames.Any) PendingFrames.Forget(frame);
        ushort owner = chunk->Owner[index];
        lock (Gate) PutBack(chunk, index);
        MemoryAccount.Refund(owner);
    }

    /// <summary>Drops a reference of each of many.</summary>
    internal static void Release(ReadOnlySpan<nint> frames)
    {
        for (int i = 0; i < frames.Length; i++)
        {
            var chunk = ChunkOf(Frame.At(frames[i]), out int index);
            // As in AddReferences, where neither is the last: else one by one.
            if ((index & 1) == 0 && i + 1 < frames.Length && frames[i + 1] == frames[i] + Frame.Size)
            {
                long* pair = (long*)&chunk->References[index];
                long seen = Volatile.Read(ref *pair);
                if ((int)seen > 1 && seen >> 32 > 1 && Interlocked.CompareExchange(ref *pair, seen - (1L << 32) - 1, seen) == seen)
                {
                    i++;
                    continue;
                }
            }
            if (frames[i] != 0) Release(Frame.At(frames[i]));
        }
    }

    /// <summary>Where a frame lies in the process's memory file; -1 when it lies in none.</summary>
    internal static long OffsetOf(byte* frame)
    {
        var chunk = ChunkOf(new Frame(frame), out int index);
        return chunk->Offset < 0 ? -1 : chunk->Offset + (long)index * Frame.Size;
    }

    static Chunk* ChunkOf(Frame frame, out int index)
    {
        nint address = (nint)frame.Pointer;
        index = (int)(address & (ChunkSize - 1)) / Frame.Size;
        return (Chunk*)(address & ~(nint)(ChunkSize - 1));
    }

    static Frame Take(ushort owner, out bool fresh)
    {
        Frame frame;
        byte* batch = null;
        lock (Gate)
        {
            var chunk = open;
            if (chunk == null) chunk = AddChunk();
            int index = chunk->FreeHead;
            fresh = index == 0;
            if (fresh)
            {
                index = chunk->Fresh++;
                if (index % Batch == 0) batch = (byte*)chunk + (nint)index * Frame.Size;
            }
            else chunk->FreeHead = -chunk->References[index];
            chunk->References[index] = 1;
            chunk->Owner[index] = owner;
            inUse++;
            if (++chunk->InUse == UsableFrames) Unlink(chunk);
            frame = new Frame((byte*)chunk + (nint)index * Frame.Size);
        }
        // The frame keeps its chunk; nobody else need wait for the host.
        if (batch != null) HostMemory.Populate(batch, Batch * Frame.Size);
        return frame;
    }

    static void PutBack(Chunk* chunk, int index)
    {
        chunk->References[index] = -chunk->FreeHead;
        chunk->FreeHead = index;
        inUse--;
        if (chunk->InUse-- == UsableFrames) Link(chunk);
        if (chunk->InUse == 0 && (chunk->Next != null || chunk->Previous != null))
        {
            Unlink(chunk);
            NativeMemory.Free(chunk->Pending);
            FrameMemory.PutBack((byte*)chunk, ChunkSize, chunk->Offset);
            chunks--;
        }
    }

    static Chunk* AddChunk()
    {
        var chunk = (Chunk*)FrameMemory.Take(ChunkSize, out long offset);
        chunk->Offset = offset;
        chunk->Fresh = FirstFrame;
        chunks++;
        Link(chunk);
        return chunk;
    }

    static void Link(Chunk* chunk)
    {
        chunk->Previous = null;
        chunk->Next = open;
        if (open != null) open->Previous = chunk;
        open = chunk;
    }

    static void Unlink(Chunk* chunk)
    {
        if (chunk->Previous != null) chunk->Previous->Next = chunk->Next;
        else open = chunk->Next;
        if (chunk->Next != null) chunk->Next->Previous = chunk->Previous;
        chunk->Next = chunk->Previous = null;
    }
}
