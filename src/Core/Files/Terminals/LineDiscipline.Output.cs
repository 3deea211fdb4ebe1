namespace CheckpointRestart.Core.Files;

/// <content>Output of programs: OPOST and the column of the cursor.</content>
internal sealed partial class LineDiscipline
{
    uint column, canonicalColumn;

    /// <summary>Writes what there is room for.</summary>
    /// <returns>Bytes taken.</returns>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        ProcessEchoes();
        int done = 0;
        while (done < bytes.Length)
        {
            int room = terminal.OutputRoom, before = done;
            if (!Modes.Has(OutputModes.Process))
            {
                int count = Math.Min(room, bytes.Length - done);
                terminal.Emit(bytes.Slice(done, count));
                done += count;
            }
            else
            {
                for (; done < bytes.Length; done++)
                {
                    int written = WriteProcessed(bytes[done], room);
                    if (written < 0) break;
                    room -= written;
                }
            }
            terminal.Deliver();
            if (done == before) break;
        }
        return done;
    }

    /// <summary>One byte with OPOST.</summary>
    /// <returns>Bytes emitted, or -1 without room.</returns>
    int WriteProcessed(byte c, int room)
    {
        if (room == 0) return -1;
        ref readonly var modes = ref Modes;
        switch (c)
        {
            case (byte)'\n':
                if (modes.Has(OutputModes.NewlineReturns)) column = 0;
                if (modes.Has(OutputModes.NewlineToReturnNewline))
                {
                    if (room < 2) return -1;
                    canonicalColumn = column = 0;
                    terminal.Emit("\r\n"u8);
                    return 2;
                }
                canonicalColumn = column;
                break;
            case (byte)'\r':
                if (modes.Has(OutputModes.NoReturnAtStart) && column == 0) return 0;
                if (modes.Has(OutputModes.ReturnToNewline))
                {
                    c = (byte)'\n';
                    if (modes.Has(OutputModes.NewlineReturns)) canonicalColumn = column = 0;
                    break;
                }
                canonicalColumn = column = 0;
                break;
            case (byte)'\t':
                int spaces = 8 - (int)(column & 7);
                if ((modes.Output & OutputModes.TabDelay) == OutputModes.ExpandTabs)
                {
                    if (room < spaces) return -1;
                    column += (uint)spaces;
                    terminal.Emit("        "u8[..spaces]);
                    return spaces;
                }
                column += (uint)spaces;
                break;
            case (byte)'\b':
                if (column > 0) column--;
                break;
            default:
                if (CharacterClass.IsControl(c)) break;
                if (modes.Has(OutputModes.LowerToUpper)) c = CharacterClass.ToUpper(c);
                if (!IsContinuation(c)) column++;
                break;
        }
        terminal.Emit(c);
        return 1;
    }
}
