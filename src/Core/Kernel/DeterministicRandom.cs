using System.Buffers.Binary;
using System.Numerics;

namespace CheckpointRestart.Core.Kernel;

/// <summary>The machine's source of random bytes: xoshiro256** from a seed. All its state is four words, so it can be captured.</summary>
public sealed class DeterministicRandom
{
    ulong s0, s1, s2, s3;

    /// <summary>Spreads the seed with splitmix64.</summary>
    public DeterministicRandom(ulong seed)
    {
        s0 = Spread(ref seed);
        s1 = Spread(ref seed);
        s2 = Spread(ref seed);
        s3 = Spread(ref seed);
    }

    /// <summary>The four words of state.</summary>
    public (ulong First, ulong Second, ulong Third, ulong Fourth) State
    {
        get => (s0, s1, s2, s3);
        set => (s0, s1, s2, s3) = value;
    }

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        ulong result = BitOperations.RotateLeft(s1 * 5, 7) * 9, t = s1 << 17;
        s2 ^= s0;
        s3 ^= s1;
        s1 ^= s2;
        s0 ^= s3;
        s2 ^= t;
        s3 = BitOperations.RotateLeft(s3, 45);
        return result;
    }

    /// <summary>Fills with random bytes.</summary>
    public void Fill(Span<byte> bytes)
    {
        for (; bytes.Length >= 8; bytes = bytes[8..]) BinaryPrimitives.WriteUInt64LittleEndian(bytes, Next());
        if (bytes.IsEmpty) return;
        Span<byte> last = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(last, Next());
        last[..bytes.Length].CopyTo(bytes);
    }

    static ulong Spread(ref ulong x)
    {
        ulong z = x += 0x9E3779B97F4A7C15;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        return z ^ z >> 31;
    }
}
