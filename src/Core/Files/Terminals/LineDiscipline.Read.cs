namespace CheckpointRestart.Core.Files;

/// <content>Input for the program.</content>
internal sealed partial class LineDiscipline
{
    /// <summary>Takes a line or a part of one, or, when not canonical, the bytes that there are. The caller has seen <see cref="HasInput"/>.</summary>
    /// <returns>Bytes taken: none for a VEOF at the start of a line.</returns>
    public int Take(Span<byte> to)
    {
        if (IsLineWise) return TakeLine(to);
        int count = Math.Min(to.Length, (int)(committed - readTail));
        for (int i = 0; i < count; i++) to[i] = At(readTail + (uint)i);
        // With EXTPROC, the one byte VEOF alone is the end of input.
        bool isEnd = count == 1 && to[0] == Modes[ControlCharacter.EndOfFile] && Modes.Has(LocalModes.ExternalProcessing) && IsCanonical && committed - readTail == 1;
        readTail += (uint)count;
        return isEnd ? 0 : count;
    }

    int TakeLine(Span<byte> to)
    {
        int count = 0;
        while (readTail != lineHead)
        {
            uint at = readTail & Mask;
            bool ends = lineEnds[at], isMark = ends && input[at] == Termios.Disabled;
            // A full buffer takes the mark of VEOF along, but not another line's end.
            if (count == to.Length && !isMark) break;
            if (count == to.Length && count == 0) break;
            lineEnds[at] = false;
            readTail++;
            if (!isMark) to[count++] = input[at];
            if (ends) break;
        }
        return count;
    }

    /// <summary>Everything that tells this from another, for the hash of a state.</summary>
    public void Describe(IStateDigest digest)
    {
        digest.Number(IsCanonical ? 1 : 0);
        digest.Number((isLiteral ? 1 : 0) | (isErasing ? 2 : 0));
        digest.Number((long)column << 32 | canonicalColumn);
        digest.Number(lineHead - readTail);
        digest.Number(committed - readTail);
        for (uint at = readTail; at != readHead; at++) digest.Number(At(at) | (lineEnds[at & Mask] ? 0x100 : 0));
        digest.Number(echoCommit - echoTail);
        for (uint at = echoTail; at != echoHead; at++) digest.Number(EchoAt(at));
    }
}
