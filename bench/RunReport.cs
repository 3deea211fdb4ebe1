using System.Buffers.Binary;
using System.Diagnostics;

namespace CheckpointRestart.Bench;

/// <summary>What a run in a machine tells of itself.</summary>
/// <param name="First">When the guest's first instruction came, as <see cref="Stopwatch"/> counts in every process of the host.</param>
/// <param name="Ran">Seconds from there to the guest's end.</param>
/// <param name="Instructions">Of the first task.</param>
internal sealed record RunReport(long First, double Ran, ulong Instructions)
{
    const int Bytes = 24;

    public void Write(string path)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, First);
        BinaryPrimitives.WriteDoubleLittleEndian(bytes[8..], Ran);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], Instructions);
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        RandomAccess.Write(file, bytes, 0);
    }

    /// <summary>Seconds from the start of the process to the guest's first instruction: what .NET and the module take.</summary>
    public double StartOf(Measured whole) => Stopwatch.GetElapsedTime(whole.Began, First).TotalSeconds;

    /// <summary>Null when the run did not come so far.</summary>
    public static RunReport? Read(string path)
    {
        if (!File.Exists(path)) return null;
        byte[] bytes = File.ReadAllBytes(path);
        return new(BinaryPrimitives.ReadInt64LittleEndian(bytes), BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(8)), BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(16)));
    }
}
