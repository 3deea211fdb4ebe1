using CheckpointRestart.Core.Memory;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu;

/// <summary>Copies guest memory as it is, whatever its protection.</summary>
/// <returns>Bytes read; short where nothing is mapped or known.</returns>
public delegate int CodeSource(uint address, Span<byte> to);

/// <summary>The name of the thing that an address lies in, and where that begins; null when it has none.</summary>
/// <param name="exact">True when only the first byte of a thing will do.</param>
public delegate (string Name, uint Start)? SymbolNamer(uint address, bool exact);

/// <summary>Turns machine code into text: the same decoding as that of the processor.</summary>
public sealed class Disassembler
{
    const int LongestInstruction = 15;

    readonly CodeSource source;
    readonly int bits;
    readonly IntelFormatter formatter;
    readonly StringOutput output = new();

    /// <param name="source">Where the code is.</param>
    /// <param name="names">Names for addresses in operands; null for none.</param>
    /// <param name="is16Bit">True when CS names a 16-bit segment.</param>
    public Disassembler(CodeSource source, SymbolNamer? names = null, bool is16Bit = false)
    {
        this.source = source;
        bits = is16Bit ? 16 : 32;
        formatter = new IntelFormatter(names == null ? null : new Resolver(names));
        var options = formatter.Options;
        options.HexPrefix = "0x";
        options.HexSuffix = null;
        options.UppercaseHex = false;
        options.SpaceAfterOperandSeparator = true;
        options.BranchLeadingZeros = false;
        options.ShowBranchSize = false;
    }

    /// <summary>Decodes what lies at an address.</summary>
    /// <returns>The instruction; "(bad)" for bytes that are none; null when the first byte cannot be read.</returns>
    public DecodedInstruction? At(uint address)
    {
        Span<byte> room = stackalloc byte[LongestInstruction];
        int read = source(address, room);
        if (read == 0) return null;
        var code = room[..read].ToArray();
        var decoder = Decoder.Create(bits, new ByteArrayCodeReader(code), BlockBuilder.Options);
        decoder.IP = address;
        decoder.Decode(out var instruction);
        if (instruction.IsInvalid) return new DecodedInstruction(address, code[..1], "(bad)", InstructionFlow.Invalid, null);
        formatter.Format(instruction, output);
        uint? target = instruction.IsCallNear || instruction.IsJmpShortOrNear || instruction.IsJccShortOrNear || instruction.IsLoop || instruction.IsLoopcc || instruction.IsJcxShort
            ? (uint)instruction.NearBranchTarget
            : instruction.IsCallFar || instruction.IsJmpFar ? instruction.FarBranch32 : null;
        return new DecodedInstruction(address, code[..instruction.Length], output.ToStringAndReset(), FlowOf(instruction), target);
    }

    /// <summary>Decodes instructions one behind the other; ends before the count where memory ends.</summary>
    public IEnumerable<DecodedInstruction> From(uint address, int count)
    {
        while (count-- > 0 && At(address) is { } found)
        {
            yield return found;
            address += (uint)found.Length;
        }
    }

    /// <summary>Decodes the instructions in front of an address. Code can be read forwards only, so it begins where an instruction is known to begin.</summary>
    /// <param name="start">Where one begins: a symbol.</param>
    /// <param name="address">Where the last of them ends.</param>
    /// <param name="count">The most instructions.</param>
    /// <returns>Ascending; empty when decoding from the start does not arrive at the address.</returns>
    public IReadOnlyList<DecodedInstruction> Before(uint start, uint address, int count)
    {
        var last = new Queue<DecodedInstruction>();
        for (uint at = start; at < address;)
        {
            if (At(at) is not { } found) return [];
            if (last.Count == count) last.Dequeue();
            last.Enqueue(found);
            at += (uint)found.Length;
            if (at > address || at < found.Address) return [];
        }
        return [.. last];
    }

    /// <summary>The instruction that a task runs next.</summary>
    internal static DecodedInstruction Next(Registers registers, AddressSpace memory)
    {
        uint address = registers.LinearEip;
        return new Disassembler(memory.Peek, is16Bit: registers.IsCode16).At(address) ?? new DecodedInstruction(address, [], "", InstructionFlow.Invalid, null);
    }

    static InstructionFlow FlowOf(in Instruction instruction)
    {
        if (instruction.IsStringInstruction && (instruction.HasRepPrefix || instruction.HasRepnePrefix)) return InstructionFlow.Repeat;
        if (instruction.Code is Code.Sysenter || (instruction.Code == Code.Int_imm8 && instruction.Immediate8 == 0x80)) return InstructionFlow.SystemCall;
        return instruction.FlowControl switch
        {
            FlowControl.Call or FlowControl.IndirectCall => InstructionFlow.Call,
            FlowControl.UnconditionalBranch or FlowControl.IndirectBranch => InstructionFlow.Jump,
            FlowControl.ConditionalBranch => InstructionFlow.Branch,
            FlowControl.Return => InstructionFlow.Return,
            FlowControl.Interrupt or FlowControl.Exception => InstructionFlow.Interrupt,
            _ => InstructionFlow.Next,
        };
    }

    /// <summary>Branch targets and addresses of memory operands get the name of what they lie in; a plain number only that of what begins there.</summary>
    sealed class Resolver(SymbolNamer names) : ISymbolResolver
    {
        public bool TryGetSymbol(in Instruction instruction, int operand, int instructionOperand, ulong address, int addressSize, out SymbolResult symbol)
        {
            symbol = default;
            if (addressSize != 4) return false;
            bool isPlain = instructionOperand >= 0 && instruction.GetOpKind(instructionOperand) is not (OpKind.Memory or OpKind.NearBranch16 or OpKind.NearBranch32 or OpKind.FarBranch16 or OpKind.FarBranch32);
            if (names((uint)address, isPlain) is not { } found) return false;
            symbol = new SymbolResult(found.Start, found.Name);
            return true;
        }
    }
}
