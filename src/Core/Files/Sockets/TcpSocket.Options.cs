using System.Buffers.Binary;
using System.Text;

namespace CheckpointRestart.Core.Files;

/// <content>Options of the level IPPROTO_TCP (tcp(7)). Between two ends that are this near most of them have nothing to change, but are kept and checked.</content>
internal sealed partial class TcpSocket
{
    static class Tcp
    {
        public const int NoDelay = 1, MaximumSegment = 2, Cork = 3, KeepIdle = 4, KeepInterval = 5, KeepCount = 6, SynCount = 7, Linger2 = 8, DeferAccept = 9, WindowClamp = 10,
            Info = 11, QuickAck = 12, Congestion = 13, Md5 = 14, UserTimeout = 18, FastOpen = 23, Timestamp = 24, NotSentLowWater = 25, SaveSyn = 27, SavedSyn = 28, FastOpenConnect = 30,
            UpperLayer = 31, FastOpenNoCookie = 34, Inquiry = 36;
    }

    const int InfoLength = 240;

    int noDelay, cork, segment, keepIdle = 7200, keepInterval = 75, keepCount = 9, synCount = 6, linger2 = 60, deferAccept, windowClamp, quickAck = 1, userTimeout, fastOpen, lowWater,
        saveSyn, fastOpenConnect, inquiry;
    bool hasFixedSendBuffer;
    string congestion = "cubic";

    void CopyTcpOptions(TcpSocket from)
    {
        (noDelay, cork, segment, keepIdle, keepInterval, keepCount, synCount, linger2, userTimeout, quickAck, inquiry) =
            (from.noDelay, from.cork, from.segment, from.keepIdle, from.keepInterval, from.keepCount, from.synCount, from.linger2, from.userTimeout, from.quickAck, from.inquiry);
        hasFixedSendBuffer = from.hasFixedSendBuffer;
        congestion = from.congestion;
    }

    /// <inheritdoc/>
    public override Errno SetOption(int level, int option, ReadOnlySpan<byte> value, SocketCaller caller)
    {
        if (level != Levels.Tcp)
        {
            var error = base.SetOption(level, option, value, caller);
            if (error == Errno.None && level == Levels.Socket && option is SocketOption.SendBuffer or SocketOption.SendBufferForce) hasFixedSendBuffer = true;
            return error;
        }
        if (option == Tcp.Congestion)
        {
            string name = Encoding.Latin1.GetString(value[..Math.Min(value.Length, 15)]).TrimEnd('\0');
            if (name is not ("cubic" or "reno")) return name.Length == 0 ? Errno.EINVAL : Errno.ENOENT;
            congestion = name;
            return Errno.None;
        }
        if (option == Tcp.UpperLayer) return State != TcpState.Established ? Errno.ENOTCONN : Errno.ENOENT;
        if (value.Length < 4) return Errno.EINVAL;
        int number = BinaryPrimitives.ReadInt32LittleEndian(value);
        switch (option)
        {
            case Tcp.NoDelay: noDelay = number != 0 ? 1 : 0; return Errno.None;
            case Tcp.Cork: cork = number != 0 ? 1 : 0; return Errno.None;
            case Tcp.MaximumSegment: return Set(ref segment, number, 88, 32767, alsoZero: true);
            case Tcp.KeepIdle: return Set(ref keepIdle, number, 1, 32767);
            case Tcp.KeepInterval: return Set(ref keepInterval, number, 1, 32767);
            case Tcp.KeepCount: return Set(ref keepCount, number, 1, 127);
            case Tcp.SynCount: return Set(ref synCount, number, 1, 127);
            case Tcp.Linger2: linger2 = number < 0 ? -1 : number > 120 ? 120 : number; return Errno.None;
            case Tcp.DeferAccept: deferAccept = Math.Max(number, 0); return Errno.None;
            case Tcp.WindowClamp:
                if (number == 0 && State != TcpState.Close) return Errno.EINVAL;
                windowClamp = number == 0 ? 0 : Math.Max(number, 1152);
                return Errno.None;
            case Tcp.QuickAck: quickAck = number != 0 ? 1 : 0; return Errno.None;
            case Tcp.UserTimeout: return Set(ref userTimeout, number, 0, int.MaxValue);
            case Tcp.FastOpen:
                if (number < 0 || State is not (TcpState.Close or TcpState.Listen)) return Errno.EINVAL;
                fastOpen = number;
                return Errno.None;
            case Tcp.FastOpenConnect:
                if (number is < 0 or > 1) return Errno.EINVAL;
                fastOpenConnect = number;
                return Errno.None;
            case Tcp.NotSentLowWater: lowWater = number; return Errno.None;
            case Tcp.SaveSyn: return Set(ref saveSyn, number, 0, 2);
            case Tcp.Inquiry: return Set(ref inquiry, number, 0, 1);
            default: return Errno.ENOPROTOOPT;
        }
    }

