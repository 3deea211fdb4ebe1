namespace CheckpointRestart.Core.Kernel;

/// <summary>What came from outside.</summary>
public enum MachineEventKind
{
    Input,
    EndOfInput,
    Signal,
    /// <summary>A virtual clock followed real time because live input was open.</summary>
    TimePassed,
    /// <summary>Bytes were typed at a terminal.</summary>
    TerminalInput,
    /// <summary>A terminal got another size, or was told to draw its screen again.</summary>
    TerminalSize,
    /// <summary>A register was set.</summary>
    Register,
    /// <summary>Memory was written.</summary>
    Memory,
    /// <summary>A program of the host connected to a published port.</summary>
    Connection,
    /// <summary>Bytes that it sent.</summary>
    ConnectionInput,
    /// <summary>It sends no more.</summary>
    ConnectionEnd,
    /// <summary>Bytes of the guest went out to it, or the guest's end.</summary>
    ConnectionTaken,
    /// <summary>It is gone.</summary>
    ConnectionClosed,
    /// <summary>Bytes of a stream of the host that stands in the place of another end.</summary>
    ExternalInput,
    /// <summary>It has no more.</summary>
    ExternalEnd,
    /// <summary>Bytes of the guest went out to it, or the guest's end.</summary>
    ExternalTaken,
    /// <summary>A debugger took a signal away in front of its delivery.</summary>
    SignalDropped,
    /// <summary>A task was named.</summary>
    Name,
    /// <summary>A descriptor was given another file.</summary>
    Descriptor,
    /// <summary>A file of the guest was changed.</summary>
    File,
}

/// <summary>Something from outside that reached the guest, with the instruction count at which it did: a run can be replayed from these.</summary>
/// <param name="Instruction">The machine's count.</param>
/// <param name="Kind">What it was.</param>
/// <param name="Value">Nanoseconds passed; the number of a terminal, in the high word with rows and columns in the low one; or the pid (-1 for all) in the high word, and in the low one the signal, the register's place in <see cref="Cpu.RegisterAccess.All"/>, the address, or the <see cref="FileChange"/>; or a connection's number, or an inode's, in the high word beside the guest's port or how many bytes.</param>
/// <param name="Bytes">Input, or what was written; of a file the length of its path in four bytes, the path, the change's number in eight, and what was written.</param>
public sealed record MachineEvent(ulong Instruction, MachineEventKind Kind, long Value, byte[] Bytes);
