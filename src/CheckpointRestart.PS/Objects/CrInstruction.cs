using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Kernel.Symbols;

namespace CheckpointRestart.PS.Objects;

/// <summary>One instruction of a task or image, disassembled.</summary>
public sealed class CrInstruction
{
    readonly DecodedInstruction decoded;
    readonly SymbolPlace? place;

    internal CrInstruction(DecodedInstruction decoded, SymbolPlace? place, bool isNext, string source, int? taskId)
    {
        this.decoded = decoded;
        this.place = place;
        IsNext = isNext;
        Source = source;
        CrTaskId = taskId;
    }

    /// <summary>Linear address of the first byte.</summary>
    public uint Address => decoded.Address;

    /// <summary>The machine code.</summary>
    public byte[] Bytes => decoded.Bytes;

    /// <summary>The machine code in hexadecimal.</summary>
    public string Hex => string.Join(' ', Bytes.Select(static value => $"{value:x2}"));

    /// <summary>The instruction in Intel's syntax, with the names of symbols for addresses.</summary>
    public string Text => decoded.Text;

    /// <summary>What execution does behind it.</summary>
    public InstructionFlow Flow => decoded.Flow;

    /// <summary>Where a direct call or jump leads; null for any other instruction.</summary>
    public uint? Target => decoded.Target;

    /// <summary>The symbol that it lies in, or null.</summary>
    public string? Symbol => place?.Name;

    /// <summary>Bytes from the symbol's beginning; null without a symbol.</summary>
    public uint? Offset => place?.Offset;

    /// <summary>Symbol and offset, as -Until and -Symbol take them; null without a symbol.</summary>
    public string? Place => place?.ToString();

    /// <summary>True for the one that the task runs next.</summary>
    public bool IsNext { get; }

    /// <summary>The task or image that it belongs to.</summary>
    public string Source { get; }

    /// <summary>The task's Id, by which it binds to other cmdlets; null for an image's.</summary>
    public int? CrTaskId { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Address:x8}  {Text}";
}
