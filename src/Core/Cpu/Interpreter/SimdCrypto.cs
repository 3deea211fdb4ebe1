using System.Runtime.Intrinsics;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>AES-NI and PCLMULQDQ, in software (FIPS 197; Intel SDM 1, 12.13).</summary>
internal static class SimdCrypto
{
    private static readonly byte[] Forward = MakeForward();
    private static readonly byte[] Backward = MakeBackward();

    internal static void Register(HandlerTable table)
    {
        Simd.Add<Encrypt>(table, Code.Aesenc_xmm_xmmm128);
        Simd.Add<EncryptLast>(table, Code.Aesenclast_xmm_xmmm128);
        Simd.Add<Decrypt>(table, Code.Aesdec_xmm_xmmm128);
        Simd.Add<DecryptLast>(table, Code.Aesdeclast_xmm_xmmm128);
        Simd.Add<InverseMix>(table, Code.Aesimc_xmm_xmmm128);
        Simd.AddImmediate<KeyAssist>(table, Code.Aeskeygenassist_xmm_xmmm128_imm8);
        Simd.AddImmediate<CarrylessMultiply>(table, Code.Pclmulqdq_xmm_xmmm128_imm8);
    }

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

    private readonly struct Encrypt : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) =>
            Mix(SubstituteAndShift(destination, Forward, 1), 2, 3, 1, 1) ^ source;
    }

    private readonly struct EncryptLast : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) =>
            SubstituteAndShift(destination, Forward, 1) ^ source;
    }

    private readonly struct Decrypt : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) =>
            Mix(SubstituteAndShift(destination, Backward, 3), 14, 11, 13, 9) ^ source;
    }

    private readonly struct DecryptLast : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) =>
            SubstituteAndShift(destination, Backward, 3) ^ source;
    }

    private readonly struct InverseMix : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) => Mix(source, 14, 11, 13, 9);
    }

    private readonly struct KeyAssist : IPackedImmediate
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source, byte immediate)
        {
            uint first = Substitute(source.AsUInt32()[1]);
            uint second = Substitute(source.AsUInt32()[3]);
            return Vector128.Create(first, uint.RotateRight(first, 8) ^ immediate, second, uint.RotateRight(second, 8) ^ immediate).AsByte();
        }

        private static uint Substitute(uint word) =>
            Forward[word & 0xff] | ((uint)Forward[word >> 8 & 0xff] << 8) | ((uint)Forward[word >> 16 & 0xff] << 16) | ((uint)Forward[word >> 24] << 24);
    }

    private readonly struct CarrylessMultiply : IPackedImmediate
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source, byte immediate)
        {
            UInt128 a = destination.AsUInt64()[immediate & 1];
            ulong b = source.AsUInt64()[immediate >> 4 & 1];
            UInt128 product = 0;
            for (; b != 0; b >>= 1)
            {
                if ((b & 1) != 0) product ^= a;
                a <<= 1;
            }

            return SimdShift.Vector(product);
        }
    }
}
