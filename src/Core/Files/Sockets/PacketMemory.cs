using System.Numerics;

namespace CheckpointRestart.Core.Files;

/// <summary>How much of a socket's buffer a packet takes: what a 64-bit Linux 6.1 charges for it (skb truesize), since programs count on how many fit.</summary>
internal static class PacketMemory
{
    const int Page = 4096, Head = 256, SharedInfo = 320, MostHead = Page - SharedInfo, MostOrder2 = 16384 - SharedInfo, MostFragments = 17;

    /// <summary>Bytes of a stream that one packet of a UNIX socket takes at most.</summary>
    public const int MostStream = MostOrder2 + 32768;

    /// <summary>A packet of a UNIX stream.</summary>
    public static int OfStream(int length) => Of(length, length > MostHead ? Math.Min(length, (length - MostHead + Page - 1) & -Page) : 0);

    /// <summary>A datagram of a UNIX socket.</summary>
    public static int OfDatagram(int length) =>
        Of(length, length > MostOrder2 ? Math.Min(Math.Min(length - MostOrder2, MostFragments * Page) + Page - 1 & -Page, length) : 0);

    /// <summary>A datagram of UDP, with its headers.</summary>
    public static int OfUdp(int length) => Of(length + 48, 0);

    static int Of(int length, int inPages)
    {
        int head = ((length - inPages + 63) & ~63) + SharedInfo;
        return (int)BitOperations.RoundUpToPowerOf2((uint)head) + Head + ((inPages + Page - 1) & -Page);
    }
}
