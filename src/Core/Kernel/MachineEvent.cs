namespace CheckpointRestart.Core.Kernel;

/// <summary>What came from outside.</summary>
public enum MachineEventKind
{
    Input,
    EndOfInput,
    Signal,
    /// <summary>A virtual clock followed real time because live input was open.</summary>
    TimePassed,
}

/// <summary>Something from outside that reached the guest, with the instruction count at which it did: a run can be replayed from these.</summary>
/// <param name="Instruction">The machine's count.</param>
/// <param name="Kind">What it was.</param>
/// <param name="Value">Nanoseconds passed, or the signal in the low and the pid in the high word.</param>
/// <param name="Bytes">Input.</param>
public sealed record MachineEvent(ulong Instruction, MachineEventKind Kind, long Value, byte[] Bytes);
