namespace CheckpointRestart.Core.Files;

/// <summary>N_TTY: what stands between the bytes of a line and the program (Linux: drivers/tty/n_tty.c). Its whole state is here: input with the
/// ends of lines, echoes that wait for room, and the columns of the cursor.</summary>
/// <remarks>Positions count on and are cut to the size of the buffer when used, so that full and empty differ.</remarks>
internal sealed partial class LineDiscipline
{
    /// <summary>Bytes of the input buffer; a line has at most one less.</summary>
    public const int Size = 4096;

    const uint Mask = Size - 1;

    readonly Terminal terminal;
    readonly bool[] special = new bool[256];
    byte[] input = [];
    bool[] lineEnds = [];
    uint readHead, committed, lineHead, readTail;
    bool isLiteral, isErasing, isRaw;

    public LineDiscipline(Terminal terminal)
    {
        this.terminal = terminal;
        Reset();
        ModesChanged(null);
    }

    /// <summary>ICANON as input is taken now.</summary>
    public bool IsCanonical { get; private set; }

    /// <summary>Bytes of input, complete or not.</summary>
    public int Count => (int)(readHead - readTail);

    /// <summary>What FIONREAD gives: a canonical terminal counts complete lines, without the marks of VEOF.</summary>
    public int Readable
    {
        get
        {
            if (!IsLineWise) return Count;
            int count = (int)(lineHead - readTail);
            for (uint at = readTail; at != lineHead; at++)
                if (lineEnds[at & Mask] && input[at & Mask] == Termios.Disabled) count--;
            return count;
        }
    }

    bool IsLineWise => IsCanonical && !Modes.Has(LocalModes.ExternalProcessing);

    ref readonly Termios Modes => ref terminal.Modes;

    /// <summary>True when a read gets something: a line, or as many bytes as given.</summary>
    public bool HasInput(int least = 1) => IsLineWise ? lineHead != readTail : committed - readTail >= least;

    /// <summary>True when poll(2) calls it readable: without VTIME, VMIN bytes have to be there.</summary>
    public bool PollsReadable =>
        HasInput(Modes[ControlCharacter.Time] == 0 && Modes[ControlCharacter.Minimum] != 0 ? Modes[ControlCharacter.Minimum] : 1);

    /// <summary>Throws the input away.</summary>
    public void Reset()
    {
        readHead = committed = lineHead = readTail = 0;
        isErasing = false;
        Array.Clear(lineEnds);
    }

    /// <summary>New modes: input that waits is cut into lines anew.</summary>
    public void ModesChanged(Termios? old)
    {
        ref readonly var now = ref Modes;
        const LocalModes lines = LocalModes.Canonical | LocalModes.ExternalProcessing;
        if (old is not { } before || ((before.Local ^ now.Local) & lines) != 0)
        {
            Array.Clear(lineEnds);
            if (!now.Has(LocalModes.Canonical) || Count == 0)
            {
                lineHead = readTail;
            }
            else
            {
                lineEnds[(readHead - 1) & Mask] = true;
                lineHead = readHead;
            }
            committed = readHead;
            isErasing = isLiteral = false;
        }
        IsCanonical = now.Has(LocalModes.Canonical);
        FindSpecial(now);
        if (!now.Has(InputModes.FlowControl) && old is { } flowing && flowing.Has(InputModes.FlowControl) && !terminal.IsStoppedByCall)
        {
            terminal.Start();
            ProcessEchoes();
        }
    }

    /// <summary>The bytes that are not just taken as they are.</summary>
    void FindSpecial(in Termios now)
    {
        Array.Clear(special);
        const InputModes changing = InputModes.Strip | InputModes.UpperToLower | InputModes.IgnoreReturn | InputModes.ReturnToNewline
            | InputModes.NewlineToReturn | InputModes.FlowControl | InputModes.MarkParity;
        isRaw = !now.Has(changing) && !now.Has(LocalModes.Canonical | LocalModes.Signals | LocalModes.Echo);
        if (isRaw) return;
        if (now.Has(InputModes.IgnoreReturn | InputModes.ReturnToNewline)) special['\r'] = true;
        if (now.Has(InputModes.NewlineToReturn)) special['\n'] = true;
        if (now.Has(LocalModes.Canonical))
        {
            Mark(now, ControlCharacter.Erase, ControlCharacter.Kill, ControlCharacter.EndOfFile, ControlCharacter.EndOfLine);
            special['\n'] = true;
            if (now.Has(LocalModes.Extended))
            {
                Mark(now, ControlCharacter.WordErase, ControlCharacter.LiteralNext, ControlCharacter.EndOfLine2);
                if (now.Has(LocalModes.Echo)) Mark(now, ControlCharacter.Reprint);
            }
        }
        if (now.Has(InputModes.FlowControl)) Mark(now, ControlCharacter.Start, ControlCharacter.Stop);
        if (now.Has(LocalModes.Signals)) Mark(now, ControlCharacter.Interrupt, ControlCharacter.Quit, ControlCharacter.Suspend);
        special[Termios.Disabled] = false;
    }

    void Mark(in Termios modes, params ReadOnlySpan<ControlCharacter> places)
    {
        foreach (var place in places) special[modes[place]] = true;
    }

    void Put(byte c)
    {
        input[readHead & Mask] = c;
        readHead++;
    }

    byte At(uint position) => input[position & Mask];

    bool IsContinuation(byte c) => Modes.Has(InputModes.Utf8) && (c & 0xC0) == 0x80;
}
