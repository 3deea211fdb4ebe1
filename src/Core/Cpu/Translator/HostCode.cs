using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>The process's memory for translated code: one range, mapped twice, once to write and once to execute, handed out in chunks.</summary>
/// <remarks>No page is ever writable and executable through one mapping. Thread safe.</remarks>
internal static unsafe class HostCode
{
    /// <summary>Bytes of a chunk.</summary>
    internal const int ChunkBytes = 128 << 10;

    /// <summary>Bytes of the range.</summary>
    internal const long RangeBytes = 1L << 30;

    static readonly Lock Gate = new();
    /// <summary>Chunks that nobody has: empty ones, and a few that still hold memory while any is in use beside <see cref="HostStubs"/>' own.</summary>
    static readonly Stack<int> Free = new(), Spare = new();

    const int MostSpare = 8;

    static readonly int Descriptor;
    static int fresh;

    static HostCode()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            Refusal = "translated code needs an x64 processor and Linux";
            return;
        }
        Descriptor = HostMemory.CreateFile("translated code", RangeBytes);
        if (Descriptor < 0)
        {
            Refusal = $"the host gives no shared memory (error {Marshal.GetLastPInvokeError()})";
            return;
        }
        byte* write = HostMemory.Map(null, RangeBytes, HostMemory.ReadWrite, HostMemory.MapShared, Descriptor, 0);
        byte* execute = HostMemory.Map(null, RangeBytes, HostMemory.ReadExecute, HostMemory.MapShared, Descriptor, 0);
        if ((nint)write == -1 || (nint)execute == -1)
        {
            Refusal = $"the host refuses executable memory (error {Marshal.GetLastPInvokeError()})";
            return;
        }
        Executable = execute;
        ToWritable = (nint)(write - execute);
        IsAvailable = true;
    }

    /// <summary>False where the host has no such memory: then the interpreter runs everything.</summary>
    [SupportedOSPlatformGuard("linux")]
    internal static bool IsAvailable { get; }

    /// <summary>Why <see cref="IsAvailable"/> is false; null when it is true.</summary>
    internal static string? Refusal { get; }

    /// <summary>The first executable byte.</summary>
    internal static byte* Executable { get; }

    /// <summary>From an executable byte to where it is written.</summary>
    internal static nint ToWritable { get; }

    /// <summary>Chunks handed out and not given back.</summary>
    internal static int ChunksInUse
    {
        get
        {
            lock (Gate) return fresh - Free.Count - Spare.Count;
        }
    }

    /// <summary>A chunk by its executable address; null when the range is used up.</summary>
    internal static byte* Take()
    {
        lock (Gate)
        {
            if (Spare.TryPop(out int index) || Free.TryPop(out index)) return Executable + (long)index * ChunkBytes;
            return fresh < RangeBytes / ChunkBytes ? Executable + (long)fresh++ * ChunkBytes : null;
        }
    }

    /// <summary>Gives a chunk back, and its memory to the host unless somebody may want it soon.</summary>
    internal static void PutBack(byte* chunk)
    {
        int index = (int)((chunk - Executable) / ChunkBytes);
        lock (Gate)
        {
            Spare.Push(index);
            int most = fresh - Free.Count - Spare.Count > 1 ? MostSpare : 0;
            while (Spare.Count > most)
            {
                index = Spare.Pop();
                HostMemory.Punch(Descriptor, (long)index * ChunkBytes, ChunkBytes);
                Free.Push(index);
            }
        }
    }

    /// <summary>Copies code into its place.</summary>
    internal static void Write(byte* to, ReadOnlySpan<byte> code) => code.CopyTo(new Span<byte>(to + ToWritable, code.Length));

    /// <summary>Sets the 32-bit distance of a jump or call. Its four bytes may straddle a cache line: no other thread may be executing it.</summary>
    internal static void WriteDistance(byte* place, byte* target) => *(int*)(place + ToWritable) = checked((int)(target - (place + 4)));
}
