using System.Globalization;
using System.Security;
using System.Text;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Core.Debugging.Gdb;

/// <content>Queries and settings (GDB manual, E.4).</content>
public sealed partial class GdbSession
{
    /// <summary>The most memory that one checksum is made of.</summary>
    const ulong MostSummed = 1 << 28;

    byte[] AnswerQuery(PacketText text)
    {
        if (text.TrySkip("Xfer:"u8)) return Transfer(text);
        string answer = "";
        if (text.TrySkip("Supported"u8)) answer = Supported(text);
        else if (text.TrySkip("fThreadInfo"u8)) answer = "m" + string.Join(',', target.Threads.Select(thread => ThreadText(thread.Id)));
        else if (text.TrySkip("sThreadInfo"u8)) answer = "l";
        else if (text.TrySkip("ThreadExtraInfo,"u8)) answer = ParseThread(text.Rest) is { } id && target.Threads.FirstOrDefault(one => one.Id == id) is { Name: { } name } ? Hex.Of(name) : NoThread;
        else if (text.TrySkip("Attached"u8)) answer = "1";
        else if (text.TrySkip("Symbol"u8)) answer = Done;
        else if (text.TrySkip("CRC:"u8)) answer = Checksum(text);
        else if (text.TrySkip("C"u8)) answer = "QC" + ThreadText(general);
        return PacketWriter.Pack(answer);
    }

    string Supported(PacketText text)
    {
        text.TrySkip(":"u8);
        while (!text.IsEmpty)
        {
            var feature = text.Until(';');
            if (feature.SequenceEqual("multiprocess+"u8)) hasProcesses = true;
            if (control != null && feature.SequenceEqual("exec-events+"u8)) control.StopsAtExecution = true;
        }
        string both = string.Create(CultureInfo.InvariantCulture, $"PacketSize={PacketSize:x};QStartNoAckMode+;multiprocess{(hasProcesses ? '+' : '-')};qXfer:features:read+;qXfer:auxv:read+;qXfer:exec-file:read+;qXfer:threads:read+");
        return live == null ? both : both + ";vContSupported+;swbreak+;hwbreak-;QPassSignals+;exec-events+";
    }

    string? AnswerSetting(PacketText text)
    {
        if (text.TrySkip("StartNoAckMode"u8))
        {
            Send(Done);
            hasAcknowledgements = false;
            return null;
        }
        if (!text.TrySkip("PassSignals:"u8) || control == null) return "";
        var passed = new SignalSet(0);
        while (!text.IsEmpty)
        {
            if (Hex.Number(text.Until(';')) is not { } number) return BadRequest;
            if (GdbSignals.From(number) is { } signal and not Signal.None) passed |= SignalSet.Of(signal);
        }
        control.Pass(passed);
        return Done;
    }

    /// <summary>qXfer: a part of something.</summary>
    byte[] Transfer(PacketText text)
    {
        string what = Encoding.ASCII.GetString(text.Until(':'));
        if (!text.TrySkip("read:"u8)) return PacketWriter.Pack("");
        string annex = Encoding.ASCII.GetString(text.Until(':'));
        if (Hex.Number(text.Until(',')) is not { } offset || Hex.Number(text.Rest) is not { } length) return PacketWriter.Pack("E00");
        byte[]? all = what switch
        {
            "features" when annex == "target.xml" => Encoding.UTF8.GetBytes(TargetDescription.Text(target.HasSse)),
            "auxv" => target.AuxiliaryVector,
            "exec-file" => Encoding.UTF8.GetBytes(target.ExecutablePath),
            "threads" => Encoding.UTF8.GetBytes(ThreadList()),
            "features" => [],
            _ => null,
        };
        if (all == null) return PacketWriter.Pack("");
        if (offset > (ulong)all.Length || (what == "features" && all.Length == 0)) return PacketWriter.Pack("E00");
        int from = (int)offset, count = (int)Math.Min(Math.Min(length, PacketSize / 2), (ulong)(all.Length - from));
        return PacketWriter.Pack(from + count < all.Length ? "m"u8 : "l"u8, all.AsSpan(from, count));
    }

    string ThreadList()
    {
        var xml = new StringBuilder("<?xml version=\"1.0\"?>\n<threads>\n");
        foreach (var thread in target.Threads)
            xml.Append(CultureInfo.InvariantCulture, $"<thread id=\"{ThreadText(thread.Id)}\" core=\"0\" name=\"{Printable(thread.Name)}\"/>\n");
        return xml.Append("</threads>\n").ToString();
    }

    static string Printable(string name) => SecurityElement.Escape(GuestText.ForDisplay(name));

    /// <summary>qCRC: what compare-sections asks for.</summary>
    string Checksum(PacketText text)
    {
        if (Hex.Address(text.Until(',')) is not { } address || Hex.Number(text.Rest) is not { } length || length > MostSummed) return BadRequest;
        uint sum = uint.MaxValue;
        var piece = new byte[PacketSize];
        while (length > 0)
        {
            int wanted = (int)Math.Min(length, (ulong)piece.Length), read = target.Read(address, piece.AsSpan(0, wanted));
            if (read < wanted) return NoMemory;
            foreach (byte value in piece.AsSpan(0, read))
            {
                sum ^= (uint)value << 24;
                for (int bit = 0; bit < 8; bit++) sum = (sum & 0x80000000) != 0 ? sum << 1 ^ 0x04C11DB7 : sum << 1;
            }
            address += (uint)read;
            length -= (ulong)read;
        }
        return string.Create(CultureInfo.InvariantCulture, $"C{sum:x}");
    }
}
