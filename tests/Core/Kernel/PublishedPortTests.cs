using System.Net;
using System.Net.Sockets;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>Programs of the host connect to a port of the guest, and nowhere else.</summary>
public sealed class PublishedPortTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    static Machine NewMachine() => new(new MachineOptions { Root = new RootOptions { HostDirectory = GuestRoot.Directory } });

    static Core.Kernel.Task StartServer(Machine machine)
    {
        var task = machine.Start(new ProgramOptions { FilePath = "/guests/echoserver", Arguments = ["7000"] });
        // It says so when it listens.
        Assert.True(SpinWait.SpinUntil(() => machine.Streams.Position(StreamKind.Output) > 0, Patience));
        return task;
    }

    static TcpClient Connect(PublishedPort port)
    {
        var client = new TcpClient { ReceiveTimeout = 60_000, SendTimeout = 60_000 };
        client.Connect(IPAddress.Loopback, port.HostPort);
        return client;
    }

    static byte[] ReadAll(TcpClient client)
    {
        using var all = new MemoryStream();
        var buffer = new byte[65536];
        while (client.Client.Receive(buffer) is > 0 and var length) all.Write(buffer.AsSpan(0, length));
        return all.ToArray();
    }

    [Fact]
    public void Bytes_go_both_ways_and_both_ends_end()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the root is made by a shell script");
        using var machine = NewMachine();
        var port = machine.PublishPort(7000);
        Assert.True(port.HostPort > 0);
        StartServer(machine);
        for (int round = 0; round < 2; round++)
        {
            using var client = Connect(port);
            client.Client.Send("hello"u8);
            client.Client.Shutdown(SocketShutdown.Send);
            Assert.Equal("hello"u8.ToArray(), ReadAll(client));
        }
        var kinds = machine.Execute(m => m.Events.Select(e => e.Kind).ToArray());
        Assert.Equal(2, kinds.Count(kind => kind == MachineEventKind.Connection));
        Assert.Equal(2, kinds.Count(kind => kind == MachineEventKind.ConnectionInput));
    }

    [Fact]
    public void More_than_all_buffers_hold_arrives_whole()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the root is made by a shell script");
        using var machine = NewMachine();
        var port = machine.PublishPort(7000);
        StartServer(machine);
        var sent = new byte[3 << 20];
        new Random(1).NextBytes(sent);
        using var client = Connect(port);
        var writer = new Thread(() =>
        {
            for (int done = 0; done < sent.Length;) done += client.Client.Send(sent.AsSpan(done));
            client.Client.Shutdown(SocketShutdown.Send);
        });
        writer.Start();
        var back = ReadAll(client);
        writer.Join();
        Assert.True(sent.AsSpan().SequenceEqual(back));
    }

    [Fact]
    public void A_port_that_nobody_listens_on_is_closed_at_once_and_all_ends_with_the_machine()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the root is made by a shell script");
        var machine = NewMachine();
        var port = machine.PublishPort(7001);
        using (var client = Connect(port)) Assert.Empty(ReadAllOrReset(client));
        machine.Stop();
        Assert.ThrowsAny<SocketException>(() => Connect(port));
        Assert.Empty(machine.PublishedPorts);
        Assert.Throws<ObjectDisposedException>(() => machine.PublishPort(7002));
    }

    static byte[] ReadAllOrReset(TcpClient client)
    {
        try
        {
            return ReadAll(client);
        }
        catch (SocketException)
        {
            return [];
        }
    }
}
