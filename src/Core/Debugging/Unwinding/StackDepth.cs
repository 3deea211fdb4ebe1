using Iced.Intel;

namespace CheckpointRestart.Core.Debugging.Unwinding;

/// <summary>Where a function without call frame information has its frame at one instruction, from what its code does to the stack on the way there.</summary>
/// <param name="Depth">Bytes between ESP and the return address; null where EBP holds the frame.</param>
/// <param name="FrameDepth">Bytes between what EBP points at and the return address, once it is the frame pointer.</param>
/// <param name="Saved">Where the caller's registers lie, counted downwards from the return address, by the processor's numbers.</param>
sealed record StackDepth(int? Depth, int FrameDepth, IReadOnlyDictionary<int, int> Saved)
{
    const int Ebx = 3, Ebp = 5, Esi = 6, Edi = 7;

    /// <summary>Reads code from a function's start.</summary>
    /// <param name="code">The code, up to the instruction.</param>
    /// <param name="start">The function's address.</param>
    /// <returns>Null when the code does not say.</returns>
    public static StackDepth? At(ReadOnlySpan<byte> code, uint start)
    {
        var decoder = Decoder.Create(32, new ByteArrayCodeReader(code.ToArray()));
        decoder.IP = start;
        uint end = start + (uint)code.Length;
        int depth = 0;
        int? frame = null, everFrame = null;
        bool isKnown = true;
        var saved = new Dictionary<int, int>();
        // What holds where a jump leads to.
        var targets = new Dictionary<uint, (int Depth, int? Frame)>();
        while (true)
        {
            uint at = (uint)decoder.IP;
            if (targets.TryGetValue(at, out var known)) (depth, frame, isKnown) = (known.Depth, known.Frame, true);
            if (at >= end) break;
            decoder.Decode(out var instruction);
            if (instruction.IsInvalid) return null;
            if (instruction.NextIP > end) break;
            if (instruction.IsJccShortOrNear || instruction.IsJmpShortOrNear) targets.TryAdd((uint)instruction.NearBranchTarget, (depth, frame));
            if (instruction.FlowControl is FlowControl.Return or FlowControl.UnconditionalBranch or FlowControl.IndirectBranch) isKnown = false;
            else if (instruction is { Code: Code.Mov_r32_rm32 or Code.Mov_rm32_r32, Op0Register: Register.EBP, Op1Register: Register.ESP }) frame = everFrame = depth;
            else if (instruction is { Code: Code.Mov_r32_rm32 or Code.Mov_rm32_r32, Op0Register: Register.ESP, Op1Register: Register.EBP }) depth = frame ?? depth;
            else if (instruction.Mnemonic == Mnemonic.Leave) (depth, frame) = ((frame ?? 4) - 4, null);
            else depth -= ChangeOf(instruction);
            if (instruction.Mnemonic == Mnemonic.Push && NumberOf(instruction.Op0Register) is { } register) saved.TryAdd(register, depth);
            if (instruction is { Mnemonic: Mnemonic.Pop, Op0Register: Register.EBP }) frame = null;
            if (depth < 0) return null;
        }
        if (!isKnown && everFrame != null) (frame, isKnown) = (everFrame, true);
        if (!isKnown) return null;
        if (frame is { } holds && saved.ContainsKey(Ebp)) return new StackDepth(null, holds, saved);
        // What lies below the stack pointer was given back.
        return new StackDepth(depth, 0, saved.Where(pair => pair.Value <= depth).ToDictionary());
    }

    /// <summary>Bytes that ESP rises by. What a call pushes its function takes away.</summary>
    static int ChangeOf(in Instruction instruction)
    {
        if (instruction is { Mnemonic: Mnemonic.Sub or Mnemonic.Add, Op0Register: Register.ESP, Op1Kind: OpKind.Immediate8to32 or OpKind.Immediate32 })
            return (instruction.Mnemonic == Mnemonic.Sub ? -1 : 1) * (int)instruction.GetImmediate(1);
        if (instruction is { Mnemonic: Mnemonic.Lea, Op0Register: Register.ESP, MemoryBase: Register.ESP, MemoryIndex: Register.None }) return (int)instruction.MemoryDisplacement32;
        return instruction.FlowControl is FlowControl.Call or FlowControl.IndirectCall ? 0 : instruction.StackPointerIncrement;
    }

    static int? NumberOf(Register register) => register switch
    {
        Register.EBX => Ebx,
        Register.EBP => Ebp,
        Register.ESI => Esi,
        Register.EDI => Edi,
        _ => null,
    };
}
