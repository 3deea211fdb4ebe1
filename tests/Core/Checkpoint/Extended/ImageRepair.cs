using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;
using CheckpointRestart.Core.Image.Extended;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>Gives images that were changed byte by byte their checksums and their identity again, as far as their framing holds: what is then refused is refused by a rule.</summary>
internal static class ImageRepair
{
    public static byte[] Fix(byte[] bytes)
    {
        using var identity = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var check = new Crc32();
        for (int at = 0; at + 8 <= bytes.Length;)
        {
            var type = (ExtendedRecord)BinaryPrimitives.ReadInt16LittleEndian(bytes.AsSpan(at));
            int length = BinaryPrimitives.ReadInt16LittleEndian(bytes.AsSpan(at + 2));
            if (length < 0 || at + 8 + length > bytes.Length) return bytes;
            var payload = bytes.AsSpan(at + 8, length);
            int raw = 0;
            switch (type)
            {
                case ExtendedRecord.Check when length == 4:
                    BinaryPrimitives.WriteUInt32LittleEndian(payload, check.GetCurrentHashAsUInt32());
                    check.Reset();
                    break;
                case ExtendedRecord.Pages when length >= 20:
                    BinaryPrimitives.WriteUInt32LittleEndian(payload[^4..], Crc32.HashToUInt32(payload[..^4]));
                    uint stored = BinaryPrimitives.ReadUInt32LittleEndian(payload[4..]);
                    raw = (int)Math.Min(int.MaxValue / 2, stored == 0 ? 0 : stored + BinaryPrimitives.ReadUInt16LittleEndian(payload[12..]));
                    break;
                case ExtendedRecord.End when length == ExtendedLimits.EndBytes:
                    identity.AppendData(bytes, at, 8 + 16);
                    identity.GetHashAndReset().CopyTo(payload[16..]);
                    return bytes;
                default:
                    check.Append(bytes.AsSpan(at, 8 + length));
                    break;
            }
            identity.AppendData(bytes, at, 8 + length);
            at += 8 + length + raw;
            if (at < 0) return bytes;
        }
        return bytes;
    }
}
