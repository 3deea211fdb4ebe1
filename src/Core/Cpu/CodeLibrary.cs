using System.Collections.Concurrent;
using System.Numerics;
using CheckpointRestart.Core.Cpu.Translator;

namespace CheckpointRestart.Core.Cpu;

/// <summary>What tells blocks apart: where they begin, their first bytes, and what the processor has.</summary>
internal readonly record struct CodeKey(uint Eip, ulong Head, CpuFeatures Features)
{
    /// <summary>The last offset in a page at which the first bytes can be taken.</summary>
    internal const uint LastOffset = 4096 - sizeof(ulong);

    /// <inheritdoc/>
    public bool Equals(CodeKey other) => Eip == other.Eip && Head == other.Head && Features == other.Features;

    /// <inheritdoc/>
    public override int GetHashCode() => (int)BitOperations.RotateLeft((Head ^ (ulong)Features) * 0x9E3779B97F4A7C15, 32) ^ (int)(Eip * 0x9E3779B1);
}

/// <summary>A block as it was decoded from a file's bytes, for whoever maps the same bytes at the same address. Immutable but for its traces.</summary>
internal sealed unsafe class CodeRecord
{
    static long lastNumber;

    readonly ulong[] ops;
    readonly byte[] bytes;

    /// <summary>Copies a block.</summary>
    internal CodeRecord(Block* block, byte[] bytes)
    {
        this.bytes = bytes;
        int count = (int)(block->Last - block->First) + 1;
        Eip = block->Eip;
        Count = block->Count;
        Ops = count;
        LastPage = block->LastPage;
        ops = new ReadOnlySpan<ulong>(block->First, count * sizeof(Op) / sizeof(ulong)).ToArray();
    }

    /// <summary>A number that no other record of the process has.</summary>
    internal ulong Number { get; } = (ulong)Interlocked.Increment(ref lastNumber);

    internal uint Eip { get; }

    /// <summary>Instructions.</summary>
    internal int Count { get; }

    /// <summary>Ops, with those that are no instructions.</summary>
    internal int Ops { get; }

    internal uint LastPage { get; }

    internal ReadOnlySpan<byte> Bytes => bytes;

    /// <summary>About what it takes of the heap, in bytes.</summary>
    internal long Size => 200 + bytes.Length + ops.Length * sizeof(ulong);

    TraceRecord? tables, window;

    /// <summary>What was translated from here on, for address spaces with a window or without; null for nothing yet.</summary>
    internal TraceRecord? TraceFor(bool usesWindow) => usesWindow ? window : tables;

    internal void Keep(TraceRecord trace)
    {
        if (trace.UsesWindow) window = trace;
        else tables = trace;
    }

    internal void CopyOps(Op* to) => ops.CopyTo(new Span<ulong>(to, ops.Length));
}

/// <summary>Decoded and translated code of files, so that a program that was run before, here or in another machine, need not be decoded and translated anew.
/// Nothing of it is taken on trust: the bytes are compared. Shared by all processors of the process, and gone some time after the last of them. Thread safe.</summary>
internal sealed class CodeLibrary
{
    /// <summary>Bytes after which all is dropped.</summary>
    const long Most = 48 << 20;

    /// <summary>log2 of the bits that tell which blocks were decoded.</summary>
    const int SeenBits = 20;

    static readonly Lock Gate = new();
    static readonly WeakReference<CodeLibrary?> Current = new(null);

    readonly ConcurrentDictionary<CodeKey, CodeRecord> records = new(new Comparer());
    readonly int[] seen = new int[1 << SeenBits - 5];
    long size;

    /// <summary>The library of the process.</summary>
    internal static CodeLibrary Share()
    {
        lock (Gate)
        {
            if (Current.TryGetTarget(out var library)) return library;
            library = new CodeLibrary();
            Current.SetTarget(library);
            return library;
        }
    }

    /// <summary>The record of a block whose bytes may be those of the caller; null when there is none.</summary>
    internal CodeRecord? Find(in CodeKey key) => records.TryGetValue(key, out var record) ? record : null;

    /// <summary>The usual one is compiled anew by each process.</summary>
    sealed class Comparer : IEqualityComparer<CodeKey>
    {
        public bool Equals(CodeKey x, CodeKey y) => x.Equals(y);

        public int GetHashCode(CodeKey obj) => obj.GetHashCode();
    }

    /// <summary>True when a block is decoded for the second time, so that it is worth keeping: most programs are run once. Now and then true too early.</summary>
    internal bool IsWanted(in CodeKey key)
    {
        uint bit = (uint)key.GetHashCode() * 0x9E3779B1 >> (32 - SeenBits);
        int mask = 1 << (int)(bit & 31);
        ref int word = ref seen[bit >> 5];
        if ((word & mask) != 0) return true;
        word |= mask;
        return false;
    }

    internal void Add(in CodeKey key, CodeRecord record)
    {
        records[key] = record;
        Grow(record.Size);
    }

    internal void Add(CodeRecord head, TraceRecord trace)
    {
        head.Keep(trace);
        Grow(trace.Size);
    }

    void Grow(long added)
    {
        if (Interlocked.Add(ref size, added) <= Most) return;
        Interlocked.Exchange(ref size, 0);
        records.Clear();
    }
}
