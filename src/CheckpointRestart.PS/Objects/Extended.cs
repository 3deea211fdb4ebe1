using System.Buffers.Binary;

namespace CheckpointRestart.PS.Objects;

/// <summary>The 80-bit numbers of the x87 (Intel SDM volume 1, 4.2.2).</summary>
static class Extended
{
    const int Bias = 16383;

    /// <summary>The nearest double; 10 bytes, little-endian.</summary>
    internal static double ToDouble(ReadOnlySpan<byte> bytes)
    {
        ulong significand = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        int top = BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]);
        int exponent = top & 0x7fff;
        double magnitude = exponent switch
        {
            0x7fff => significand << 1 == 0 ? double.PositiveInfinity : double.NaN,
            // Converting the significand rounds once; the scaling is exact but for what a double cannot hold.
            _ => Math.ScaleB((double)significand, Math.Max(exponent, 1) - Bias - 63),
        };
        return (top & 0x8000) != 0 ? -magnitude : magnitude;
    }
}
