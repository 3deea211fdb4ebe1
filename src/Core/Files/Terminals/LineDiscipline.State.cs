using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>State: input with the ends of lines, echoes that wait for room, and the cursor. What follows from the modes is found anew.</content>
internal sealed partial class LineDiscipline
{
    public void Visit(StateVisitor visitor)
    {
        if (!visitor.BeginStructure("line", true)) return;
        VisitInput(visitor);
        VisitEchoes(visitor);
        column = visitor.Uint("column", column);
        canonicalColumn = visitor.Uint("canonical-column", canonicalColumn);
        isLiteral = visitor.Flag("literal-next", isLiteral);
        isErasing = visitor.Flag("erasing", isErasing);
        visitor.EndStructure();
        if (!visitor.IsReading) return;
        IsCanonical = Modes.Has(LocalModes.Canonical);
        FindSpecial(Modes);
        if (IsLineWise) visitor.Require(lineHead - readTail <= readHead - readTail, "complete lines end within the input");
        else visitor.Require(committed - readTail <= readHead - readTail, "what may be read lies within the input");
    }

    void VisitInput(StateVisitor visitor)
    {
        readTail = visitor.Uint("read-tail", readTail);
        lineHead = visitor.Uint("line-head", lineHead);
        committed = visitor.Uint("committed", committed);
        byte[] bytes = new byte[visitor.IsReading ? 0 : Count], ends = new byte[bytes.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = At(readTail + (uint)i);
            ends[i] = lineEnds[(readTail + (uint)i) & Mask] ? (byte)1 : (byte)0;
        }
        bytes = visitor.Bytes("input", bytes, Size) ?? [];
        ends = visitor.Bytes("line-ends", ends, Size) ?? [];
        visitor.Require(bytes.Length == ends.Length, "each byte of input ends a line or does not");
        if (!visitor.IsReading) return;
        readHead = readTail + (uint)bytes.Length;
        if (bytes.Length == 0) return;
        input = new byte[Size];
        lineEnds = new bool[Size];
        for (int i = 0; i < bytes.Length; i++)
        {
            input[(readTail + (uint)i) & Mask] = bytes[i];
            lineEnds[(readTail + (uint)i) & Mask] = ends[i] != 0;
        }
    }

    void VisitEchoes(StateVisitor visitor)
    {
        const uint most = 1 << 15;
        echoTail = visitor.Uint("echo-tail", echoTail);
        echoHead = echoTail + visitor.Uint("echo-length", echoHead - echoTail, most);
        echoCommit = echoTail + visitor.Uint("echo-committed", echoCommit - echoTail, echoHead - echoTail);
        echoMark = echoTail + visitor.Uint("echo-marked", echoMark - echoTail, echoHead - echoTail);
        // Echoes that nobody had room for may have gone round in the ring.
        uint length = Math.Min(echoHead - echoTail, Size);
        byte[] bytes = new byte[visitor.IsReading ? 0 : (int)length];
        for (uint i = 0; i < bytes.Length; i++) bytes[i] = EchoAt(echoHead - length + i);
        bytes = visitor.Bytes("echoes", bytes, Size) ?? [];
        visitor.Require(bytes.Length == length, "echoes are as long as they say");
        if (!visitor.IsReading || length == 0) return;
        echoes = new byte[Size];
        for (uint i = 0; i < length; i++) echoes[(echoHead - length + i) & Mask] = bytes[i];
        visitor.Require(Meets(echoCommit) && Meets(echoMark) && Meets(echoHead), "echoes are whole operations");
    }

    /// <summary>True when going through the echoes comes to a position: an operation across it would be gone past for ever.</summary>
    bool Meets(uint position)
    {
        for (uint at = echoTail; at - echoTail <= 2 * Size; at += EchoAt(at) != Operation ? 1u : EchoAt(at + 1) == EraseTab ? 3u : 2u)
            if ((at & Mask) == (position & Mask)) return true;
        return false;
    }
}
