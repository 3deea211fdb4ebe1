namespace CheckpointRestart.Core.Files;

/// <content>Bytes from the line: signals, flow control, editing, and what is left of them for the program.</content>
internal sealed partial class LineDiscipline
{
    const int SignalInterrupt = 2, SignalQuit = 3, SignalTerminalStop = 20;

    /// <summary>Takes bytes as far as there is room. A line that fills the buffer is at its end for new bytes, but not for the one that ends it.</summary>
    /// <returns>Bytes taken.</returns>
    public int Receive(ReadOnlySpan<byte> bytes)
    {
        if (input.Length == 0)
        {
            input = new byte[Size];
            lineEnds = new bool[Size];
        }
        int taken = 0;
        while (taken < bytes.Length)
        {
            int room = Size - Count;
            // With PARMRK one byte may become three.
            if (Modes.Has(InputModes.MarkParity)) room = (room + 2) / 3;
            if (--room <= 0)
            {
                bool overflows = IsCanonical && lineHead == readTail;
                if (overflows && room < 0) readHead--;
                room = overflows ? 1 : 0;
            }
            int count = Math.Min(bytes.Length - taken, room);
            if (count == 0) break;
            Process(bytes.Slice(taken, count));
            taken += count;
        }
        return taken;
    }

    void Process(ReadOnlySpan<byte> bytes)
    {
        bool changes = Modes.Has(InputModes.Strip) || (Modes.Has(InputModes.UpperToLower) && Modes.Has(LocalModes.Extended));
        if (isRaw || (Modes.Has(LocalModes.ExternalProcessing) && !changes))
        {
            foreach (byte c in bytes) Put(c);
        }
        else
        {
            foreach (byte c in bytes) Process(c);
            FlushEchoes();
        }
        if (IsLineWise) return;
        committed = readHead;
        if (Count > 0) HasInputNow();
    }

    void Process(byte c)
    {
        if (Modes.Has(InputModes.Strip)) c &= 0x7F;
        if (Modes.Has(InputModes.UpperToLower) && Modes.Has(LocalModes.Extended)) c = CharacterClass.ToLower(c);
        if (isLiteral)
        {
            isLiteral = false;
            TakeOrdinary(c);
        }
        else if (Modes.Has(LocalModes.ExternalProcessing))
        {
            Put(c);
        }
        else if (special[c])
        {
            TakeSpecial(c);
        }
        else
        {
            TakeOrdinary(c);
        }
    }

    void TakeOrdinary(byte c)
    {
        RestartIfAny();
        EchoInput(c);
        PutMarked(c);
    }

    /// <summary>IXANY: any byte starts output again.</summary>
    void RestartIfAny()
    {
        if (!terminal.IsStopped || terminal.IsStoppedByCall || !Modes.Has(InputModes.FlowControl) || !Modes.Has(InputModes.AnyRestarts)) return;
        terminal.Start();
        ProcessEchoes();
    }

    void EchoInput(byte c)
    {
        if (!Modes.Has(LocalModes.Echo)) return;
        FinishErasing();
        if (lineHead == readHead) EchoOperation(SetCanonicalColumn);
        Echo(c);
        CommitEchoes();
    }

    /// <summary>With PARMRK, 0xFF is doubled to tell it from a mark.</summary>
    void PutMarked(byte c)
    {
        if (c == 0xFF && Modes.Has(InputModes.MarkParity)) Put(c);
        Put(c);
    }

