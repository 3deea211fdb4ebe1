using System.Buffers.Binary;

namespace CheckpointRestart.Core.Files;

/// <content>Options of the level IPPROTO_UDP.</content>
internal sealed partial class UdpSocket
{
    const int Cork = 1, SendCoverage = 10, ReceiveCoverage = 11, Encapsulation = 100, NoChecksumSend = 101, NoChecksumReceive = 102, Segment = 103, GenericReceive = 104;

    readonly int[] coverage = new int[2];
    readonly int[] udpOptions = new int[GenericReceive - NoChecksumSend + 1];

    /// <inheritdoc/>
    public override Errno SetOption(int level, int option, ReadOnlySpan<byte> value, SocketCaller caller)
    {
        if (level != Protocol) return base.SetOption(level, option, value, caller);
        if (value.Length < 4) return Errno.EINVAL;
        int number = BinaryPrimitives.ReadInt32LittleEndian(value);
        switch (option)
        {
            case Cork:
                hasCork = number != 0;
                if (!hasCork && corked is { } data)
                {
                    corked = null;
                    var from = Local.IsAny ? Local with { Address = SourceFor(corkedTo) } : Local;
                    Deliver(new UdpPacket(data, from, corkedTo, PacketMemory.OfUdp(data.Length), Network.Now, (byte)TosFor(corkedTo), (byte)TtlFor(corkedTo)));
                }
                return Errno.None;
            case NoChecksumSend or NoChecksumReceive:
                udpOptions[option - NoChecksumSend] = number != 0 ? 1 : 0;
                return Errno.None;
            case SendCoverage or ReceiveCoverage when Protocol == Levels.UdpLite:
                // Less than the header cannot be covered; 0 is all.
                coverage[option - SendCoverage] = number <= 0 ? 0 : Math.Clamp(number, 8, 0xFFFF);
                return Errno.None;
            default: return Errno.ENOPROTOOPT;
        }
    }

    /// <inheritdoc/>
    public override IoResult GetOption(int level, int option, Span<byte> value)
    {
        if (level != Protocol) return base.GetOption(level, option, value);
        return option switch
        {
            Cork => Integer(value, hasCork),
            SendCoverage or ReceiveCoverage when Protocol == Levels.UdpLite => Integer(value, coverage[option - SendCoverage]),
            Encapsulation => Integer(value, 0),
            >= NoChecksumSend and <= GenericReceive => Integer(value, udpOptions[option - NoChecksumSend]),
            _ => Errno.ENOPROTOOPT,
        };
    }
}
