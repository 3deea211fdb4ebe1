using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>State: the answers that nobody has read yet.</content>
internal sealed partial class NetlinkSocket : IStateObject
{
    const int MostAnswers = 1 << 20;

    string IStateObject.StateKind => "netlink-socket";

    void IStateObject.Visit(StateVisitor visitor)
    {
        VisitSocket(visitor);
        port = visitor.Uint("port", port);
        groups = visitor.Uint("groups", groups);
        isBound = visitor.Flag("bound", isBound);
        var set = visitor.List<int>("netlink-options", [.. Enumerable.Range(0, options.Length).Where(option => options[option] != 0)], options.Length, (v, option) => v.Int("option", option, 0, options.Length - 1));
        var answers = visitor.List<byte[]>("queue", queue, MostAnswers, static (v, answer) => v.Bytes("data", answer, MostForcedBuffer) ?? []);
        charged = visitor.Int("charged", charged, 0, MostForcedBuffer);
        if (!visitor.IsReading) return;
        foreach (int option in set) options[option] = 1;
        long charges = 0;
        foreach (var answer in answers)
        {
            queue.Enqueue(answer);
            charges += PacketMemory.OfDatagram(answer.Length);
        }
        visitor.Require(charges == charged, "a queue is charged for what is in it");
        Network.RestoredBuffered += charged;
        visitor.Later(OpenFile.HoldersAreThere, () =>
        {
            visitor.Require(IsDead ? queue.Count == 0 : File != null, "a socket that is alive has an open file, and one that is gone no queue");
            visitor.Require(!isBound || IsDead || Network.TakeRestoredPort(port), "bound sockets of netlink have different ports");
        });
    }

    internal static NetlinkSocket Create(StateVisitor visitor, Network network)
    {
        FamilyOf(visitor, Families.Netlink, Families.Netlink);
        var type = visitor.Enum("type", SocketType.Raw);
        visitor.Require(type is SocketType.Raw or SocketType.Datagram, "a socket of netlink is raw or of datagrams");
        return new(network, type);
    }
}
