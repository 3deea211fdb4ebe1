namespace CheckpointRestart.Core.Files;

/// <content>Echoes: a queue of bytes and operations, carried out when there is room, since what a tab takes is known only then.</content>
internal sealed partial class LineDiscipline
{
    const byte Operation = 0xFF, MoveBackColumn = 0x80, SetCanonicalColumn = 0x81, EraseTab = 0x82;
    const uint Block = 256, Watermark = Size - (Block + 32);

    byte[] echoes = [];
    uint echoHead, echoCommit, echoMark, echoTail;

    void AddEcho(byte value)
    {
        if (echoes.Length == 0) echoes = new byte[Size];
        echoes[echoHead++ & Mask] = value;
    }

    byte EchoAt(uint position) => echoes[position & Mask];

    void EchoOperation(byte operation)
    {
        AddEcho(Operation);
        AddEcho(operation);
    }

    void EchoPlain(byte c)
    {
        if (c == Operation) AddEcho(Operation);
        AddEcho(c);
    }

    /// <summary>Echoes a byte of input; with ECHOCTL a control character as two.</summary>
    void Echo(byte c)
    {
        if (c == Operation || (Modes.Has(LocalModes.EchoControl) && CharacterClass.IsControl(c) && c != '\t')) AddEcho(Operation);
        AddEcho(c);
    }

    void ForgetEchoes() => echoHead = echoTail = echoMark = echoCommit = 0;

    void CommitEchoes()
    {
        echoMark = echoHead;
        uint before = echoCommit - echoTail, count = echoHead - echoTail;
        if (count < Block || count % Block > before % Block) return;
        echoCommit = echoHead;
        CarryOut();
    }

    /// <summary>Carries out what was committed when output may go on, or before other output.</summary>
    public void ProcessEchoes()
    {
        if (echoMark == echoTail) return;
        echoCommit = echoMark;
        CarryOut();
    }

    void FlushEchoes()
    {
        if (!Modes.Has(LocalModes.Echo | LocalModes.EchoNewline) || echoCommit == echoHead) return;
        // What is carried out now must not be so again.
        echoMark = echoCommit = echoHead;
        CarryOut();
    }

    void CarryOut()
    {
        int room = terminal.OutputRoom;
        uint tail = echoTail;
        while ((echoCommit & Mask) != (tail & Mask))
        {
            byte c = EchoAt(tail);
            if (c == Operation)
            {
                uint length = CarryOut(EchoAt(tail + 1), tail, ref room);
                if (length == 0) break;
                tail += length;
                continue;
            }
            if (Modes.Has(OutputModes.Process))
            {
                int written = WriteProcessed(c, room);
                if (written < 0) break;
                room -= written;
            }
            else
            {
                if (room == 0) break;
                terminal.Emit(c);
                room--;
            }
            tail++;
        }
        // Without room for long, the oldest echoes are dropped, so that new ones do not write over them.
        while (echoCommit > tail && echoCommit - tail >= Watermark)
            tail += EchoAt(tail) != Operation ? 1u : EchoAt(tail + 1) == EraseTab ? 3u : 2u;
        echoTail = tail;
        terminal.Deliver();
    }

    /// <summary>Carries out one operation.</summary>
    /// <returns>Bytes of the queue that it takes; 0 when there is no room.</returns>
    uint CarryOut(byte operation, uint tail, ref int room)
    {
        switch (operation)
        {
            case EraseTab:
                uint columns = EchoAt(tail + 2);
                // Counted from the start of the line, not from a tab.
                if ((columns & 0x80) == 0) columns += canonicalColumn;
                int back = 8 - (int)(columns & 7);
                if (back > room) return 0;
                room -= back;
                for (; back > 0; back--)
                {
                    terminal.Emit((byte)'\b');
                    if (column > 0) column--;
                }
                return 3;
            case SetCanonicalColumn:
                canonicalColumn = column;
                return 2;
            case MoveBackColumn:
                if (column > 0) column--;
                return 2;
            case Operation:
                if (room == 0) return 0;
                terminal.Emit(Operation);
                column++;
                room--;
                return 2;
            default:
                if (room < 2) return 0;
                terminal.Emit((byte)'^');
                terminal.Emit((byte)(operation ^ 0x40));
                column += 2;
                room -= 2;
                return 2;
        }
    }
}
