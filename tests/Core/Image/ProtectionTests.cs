using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Protection;
using Xunit;

namespace CheckpointRestart.Core.Tests.Image;

/// <summary>A protected image gives back what went in to who has a key, at any place and as a stream, and nothing to anybody else; whatever is done to its bytes is found.</summary>
public sealed class ProtectionTests : IDisposable
{
    static readonly ProtectionKey Passphrase = ProtectionKey.FromPassphrase("correct horse");

    readonly X509Certificate2 rsa = NewRsa("CN=Rsa"), curve = NewCurve("CN=Curve"), other = NewCurve("CN=Other");

    public void Dispose()
    {
        rsa.Dispose();
        curve.Dispose();
        other.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65535)]
    [InlineData(65536)]
    [InlineData(65537)]
    [InlineData(300_000)]
    public void WhatWentInComesOut(int length)
    {
        var content = Content(length);
        foreach (var (protection, access) in new (ImageProtection, ImageAccess)[]
        {
            (new() { Keys = [Passphrase] }, new() { Keys = [length == 1 ? ProtectionKey.FromPassphrase("correct horse") : Passphrase] }),
            (new() { Keys = [ProtectionKey.FromCertificate(PublicPartOf(rsa))] }, new() { Keys = [ProtectionKey.FromCertificate(rsa)] }),
            (new() { Keys = [ProtectionKey.FromCertificate(PublicPartOf(curve)), Passphrase] }, new() { Keys = [ProtectionKey.FromCertificate(curve)] }),
            (new() { Signer = curve }, new() { TrustedSigners = [PublicPartOf(curve)] }),
            (new() { Keys = [Passphrase], Signer = rsa }, new() { Keys = [Passphrase] }),
        })
        {
            var bytes = Protect(content, protection);
            Assert.Equal(content, ReadStream(bytes, access, out var state));
            Assert.Equal(protection.Flags, state.Flags);
            Assert.Equal(protection.Signer == null ? SignatureStatus.NotSigned : access.TrustedSigners.Count > 0 ? SignatureStatus.Valid : SignatureStatus.NotTrusted, state.Status);
            Assert.Equal(protection.Signer?.Thumbprint, state.Signer?.Thumbprint);
            using var opened = new ProtectedBytes(new ArrayBytes(bytes), access);
            Assert.Equal(state.Status, opened.State.Status);
            Assert.Equal(content.Length, opened.Length);
            var random = new Random(length);
            for (int i = 0; i < 50; i++)
            {
                int from = random.Next(length + 1), count = random.Next(200_000);
                var read = new byte[count];
                int some = opened.Read(read, from);
                Assert.Equal(content.AsSpan(from, Math.Min(count, length - from)), read.AsSpan(0, some));
            }
        }
    }

    [Fact]
    public void WhatFollowsInTheStreamStaysUnread()
    {
        foreach (var protection in new ImageProtection[] { new() { Keys = [Passphrase] }, new() { Signer = curve } })
        {
            using var stream = new MemoryStream([.. Protect(Content(1000), protection), 1, 2, 3]);
            using var opened = new ProtectedStream(stream, new ImageAccess { Keys = [Passphrase] });
            ReadAll(opened);
            opened.Finish();
            Assert.Equal(stream.Length - 3, stream.Position);
        }
    }

    [Fact]
    public void NobodyElseOpensIt()
    {
        var bytes = Protect(Content(10), new ImageProtection { Keys = [Passphrase, ProtectionKey.FromCertificate(rsa)] });
        var without = Assert.Throws<ProtectionException>(() => ReadStream(bytes, new ImageAccess(), out _));
        Assert.Equal(ProtectionProblem.KeyNeeded, without.Problem);
        Assert.Contains("a passphrase", without.Message, StringComparison.Ordinal);
        Assert.Contains(rsa.GetCertHashString(HashAlgorithmName.SHA256), without.Message, StringComparison.Ordinal);
        foreach (var key in new[] { ProtectionKey.FromPassphrase("Correct horse"), ProtectionKey.FromCertificate(other) })
        {
            Assert.Equal(ProtectionProblem.WrongKey, Assert.Throws<ProtectionException>(() => ReadStream(bytes, new ImageAccess { Keys = [key] }, out _)).Problem);
            Assert.Equal(ProtectionProblem.WrongKey, Assert.Throws<ProtectionException>(() => new ProtectedBytes(new ArrayBytes(bytes), new ImageAccess { Keys = [key] })).Problem);
        }
        var publicPart = new ImageAccess { Keys = [ProtectionKey.FromCertificate(PublicPartOf(rsa))] };
        Assert.Equal(ProtectionProblem.UnusableKey, Assert.Throws<ProtectionException>(() => ReadStream(bytes, publicPart, out _)).Problem);
    }

    [Fact]
    public void OnlyWhoIsTrustedMayHaveSignedIt()
    {
        using var authority = NewCurve("CN=Authority", isAuthority: true);
        using var member = NewCurve("CN=Member", issuer: authority);
        var content = Content(10);
        var trusting = new ImageAccess { TrustedSigners = [PublicPartOf(authority)] };
        ReadStream(Protect(content, new ImageProtection { Signer = member }), trusting, out var state);
        Assert.Equal(SignatureStatus.Valid, state.Status);
        var foreign = Protect(content, new ImageProtection { Signer = other });
        Assert.Equal(ProtectionProblem.SignerNotTrusted, Assert.Throws<ProtectionException>(() => ReadStream(foreign, trusting, out _)).Problem);
        Assert.Equal(ProtectionProblem.SignerNotTrusted, Assert.Throws<ProtectionException>(() => new ProtectedBytes(new ArrayBytes(foreign), trusting)).Problem);
        var unsigned = Protect(content, new ImageProtection { Keys = [Passphrase] });
        Assert.Equal(ProtectionProblem.NotSigned, Assert.Throws<ProtectionException>(() => ReadStream(unsigned, trusting with { Keys = [Passphrase] }, out _)).Problem);
        Assert.Equal(ProtectionProblem.NotSigned, Assert.Throws<ProtectionException>(() => new ProtectedBytes(new ArrayBytes(unsigned), trusting with { Keys = [Passphrase] })).Problem);
        Assert.Equal(ProtectionProblem.NotSigned, Assert.Throws<ProtectionException>(() => ImageOpening.Open(new ArrayBytes(content), trusting, out _)).Problem);
        Assert.Equal(ProtectionProblem.UnusableKey, Assert.Throws<ProtectionException>(() => Protect(content, new ImageProtection { Signer = PublicPartOf(rsa) })).Problem);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void EveryAlteredByteIsFound(bool encrypted, bool signed)
    {
        var content = Content(70_000);
        using var key = NewCurve("CN=Key");
        var access = new ImageAccess { Keys = [ProtectionKey.FromCertificate(key)] };
        var bytes = Protect(content, new ImageProtection { Keys = encrypted ? access.Keys : [], Signer = signed ? curve : null });
        int header = BitConverter.ToInt32(bytes, 12);
        var random = new Random(5);
        int[] places = [.. Enumerable.Range(0, (header + 8) / 3).Select(static i => i * 3), .. Enumerable.Range(0, 100).Select(_ => random.Next(header, bytes.Length)), .. Enumerable.Range(bytes.Length - 500, 500).Where(i => signed || i % 9 == 0)];
        foreach (int place in places)
        {
            byte was = bytes[place];
            bytes[place] ^= (byte)(1 << random.Next(8));
            Refused(bytes, access, content.Length, $"byte {place}");
            if (place < header - 4)
            {
                // With its checksum repaired a header still is not the one that was written.
                var repaired = (byte[])bytes.Clone();
                BitConverter.TryWriteBytes(repaired.AsSpan(header - 4), System.IO.Hashing.Crc32.HashToUInt32(repaired.AsSpan(0, header - 4)));
                Refused(repaired, access, content.Length, $"byte {place} with its checksum", orShut: true);
            }
            bytes[place] = was;
        }
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void WhatIsCutOffLeftOutMovedOrPutBehindIsFound(bool encrypted, bool signed)
    {
        var content = Content(200_000);
        var access = new ImageAccess { Keys = [ProtectionKey.FromCertificate(curve)] };
        var bytes = Protect(content, new ImageProtection { Keys = encrypted ? access.Keys : [], Signer = signed ? curve : null });
        int header = BitConverter.ToInt32(bytes, 12), each = 65536 + 4 + (encrypted ? 16 : 0);
        int[] cuts = [0, 1, 8, 30, 60, header - 1, header, header + 3, header + 4, header + each - 1, header + each, header + each + 4, header + 3 * each, bytes.Length - 20, bytes.Length - 4, bytes.Length - 1];
        foreach (int cut in cuts)
        {
            if (cut >= 8) Refused(bytes[..cut], access, content.Length, $"cut at {cut}");
        }
        Span<byte> first = bytes.AsSpan(header, each), second = bytes.AsSpan(header + each, each);
        byte[] head = bytes[..header], rest = bytes[(header + 2 * each)..];
        Refused([.. head, .. second, .. first, .. rest], access, content.Length, "moved");
        Refused([.. head, .. first, .. rest], access, content.Length, "left out");
        Refused([.. head, .. first, .. first, .. second, .. rest], access, content.Length, "doubled");
        Refused([.. head, .. first, .. second, .. rest, .. second], access, content.Length, "put behind", inParts: true);
        // The chunk before the end as the last one.
        var marked = (byte[])bytes.Clone();
        marked[header + each + 3] |= 0x80;
        Refused(marked[..(header + 2 * each)], access, content.Length, "another end");
    }

    [Fact]
    public void WhatFollowsAnImageWithinItsProtectionIsRefused()
    {
        using var opened = new ProtectedStream(new MemoryStream(Protect(Content(70_000), new ImageProtection { Keys = [Passphrase] })), new ImageAccess { Keys = [Passphrase] });
        opened.ReadExactly(new byte[69_999]);
        var refused = Assert.Throws<CheckpointImageException>(opened.Finish);
        Assert.Contains("chunk 1 at offset", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ADamagedChunkIsNamedAndTheOthersAreRead()
    {
        var content = Content(200_000);
        var access = new ImageAccess { Keys = [Passphrase] };
        var bytes = Protect(content, new ImageProtection { Keys = access.Keys });
        int header = BitConverter.ToInt32(bytes, 12);
        bytes[header + 65556 + 100] ^= 1;
        using var opened = new ProtectedBytes(new ArrayBytes(bytes), access);
        var read = new byte[65536];
        Assert.Equal(read.Length, opened.Read(read, 0));
        Assert.True(content.AsSpan(0, read.Length).SequenceEqual(read));
        var refused = Assert.Throws<CheckpointImageException>(() => opened.Read(read, 65536));
        Assert.Equal((header + 65556L, Errno.EIO), (refused.Offset, refused.Errno));
        Assert.StartsWith($"chunk 1 at offset {header + 65556}: ", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1000, opened.Read(read.AsSpan(0, 1000), 131072));
    }

    [Fact]
    public void RoundsThatWouldKeepAReaderBusyAreRefused()
    {
        var bytes = Protect(Content(10), new ImageProtection { Keys = [Passphrase] });
        int header = BitConverter.ToInt32(bytes, 12);
        BitConverter.TryWriteBytes(bytes.AsSpan(60), 10_000_001);
        BitConverter.TryWriteBytes(bytes.AsSpan(header - 4), System.IO.Hashing.Crc32.HashToUInt32(bytes.AsSpan(0, header - 4)));
        Assert.Contains("a slot has the form of its kind", Assert.Throws<CheckpointImageException>(() => ReadStream(bytes, new ImageAccess { Keys = [Passphrase] }, out _)).Message, StringComparison.Ordinal);
    }

    /// <summary>Neither as a stream nor in parts.</summary>
    static void Refused(byte[] bytes, ImageAccess access, int length, string what, bool orShut = false, bool inParts = false)
    {
        if (!inParts) IsRefusal(Record.Exception(() => ReadStream(bytes, access, out _)));
        IsRefusal(Record.Exception(() =>
        {
            using var opened = new ProtectedBytes(new ArrayBytes(bytes), access);
            var read = new byte[length];
            opened.Read(read, 0);
        }));

        void IsRefusal(Exception? exception) => Assert.True(exception is CheckpointImageException || orShut && exception is ProtectionException, $"{what}: {exception}");
    }

    static byte[] Content(int length)
    {
        var content = new byte[length];
        new Random(length).NextBytes(content);
        return content;
    }

    static byte[] Protect(byte[] content, ImageProtection protection)
    {
        using var stream = new MemoryStream();
        using var writer = new ProtectingStream(stream, protection);
        for (int at = 0; at < content.Length; at += 5000) writer.Write(content.AsSpan(at, Math.Min(5000, content.Length - at)));
        writer.Complete();
        Assert.Equal(stream.Length, writer.BytesOut);
        return stream.ToArray();
    }

    static byte[] ReadStream(byte[] bytes, ImageAccess access, out ProtectionState state)
    {
        using var opened = new ProtectedStream(new MemoryStream(bytes), access);
        var content = ReadAll(opened);
        state = opened.Finish();
        return content;
    }

    static byte[] ReadAll(Stream stream)
    {
        using var all = new MemoryStream();
        stream.CopyTo(all);
        return all.ToArray();
    }

    static X509Certificate2 PublicPartOf(X509Certificate2 certificate) => X509CertificateLoader.LoadCertificate(certificate.RawData);

    static X509Certificate2 NewRsa(string name)
    {
        using var key = RSA.Create(2048);
        return new CertificateRequest(name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    static X509Certificate2 NewCurve(string name, bool isAuthority = false, X509Certificate2? issuer = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        if (isAuthority) request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        DateTimeOffset from = DateTimeOffset.UtcNow.AddHours(-1), to = DateTimeOffset.UtcNow.AddHours(1);
        if (issuer == null) return request.CreateSelfSigned(from.AddHours(-1), to.AddHours(1));
        using var issued = request.Create(issuer, from, to, [1, 2, 3]);
        return issued.CopyWithPrivateKey(key);
    }

    sealed class ArrayBytes(byte[] bytes) : ImageBytes
    {
        public override long Length => bytes.Length;

        public override int Read(Span<byte> buffer, long offset)
        {
            if (offset < 0 || offset >= bytes.Length) return 0;
            // Never more than a piece at a time, as a file may give.
            int some = (int)Math.Min(Math.Min(buffer.Length, 20_000), bytes.Length - offset);
            bytes.AsSpan((int)offset, some).CopyTo(buffer);
            return some;
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
