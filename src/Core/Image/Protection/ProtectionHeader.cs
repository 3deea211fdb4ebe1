using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;

namespace CheckpointRestart.Core.Image.Protection;

/// <summary>What stands in clear in front of a protected image: what was done, and who can open it.</summary>
sealed class ProtectionHeader
{
    readonly List<(ProtectionKeyKind Kind, byte[] Bytes)> slots = [];

    ProtectionHeader(byte[] bytes, ProtectionFlags flags)
    {
        Bytes = bytes;
        Flags = flags;
    }

    /// <summary>As it stands in the file.</summary>
    public byte[] Bytes { get; }

    public ProtectionFlags Flags { get; }

    public bool IsEncrypted => (Flags & ProtectionFlags.Encrypted) != 0;

    public bool IsSigned => (Flags & ProtectionFlags.Signed) != 0;

    /// <summary>Bytes of a chunk beside what it carries.</summary>
    public int ChunkOverhead => ProtectionLimits.PrefixBytes + (IsEncrypted ? ProtectionLimits.TagBytes : 0);

    /// <summary>True for the first bytes of a protected image; eight are enough.</summary>
    public static bool Begins(ReadOnlySpan<byte> beginning) => beginning.StartsWith(ProtectionLimits.Magic);

    /// <summary>A new header, and the cipher of the chunks; null when they are not encrypted.</summary>
    public static (ProtectionHeader Header, ChunkCipher? Cipher) Create(ImageProtection protection)
    {
        if (protection.Keys.Count > ProtectionLimits.MostSlots) throw new ProtectionException(ProtectionProblem.UnusableKey, $"an image is protected for at most {ProtectionLimits.MostSlots} keys, not for {protection.Keys.Count}");
        var fileKey = RandomNumberGenerator.GetBytes(ProtectionLimits.KeyBytes);
        var locked = protection.Keys.Select(key => (key.Kind, Bytes: key.Wrap(fileKey))).ToArray();
        var bytes = new byte[ProtectionLimits.FixedBytes + locked.Sum(static slot => 4 + slot.Bytes.Length) + sizeof(uint)];
        ProtectionLimits.Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), ProtectionLimits.Version);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(10), (ushort)protection.Flags);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), bytes.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), ProtectionLimits.ChunkBytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(20), locked.Length);
        RandomNumberGenerator.Fill(bytes.AsSpan(24, 32));
        int at = ProtectionLimits.FixedBytes;
        foreach (var (kind, slot) in locked)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), (ushort)kind);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at + 2), (ushort)slot.Length);
            slot.CopyTo(bytes, at + 4);
            at += 4 + slot.Length;
        }
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), Crc32.HashToUInt32(bytes.AsSpan(0, at)));
        var header = new ProtectionHeader(bytes, protection.Flags);
        return (header, locked.Length > 0 ? header.CipherOf(fileKey) : null);
    }

    /// <summary>Reads a header.</summary>
    /// <param name="read">Fills a buffer from where it has got to; gives fewer bytes at the end alone.</param>
    /// <exception cref="CheckpointImageException">It breaks a rule.</exception>
    public static ProtectionHeader Read(Func<Memory<byte>, int> read)
    {
        var beginning = new byte[ProtectionLimits.FixedBytes];
        Require(read(beginning) == beginning.Length, "a protected image has a header of 60 bytes at least", Errno.EPIPE);
        Require(Begins(beginning), "a protected image begins with CrProtec");
        int version = BinaryPrimitives.ReadUInt16LittleEndian(beginning.AsSpan(8)), flags = BinaryPrimitives.ReadUInt16LittleEndian(beginning.AsSpan(10));
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(beginning.AsSpan(12)), count = BinaryPrimitives.ReadUInt32LittleEndian(beginning.AsSpan(20));
        Require(version == ProtectionLimits.Version, $"the version of a protected image is {ProtectionLimits.Version}", Errno.EINVAL, version);
        Require(length is >= ProtectionLimits.FixedBytes + sizeof(uint) and <= ProtectionLimits.MostHeaderBytes, "a header has 60 to 65536 bytes", Errno.EINVAL, length);
        var bytes = new byte[length];
        beginning.CopyTo(bytes, 0);
        Require(read(bytes.AsMemory(beginning.Length)) == bytes.Length - beginning.Length, "a header is as long as it says", Errno.EPIPE);
        Require(BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(bytes.Length - 4)) == Crc32.HashToUInt32(bytes.AsSpan(0, bytes.Length - 4)), "a header has its checksum", Errno.EIO);
        Require(flags is > 0 and <= 3, "a protected image is encrypted, signed or both", Errno.EINVAL, flags);
        uint chunk = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(16));
        Require(chunk == ProtectionLimits.ChunkBytes, "a chunk carries 65536 bytes", Errno.EINVAL, chunk);
        Require(count <= ProtectionLimits.MostSlots && (count > 0) == ((flags & 1) != 0), "an encrypted image has 1 to 16 slots, another one none", Errno.EINVAL, count);
        var header = new ProtectionHeader(bytes, (ProtectionFlags)flags);
        header.ReadSlots((int)count);
        return header;
    }

    void ReadSlots(int count)
    {
        int at = ProtectionLimits.FixedBytes, end = Bytes.Length - sizeof(uint);
        for (int i = 0; i < count; i++)
        {
            Require(end - at >= 4, "a slot lies in the header");
            var kind = (ProtectionKeyKind)BinaryPrimitives.ReadUInt16LittleEndian(Bytes.AsSpan(at));
            int length = BinaryPrimitives.ReadUInt16LittleEndian(Bytes.AsSpan(at + 2));
            Require(end - at - 4 >= length, "a slot lies in the header");
            var slot = Bytes.AsSpan(at + 4, length).ToArray();
            Require(ProtectionKey.IsWellFormed(kind, slot), "a slot has the form of its kind", Errno.EINVAL, (int)kind);
            slots.Add((kind, slot));
            at += 4 + length;
        }
        Require(at == end, "a header ends behind its last slot");
    }

    /// <summary>The cipher of the chunks; null when they are not encrypted.</summary>
    /// <exception cref="ProtectionException">No key was given, or none fits.</exception>
    public ChunkCipher? Open(ImageAccess access)
    {
        if (!IsEncrypted) return null;
        string needed = string.Join(" or ", slots.Select(static slot => ProtectionKey.Describe(slot.Kind, slot.Bytes)).Distinct(StringComparer.Ordinal));
        if (access.Keys.Count == 0) throw new ProtectionException(ProtectionProblem.KeyNeeded, $"the image is encrypted: it takes {needed} to open it");
        foreach (var (kind, slot) in slots)
        {
            foreach (var key in access.Keys.Where(key => key.Kind == kind))
                if (key.TryUnwrap(slot) is { } fileKey) return CipherOf(fileKey);
        }
        throw new ProtectionException(ProtectionProblem.WrongKey, $"the image is encrypted, and no key that was given opens it: it takes {needed}");
    }

    ChunkCipher CipherOf(byte[] fileKey)
    {
        // With another header the chunks have another key.
        byte[] about = [.. "CheckpointRestart chunks 1"u8, .. SHA256.HashData(Bytes)];
        return new ChunkCipher(HKDF.DeriveKey(HashAlgorithmName.SHA256, fileKey, ProtectionLimits.KeyBytes, Bytes.AsSpan(24, 32).ToArray(), about));
    }

    static void Require(bool holds, string rule, Errno errno = Errno.EINVAL, long? found = null)
    {
        if (!holds) throw new CheckpointImageException("protection", 0, rule, errno, found?.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }
}