    void TakeSpecial(byte c)
    {
        ref readonly var modes = ref Modes;
        if (modes.Has(InputModes.FlowControl) && TakeFlowControl(c)) return;
        if (modes.Has(LocalModes.Signals))
        {
            int signal = c == modes[ControlCharacter.Interrupt] ? SignalInterrupt
                : c == modes[ControlCharacter.Quit] ? SignalQuit
                : c == modes[ControlCharacter.Suspend] ? SignalTerminalStop : 0;
            if (signal != 0)
            {
                TakeSignal(signal, c);
                return;
            }
        }
        RestartIfAny();
        if (c == '\r')
        {
            if (modes.Has(InputModes.IgnoreReturn)) return;
            if (modes.Has(InputModes.ReturnToNewline)) c = (byte)'\n';
        }
        else if (c == '\n' && modes.Has(InputModes.NewlineToReturn))
        {
            c = (byte)'\r';
        }
        if (IsCanonical && TakeEditing(c)) return;
        if (modes.Has(LocalModes.Echo))
        {
            FinishErasing();
            if (c == '\n')
            {
                EchoPlain(c);
            }
            else
            {
                if (lineHead == readHead) EchoOperation(SetCanonicalColumn);
                Echo(c);
            }
            CommitEchoes();
        }
        PutMarked(c);
    }

    bool TakeFlowControl(byte c)
    {
        if (c == Modes[ControlCharacter.Start])
        {
            terminal.Start();
            ProcessEchoes();
            return true;
        }
        if (c != Modes[ControlCharacter.Stop]) return false;
        terminal.Stop();
        return true;
    }

    void TakeSignal(int signal, byte c)
    {
        terminal.SignalForeground(signal);
        if (!Modes.Has(LocalModes.NoFlush))
        {
            ForgetEchoes();
            terminal.FlushOutput();
            Reset();
            terminal.TellFlushed();
        }
        if (Modes.Has(InputModes.FlowControl)) terminal.Start();
        if (Modes.Has(LocalModes.Echo))
        {
            Echo(c);
            CommitEchoes();
        }
        else
        {
            ProcessEchoes();
        }
    }

    /// <summary>The bytes that edit or end a line.</summary>
    bool TakeEditing(byte c)
    {
        ref readonly var modes = ref Modes;
        bool extended = modes.Has(LocalModes.Extended), isEchoed = modes.Has(LocalModes.Echo);
        if (c == modes[ControlCharacter.Erase] || c == modes[ControlCharacter.Kill] || (c == modes[ControlCharacter.WordErase] && extended))
        {
            Erase(c);
            CommitEchoes();
        }
        else if (c == modes[ControlCharacter.LiteralNext] && extended)
        {
            isLiteral = true;
            if (!isEchoed) return true;
            FinishErasing();
            if (!modes.Has(LocalModes.EchoControl)) return true;
            EchoPlain((byte)'^');
            EchoPlain((byte)'\b');
            CommitEchoes();
        }
        else if (c == modes[ControlCharacter.Reprint] && isEchoed && extended)
        {
            FinishErasing();
            Echo(c);
            EchoPlain((byte)'\n');
            for (uint at = lineHead; (at & Mask) != (readHead & Mask); at++) Echo(At(at));
            CommitEchoes();
        }
        else if (c == '\n')
        {
            if (isEchoed || modes.Has(LocalModes.EchoNewline))
            {
                EchoPlain(c);
                CommitEchoes();
            }
            EndLine(c);
        }
        else if (c == modes[ControlCharacter.EndOfFile])
        {
            EndLine(Termios.Disabled);
        }
        else if (c == modes[ControlCharacter.EndOfLine] || (c == modes[ControlCharacter.EndOfLine2] && extended))
        {
            if (isEchoed)
            {
                if (lineHead == readHead) EchoOperation(SetCanonicalColumn);
                Echo(c);
                CommitEchoes();
            }
            if (c == 0xFF && modes.Has(InputModes.MarkParity)) Put(c);
            EndLine(c);
        }
        else
        {
            return false;
        }
        return true;
    }

    void EndLine(byte c)
    {
        lineEnds[readHead & Mask] = true;
        Put(c);
        lineHead = readHead;
        HasInputNow();
    }

    void HasInputNow()
    {
        terminal.Async?.Send(IoReason.Input);
        terminal.ReadWait.Wake();
    }
}
