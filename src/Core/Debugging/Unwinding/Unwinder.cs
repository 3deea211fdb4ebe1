using System.Buffers.Binary;
using CheckpointRestart.Core.Kernel.Symbols;

namespace CheckpointRestart.Core.Debugging.Unwinding;

/// <summary>Finds the caller of a frame. Memory and files are untrusted: a step reads a bounded amount, and a stack that does not lead outwards ends.</summary>
sealed class Unwinder(DebugTarget target, ModuleMap modules, SymbolMap symbols)
{
    const int Ebp = 5;

    /// <summary>Bytes of struct sigcontext, and where in it the registers are.</summary>
    const int ContextSize = 88, ContextEip = 56;

    const int LongestFunction = 1 << 16;

    /// <summary>pop eax; mov eax, 119; int 80h, and mov eax, 173; int 80h: what a handler returns to.</summary>
    static readonly byte[] Return = [0x58, 0xB8, 0x77, 0, 0, 0, 0xCD, 0x80], InfoReturn = [0xB8, 0xAD, 0, 0, 0, 0xCD, 0x80];

    static readonly int[] ContextOffsets = [44, 40, 36, 32, 28, 24, 20, 16];

    /// <summary>A frame's registers.</summary>
    public struct Frame
    {
        /// <summary>EAX to EDI, and EIP.</summary>
        public uint[] Registers;

        /// <summary>EIP is an instruction that was interrupted, not a return address, which may already belong to what follows the function.</summary>
        public bool IsExact;

        /// <summary>The instruction.</summary>
        public readonly uint Eip => Registers[FrameRow.Eip];

        /// <summary>An address of the function itself.</summary>
        public readonly uint Inside => IsExact ? Eip : Eip - 1;
    }

    /// <summary>The caller's frame.</summary>
    /// <returns>How it was found; None when there is none.</returns>
    public UnwindMethod Step(in Frame frame, out Frame caller)
    {
        var how = Find(frame, out caller);
        return how != UnwindMethod.None && IsThere(caller.Eip) ? how : UnwindMethod.None;
    }

    bool IsThere(uint address)
    {
        Span<byte> first = stackalloc byte[1];
        return target.Read(address, first) == 1;
    }

    UnwindMethod Find(in Frame frame, out Frame caller)
    {
        if (FromSignal(frame, out caller)) return UnwindMethod.Signal;
        // Who jumped to nowhere by a call has the return address on top of the stack.
        if (frame.IsExact && !IsThere(frame.Eip)) return FromStack(frame, out caller) ? UnwindMethod.Code : UnwindMethod.None;
        var module = modules.Find(frame.Inside);
        foreach (var frames in new[] { module?.ExceptionFrames, module?.DebugFrames })
        {
            if (frames == null || !frames.TryFind(frame.Inside - module!.Bias, out var row, out bool isSignalFrame)) continue;
            if (!FromRules(frame, row, frames, out caller)) return UnwindMethod.None;
            caller.IsExact = isSignalFrame;
            return IsOutside(frame, caller, isSignalFrame) ? UnwindMethod.CallFrames : UnwindMethod.None;
        }
        if (FromCode(frame, out caller, out bool isSure) && IsOutside(frame, caller, false)) return UnwindMethod.Code;
        return !isSure && FromPointer(frame, out caller) && IsOutside(frame, caller, false) ? UnwindMethod.FramePointer : UnwindMethod.None;
    }

    /// <summary>True when an address is the kernel's way back from a handler.</summary>
    public bool IsSignalReturn(uint address) => Matches(address, Return) || Matches(address, InfoReturn);

    bool Matches(uint address, byte[] code)
    {
        Span<byte> found = stackalloc byte[8];
        found = found[..code.Length];
        return target.Read(address, found) == code.Length && found.SequenceEqual(code);
    }

    /// <summary>A stack grows downwards: who called lies further up. A signal's handler may have a stack of its own.</summary>
    static bool IsOutside(in Frame frame, in Frame caller, bool isSignal) =>
        caller.Eip != 0 && (isSignal || caller.Registers[FrameRow.Esp] > frame.Registers[FrameRow.Esp]);

