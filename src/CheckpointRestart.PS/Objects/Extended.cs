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

    /// <summary>A double as it is, with all its bits: 10 bytes, little-endian.</summary>
    internal static byte[] FromDouble(double value)
    {
        ulong bits = BitConverter.DoubleToUInt64Bits(value);
        int exponent = (int)(bits >> 52) & 0x7ff;
        ulong significand = bits << 11 & long.MaxValue;
        if (exponent == 0x7ff) exponent = 0x7fff;
        else if (exponent != 0) exponent += Bias - 1023;
        else if (significand != 0)
        {
            // Denormal doubles are normal here.
            int shift = System.Numerics.BitOperations.LeadingZeroCount(significand);
            significand <<= shift;
            exponent = Bias - 1022 - shift;
        }
        if (exponent != 0) significand |= 1ul << 63;
        var bytes = new byte[10];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, significand);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), (ushort)(exponent | (double.IsNegative(value) ? 0x8000 : 0)));
        return bytes;
    }
}
