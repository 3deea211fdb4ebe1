namespace CheckpointRestart.Core.Files;

/// <summary>c_iflag (asm-generic/termbits.h).</summary>
[Flags]
internal enum InputModes : uint
{
    IgnoreBreak = 1,
    BreakSignals = 2,
    IgnoreParity = 4,
    MarkParity = 8,
    CheckParity = 0x10,
    Strip = 0x20,
    NewlineToReturn = 0x40,
    IgnoreReturn = 0x80,
    ReturnToNewline = 0x100,
    UpperToLower = 0x200,
    FlowControl = 0x400,
    AnyRestarts = 0x800,
    Utf8 = 0x4000,
}

/// <summary>c_oflag.</summary>
[Flags]
internal enum OutputModes : uint
{
    Process = 1,
    LowerToUpper = 2,
    NewlineToReturnNewline = 4,
    ReturnToNewline = 8,
    NoReturnAtStart = 0x10,
    NewlineReturns = 0x20,
    TabDelay = 0x1800,
    ExpandTabs = 0x1800,
}

/// <summary>c_cflag.</summary>
[Flags]
internal enum ControlModes : uint
{
    Baud = 0x100F,
    BaudOther = 0x1000,
    Baud38400 = 0xF,
    Size = 0x30,
    EightBits = 0x30,
    Read = 0x80,
    ParityEnabled = 0x100,
    Local = 0x800,
}

/// <summary>c_lflag.</summary>
[Flags]
internal enum LocalModes : uint
{
    Signals = 1,
    Canonical = 2,
    Echo = 8,
    EchoErase = 0x10,
    EchoKill = 0x20,
    EchoNewline = 0x40,
    NoFlush = 0x80,
    StopBackgroundOutput = 0x100,
    EchoControl = 0x200,
    EchoPrint = 0x400,
    EchoKillErases = 0x800,
    Extended = 0x8000,
    ExternalProcessing = 0x10000,
}

/// <summary>Places in c_cc.</summary>
internal enum ControlCharacter
{
    Interrupt = 0,
    Quit = 1,
    Erase = 2,
    Kill = 3,
    EndOfFile = 4,
    Time = 5,
    Minimum = 6,
    Switch = 7,
    Start = 8,
    Stop = 9,
    Suspend = 10,
    EndOfLine = 11,
    Reprint = 12,
    Discard = 13,
    WordErase = 14,
    LiteralNext = 15,
    EndOfLine2 = 16,
}
