using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using CheckpointRestart.Core.Checkpoint.Moving;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint.Moving;

/// <summary>Two ends that know each other hear each other, and nobody else does; what is done to their words on the way is found.</summary>
public sealed class ChannelTests
{
    static readonly byte[] Forth = RandomNumberGenerator.GetBytes(32), Back = RandomNumberGenerator.GetBytes(32);

    [Fact]
    public void TwoWithOneSecretHearEachOther() => Talk(new LinkProtection { Secret = new SharedSecret("between us") }, new LinkProtection { Secret = new SharedSecret("between us") });

    [Fact]
    public void TwoWhoTrustEachOthersCertificatesHearEachOther()
    {
        using var authority = Certificates.New("CN=authority", isAuthority: true);
        using var here = Certificates.New("CN=here", authority);
        using var there = Certificates.New("CN=there");
        Talk(new LinkProtection { Certificate = here, Trusted = [there] }, new LinkProtection { Certificate = there, Trusted = [authority] });
        Talk(new LinkProtection { Certificate = there }, new LinkProtection { Certificate = there });
    }

    [Fact]
    public void AnotherSecretIsRefusedAtBothEnds()
    {
        var (sender, receiver) = Meet(new LinkProtection { Secret = new SharedSecret("between us") }, new LinkProtection { Secret = new SharedSecret("between them") });
        Assert.Equal(ChannelProblem.OtherSecret, Assert.IsType<ChannelException>(sender).Problem);
        Assert.Equal(ChannelProblem.OtherSecret, Assert.IsType<ChannelException>(receiver).Problem);
    }

    [Fact]
    public void AStrangersCertificateIsRefused()
    {
        using var known = Certificates.New("CN=known");
        using var stranger = Certificates.New("CN=stranger");
        // The sender does not know the receiver.
        var (sender, _) = Meet(new LinkProtection { Certificate = known }, new LinkProtection { Certificate = stranger, Trusted = [known] });
        Assert.Equal(ChannelProblem.NotTrusted, Assert.IsType<ChannelException>(sender).Problem);
        // The receiver does not know the sender.
        var (_, receiver) = Meet(new LinkProtection { Certificate = stranger, Trusted = [known] }, new LinkProtection { Certificate = known });
        Assert.Equal(ChannelProblem.NotTrusted, Assert.IsType<ChannelException>(receiver).Problem);
    }

    [Fact]
    public void GarbageIsNoPeer()
    {
        var secret = new SharedSecret("between us");
        using var key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP384);
        var other = key.ExportSubjectPublicKeyInfo();
        foreach (var said in new byte[][]
        {
            [.. "GET / HTTP/1.1\r\n\r\n"u8],
            [.. "CrLink01"u8, .. new byte[32], 0, 0],
            [.. "CrLink01"u8, .. new byte[32], 91, 0, .. new byte[91]],
            [.. "CrLink01"u8, .. new byte[32], (byte)other.Length, 0, .. other],
        })
        {
            Assert.Equal(ChannelProblem.NoPeer, Assert.Throws<ChannelException>(() => SecretChannel.Receive(new TwoWayStream(new MemoryStream(said), new MemoryStream()), secret)).Problem);
        }
        Assert.Equal(ChannelProblem.OtherProtection, Assert.Throws<ChannelException>(() => SecretChannel.Send(new TwoWayStream(new MemoryStream([.. "CrRecv01"u8]), new MemoryStream()), secret)).Problem);
        Assert.Throws<EndOfStreamException>(() => SecretChannel.Receive(new TwoWayStream(new MemoryStream([.. "CrLi"u8]), new MemoryStream()), secret));
    }

    [Fact]
    public void FramesThatAreAlteredLeftOutDoubledMovedOrTurnedBackAreFound()
    {
        byte[] first = Frame(0, 100), second = Frame(1, 70_000)[..(4 + 65536 + 16)];
        Assert.Equal(65636, Hear([.. first, .. second], 65636));
        for (int place = 0; place < first.Length; place++)
        {
            var altered = (byte[])first.Clone();
            altered[place] ^= 1;
            Assert.ThrowsAny<IOException>(() => Hear(altered, 100));
        }
        Refused([.. second], 100);
        Refused([.. first, .. first], 200);
        Refused([.. second, .. first], 100);
        // What the reader itself has said.
        using var own = new MemoryStream();
        using (var writer = new FrameStream(own, Back, Forth))
        {
            writer.Write(new byte[100]);
            writer.Flush();
        }
        Refused(own.ToArray(), 100);
        Assert.Throws<EndOfStreamException>(() => Hear(first[..^1], 100));

        static void Refused(byte[] bytes, int count) => Assert.Equal(ChannelProblem.Altered, Assert.Throws<ChannelException>(() => Hear(bytes, count)).Problem);
    }

    /// <summary>The frames of a sender from one number on.</summary>
    static byte[] Frame(int number, int bytes)
    {
        using var sent = new MemoryStream();
        using var writer = new FrameStream(sent, Forth, Back);
        for (int i = 0; i < number; i++)
        {
            writer.Write(new byte[1]);
            writer.Flush();
        }
        long begin = sent.Length;
        writer.Write(new byte[bytes]);
        writer.Flush();
        return sent.ToArray()[(int)begin..];
    }

    static int Hear(byte[] bytes, int count)
    {
        using var reader = new FrameStream(new MemoryStream(bytes), Back, Forth);
        reader.ReadExactly(new byte[count]);
        return count;
    }

    static void Talk(LinkProtection sender, LinkProtection receiver)
    {
        using var way = new Way();
        var content = RandomNumberGenerator.GetBytes(300_000);
        var listening = System.Threading.Tasks.Task.Run(() =>
        {
            var link = receiver.Receive(way.Receiver);
            var heard = new byte[content.Length];
            link.ReadExactly(heard);
            link.Write(heard.AsSpan(0, 1000));
            link.Flush();
            return heard;
        });
        var from = sender.Send(way.Sender);
        foreach (var (start, length) in new[] { (0, 1), (1, 70_000), (70_001, 229_999) }) from.Write(content, start, length);
        from.Flush();
        var back = new byte[1000];
        from.ReadExactly(back);
        Assert.Equal(content, listening.GetAwaiter().GetResult());
        Assert.Equal(content[..1000], back);
    }

    /// <summary>What each end says when they meet and try to speak.</summary>
    static (Exception? Sender, Exception? Receiver) Meet(LinkProtection sender, LinkProtection receiver)
    {
        using var way = new Way();
        var listening = System.Threading.Tasks.Task.Run(() => Record.Exception(() =>
        {
            try
            {
                receiver.Receive(way.Receiver).ReadExactly(new byte[1]);
            }
            finally
            {
                way.Receiver.Dispose();
            }
        }));
        var there = Record.Exception(() =>
        {
            try
            {
                sender.Send(way.Sender).ReadExactly(new byte[1]);
            }
            finally
            {
                way.Sender.Dispose();
            }
        });
        return (there, listening.GetAwaiter().GetResult());
    }

    sealed class Way : IDisposable
    {
        readonly TcpClient sender = new(), receiver;

        public Way()
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            sender.Connect((IPEndPoint)listener.LocalEndpoint);
            receiver = listener.AcceptTcpClient();
            Sender = sender.GetStream();
            Receiver = receiver.GetStream();
        }

        public NetworkStream Sender { get; }

        public NetworkStream Receiver { get; }

        public void Dispose()
        {
            sender.Dispose();
            receiver.Dispose();
        }
    }
}
