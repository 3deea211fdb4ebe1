using System.Runtime.Intrinsics;
using CheckpointRestart.Core.Cpu.Interpreter;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu;

/// <summary>AES and carry-less multiplication: the software agrees with the standard, and what the processor uses agrees with the software.</summary>
public class CryptoTests
{
    [Fact]
    public void ABlockIsEncryptedAsTheStandardSays()
    {
        // FIPS 197, appendices A.1 and B.
        Vector128<byte> key = Bytes("2b7e151628aed2a6abf7158809cf4f3c");
        Vector128<byte> state = Bytes("3243f6a8885a308d313198a2e0370734") ^ key;
        byte constant = 1;
        for (int round = 1; round <= 10; round++)
        {
            key = NextKey(key, constant);
            constant = (byte)((constant << 1) ^ (constant >> 7) * 0x1b);
            state = round < 10 ? SoftCrypto.Encrypt(state, key) : SoftCrypto.EncryptLast(state, key);
        }

        Assert.Equal(Bytes("d014f9a8c9ee2589e13f0cc8b6630ca6"), key);
        Assert.Equal(Bytes("3925841d02dc09fbdc118597196a0b32"), state);
    }

    [Fact]
    public void DecryptionUndoesEncryption()
    {
        var random = new Random(1);
        for (int i = 0; i < 1000; i++)
        {
            Vector128<byte> state = Next(random);
            Vector128<byte> key = Next(random);
            Assert.Equal(state, SoftCrypto.DecryptLast(SoftCrypto.EncryptLast(state, key) ^ key, Vector128<byte>.Zero));
            Vector128<byte> unmixed = SoftCrypto.InverseMix(SoftCrypto.Encrypt(state, key) ^ key);
            Assert.Equal(state, SoftCrypto.DecryptLast(unmixed, Vector128<byte>.Zero));
            Assert.Equal(SoftCrypto.InverseMix(SoftCrypto.DecryptLast(state, Vector128<byte>.Zero)) ^ key, SoftCrypto.Decrypt(state, key));
        }
    }

    [Fact]
    public void CarrylessProductsAreThoseOfPolynomials()
    {
        // (x + 1)(x^63 + x) = x^64 + x^63 + x^2 + x, and a square spreads the bits out.
        Assert.Equal(Vector128.Create(0x8000000000000006UL, 1).AsByte(), SoftCrypto.CarrylessMultiply(3, 0x8000000000000002));
        Assert.Equal(Vector128.Create(0x5555555555555555UL, 0x5555555555555555).AsByte(), SoftCrypto.CarrylessMultiply(ulong.MaxValue, ulong.MaxValue));
    }

    [Fact]
    public void TheProcessorComputesWhatTheSoftwareComputes()
    {
        var random = new Random(2);
        for (int i = 0; i < 2000; i++)
        {
            Vector128<byte> a = Next(random);
            Vector128<byte> b = Next(random);
            var immediate = (byte)random.Next();
            Assert.Equal(SoftCrypto.Encrypt(a, b), SimdCrypto.Encrypt.Compute(a, b));
            Assert.Equal(SoftCrypto.EncryptLast(a, b), SimdCrypto.EncryptLast.Compute(a, b));
            Assert.Equal(SoftCrypto.Decrypt(a, b), SimdCrypto.Decrypt.Compute(a, b));
            Assert.Equal(SoftCrypto.DecryptLast(a, b), SimdCrypto.DecryptLast.Compute(a, b));
            Assert.Equal(SoftCrypto.InverseMix(b), SimdCrypto.InverseMix.Compute(a, b));
            Assert.Equal(SoftCrypto.KeyAssist(b, immediate), SimdCrypto.KeyAssist.Compute(a, b, immediate));
            Assert.Equal(
                SoftCrypto.CarrylessMultiply(a.AsUInt64()[immediate & 1], b.AsUInt64()[immediate >> 4 & 1]),
                SimdCrypto.CarrylessMultiply.Compute(a, b, immediate));
        }
    }

    private static Vector128<byte> NextKey(Vector128<byte> key, byte constant)
    {
        uint word = SoftCrypto.KeyAssist(key, constant).AsUInt32()[3];
        Vector128<uint> words = key.AsUInt32();
        for (int i = 0; i < 4; i++) words = words.WithElement(i, word ^= words[i]);
        return words.AsByte();
    }

    private static Vector128<byte> Bytes(string text) => Vector128.Create(Convert.FromHexString(text));

    private static Vector128<byte> Next(Random random) => Vector128.Create(random.NextInt64(long.MinValue, long.MaxValue), random.NextInt64(long.MinValue, long.MaxValue)).AsByte();
}
