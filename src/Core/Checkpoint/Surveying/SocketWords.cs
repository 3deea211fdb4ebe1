using System.Net;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image.Extended;

namespace CheckpointRestart.Core.Checkpoint.Surveying;

/// <summary>What sockets of an image are called.</summary>
static class SocketWords
{
    /// <summary>True for one that waits for connections.</summary>
    public static bool IsListening(ExtendedObject socket) => socket.Fields.Uint("state") == socket.Kind switch
    {
        // TCP_LISTEN of Linux; a UNIX socket counts closed, listening, connected.
        "tcp-socket" => 10u,
        "unix-socket" => 1u,
        _ => uint.MaxValue,
    };

    /// <summary>Its address, and that of the other end when it has one.</summary>
    /// <returns>Null for a UNIX socket without a name on either side.</returns>
    public static string? NameOf(ExtendedObject socket, ExtendedObject? peer)
    {
        if (socket.Kind == "unix-socket") return UnixName(socket) ?? (peer == null ? null : UnixName(peer));
        if (socket.Kind is not ("tcp-socket" or "udp-socket")) return null;
        string local = Address(socket.Fields.Structure("local")), remote = Address(socket.Fields.Structure("remote"));
        string protocol = socket.Kind == "tcp-socket" ? "tcp" : "udp";
        return remote.Length == 0 ? $"{protocol} {local}" : string.CompareOrdinal(local, remote) < 0 ? $"{protocol} {local} – {remote}" : $"{protocol} {remote} – {local}";
    }

    /// <summary>What waits in it to be read, by all of its ends.</summary>
    public static string DetailOf(ExtendedObject socket)
    {
        long waiting = Waiting(socket) + (socket.Follow("peer") is { } peer && !ReferenceEquals(peer, socket) ? Waiting(peer) : 0);
        int pending = socket.Fields.Items("pending").Count;
        return IsListening(socket) ? pending == 0 ? "" : $"{pending} to be accepted" : waiting == 0 ? "" : $"{waiting} bytes on their way";
    }

    static long Waiting(ExtendedObject socket) =>
        socket.Fields.Bytes("input").LongLength + socket.Fields.Items("queue").Sum(static packet => packet.Bytes("data").LongLength);

    static string? UnixName(ExtendedObject socket)
    {
        var name = socket.Fields.Bytes("name");
        if (name.Length == 0) return null;
        return socket.Fields.Word("abstract") != 0 ? "@" + GuestText.FromBytes(name.AsSpan().TrimStart((byte)0)) : GuestText.FromBytes(name.AsSpan().TrimEnd((byte)0));
    }

    static string Address(IReadOnlyList<ExtendedField> end)
    {
        var bytes = end.Bytes("address");
        uint port = end.Uint("port");
        if (bytes.Length != 16 || port is 0 or > 0xFFFF) return "";
        var address = new IPAddress(bytes);
        return new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, (int)port).ToString();
    }
}