    bool FromSignal(in Frame frame, out Frame caller)
    {
        caller = default;
        uint stack = frame.Registers[FrameRow.Esp], context;
        if (Matches(frame.Eip, Return)) context = stack + 4;
        else if (Matches(frame.Eip, InfoReturn) && target.ReadWord(stack + 8) is { } user) context = user + 20;
        else return false;
        var bytes = new byte[ContextSize];
        if (target.Read(context, bytes) < ContextSize) return false;
        caller = new Frame { Registers = new uint[FrameRow.Registers], IsExact = true };
        for (int i = 0; i < ContextOffsets.Length; i++) caller.Registers[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(ContextOffsets[i]));
        caller.Registers[FrameRow.Eip] = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(ContextEip));
        return caller.Eip != 0;
    }

    bool FromRules(in Frame frame, in FrameRow row, CallFrames frames, out Frame caller)
    {
        caller = default;
        uint? found = row.BaseRegister < 0 ? DwarfExpression.Evaluate(frames.Bytes.Slice(row.BaseExpression.Start, row.BaseExpression.Length), frame.Registers, target, null)
            : row.BaseRegister < FrameRow.Registers ? frame.Registers[row.BaseRegister] + (uint)row.BaseOffset : null;
        if (found is not { } cfa) return false;
        var registers = (uint[])frame.Registers.Clone();
        registers[FrameRow.Esp] = cfa;
        for (int i = 0; i < FrameRow.Registers; i++)
        {
            var rule = row.Rules[i];
            uint? value = rule.Kind switch
            {
                RuleKind.Same => registers[i],
                RuleKind.AtOffset => target.ReadWord(cfa + (uint)rule.Value),
                RuleKind.IsOffset => cfa + (uint)rule.Value,
                RuleKind.InRegister => rule.Value < FrameRow.Registers ? frame.Registers[rule.Value] : null,
                RuleKind.AtExpression => DwarfExpression.Evaluate(frames.Bytes.Slice(rule.Start, rule.Length), frame.Registers, target, cfa) is { } place ? target.ReadWord(place) : null,
                RuleKind.IsExpression => DwarfExpression.Evaluate(frames.Bytes.Slice(rule.Start, rule.Length), frame.Registers, target, cfa),
                _ => null,
            };
            // Who has no return address has no caller.
            if (value == null && i == FrameRow.Eip) return false;
            if (value is { } known) registers[i] = known;
        }
        if (row.Rules[FrameRow.Eip].Kind == RuleKind.Same) return false;
        caller = new Frame { Registers = registers };
        return true;
    }

    /// <param name="frame">A frame.</param>
    /// <param name="caller">Its caller.</param>
    /// <param name="isSure">The code says where the frame is: nothing else needs to be tried.</param>
    bool FromCode(in Frame frame, out Frame caller, out bool isSure)
    {
        caller = default;
        isSure = false;
        if (symbols.Find(frame.Inside) is not { } place || frame.Eip < place.Start || frame.Eip - place.Start > LongestFunction) return false;
        var code = new byte[frame.Eip - place.Start];
        if (target.Read(place.Start, code) < code.Length || StackDepth.At(code, place.Start) is not { } depth) return false;
        isSure = true;
        uint back = depth.Depth is { } bytes ? frame.Registers[FrameRow.Esp] + (uint)bytes : frame.Registers[Ebp] + (uint)depth.FrameDepth;
        if (target.ReadWord(back) is not { } address) return false;
        var registers = (uint[])frame.Registers.Clone();
        foreach (var (register, below) in depth.Saved)
            if (target.ReadWord(back - (uint)below) is { } value) registers[register] = value;
        registers[FrameRow.Esp] = back + 4;
        registers[FrameRow.Eip] = address;
        caller = new Frame { Registers = registers };
        return true;
    }

    bool FromStack(in Frame frame, out Frame caller)
    {
        caller = default;
        if (target.ReadWord(frame.Registers[FrameRow.Esp]) is not { } address) return false;
        var registers = (uint[])frame.Registers.Clone();
        (registers[FrameRow.Esp], registers[FrameRow.Eip]) = (registers[FrameRow.Esp] + 4, address);
        caller = new Frame { Registers = registers };
        return true;
    }

    bool FromPointer(in Frame frame, out Frame caller)
    {
        caller = default;
        uint pointer = frame.Registers[Ebp];
        if ((pointer & 3) != 0 || pointer < frame.Registers[FrameRow.Esp] || target.ReadWord(pointer) is not { } above || target.ReadWord(pointer + 4) is not { } address) return false;
        // What does not lead on upwards was never a frame pointer; a chain ends with 0.
        if (above != 0 && above <= pointer) return false;
        var registers = (uint[])frame.Registers.Clone();
        (registers[Ebp], registers[FrameRow.Esp], registers[FrameRow.Eip]) = (above, pointer + 8, address);
        caller = new Frame { Registers = registers };
        return true;
    }
}
