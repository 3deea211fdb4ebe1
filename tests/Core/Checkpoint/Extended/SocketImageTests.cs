using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>Sockets in every state that they can stay in go from machine to machine, and what cannot be true of sockets is refused.</summary>
public class SocketImageTests
{
    static readonly Lazy<(byte[] Image, string Before, string Whole)> Held = new(Hold);

    /// <summary>sockstate, taken while it holds all its states.</summary>
    static (byte[] Image, string Before, string Whole) Hold()
    {
        using var session = GuestSession.Start(GuestSession.Options(GuestSession.SharedRoot), new ProgramOptions { FilePath = "/guests/sockstate", Suspended = true });
        session.Machine.EndInput();
        string before = "";
        for (ulong at = 100_000; !before.EndsWith("ready\n", StringComparison.Ordinal); at += 20_000)
        {
            Assert.True(session.Machine.RunTo(at, session.Task, GuestSession.Patience));
            before += session.TakeOutput();
        }
        byte[] bytes;
        using (var image = MachineImage.Capture(session.Machine)) bytes = ImageEditor.Bytes(image);
        session.Machine.Thaw();
        session.Machine.RunTo(ulong.MaxValue, null, GuestSession.Patience);
        return (bytes, before, before + session.TakeOutput());
    }

    [Fact]
    public void EveryStateIsInTheImageAndGoesOn()
    {
        var (bytes, before, whole) = Held.Value;
        Assert.Null(GuestCase.Own.First(one => one.Name == "sockstate").Difference(Encoding.UTF8.GetBytes(whole), [], 0));
        using var image = ExtendedReader.Read(new MemoryStream(bytes));
        var unix = image.OfKind("unix-socket").ToList();
        Assert.Contains(unix, one => Number(one, "shutdowns") == 1);
        Assert.Contains(unix, one => Number(one, "shutdowns") == 2);
        Assert.Contains(unix, one => Number(one, "dead") == 1 && Number(one, "charged") > 0);
        Assert.Contains(unix, one => List(one, "pending").Count > 0);
        Assert.Contains(unix, one => one["node"] != null);
        Assert.Contains(unix, one => Number(one, "abstract") == 1);
        Assert.Contains(unix, one => List(one, "connected-senders").Count > 0);
        Assert.Contains(unix, one => List(one, "waiting-senders").Count > 0);
        Assert.Contains(unix, one => List(one, "waiting-readers").Count > 0);
        Assert.Contains(unix, one => List(one, "waiting-writers").Count > 0);
        var packets = unix.SelectMany(one => List(one, "queue")).ToList();
        Assert.Contains(packets, one => Number(one, "urgent") == 1);
        Assert.Contains(packets, one => Number(one, "consumed") == 1);
        Assert.Contains(packets, one => ((byte[])Value(one, "data")!).Length == 0);
        Assert.Contains(packets, one => Value(one, "files") is IReadOnlyList<IReadOnlyList<ExtendedField>> { Count: 2 });
        var tcp = image.OfKind("tcp-socket").ToList();
        foreach (var state in (ReadOnlySpan<TcpState>)[TcpState.Established, TcpState.SynSent, TcpState.FinWait2, TcpState.CloseWait, TcpState.Listen, TcpState.Close])
            Assert.True(tcp.Exists(one => Number(one, "state") == (int)state), $"no socket of TCP is in {state}");
        Assert.Contains(tcp, one => List(one, "pending").Count > 0 && List(one, "turned-away").Count > 0);
        Assert.Contains(tcp, one => Number(one, "dead") == 1);
        Assert.Contains(tcp, one => Number(one, "urgent") == 1);
        Assert.Contains(tcp, one => Number(one, "pending-error") == (int)Errno.ECONNRESET);
        Assert.Equal(2, image.OfKind("time-wait").Count());
        var udp = image.OfKind("udp-socket").ToList();
        Assert.Contains(udp, one => List(one, "queue").Count == 2);
        Assert.Contains(udp, one => one["corked"] is byte[]);
        Assert.Contains(udp, one => Number(one, "pending-error") == (int)Errno.ECONNREFUSED);
        Assert.Contains(image.OfKind("netlink-socket"), one => List(one, "queue").Count > 0);
        using var machine = MachineImage.Restore(image, new RootOptions { HostDirectory = GuestSession.SharedRoot });
        using (var again = MachineImage.Capture(machine)) Assert.Equal("", ImageComparison.FirstDifference(image, again));
        machine.Thaw();
        Assert.True(machine.RunTo(ulong.MaxValue, null, GuestSession.Patience) || machine.Tasks.All(task => task.HasExited));
        Assert.Equal(whole, before + Encoding.UTF8.GetString(machine.Streams.TakeAll(StreamKind.Output)));
    }

