using System.Buffers.Binary;
using CheckpointRestart.Core.Cpu.Floating;

namespace CheckpointRestart.Core.Cpu;

/// <summary>What the bytes of a register say, least significant first.</summary>
public static class RegisterBytes
{
    /// <summary>The nearest double of an x87 number's 10 bytes (Intel SDM volume 1, 4.2.2).</summary>
    public static double ToDouble(ReadOnlySpan<byte> bytes)
    {
        var environment = new FloatEnvironment { Masks = FloatFlags.All };
        return BitConverter.UInt64BitsToDouble(Float80Convert.ToDouble(new Float80(BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..])), ref environment));
    }

    /// <summary>A double with all its bits as the 10 bytes of an x87 number.</summary>
    public static byte[] FromDouble(double value)
    {
        var environment = new FloatEnvironment { Masks = FloatFlags.All };
        var number = Float80Convert.WidenDouble(BitConverter.DoubleToUInt64Bits(value), ref environment);
        var bytes = new byte[10];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, number.Significand);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), number.SignExponent);
        return bytes;
    }

    /// <summary>All of them as one hexadecimal number, without 0x.</summary>
    public static string ToHexadecimal(ReadOnlySpan<byte> bytes)
    {
        var reversed = bytes.ToArray();
        Array.Reverse(reversed);
        return Convert.ToHexStringLower(reversed);
    }
}
