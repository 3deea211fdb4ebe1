namespace CheckpointRestart.Core.Debugging.Gdb;

/// <summary>What came from a debugger.</summary>
enum InputKind
{
    /// <summary>A packet whose checksum is right.</summary>
    Packet,
    /// <summary>A packet whose checksum is wrong.</summary>
    Damaged,
    /// <summary>The byte 3: stop.</summary>
    Interrupt,
    /// <summary>A '-': the last answer did not arrive.</summary>
    Resend,
    /// <summary>No packet is longer than that: whoever sends this is no debugger.</summary>
    TooLong,
}

/// <summary>One thing that came.</summary>
readonly record struct Input(InputKind Kind, byte[] Data);

/// <summary>Takes packets of gdb's remote serial protocol out of bytes as they come: $data#checksum, with } before an escaped byte (GDB manual, E.1).</summary>
sealed class PacketReader
{
    /// <summary>The most bytes of a packet's data.</summary>
    public const int Longest = 1 << 17;

    enum State
    {
        Outside,
        Data,
        High,
        Low,
    }

    readonly List<byte> data = [];
    State state;
    byte sum;
    int high;
    bool isEscaped, isBad;

    /// <summary>Takes one byte.</summary>
    /// <returns>What it completes, or null.</returns>
    public Input? Take(byte value)
    {
        switch (state)
        {
            case State.Outside:
                if (value == '$') Begin();
                else if (value == 3) return new Input(InputKind.Interrupt, []);
                else if (value == '-') return new Input(InputKind.Resend, []);
                return null;
            case State.Data when value == '#':
                state = State.High;
                return null;
            case State.Data when value == '$':
                // The rest of the one before was lost.
                Begin();
                return null;
            case State.Data:
                sum += value;
                if (isEscaped) data.Add((byte)(value ^ 0x20));
                else if (value != '}') data.Add(value);
                isEscaped = !isEscaped && value == '}';
                if (data.Count <= Longest) return null;
                state = State.Outside;
                return new Input(InputKind.TooLong, []);
            case State.High:
                high = Hex.Digit(value);
                isBad = high < 0;
                state = State.Low;
                return null;
            default:
                int low = Hex.Digit(value);
                state = State.Outside;
                return isBad || low < 0 || isEscaped || (high << 4 | low) != sum ? new Input(InputKind.Damaged, []) : new Input(InputKind.Packet, [.. data]);
        }
    }

    void Begin()
    {
        data.Clear();
        (state, sum, isEscaped) = (State.Data, 0, false);
    }
}
