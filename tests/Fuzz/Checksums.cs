using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;

namespace CheckpointRestart.Fuzz;

/// <summary>Puts right what an image says of its own bytes, as far as its records can be followed: docs/image-format.md says where what stands.</summary>
internal static class Checksums
{
    const int Check = 1005, Pages = 1006, End = 1009;

    public static void Repair(Span<byte> bytes)
    {
        using var identity = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var check = new Crc32();
        for (int at = 0; at + 8 <= bytes.Length;)
        {
            int type = BinaryPrimitives.ReadInt16LittleEndian(bytes[at..]), length = BinaryPrimitives.ReadInt16LittleEndian(bytes[(at + 2)..]);
            if (length < 0 || at + 8 + length > bytes.Length) return;
            var payload = bytes.Slice(at + 8, length);
            int next = at + 8 + length;
            if (type == Check && length == 4)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(payload, check.GetCurrentHashAsUInt32());
                check.Reset();
            }
            else if (type == Pages && length >= 20)
            {
                int stored = BinaryPrimitives.ReadInt32LittleEndian(payload[4..]), padding = BinaryPrimitives.ReadUInt16LittleEndian(payload[12..]);
                if (stored < 0 || (long)next + padding + stored > bytes.Length) return;
                BinaryPrimitives.WriteUInt32LittleEndian(payload[8..], Crc32.HashToUInt32(bytes.Slice(next + padding, stored)));
                BinaryPrimitives.WriteUInt32LittleEndian(payload[^4..], Crc32.HashToUInt32(payload[..^4]));
                next += padding + stored;
            }
            else if (type == End && length == 48)
            {
                identity.AppendData(bytes.Slice(at, 24));
                identity.GetHashAndReset().CopyTo(payload[16..]);
                return;
            }
            else
            {
                check.Append(bytes.Slice(at, 8 + length));
            }
            identity.AppendData(bytes.Slice(at, 8 + length));
            at = next;
        }
    }
}
