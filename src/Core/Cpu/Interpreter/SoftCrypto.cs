using System.Runtime.Intrinsics;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>AES rounds and carry-less multiplication without a host's instructions for them (FIPS 197; Intel SDM 1, 12.13).</summary>
internal static class SoftCrypto
{
    private static readonly byte[] Forward = MakeForward();
    private static readonly byte[] Backward = MakeBackward();

    internal static Vector128<byte> Encrypt(Vector128<byte> state, Vector128<byte> key) => Mix(SubstituteAndShift(state, Forward, 1), 2, 3, 1, 1) ^ key;

    internal static Vector128<byte> EncryptLast(Vector128<byte> state, Vector128<byte> key) => SubstituteAndShift(state, Forward, 1) ^ key;

    internal static Vector128<byte> Decrypt(Vector128<byte> state, Vector128<byte> key) => Mix(SubstituteAndShift(state, Backward, 3), 14, 11, 13, 9) ^ key;

    internal static Vector128<byte> DecryptLast(Vector128<byte> state, Vector128<byte> key) => SubstituteAndShift(state, Backward, 3) ^ key;

    internal static Vector128<byte> InverseMix(Vector128<byte> state) => Mix(state, 14, 11, 13, 9);

    internal static Vector128<byte> KeyAssist(Vector128<byte> source, byte immediate)
    {
        uint first = Substitute(source.AsUInt32()[1]);
        uint second = Substitute(source.AsUInt32()[3]);
        return Vector128.Create(first, uint.RotateRight(first, 8) ^ immediate, second, uint.RotateRight(second, 8) ^ immediate).AsByte();
    }

    internal static Vector128<byte> CarrylessMultiply(ulong a, ulong b)
    {
        UInt128 shifted = a;
        UInt128 product = 0;
        for (; b != 0; b >>= 1)
        {
            if ((b & 1) != 0) product ^= shifted;
            shifted <<= 1;
        }

        return SimdShift.Vector(product);
    }

    private static uint Substitute(uint word) =>
        Forward[word & 0xff] | ((uint)Forward[word >> 8 & 0xff] << 8) | ((uint)Forward[word >> 16 & 0xff] << 16) | ((uint)Forward[word >> 24] << 24);

    /// <summary>Product in the field of AES.</summary>
    private static byte Multiply(int a, int b)
    {
        int product = 0;
        for (; b != 0; b >>= 1)
        {
            if ((b & 1) != 0) product ^= a;
            a = (a << 1) ^ ((a & 0x80) != 0 ? 0x11b : 0);
        }

        return (byte)product;
    }

    private static byte[] MakeForward()
    {
        var table = new byte[256];
        for (int i = 0; i < 256; i++)
        {
            int inverse = 0;
            for (int j = 1; j < 256 && i != 0; j++)
            {
                if (Multiply(i, j) == 1) inverse = j;
            }

            int twice = inverse | (inverse << 8);
            table[i] = (byte)(0x63 ^ inverse ^ (twice >> 7) ^ (twice >> 6) ^ (twice >> 5) ^ (twice >> 4));
        }

        return table;
    }

    private static byte[] MakeBackward()
    {
        var table = new byte[256];
        for (int i = 0; i < 256; i++) table[Forward[i]] = (byte)i;
        return table;
    }

    /// <summary>Substitutes every byte and rotates row r of the state by r columns; direction is 1 to encrypt, 3 (which is -1) to decrypt.</summary>
    private static Vector128<byte> SubstituteAndShift(Vector128<byte> state, byte[] table, int direction)
    {
        Vector128<byte> result = default;
        for (int column = 0; column < 4; column++)
        {
            for (int row = 0; row < 4; row++)
            {
                int from = (column + (row * direction)) & 3;
                result = result.WithElement((4 * column) + row, table[state[(4 * from) + row]]);
            }
        }

        return result;
    }

    private static Vector128<byte> Mix(Vector128<byte> state, int a, int b, int c, int d)
    {
        Vector128<byte> result = default;
        for (int i = 0; i < 16; i++)
        {
            int column = i & ~3;
            byte mixed = (byte)(Multiply(state[i], a) ^ Multiply(state[column + ((i + 1) & 3)], b) ^ Multiply(state[column + ((i + 2) & 3)], c) ^ Multiply(state[column + ((i + 3) & 3)], d));
            result = result.WithElement(i, mixed);
        }

        return result;
    }
}
