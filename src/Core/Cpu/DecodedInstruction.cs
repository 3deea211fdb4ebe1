namespace CheckpointRestart.Core.Cpu;

/// <summary>What an instruction does to the order of execution.</summary>
public enum InstructionFlow
{
    /// <summary>The next one follows.</summary>
    Next,
    /// <summary>Comes back behind itself: CALL.</summary>
    Call,
    /// <summary>JMP.</summary>
    Jump,
    /// <summary>A conditional jump, LOOP, JECXZ.</summary>
    Branch,
    /// <summary>RET, IRET.</summary>
    Return,
    /// <summary>INT 80h, SYSENTER.</summary>
    SystemCall,
    /// <summary>A string instruction with a repeat prefix.</summary>
    Repeat,
    /// <summary>Another INT, INT3, INTO, UD2.</summary>
    Interrupt,
    /// <summary>No instruction: #UD.</summary>
    Invalid,
}

/// <summary>One instruction as a debugger shows it.</summary>
/// <param name="Address">Linear address of the first byte.</param>
/// <param name="Bytes">1 to 15 bytes of machine code.</param>
/// <param name="Text">Intel's syntax.</param>
/// <param name="Flow">Where it leads.</param>
/// <param name="Target">Where a direct call or jump leads; null for any other instruction.</param>
public sealed record DecodedInstruction(uint Address, byte[] Bytes, string Text, InstructionFlow Flow, uint? Target)
{
    /// <summary>Bytes.</summary>
    public int Length => Bytes.Length;
}
