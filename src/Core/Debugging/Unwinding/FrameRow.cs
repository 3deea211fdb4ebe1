namespace CheckpointRestart.Core.Debugging.Unwinding;

/// <summary>How the caller's value of a register is found.</summary>
enum RuleKind : byte
{
    /// <summary>As it is: what is not said is not touched.</summary>
    Same,
    /// <summary>It cannot be; of the return address: there is no caller.</summary>
    Undefined,
    /// <summary>In memory at CFA + offset.</summary>
    AtOffset,
    /// <summary>CFA + offset.</summary>
    IsOffset,
    /// <summary>In another register.</summary>
    InRegister,
    /// <summary>In memory where an expression says.</summary>
    AtExpression,
    /// <summary>What an expression says.</summary>
    IsExpression,
}

/// <summary>A rule of the call frame information (DWARF 5, 6.4.1).</summary>
/// <param name="Value">An offset or a register.</param>
/// <param name="Start">Where the expression is in its section.</param>
/// <param name="Length">Its bytes.</param>
readonly record struct FrameRule(RuleKind Kind, int Value = 0, int Start = 0, int Length = 0);

/// <summary>The rules that hold at one instruction.</summary>
struct FrameRow
{
    /// <summary>EAX to EDI and EIP.</summary>
    public const int Registers = 9, Esp = 4, Eip = 8;

    [System.Runtime.CompilerServices.InlineArray(Registers)]
    public struct RuleList
    {
        FrameRule first;
    }

    /// <summary>The register that the CFA is counted from; -1 when an expression gives it.</summary>
    public int BaseRegister;

    public int BaseOffset;

    /// <summary>The expression that gives the CFA.</summary>
    public FrameRule BaseExpression;

    public RuleList Rules;
}
