using System.Buffers.Binary;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Symbols;

namespace CheckpointRestart.Core.Debugging.Unwinding;

/// <summary>Finds the caller of a frame. Memory and files are untrusted: a step reads a bounded amount, and a stack that does not lead outwards ends.</summary>
sealed class Unwinder(DebugTarget target, ModuleMap modules, SymbolMap symbols)
{
    const int Ebp = 5;

    const int LongestFunction = 1 << 16;

    /// <summary>What is in memory where a frame's instruction is.</summary>
    public enum Place : byte
    {
        Nothing,
        Code,
        /// <summary>The kernel's way back from a handler.</summary>
        SignalReturn,
        /// <summary>The same of one that got a siginfo.</summary>
        InfoSignalReturn,
    }

    /// <summary>A frame's registers.</summary>
    public struct Frame
    {
        /// <summary>EAX to EDI, and EIP.</summary>
        public uint[] Registers;

        /// <summary>EIP is an instruction that was interrupted, not a return address, which may already belong to what follows the function.</summary>
        public bool IsExact;

        /// <summary>What is there.</summary>
        public Place Place;

        /// <summary>The instruction.</summary>
        public readonly uint Eip => Registers[FrameRow.Eip];

        /// <summary>An address of the function itself.</summary>
        public readonly uint Inside => IsExact ? Eip : Eip - 1;
    }

    /// <summary>The frame that a thread is in.</summary>
    public Frame Innermost(GuestRegisters registers) => new() { Registers = [.. registers.General, registers.Eip], IsExact = true, Place = At(registers.Eip) };

    /// <summary>The caller's frame.</summary>
    /// <returns>How it was found; None when there is none.</returns>
    public UnwindMethod Step(in Frame frame, out Frame caller)
    {
        var how = Find(frame, out caller);
        if (how == UnwindMethod.None) return how;
        caller.Place = At(caller.Eip);
        return caller.Place == Place.Nothing ? UnwindMethod.None : how;
    }

    Place At(uint address)
    {
        Span<byte> code = stackalloc byte[8];
        code = code[..target.Read(address, code)];
        return code.IsEmpty ? Place.Nothing
            : code.StartsWith(SignalContext.Return) ? Place.SignalReturn
            : code.StartsWith(SignalContext.InfoReturn) ? Place.InfoSignalReturn
            : Place.Code;
    }

    UnwindMethod Find(in Frame frame, out Frame caller)
    {
        if (FromSignal(frame, out caller)) return UnwindMethod.Signal;
        // Who jumped to nowhere by a call has the return address on top of the stack.
        if (frame.IsExact && frame.Place == Place.Nothing) return FromStack(frame, out caller) ? UnwindMethod.Code : UnwindMethod.None;
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

    /// <summary>A stack grows downwards: who called lies further up. A signal's handler may have a stack of its own.</summary>
    static bool IsOutside(in Frame frame, in Frame caller, bool isSignal) =>
        caller.Eip != 0 && (isSignal || caller.Registers[FrameRow.Esp] > frame.Registers[FrameRow.Esp]);

    bool FromSignal(in Frame frame, out Frame caller)
    {
        caller = default;
        // The handler's return has taken the frame's first word.
        uint stack = frame.Registers[FrameRow.Esp], context;
        if (frame.Place == Place.SignalReturn) context = stack - 4 + SignalFrames.OldContext;
        else if (frame.Place == Place.InfoSignalReturn && target.ReadWord(stack + 8) is { } user) context = user + SignalFrames.UserContext;
        else return false;
        Span<byte> bytes = stackalloc byte[SignalContext.Size];
        if (target.Read(context, bytes) < bytes.Length) return false;
        caller = new Frame { Registers = new uint[FrameRow.Registers], IsExact = true };
        for (int i = 0; i < FrameRow.Registers; i++) caller.Registers[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes[SignalContext.OffsetOf(i)..]);
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