    public static TheoryData<string, string, long, string> Rules => new()
    {
        { "unix-socket", "charged", 1, "a socket is charged for what it has sent" },
        { "unix-socket", "state", 1, "connected has a peer" },
        { "unix-socket", "shutdowns", 4, "shutdowns lies between" },
        { "unix-socket", "backlog", -1, "backlog lies between" },
        { "unix-socket", "number", 1 << 20, "number is below that of the next one" },
        { "unix-socket", "type", 4, "three types" },
        { "unix-socket", "queue[].charge", 0, "charge lies between" },
        { "unix-socket", "queue[].consumed", 1 << 20, "consumed lies between" },
        { "unix-socket", "queue[].urgent", 1, "one byte of a stream is urgent" },
        { "tcp-socket", "state", 6, "is gone waits for the other end|open connection has another end|states of both ends|has a port and no connection|connections that wait listens|turned away" },
        { "tcp-socket", "state", 1, "open connection has another end|states of both ends|connections that wait listens|turned away" },
        { "tcp-socket", "urgent-at", 1 << 20, "urgent-at lies between" },
        { "tcp-socket", "dead", 1, "is gone|is alive" },
        { "tcp-socket", "local.port", 0, "has a port is alive, and has one|one port, of TCP" },
        { "udp-socket", "charged", 1 << 20, "charged for what is in it" },
        { "udp-socket", "protocol", 6, "UDP or UDP-Lite" },
        { "netlink-socket", "charged", 1, "charged for what is in it" },
        { "network", "buffered", 1, "as many bytes are buffered" },
        { "network", "next-socket", 2, "below that of the next one" },
        { "network", "tcp-ports.next-even", 32769, "an even and an odd one" },
        { "time-wait", "expires", long.MaxValue >> 1, "in the order in which they did" },
        { "socket-file", "references", 9, "is held as often as it says" },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void WhatCannotBeTrueIsRefused(string kind, string field, long value, string rule)
    {
        using var image = ExtendedReader.Read(new MemoryStream(Held.Value.Image));
        int changed = 0;
        foreach (var one in image.OfKind(kind))
        {
            using var broken = ImageEditor.Change(image, one, field, old => old is ulong or long && Convert.ToInt64(old, System.Globalization.CultureInfo.InvariantCulture) != value ? value : null);
            if (broken == null) continue;
            changed++;
            using var read = ExtendedReader.Read(new MemoryStream(ImageEditor.Bytes(broken)));
            var refused = Assert.Throws<CheckpointImageException>(() => MachineImage.Restore(read, new RootOptions { HostDirectory = GuestSession.SharedRoot }).Dispose());
            Assert.Contains(rule.Split('|'), words => refused.Message.Contains(words, StringComparison.Ordinal));
            if (changed == 3) break;
        }
        Assert.NotEqual(0, changed);
    }

    [Theory]
    [InlineData("unix-socket", "peer")]
    [InlineData("tcp-socket", "peer")]
    [InlineData("tcp-socket", "dialled")]
    [InlineData("unix-socket", "node")]
    [InlineData("socket-file", "socket")]
    public void TheWrongOtherEndIsRefused(string kind, string field)
    {
        using var image = ExtendedReader.Read(new MemoryStream(Held.Value.Image));
        var having = image.OfKind(kind).Where(one => one[field] is ExtendedObject).ToList();
        var target = (ExtendedObject)having[0][field]!;
        // Another one of the same kind, which is not this one's.
        var wrong = image.OfKind(target.Kind).First(one => one.Number != target.Number && one.Number != having[0].Number);
        using var broken = ImageEditor.Change(image, having[0], field, _ => wrong)!;
        using var read = ExtendedReader.Read(new MemoryStream(ImageEditor.Bytes(broken)));
        Assert.Throws<CheckpointImageException>(() => MachineImage.Restore(read, new RootOptions { HostDirectory = GuestSession.SharedRoot }).Dispose());
    }

    static object? Value(IReadOnlyList<ExtendedField> fields, string name) => fields.FirstOrDefault(field => field.Name == name)?.Value;

    static long Number(IReadOnlyList<ExtendedField> fields, string name) => Convert.ToInt64(Value(fields, name), System.Globalization.CultureInfo.InvariantCulture);

    static long Number(ExtendedObject one, string name) => Convert.ToInt64(one[name], System.Globalization.CultureInfo.InvariantCulture);

    static IReadOnlyList<IReadOnlyList<ExtendedField>> List(ExtendedObject one, string name) => one[name] as IReadOnlyList<IReadOnlyList<ExtendedField>> ?? [];
}
