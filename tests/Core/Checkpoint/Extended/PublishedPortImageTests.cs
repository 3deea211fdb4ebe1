using System.Net;
using System.Net.Sockets;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>A machine that programs of the host are connected to: its image says which ports were published, and in a machine made from it those connections are reset.</summary>
public class PublishedPortImageTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    static TcpClient Connect(PublishedPort port)
    {
        var client = new TcpClient { ReceiveTimeout = 60_000, SendTimeout = 60_000 };
        client.Connect(IPAddress.Loopback, port.HostPort);
        return client;
    }

    static void Echo(TcpClient client, string text)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        client.Client.Send(bytes);
        var back = new byte[bytes.Length];
        for (int done = 0; done < back.Length;) done += client.Client.Receive(back, done, back.Length - done, SocketFlags.None) is > 0 and var length ? length : throw new InvalidOperationException("it ended");
        Assert.Equal(bytes, back);
    }

    [Fact]
    public void ConnectionsStayWithTheOriginalAndAreResetInTheOther()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the root is made by a shell script");
        var options = new MachineOptions { Root = new RootOptions { HostDirectory = GuestSession.SharedRoot } };
        using var original = new Machine(options);
        var port = original.PublishPort(7000);
        original.Start(new ProgramOptions { FilePath = "/guests/echoserver", Arguments = ["7000"] });
        Assert.True(SpinWait.SpinUntil(() => original.Streams.Position(StreamKind.Output) > 0, Patience));
        using var client = Connect(port);
        Echo(client, "hello");
        // The server talks to one at a time: this one waits to be accepted.
        using var second = Connect(port);
        second.Client.Send("later"u8);
        Assert.True(SpinWait.SpinUntil(() => original.Execute(static m => m.Events.Count(static e => e.Kind == MachineEventKind.ConnectionInput)) >= 2, Patience));
        original.Freeze();
        using var image = MachineImage.Capture(original);
        Assert.Equal(2, image.OfKind("tcp-socket").Count(static one => one["outside"] is 1UL));
        original.Thaw();
        Echo(client, "again");

        using var restored = MachineImage.Restore(image, options.Root);
        Assert.Equal([(7000, port.HostPort)], restored.UnpublishedPorts);
        Assert.Empty(restored.PublishedPorts);
        using (var copy = MachineImage.Capture(restored))
        {
            Assert.DoesNotContain(copy.OfKind("tcp-socket"), static one => one["outside"] is 1UL);
            using var third = MachineImage.Restore(copy, options.Root);
            Assert.Equal(restored.UnpublishedPorts, third.UnpublishedPorts);
        }
        restored.Thaw();
        var again = restored.PublishPort(7000);
        Assert.Empty(restored.UnpublishedPorts);
        using var newcomer = Connect(again);
        Echo(newcomer, "and on");
        Echo(client, "once more");
        client.Client.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, client.Client.Receive(new byte[1]));
        var later = new byte[5];
        Assert.Equal(5, second.Client.Receive(later));
        Assert.Equal("later"u8.ToArray(), later);
    }
}
