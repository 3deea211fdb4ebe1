using System.Text;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Terminals;

namespace CheckpointRestart.PS.Runtime;

/// <summary>One output stream of a machine, or a terminal, as the host reads it: lines, exact text or bytes, each byte once.</summary>
/// <param name="takeAll">Takes all bytes that there are.</param>
/// <param name="waitForMore">Waits until there may be more.</param>
sealed class OutputReader(Func<byte[]> takeAll, Action<TimeSpan, CancellationToken> waitForMore)
{
    internal OutputReader(MachineStreams streams, StreamKind kind)
        : this(() => streams.TakeAll(kind), (most, token) => streams.WaitForOutput(kind, most, token))
    {
    }

    internal OutputReader(HostTerminal terminal) : this(terminal.TakeAll, (most, token) => terminal.WaitForOutput(most, token))
    {
    }

    /// <summary>A line that is longer comes in pieces, so that a guest cannot fill the host's memory.</summary>
    const int LongestLine = 16 << 20;

    readonly Lock access = new();
    byte[] pending = [];

    /// <summary>A copy of what was taken and not given yet: the beginning of a line.</summary>
    internal byte[] Pending
    {
        get
        {
            lock (access) return [.. pending];
        }
    }

    /// <summary>Complete lines without their newline, and with <paramref name="ended"/> what follows the last one.</summary>
    internal IReadOnlyList<string> ReadLines(Encoding encoding, bool ended)
    {
        lock (access)
        {
            Fill();
            var lines = new List<string>();
            ReadOnlySpan<byte> newline = encoding.GetBytes("\n"), rest = pending;
            for (int at = 0; at + newline.Length <= rest.Length;)
            {
                int found = rest[at..].IndexOf(newline);
                if (found < 0) break;
                at += found;
                if (at % newline.Length != 0)
                {
                    // A byte sequence that spans two characters of a wide encoding is no newline.
                    at++;
                    continue;
                }
                lines.Add(encoding.GetString(rest[..at]));
                rest = rest[(at + newline.Length)..];
                at = 0;
            }
            if (!rest.IsEmpty && (ended || rest.Length >= LongestLine))
            {
                lines.Add(encoding.GetString(rest));
                rest = default;
            }
            pending = rest.ToArray();
            return lines;
        }
    }

    /// <summary>All bytes that there are.</summary>
    internal byte[] ReadBytes()
    {
        lock (access)
        {
            Fill();
            var all = pending;
            pending = [];
            return all;
        }
    }

    /// <summary>All text that there is; bytes of a character that is not complete stay, unless the stream has ended.</summary>
    internal string ReadText(Encoding encoding, bool ended)
    {
        lock (access)
        {
            Fill();
            var decoder = encoding.GetDecoder();
            var text = new char[encoding.GetMaxCharCount(pending.Length)];
            decoder.Convert(pending, text, ended, out _, out int characters, out _);
            int kept = ended ? 0 : Incomplete(encoding, text.AsSpan(0, characters));
            pending = pending[^kept..];
            return new string(text, 0, characters);
        }
    }

    /// <summary>Waits until there may be more.</summary>
    internal void Wait(TimeSpan most, CancellationToken token) => waitForMore(most, token);

    void Fill()
    {
        var more = takeAll();
        if (more.Length > 0) pending = pending.Length == 0 ? more : [.. pending, .. more];
    }

    /// <summary>Bytes at the end that the decoder holds back: one character's first ones.</summary>
    int Incomplete(Encoding encoding, ReadOnlySpan<char> text)
    {
        for (int kept = 0; kept <= Math.Min(3, pending.Length); kept++)
            if (encoding.GetCharCount(pending, 0, pending.Length - kept) == text.Length && (kept > 0 || encoding.GetCharCount(pending) == text.Length))
                return kept;
        return 0;
    }
}
