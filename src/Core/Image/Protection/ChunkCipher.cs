using System.Buffers.Binary;
using System.Security.Cryptography;

namespace CheckpointRestart.Core.Image.Protection;

/// <summary>Encrypts the chunks of one image: the nonce is the chunk's number with a mark on the last one, so that none can be left out, moved or put behind the end.</summary>
sealed class ChunkCipher(byte[] key) : IDisposable
{
    readonly AesGcm aes = new(key, ProtectionLimits.TagBytes);
    readonly Lock gate = new();

    /// <param name="chunk">Its number.</param>
    /// <param name="prefix">What stands in front of it, which is authenticated too.</param>
    /// <param name="plain">What it carries.</param>
    /// <param name="stored">Gets as many bytes and the tag.</param>
    public void Encrypt(long chunk, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> plain, Span<byte> stored)
    {
        Span<byte> nonce = stackalloc byte[ProtectionLimits.NonceBytes];
        Nonce(chunk, prefix, nonce);
        lock (gate) aes.Encrypt(nonce, plain, stored[..plain.Length], stored[plain.Length..], prefix);
    }

    /// <returns>False when it is not what was encrypted.</returns>
    public bool TryDecrypt(long chunk, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> stored, Span<byte> plain)
    {
        Span<byte> nonce = stackalloc byte[ProtectionLimits.NonceBytes];
        Nonce(chunk, prefix, nonce);
        try
        {
            lock (gate) aes.Decrypt(nonce, stored[..plain.Length], stored[plain.Length..], plain, prefix);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    static void Nonce(long chunk, ReadOnlySpan<byte> prefix, Span<byte> nonce)
    {
        BinaryPrimitives.WriteInt64LittleEndian(nonce, chunk);
        BinaryPrimitives.WriteUInt32LittleEndian(nonce[8..], BinaryPrimitives.ReadUInt32LittleEndian(prefix) >> 31);
    }

    public void Dispose() => aes.Dispose();
}
