using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CheckpointRestart.Core.Image.Protection;

namespace CheckpointRestart.Core.Checkpoint.Schedules;

/// <summary>What protects a schedule's images and opens them again. It is in memory alone: the file that describes the schedule says what kind of keys it takes, and no more.</summary>
/// <param name="keys">Who can open the images; none leaves them readable.</param>
/// <param name="signer">Who signs them, a certificate with its private key; null for nobody.</param>
public sealed class ScheduleGuard(IReadOnlyList<ProtectionKey> keys, X509Certificate2? signer)
{
    const int MostKeys = 64, MostBytes = 1 << 20;

    /// <summary>Images as they are.</summary>
    public static ScheduleGuard None { get; } = new([], null);

    /// <summary>Who can open the images.</summary>
    public IReadOnlyList<ProtectionKey> Keys => keys;

    /// <summary>Who signs them.</summary>
    public X509Certificate2? Signer => signer;

    /// <summary>True when nothing is done to the images.</summary>
    public bool IsNone => keys.Count == 0 && signer == null;

    /// <summary>True when one of the keys opens what it protects; a certificate without its private key does not.</summary>
    public bool CanOpen => keys.Count == 0 || keys.Any(static key => key.CanOpen);

    /// <summary>What the images are encrypted for, as a sentence has it; null for nothing.</summary>
    public string? EncryptedFor => keys.Count == 0 ? null : string.Join(" or ", keys.Select(static key => key.Description));

    /// <summary>Who signs the images, as a sentence has it; null for nobody.</summary>
    public string? SignedBy => signer == null ? null : $"{signer.Subject} (SHA-256 {signer.GetCertHashString(HashAlgorithmName.SHA256)})";

    /// <summary>What is done to images.</summary>
    internal ImageProtection? Protection => IsNone ? null : new ImageProtection { Keys = keys, Signer = signer };

    /// <summary>What opens them.</summary>
    /// <param name="areSigned">Takes only those that the signer has signed.</param>
    internal ImageAccess? AccessTo(bool areSigned) => IsNone ? null : new ImageAccess { Keys = keys, TrustedSigners = areSigned && signer != null ? [signer] : [] };

    /// <summary>Writes the keys, private ones too, to somebody who goes on with the schedule. For a pipe, not for a disk.</summary>
    /// <exception cref="ProtectionException">A private key cannot be given away.</exception>
    /// <exception cref="IOException">Nobody reads.</exception>
    public void WriteTo(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var all = Export();
        try
        {
            stream.Write([(byte)all.Count, (byte)(signer == null ? 0 : 1)]);
            Span<byte> head = stackalloc byte[5];
            foreach (var (form, bytes) in all)
            {
                head[0] = (byte)form;
                BinaryPrimitives.WriteInt32LittleEndian(head[1..], bytes.Length);
                stream.Write(head);
                stream.Write(bytes);
            }
            stream.Flush();
        }
        finally
        {
            foreach (var (_, bytes) in all) CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>Finds out whether <see cref="WriteTo"/> can.</summary>
    /// <exception cref="ProtectionException">A private key cannot be given away.</exception>
    public void RequireExportable()
    {
        foreach (var (_, bytes) in Export()) CryptographicOperations.ZeroMemory(bytes);
    }

    /// <summary>Reads what <see cref="WriteTo"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    /// <exception cref="IOException">It ends too early.</exception>
    public static ScheduleGuard ReadFrom(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Span<byte> head = stackalloc byte[5];
        stream.ReadExactly(head[..2]);
        int count = head[0], signers = head[1];
        if (count > MostKeys || signers > Math.Min(count, 1)) throw new InvalidDataException("what came are no keys");
        var keys = new List<ProtectionKey>();
        X509Certificate2? signer = null;
        for (int i = 0; i < count; i++)
        {
            stream.ReadExactly(head);
            int length = BinaryPrimitives.ReadInt32LittleEndian(head[1..]);
            if (length is <= 0 or > MostBytes) throw new InvalidDataException("a key has another length");
            var bytes = new byte[length];
            stream.ReadExactly(bytes);
            try
            {
                if (i == 0 && signers == 1) signer = ProtectionKey.CertificateOf((KeyForm)head[0], bytes);
                else keys.Add(ProtectionKey.Import((KeyForm)head[0], bytes));
            }
            finally
            {
                CryptographicOperations.ZeroMemory(bytes);
            }
        }
        return new ScheduleGuard(keys, signer);
    }

    /// <summary>The signer first, where there is one.</summary>
    List<(KeyForm Form, byte[] Bytes)> Export() => [.. (signer == null ? [] : (IEnumerable<(KeyForm, byte[])>)[ProtectionKey.Export(signer)]).Concat(keys.Select(static key => key.Export()))];
}