    static Errno Set(ref int field, int number, int least, int most, bool alsoZero = false)
    {
        if ((number < least || number > most) && !(alsoZero && number == 0)) return Errno.EINVAL;
        field = number;
        return Errno.None;
    }

    /// <inheritdoc/>
    public override IoResult GetOption(int level, int option, Span<byte> value)
    {
        if (level != Levels.Tcp) return base.GetOption(level, option, value);
        switch (option)
        {
            case Tcp.NoDelay: return Integer(value, noDelay);
            case Tcp.Cork: return Integer(value, cork);
            case Tcp.MaximumSegment: return Integer(value, State is TcpState.Close or TcpState.Listen ? segment == 0 ? 536 : segment : segment != 0 ? Math.Min(segment, Segment) : Segment);
            case Tcp.KeepIdle: return Integer(value, keepIdle);
            case Tcp.KeepInterval: return Integer(value, keepInterval);
            case Tcp.KeepCount: return Integer(value, keepCount);
            case Tcp.SynCount: return Integer(value, synCount);
            case Tcp.Linger2: return Integer(value, linger2);
            case Tcp.DeferAccept: return Integer(value, deferAccept);
            case Tcp.WindowClamp: return Integer(value, windowClamp);
            case Tcp.QuickAck: return Integer(value, quickAck);
            case Tcp.UserTimeout: return Integer(value, userTimeout);
            case Tcp.FastOpen: return Integer(value, fastOpen);
            case Tcp.FastOpenConnect: return Integer(value, fastOpenConnect);
            case Tcp.FastOpenNoCookie: return Integer(value, 0);
            case Tcp.NotSentLowWater: return Integer(value, lowWater);
            case Tcp.Timestamp: return Integer(value, (int)(Network.Monotonic() / 1_000_000));
            case Tcp.SaveSyn: return Integer(value, saveSyn);
            case Tcp.SavedSyn: return IoResult.From(0);
            case Tcp.Inquiry: return Integer(value, inquiry);
            case Tcp.Congestion:
                {
                    var name = new byte[16];
                    Encoding.Latin1.GetBytes(congestion, name);
                    return Bytes(value, name);
                }
            case Tcp.UpperLayer: return IoResult.From(0);
            case Tcp.Info: return Bytes(value, Information());
            default: return Errno.ENOPROTOOPT;
        }
    }

    /// <summary>What fits into a packet of lo with its 12 bytes of options.</summary>
    int Segment => Remote.IsV4 ? 65483 : 65463;

    /// <summary>struct tcp_info: what is not of this machine's network is as on an idle connection.</summary>
    byte[] Information()
    {
        var info = new byte[InfoLength];
        info[0] = (byte)State;
        bool isOpen = State is not (TcpState.Close or TcpState.Listen);
        info[5] = (byte)(isOpen ? 7 : 0);
        info[6] = (byte)(isOpen ? 0x77 : 0);
        void Word(int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(info.AsSpan(at), value);
        Word(8, isOpen ? 204000 : 1000000);
        Word(12, isOpen ? 40000 : 0);
        Word(16, isOpen ? 32768 : 536);
        Word(20, 536);
        if (State == TcpState.Listen)
        {
            // For a listener these two are the connections that wait, and how many may.
            Word(24, pending.Count);
            Word(28, backlog);
        }
        Word(60, isOpen ? 65535 : 0);
        Word(64, isOpen ? 65495 : 0);
        Word(68, isOpen ? 20 : 250000);
        Word(72, isOpen ? 10 : 0);
        Word(76, int.MaxValue);
        Word(80, 10);
        Word(84, isOpen ? Segment : 536);
        Word(88, 3);
        return info;
    }
}
