namespace CheckpointRestart.Core.Memory;

/// <summary>Where frames come from: one memory file of the process where the host has such, so that windows can map the same frames again; else anonymous memory.</summary>
/// <remarks>Not thread safe: <see cref="FrameStore"/> holds its lock.</remarks>
internal static unsafe class FrameMemory
{
    /// <summary>Length of the file; nothing of it exists before it is touched.</summary>
    const long FileBytes = 1L << 42;

    static readonly Stack<long> Free = new();
    static long fresh;

    static FrameMemory()
    {
        Descriptor = OperatingSystem.IsLinux() && Environment.Is64BitProcess ? HostMemory.CreateFile("guest frames", FileBytes) : -1;
    }

    /// <summary>The memory file; -1 where there is none.</summary>
    internal static int Descriptor { get; }

    /// <summary>Zeroed memory that begins at a multiple of its length.</summary>
    /// <param name="bytes">A power of two, the same in every call.</param>
    /// <param name="offset">Where it lies in the file; -1 when it lies in none.</param>
    /// <exception cref="InsufficientMemoryException">The host has no address space or memory left.</exception>
    internal static byte* Take(int bytes, out long offset)
    {
        byte* address = HostMemory.ReserveAligned((nuint)bytes);
        offset = -1;
        if (Descriptor < 0) return address;
        if (!Free.TryPop(out offset))
        {
            offset = fresh;
            fresh += bytes;
        }
        if (HostMemory.Map(address, (ulong)bytes, HostMemory.ReadWrite, HostMemory.MapShared | HostMemory.MapFixed, Descriptor, offset) == address) return address;
        Free.Push(offset);
        HostMemory.ReleaseAligned(address, (nuint)bytes);
        throw new InsufficientMemoryException();
    }

    /// <summary>Gives back what <see cref="Take"/> gave.</summary>
    internal static void PutBack(byte* address, int bytes, long offset)
    {
        HostMemory.ReleaseAligned(address, (nuint)bytes);
        if (offset < 0) return;
        HostMemory.Punch(Descriptor, offset, bytes);
        Free.Push(offset);
    }
}
