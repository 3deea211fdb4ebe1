using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>Images that go ahead of a machine while it runs: what it goes on with is what it was when it stood still, and nothing of what went before counts without that.</summary>
public sealed class TransferRoundsTests
{
    static readonly MachineOptions Options = GuestSession.Options(GuestSession.SharedRoot);

    /// <summary>Counts for ever, however long a move takes.</summary>
    static readonly ProgramOptions Counter = new() { FilePath = "/guests/counter", Arguments = ["0", "20000"], Suspended = true };

    [Fact]
    public void AMachineThatHasComeToItsEndIsNotSent()
    {
        using var source = GuestSession.StartAlone("counter", "3", "10").Run();
        Assert.True(source.Machine.WaitForExit(source.Task, GuestSession.Patience));
        using var receiving = new Receiving();
        var refused = Assert.Throws<CheckpointRefusedException>(() => MachineTransfer.Send(source.Machine, receiving.Way, rounds: 1));
        Assert.Equal([new Obstacle(Errno.EAGAIN, "the machine", "has ended")], refused.Obstacles);
        receiving.Way.Dispose();
        Assert.Equal((null, null), receiving.Finish());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void AMachineThatRunsGoesOnAtTheOtherEndWithNothingLostOrDoubled(int rounds)
    {
        using var source = Begin();
        var bytes = new Counting();
        using var receiving = new Receiving();
        var result = MachineTransfer.Send(source.Machine, receiving.Way, rounds: rounds, progress: bytes);
        using var machine = receiving.Finish().Machine!;
        Assert.True(source.Machine.HasEnded);
        Assert.InRange(result.Rounds, 1, rounds);
        Assert.InRange(result.RoundBytes, 4096, result.Bytes - 1);
        Assert.InRange(bytes.Last, result.RoundBytes, result.Bytes);
        Assert.True(result.Pause < result.Duration);
        GoesOn(machine);
    }

    [Fact]
    public void OfABusyMachineOnlyWhatItWritesIsLeftForTheEnd()
    {
        using var source = GuestSession.StartAlone("touch", "64");
        source.RunUntil("ready");
        source.Machine.SendInput("b"u8.ToArray());
        source.RunUntil("busy");
        source.Machine.Thaw();
        using var receiving = new Receiving(new RootOptions { HostProgram = GuestFiles.Program("touch") });
        var result = MachineTransfer.Send(source.Machine, receiving.Way, rounds: 16);
        using var machine = receiving.Finish().Machine!;
        // One of all, one of what had been written meanwhile, and one that showed that further ones would have no less.
        Assert.InRange(result.Rounds, 2, 4);
        Assert.InRange(result.RoundBytes, 64 << 20, 72 << 20);
        Assert.InRange(result.Bytes - result.RoundBytes, 4096, 2 << 20);
        // It runs there, and all of its pages come, though it touches few of them.
        ulong at = machine.RetiredInstructions;
        Assert.True(SpinWait.SpinUntil(() => machine.PendingPages == 0 && machine.RetiredInstructions > at + 1_000_000, GuestSession.Patience));
        Assert.Null(machine.Failure);
    }

    [Fact]
    public void PagesThatCameLaterToTheirPlacesAreThoseOfTheSender()
    {
        using var source = GuestSession.StartAlone("toucher", "2000", "3").RunTo(300_000);
        string hash = StateHash.Compute(source.Machine, StateHashScope.Full);
        using var receiving = new Receiving(new RootOptions { HostProgram = GuestFiles.Program("toucher") });
        // It stands still already: nothing goes ahead.
        Assert.Equal(0, MachineTransfer.Send(source.Machine, receiving.Way, rounds: 3).Rounds);
        using var machine = receiving.Finish().Machine!;
        Assert.True(machine.IsFrozen);
        Assert.True(SpinWait.SpinUntil(() => machine.PendingPages == 0, GuestSession.Patience));
        Assert.Equal(hash, StateHash.Compute(machine, StateHashScope.Full));
    }

    /// <summary>Behind the token, within the first image, and where later ones and the last one begin or end.</summary>
    [Theory]
    [InlineData(8)]
    [InlineData(47)]
    [InlineData(3_000)]
    [InlineData(20_000)]
    [InlineData(-1)]
    [InlineData(-34)]
    [InlineData(-42)]
    public void CutOnTheWayOneEndGoesOn(long cut)
    {
        string record = Path.Combine(Path.GetTempPath(), $"cr-move-{Guid.NewGuid():n}");
        using var source = Begin();
        using var receiving = new Receiving(cut: cut);
        TransferException error = Assert.Throws<TransferException>(() => MachineTransfer.Send(source.Machine, receiving.Way, record, rounds: 2));
        receiving.Way.Dispose();
        var (moved, held) = receiving.Finish();
        Assert.Equal(error.IsGivenUp, source.Machine.HasEnded);
        if (error.IsGivenUp)
        {
            // The token alone lets it run; what was to follow it says no more than whether it was frozen.
            using var machine = moved ?? held!.Release(Convert.FromHexString(File.ReadAllText(record).Trim()));
            GoesOn(machine);
            File.Delete(record);
            return;
        }
        Assert.False(File.Exists(record));
        held?.Dispose();
        GoesOn(source.Machine);
    }

    /// <summary>Clients of a published port come, send and go whenever they like: that is put off while the machine is on its way, and done when it stays.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ClientsDoNotHinderAMove(bool stays)
    {
        using var source = GuestSession.Start(Options, new ProgramOptions { FilePath = "/guests/echoserver", Arguments = ["7000"], Suspended = true });
        source.RunUntil("listening");
        int port = source.Machine.PublishPort(7000).HostPort;
        source.Machine.Thaw();
        using TcpClient first = Client(port), second = new();
        Assert.Equal("hello", Echo(first));
        // A receiver without the program cannot make the machine.
        using var receiving = new Receiving(stays ? new RootOptions() : null);
        var busy = new Once(() =>
        {
            first.GetStream().Write("late"u8);
            second.Connect(IPAddress.Loopback, port);
            second.GetStream().Write("hello"u8);
            // All that happens on the host's side has time to.
            Thread.Sleep(100);
            first.Close();
            Thread.Sleep(100);
        });
        var error = Record.Exception(() => MachineTransfer.Send(source.Machine, receiving.Way, progress: busy));
        if (!stays)
        {
            Assert.Null(error);
            using var machine = receiving.Finish().Machine!;
            Assert.Equal([(7000, port)], machine.UnpublishedPorts);
            return;
        }
        Assert.False(Assert.IsType<TransferException>(error).IsGivenUp);
        // The first one's end is seen by the server, which serves one after the other.
        Assert.Equal("hello", Read(second));
    }

    static TcpClient Client(int port)
    {
        var client = new TcpClient();
        client.Connect(IPAddress.Loopback, port);
        return client;
    }

    static string Echo(TcpClient client)
    {
        client.GetStream().Write("hello"u8);
        return Read(client);
    }

    static string Read(TcpClient client)
    {
        client.ReceiveTimeout = (int)GuestSession.Patience.TotalMilliseconds;
        byte[] answer = new byte[5];
        client.GetStream().ReadExactly(answer);
        return Encoding.ASCII.GetString(answer);
    }

    [Fact]
    public void WhatFollowsOnTheWayAndIsNoImageIsRefused()
    {
        using var session = GuestSession.Start(Options, Counter);
        using var image = MachineImage.Capture(session.Machine);
        byte[] whole = ImageEditor.Bytes(image);
        foreach (string after in (string[])["CrMore02", "CrLast01CrLast01"])
        {
            byte[] sent = [.. "CrMove02"u8, .. new byte[32], .. "CrMore01"u8, .. whole, .. Encoding.ASCII.GetBytes(after), .. whole];
            using var way = new Recorded(sent);
            Assert.ThrowsAny<Exception>(() => MachineTransfer.Receive(way, static _ => new RestoreOptions { Root = Options.Root }));
            Assert.StartsWith("CrRecv01CrFail01", Encoding.ASCII.GetString(way.Written.ToArray()), StringComparison.Ordinal);
        }
        // Whole images one behind the other do not build on each other.
        using (var way = new Recorded([.. "CrMove02"u8, .. new byte[32], .. "CrMore01"u8, .. whole, .. "CrLast01"u8, .. whole]))
            Assert.Throws<Core.Image.CheckpointImageException>(() => MachineTransfer.Receive(way, static _ => new RestoreOptions { Root = Options.Root }));
    }

    /// <summary>Frozen by nobody, at work.</summary>
    static GuestSession Begin()
    {
        var source = GuestSession.Start(Options, Counter);
        source.Machine.EndInput();
        source.Machine.Thaw(source.Task);
        return source;
    }

    /// <summary>It counts on, and none of its numbers is missing or twice there: what it had written went with it.</summary>
    static void GoesOn(Machine machine)
    {
        machine.Thaw();
        ulong at = machine.RetiredInstructions;
        Assert.True(SpinWait.SpinUntil(() => machine.RetiredInstructions > at + 1_000_000, GuestSession.Patience));
        machine.Freeze();
        string[] lines = Encoding.UTF8.GetString(machine.Streams.TakeAll(StreamKind.Output)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length > 10);
        Assert.Equal(Enumerable.Range(1, lines.Length).Select(static n => n.ToString(CultureInfo.InvariantCulture)), lines);
    }

    sealed class Counting : IProgress<long>
    {
        public long Last { get; private set; }

        public void Report(long value)
        {
            Assert.True(value >= Last, string.Create(CultureInfo.InvariantCulture, $"{value} after {Last}"));
            Last = value;
        }
    }

    /// <summary>What a sender said, and what is answered.</summary>
    sealed class Recorded(byte[] said) : MemoryStream(said, writable: false)
    {
        public MemoryStream Written { get; } = new();

        public override bool CanWrite => true;

        public override void Write(byte[] buffer, int offset, int count) => Written.Write(buffer, offset, count);

        public override void Write(ReadOnlySpan<byte> buffer) => Written.Write(buffer);
    }
}
