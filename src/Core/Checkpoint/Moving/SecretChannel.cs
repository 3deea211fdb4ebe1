using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using CheckpointRestart.Core.Checkpoint.Extended;

namespace CheckpointRestart.Core.Checkpoint.Moving;

/// <summary>A secret that two ends share: each proves to the other that it has it, and what they say is encrypted (docs/moving.md).</summary>
public sealed class SharedSecret
{
    internal const int SaltBytes = 16, KeyBytes = 32;

    const int Rounds = 600_000;

    readonly byte[] secret;
    readonly Lazy<(byte[] Salt, byte[] Key)> own;
    (byte[]? Salt, byte[] Key) last = (null, []);

    /// <param name="secret">The secret.</param>
    public SharedSecret(ReadOnlySpan<char> secret)
    {
        if (secret.IsEmpty) throw new ArgumentException("An empty secret keeps nobody away.", nameof(secret));
        this.secret = new byte[Encoding.UTF8.GetByteCount(secret)];
        Encoding.UTF8.GetBytes(secret, this.secret);
        own = new(() =>
        {
            var salt = RandomNumberGenerator.GetBytes(SaltBytes);
            return (salt, Rfc2898DeriveBytes.Pbkdf2(this.secret, salt, Rounds, HashAlgorithmName.SHA256, KeyBytes));
        });
    }

    /// <summary>A salt of this end, and the key that it makes of the secret: the same for all who connect, so that a connection costs nothing.</summary>
    internal (byte[] Salt, byte[] Key) Own => own.Value;

    /// <summary>Makes both before they are asked for.</summary>
    internal void MakeReady() => _ = own.Value;

    /// <summary>The key that another end's salt makes of the secret; the one that was asked for last is kept.</summary>
    internal byte[] KeyOf(ReadOnlySpan<byte> salt)
    {
        lock (secret)
        {
            if (last.Salt == null || !salt.SequenceEqual(last.Salt)) last = (salt.ToArray(), Rfc2898DeriveBytes.Pbkdf2(secret, salt, Rounds, HashAlgorithmName.SHA256, KeyBytes));
            return last.Key;
        }
    }
}

/// <summary>Makes of a stream one that is encrypted and authenticated under a shared secret.</summary>
public static class SecretChannel
{
    const int NonceBytes = 32, MostKeyBytes = 200;

    internal static ReadOnlySpan<byte> Word => "CrLink01"u8;

    /// <summary>At the end that listens.</summary>
    /// <exception cref="ChannelException">The other end has another secret, or is no such end.</exception>
    public static Stream Receive(Stream stream, SharedSecret secret)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(secret);
        using var ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var (salt, key) = secret.Own;
        byte[] mine = [.. Word, .. salt, .. RandomNumberGenerator.GetBytes(NonceBytes), .. Sized(ephemeral.ExportSubjectPublicKeyInfo())];
        stream.Write(mine);
        stream.Flush();
        var theirs = Hello(stream, 0, out var point);
        var keys = new Keys(key, Agree(ephemeral, point), mine, theirs);
        var proof = Take(stream, SharedSecret.KeyBytes);
        if (!CryptographicOperations.FixedTimeEquals(proof, keys.SenderProof)) throw new ChannelException(ChannelProblem.OtherSecret, "who connected has another secret");
        stream.Write(keys.ReceiverProof);
        stream.Flush();
        return new FrameStream(stream, keys.ReceiverFrames, keys.SenderFrames);
    }

    /// <summary>At the end that connects.</summary>
    /// <exception cref="ChannelException">The other end has another secret, or is no such end.</exception>
    public static Stream Send(Stream stream, SharedSecret secret)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(secret);
        var theirs = Hello(stream, SharedSecret.SaltBytes, out var point);
        using var ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        byte[] mine = [.. Word, .. RandomNumberGenerator.GetBytes(NonceBytes), .. Sized(ephemeral.ExportSubjectPublicKeyInfo())];
        var keys = new Keys(secret.KeyOf(theirs.AsSpan(Word.Length, SharedSecret.SaltBytes)), Agree(ephemeral, point), theirs, mine);
        stream.Write(mine);
        stream.Write(keys.SenderProof);
        stream.Flush();
        byte[] proof;
        try
        {
            proof = Take(stream, SharedSecret.KeyBytes);
        }
        catch (IOException exception)
        {
            throw new ChannelException(ChannelProblem.OtherSecret, "the receiver closed the way when it was shown the secret: it has another one, or the way was cut", exception);
        }
        if (!CryptographicOperations.FixedTimeEquals(proof, keys.ReceiverProof)) throw new ChannelException(ChannelProblem.OtherSecret, "the receiver has another secret");
        return new FrameStream(stream, keys.SenderFrames, keys.ReceiverFrames);
    }

    static byte[] Hello(Stream stream, int saltBytes, out byte[] point)
    {
        var word = Take(stream, Word.Length);
        if (word.AsSpan().SequenceEqual(MachineTransfer.Ready)) throw new ChannelException(ChannelProblem.OtherProtection, "the receiver asks for no secret");
        if (!word.AsSpan().SequenceEqual(Word)) throw new ChannelException(ChannelProblem.NoPeer, "the other end does not speak of a secret");
        var head = Take(stream, saltBytes + NonceBytes + 2);
        int length = BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(head.Length - 2));
        if (length is 0 or > MostKeyBytes) throw new ChannelException(ChannelProblem.NoPeer, "the other end's key is too long");
        point = Take(stream, length);
        return [.. word, .. head, .. point];
    }

    static byte[] Agree(ECDiffieHellman own, byte[] point)
    {
        try
        {
            using var other = ECDiffieHellman.Create();
            other.ImportSubjectPublicKeyInfo(point, out int read);
            if (read != point.Length || other.ExportParameters(includePrivateParameters: false).Curve.Oid.Value != ECCurve.NamedCurves.nistP256.Oid.Value)
                throw new CryptographicException("The key is of another curve.");
            return own.DeriveRawSecretAgreement(other.PublicKey);
        }
        catch (Exception exception) when (exception is CryptographicException or PlatformNotSupportedException or ArgumentException)
        {
            throw new ChannelException(ChannelProblem.NoPeer, "the other end's key is none", exception);
        }
    }

    static byte[] Sized(byte[] bytes) => [(byte)bytes.Length, (byte)(bytes.Length >> 8), .. bytes];

    static byte[] Take(Stream stream, int count)
    {
        var bytes = new byte[count];
        stream.ReadExactly(bytes);
        return bytes;
    }

    sealed class Keys
    {
        public Keys(byte[] secret, byte[] agreed, byte[] receiverHello, byte[] senderHello)
        {
            var root = HKDF.Extract(HashAlgorithmName.SHA256, agreed, secret);
            var said = SHA256.HashData([.. receiverHello, .. senderHello]);
            SenderProof = Make("sender proves");
            ReceiverProof = Make("receiver proves");
            SenderFrames = Make("sender's frames");
            ReceiverFrames = Make("receiver's frames");

            byte[] Make(string what) => HKDF.Expand(HashAlgorithmName.SHA256, root, SharedSecret.KeyBytes, [.. "CheckpointRestart link 1, "u8, .. Encoding.ASCII.GetBytes(what), .. said]);
        }

        public byte[] SenderProof { get; }

        public byte[] ReceiverProof { get; }

        public byte[] SenderFrames { get; }

        public byte[] ReceiverFrames { get; }
    }
}
