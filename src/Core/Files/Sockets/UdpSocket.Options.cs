using System.Buffers.Binary;

namespace CheckpointRestart.Core.Files;

/// <content>Options of the level IPPROTO_UDP.</content>
internal sealed partial class UdpSocket
{
    const int Cork = 1, Encapsulation = 100, NoChecksumSend = 101, NoChecksumReceive = 102, Segment = 103, GenericReceive = 104;

    readonly int[] udpOptions = new int[GenericReceive - NoChecksumSend + 1];

    /// <inheritdoc/>
    public override Errno SetOption(int level, int option, ReadOnlySpan<byte> value, SocketCaller caller)
    {
        if (level != Levels.Udp) return base.SetOption(level, option, value, caller);
        if (value.Length < 4) return Errno.EINVAL;
        int number = BinaryPrimitives.ReadInt32LittleEndian(value);
        switch (option)
        {
            case Cork:
                hasCork = number != 0;
                if (!hasCork && corked is { } data)
                {
                    corked = null;
                    Deliver(data, Local.IsAny ? Local with { Address = SourceFor(corkedTo) } : Local, corkedTo);
                }
                return Errno.None;
            case NoChecksumSend or NoChecksumReceive:
                udpOptions[option - NoChecksumSend] = number != 0 ? 1 : 0;
                return Errno.None;
            default: return Errno.ENOPROTOOPT;
        }
    }

    /// <inheritdoc/>
    public override IoResult GetOption(int level, int option, Span<byte> value)
    {
        if (level != Levels.Udp) return base.GetOption(level, option, value);
        return option switch
        {
            Cork => Integer(value, hasCork),
            Encapsulation => Integer(value, 0),
            >= NoChecksumSend and <= GenericReceive => Integer(value, udpOptions[option - NoChecksumSend]),
            _ => Errno.ENOPROTOOPT,
        };
    }
}
