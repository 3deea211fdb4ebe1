using System.Text;
using CheckpointRestart.Core.Debugging.Gdb;
using Xunit;

namespace CheckpointRestart.Core.Tests.Debugging;

/// <summary>Packets of gdb's remote protocol, and what is none.</summary>
public sealed class PacketTests
{
    static List<(InputKind Kind, string Text)> Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new PacketReader();
        var found = new List<(InputKind, string)>();
        foreach (byte value in bytes)
            if (reader.Take(value) is { } input) found.Add((input.Kind, Encoding.Latin1.GetString(input.Data)));
        return found;
    }

    [Theory]
    [InlineData("$OK#9a", "OK")]
    [InlineData("+++$m1,2#5c", null)]
    [InlineData("$g#67", "g")]
    [InlineData("$#00", "")]
    [InlineData("junk$g#67junk", "g")]
    [InlineData("$lost$g#67", "g")]
    [InlineData("$g#zz", null)]
    [InlineData("$g#6", "none")]
    public void A_packet_has_a_checksum(string bytes, string? data)
    {
        var found = Read(Encoding.Latin1.GetBytes(bytes));
        if (data == "none") Assert.Empty(found);
        else Assert.Equal([data == null ? (InputKind.Damaged, "") : (InputKind.Packet, data)], found);
    }

    [Fact]
    public void Escaped_bytes_and_interrupts_between_packets_are_what_they_mean()
    {
        var packet = PacketWriter.Pack("X0,4:"u8, "#$}*"u8);
        Assert.Equal("$X0,4:}\u0003}\u0004}]}\n"u8.ToArray(), packet[..^3]);
        Assert.Equal([(InputKind.Interrupt, ""), (InputKind.Packet, "X0,4:#$}*"), (InputKind.Interrupt, ""), (InputKind.Resend, "")], Read([3, .. packet, 3, (byte)'-']));
    }

    [Fact]
    public void Whatever_was_packed_is_read_again()
    {
        var random = new Random(1);
        for (int i = 0; i < 200; i++)
        {
            var data = new byte[random.Next(300)];
            random.NextBytes(data);
            Assert.Equal([(InputKind.Packet, "x" + Encoding.Latin1.GetString(data))], Read(PacketWriter.Pack("x"u8, data)));
        }
    }

    [Fact]
    public void No_packet_takes_more_room_than_it_may()
    {
        var reader = new PacketReader();
        reader.Take((byte)'$');
        int taken = 0;
        while (reader.Take((byte)'a') is not { } end)
            Assert.True(++taken <= PacketReader.Longest);
        // The next packet is read as if it had not been.
        Assert.Equal(PacketReader.Longest, taken);
        foreach (byte value in "$g#6"u8) Assert.Null(reader.Take(value));
        Assert.Equal(InputKind.Packet, reader.Take((byte)'7')!.Value.Kind);
    }

    [Fact]
    public void Signals_go_there_and_back()
    {
        var seen = new HashSet<int>();
        for (int n = 1; n <= 64; n++)
        {
            int there = GdbSignals.Of((Core.Kernel.Signal)n);
            Assert.True(seen.Add(there), $"{n} and another signal are both {there}");
            Assert.Equal((Core.Kernel.Signal)n, GdbSignals.From((ulong)there));
        }
        Assert.Equal(Core.Kernel.Signal.None, GdbSignals.From(0));
        Assert.Null(GdbSignals.From(999));
        // include/gdb/signals.def
        Assert.Equal((10, 30, 31, 20, 17, 23, 77, 45, 46, 78), (GdbSignals.Of(Core.Kernel.Signal.SIGBUS), GdbSignals.Of(Core.Kernel.Signal.SIGUSR1), GdbSignals.Of(Core.Kernel.Signal.SIGUSR2),
            GdbSignals.Of(Core.Kernel.Signal.SIGCHLD), GdbSignals.Of(Core.Kernel.Signal.SIGSTOP), GdbSignals.Of(Core.Kernel.Signal.SIGIO),
            GdbSignals.Of((Core.Kernel.Signal)32), GdbSignals.Of((Core.Kernel.Signal)33), GdbSignals.Of((Core.Kernel.Signal)34), GdbSignals.Of((Core.Kernel.Signal)64)));
    }
}
