using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>State: datagrams with where they came from, and one that is still being put together.</content>
internal sealed partial class UdpSocket : IStateObject
{
    const int MostPackets = 1 << 20;

    string IStateObject.StateKind => "udp-socket";

    void IStateObject.Visit(StateVisitor visitor)
    {
        VisitInternet(visitor);
        isConnected = visitor.Flag("connected", isConnected);
        Drops = visitor.Number("drops", Drops, 0);
        hasCork = visitor.Flag("cork", hasCork);
        corked = visitor.Bytes("corked", corked, LongestV6);
        corkedTo = visitor.Endpoint("corked-to", corkedTo);
        for (int i = 0; i < coverage.Length; i++) coverage[i] = visitor.Int(CoverageNames[i], coverage[i], 0, 0xFFFF);
        for (int i = 0; i < udpOptions.Length; i++) udpOptions[i] = visitor.Int(OptionNames[i], udpOptions[i], 0, 1);
        var packets = visitor.List<UdpPacket>("queue", queue, MostPackets, static (v, packet) => UdpPacket.Visit(v, packet));
        charged = visitor.Int("charged", charged, 0);
        if (!visitor.IsReading) return;
        long charges = 0;
        foreach (var packet in packets)
        {
            charges += packet.Charge;
            queue.Enqueue(packet);
        }
        visitor.Require(charges == charged, "a queue is charged for what is in it");
        visitor.Require(packets.Count <= 1 || charged <= MostForcedBuffer, "a queue holds no more than the largest buffer");
        Network.RestoredBuffered += charges;
        visitor.Later(OpenFile.HoldersAreThere, () => visitor.Require(IsDead ? queue.Count == 0 : File != null, "a socket that is alive has an open file, and one that is gone no queue"));
    }

    static readonly string[] CoverageNames = ["send-coverage", "receive-coverage"];
    static readonly string[] OptionNames = ["no-checksum-send", "no-checksum-receive", "segment", "generic-receive"];

    internal static UdpSocket Create(StateVisitor visitor, Network network)
    {
        int protocol = visitor.Int("protocol", Levels.Udp);
        visitor.Require(protocol is Levels.Udp or Levels.UdpLite, "datagrams are of UDP or UDP-Lite");
        return new(network, FamilyOf(visitor, Families.Internet, Families.Internet6), protocol);
    }
}

/// <content>State.</content>
internal sealed partial record UdpPacket
{
    public static UdpPacket Visit(StateVisitor visitor, UdpPacket? packet)
    {
        var data = visitor.Bytes("data", packet?.Data, 0xFFFF) ?? [];
        return new(data, visitor.Endpoint("from", packet?.From ?? default), visitor.Endpoint("to", packet?.To ?? default), visitor.Charge(packet?.Charge ?? 0, data.Length),
            visitor.Time("arrived", packet?.Arrived ?? default), (byte)visitor.Int("tos", packet?.Tos ?? 0, 0, 255), (byte)visitor.Int("ttl", packet?.Ttl ?? 0, 0, 255));
    }
}
