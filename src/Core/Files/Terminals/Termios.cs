using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace CheckpointRestart.Core.Files;

/// <summary>A terminal's modes (struct ktermios), with the three layouts in which i386 programs see them.</summary>
internal partial struct Termios
{
    /// <summary>Bytes of c_cc.</summary>
    public const int CharacterCount = 19;

    /// <summary>Bytes of struct termio, termios and termios2.</summary>
    public const int OldSize = 18, Size = 36, LongSize = 44;

    /// <summary>A control character that is off.</summary>
    public const byte Disabled = 0;

    const int OldCharacters = 8;
    const int InputBaudShift = 16;

    public InputModes Input;
    public OutputModes Output;
    public ControlModes Control;
    public LocalModes Local;
    public byte Discipline;
    public uint InputSpeed, OutputSpeed;
    Characters characters;

    [InlineArray(CharacterCount)]
    struct Characters
    {
        byte first;
    }

    /// <summary>What a terminal starts with (tty_std_termios, of a pty's slave).</summary>
    public static Termios Standard
    {
        get
        {
            var made = Raw;
            made.Input = InputModes.ReturnToNewline | InputModes.FlowControl;
            made.Output = OutputModes.Process | OutputModes.NewlineToReturnNewline;
            made.Local = LocalModes.Signals | LocalModes.Canonical | LocalModes.Echo | LocalModes.EchoErase | LocalModes.EchoKill
                | LocalModes.EchoControl | LocalModes.EchoKillErases | LocalModes.Extended;
            return made;
        }
    }

    /// <summary>What the master of a pty has for good.</summary>
    public static Termios Raw
    {
        get
        {
            Termios made = default;
            made.Control = ControlModes.Baud38400 | ControlModes.EightBits | ControlModes.Read;
            made.InputSpeed = made.OutputSpeed = 38400;
            // INIT_C_CC: ^C ^\ DEL ^U ^D, VTIME 0, VMIN 1, ^Q ^S ^Z, ^R ^O ^W ^V.
            ((ReadOnlySpan<byte>)[3, 0x1C, 0x7F, 0x15, 4, 0, 1, 0, 0x11, 0x13, 0x1A, 0, 0x12, 0xF, 0x17, 0x16, 0]).CopyTo(made.characters);
            return made;
        }
    }

    public readonly byte this[ControlCharacter place] => characters[(int)place];

    public readonly bool Has(InputModes mode) => (Input & mode) != 0;

    public readonly bool Has(OutputModes mode) => (Output & mode) != 0;

    public readonly bool Has(LocalModes mode) => (Local & mode) != 0;

    /// <summary>Lays the modes out: as many bytes as the span has, one of the three sizes.</summary>
    public readonly void Write(Span<byte> to)
    {
        to.Clear();
        if (to.Length == OldSize)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(to, (ushort)Input);
            BinaryPrimitives.WriteUInt16LittleEndian(to[2..], (ushort)Output);
            BinaryPrimitives.WriteUInt16LittleEndian(to[4..], (ushort)Control);
            BinaryPrimitives.WriteUInt16LittleEndian(to[6..], (ushort)Local);
            to[8] = Discipline;
            ((ReadOnlySpan<byte>)characters)[..OldCharacters].CopyTo(to[9..]);
            return;
        }
        BinaryPrimitives.WriteUInt32LittleEndian(to, (uint)Input);
        BinaryPrimitives.WriteUInt32LittleEndian(to[4..], (uint)Output);
        BinaryPrimitives.WriteUInt32LittleEndian(to[8..], (uint)Control);
        BinaryPrimitives.WriteUInt32LittleEndian(to[12..], (uint)Local);
        to[16] = Discipline;
        ((ReadOnlySpan<byte>)characters).CopyTo(to[17..]);
        if (to.Length != LongSize) return;
        BinaryPrimitives.WriteUInt32LittleEndian(to[36..], InputSpeed);
        BinaryPrimitives.WriteUInt32LittleEndian(to[40..], OutputSpeed);
    }

    /// <summary>Takes what a program gave; what the layout does not have stays. Speeds follow from c_cflag unless it says BOTHER.</summary>
    public void Read(ReadOnlySpan<byte> from)
    {
        if (from.Length == OldSize)
        {
            const uint high = 0xFFFF0000;
            Input = (InputModes)(((uint)Input & high) | BinaryPrimitives.ReadUInt16LittleEndian(from));
            Output = (OutputModes)(((uint)Output & high) | BinaryPrimitives.ReadUInt16LittleEndian(from[2..]));
            Control = (ControlModes)(((uint)Control & high) | BinaryPrimitives.ReadUInt16LittleEndian(from[4..]));
            Local = (LocalModes)(((uint)Local & high) | BinaryPrimitives.ReadUInt16LittleEndian(from[6..]));
            Discipline = from[8];
            from.Slice(9, OldCharacters).CopyTo(characters);
        }
        else
        {
            Input = (InputModes)BinaryPrimitives.ReadUInt32LittleEndian(from);
            Output = (OutputModes)BinaryPrimitives.ReadUInt32LittleEndian(from[4..]);
            Control = (ControlModes)BinaryPrimitives.ReadUInt32LittleEndian(from[8..]);
            Local = (LocalModes)BinaryPrimitives.ReadUInt32LittleEndian(from[12..]);
            Discipline = from[16];
            from.Slice(17, CharacterCount).CopyTo(characters);
            if (from.Length == LongSize)
            {
                InputSpeed = BinaryPrimitives.ReadUInt32LittleEndian(from[36..]);
                OutputSpeed = BinaryPrimitives.ReadUInt32LittleEndian(from[40..]);
            }
        }
        uint output = SpeedOf((uint)(Control & ControlModes.Baud), OutputSpeed);
        uint input = (uint)Control >> InputBaudShift & (uint)ControlModes.Baud;
        InputSpeed = input == 0 ? output : SpeedOf(input, InputSpeed);
        OutputSpeed = output;
    }

    static readonly uint[] Speeds =
    [
        0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400,
        57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000,
    ];

    static uint SpeedOf(uint code, uint own)
    {
        const uint extended = (uint)ControlModes.BaudOther;
        if (code == extended) return own;
        uint index = (code & extended) == 0 ? code : (code & ~extended) + 15;
        return index < Speeds.Length ? Speeds[index] : 0;
    }
}
