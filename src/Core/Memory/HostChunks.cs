namespace CheckpointRestart.Core.Memory;

/// <summary>Pieces of host memory that come and go with address spaces. A few are kept for the next one while any is in use; a C library's heap would keep what thousands
/// of threads left in it. Thread safe.</summary>
internal static unsafe class HostChunks
{
    /// <summary>Bytes of the usual piece.</summary>
    internal const int Usual = 64 << 10;

    /// <summary>Bytes of a large piece, which the host may give as one page.</summary>
    internal const int Large = 2 << 20;

    const long MostSpare = 2 << 20;

    static readonly Lock Gate = new();
    static readonly Dictionary<int, Stack<nint>> Spare = [];
    static long spareBytes, inUse;

    /// <summary>Bytes handed out and not given back.</summary>
    internal static long InUse
    {
        get
        {
            lock (Gate) return inUse;
        }
    }

    /// <summary>A piece, aligned to a page.</summary>
    /// <param name="bytes">Its length: a multiple of a page.</param>
    /// <param name="zeroed">False when what it holds does not matter.</param>
    internal static byte* Take(int bytes, bool zeroed)
    {
        nint found;
        lock (Gate)
        {
            inUse += bytes;
            if (!Spare.TryGetValue(bytes, out var pieces) || !pieces.TryPop(out found)) found = 0;
            else spareBytes -= bytes;
        }
        if (found == 0) return bytes == Large ? HostMemory.ReserveHuge(Large) : HostMemory.Reserve((nuint)bytes);
        if (zeroed) new Span<byte>((void*)found, bytes).Clear();
        return (byte*)found;
    }

    /// <summary>Gives a piece back.</summary>
    internal static void PutBack(byte* piece, int bytes)
    {
        lock (Gate)
        {
            inUse -= bytes;
            if (inUse != 0 && spareBytes + bytes <= MostSpare)
            {
                if (!Spare.TryGetValue(bytes, out var pieces)) Spare[bytes] = pieces = new();
                pieces.Push((nint)piece);
                spareBytes += bytes;
                return;
            }
            if (inUse == 0) Drop();
        }
        Release(piece, bytes);
    }

    static void Release(byte* piece, int bytes)
    {
        if (bytes == Large) HostMemory.ReleaseAligned(piece, Large);
        else HostMemory.Release(piece, (nuint)bytes);
    }

    static void Drop()
    {
        foreach (var (bytes, pieces) in Spare)
            while (pieces.TryPop(out nint piece)) Release((byte*)piece, bytes);
        spareBytes = 0;
    }
}
