using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Translator.HostAssembler;
using Context = CheckpointRestart.Core.Cpu.Translator.TranslationContext;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <content>Guest memory in a window: operands keep their form, and what may fault is noted.</content>
internal sealed unsafe partial class Emission
{
    readonly Growing<FaultPoint> faults = new();
    /// <summary>The operand that was found, from the base of GS.</summary>
    HostAddress operand;

    /// <summary>Bytes from what R15 holds to ESP.</summary>
    int stackDelta;
    bool mayFault;
    FaultPoint point;

    /// <summary>Places are relative to the start of the code.</summary>
    internal ReadOnlySpan<FaultPoint> Faults => faults.Items;

    /// <summary>Notes the state in front of an instruction.</summary>
    internal void StartInstruction(bool modifies)
    {
        mayFault = false;
        if (!UsesWindow) return;
        point = new FaultPoint
        {
            Place = (uint)Assembler.Length,
            Index = (byte)trace.IndexOf(Index),
            Refund = (byte)(trace.Count - Index),
            Block = trace.Owner(Index),
            Modifies = modifies,
            Flags = Recipe(),
            Stack = stackDelta,
            HasX87 = note.IsSet,
            X87Instruction = note.Instruction,
            X87Segment = (ushort)note.Segment,
            X87Pointer = note.Pointer,
        };
    }

    /// <summary>The instruction has been written.</summary>
    internal void EndInstruction()
    {
        if (!mayFault) return;
        point.Length = (ushort)(Assembler.Length - (int)point.Place);
        faults.Add(point);
    }

    /// <summary>Where a value waits that comes into R10 or R11: in a window an instruction that writes to memory may fault behind its read, and the flags' operands have to last until then.</summary>
    internal int Early(int final, in Instruction instruction) => UsesWindow && instruction.OpCount > 0 && instruction.Op0Kind == OpKind.Memory ? final - 2 : final;

    /// <summary>False when the operand takes the registers in which values would wait.</summary>
    internal bool CanKeepEarly(Op* op) => !UsesWindow || op->Special == 0;

    /// <summary>Moves ESP; host flags stay. In a window R15 follows where somebody looks.</summary>
    internal void MoveStack(int bytes)
    {
        if (UsesWindow) stackDelta += bytes;
        else Assembler.Lea(R15, R15, -1, 0, bytes);
    }

    /// <summary>ESP is in R15 again, whatever was there.</summary>
    internal void StackIsKnown() => stackDelta = 0;

    /// <summary>Brings R15 to where ESP is. Host flags stay.</summary>
    internal void SettleStack()
    {
        if (stackDelta == 0) return;
        if (deferred.IsSet && (deferred.Registers >> 4 & 1) != 0) CopyFlags();
        if (note.Pointer is { Base: R15 } pointer) note.Pointer = pointer with { Displacement = pointer.Displacement - stackDelta };
        Assembler.Lea(R15, R15, -1, 0, stackDelta);
        stackDelta = 0;
    }

    /// <summary>Before an instruction: where it names ESP itself, R15 has to hold it.</summary>
    internal void BeforeStackUse(in Instruction instruction)
    {
        if (stackDelta == 0) return;
        for (int i = 0, count = instruction.OpCount; i < count; i++)
        {
            if (instruction.GetOpKind(i) != OpKind.Register || instruction.GetOpRegister(i).GetFullRegister32() != Register.ESP) continue;
            if (IsObserved || StackRewrites.Distance(instruction) == null) SettleStack();
            return;
        }
    }

    /// <summary>Faults now for a load before which processors already change other state. Host flags stay.</summary>
    internal void ProbeLoad(int size)
    {
        if (!UsesWindow) return;
        Assembler.Windowed(0x0FB6, R8, operand);
        Assembler.Windowed(0x0FB6, R8, operand with { Displacement = operand.Displacement + size - 1 });
    }

    /// <summary>Faults now for a store that processors do in two parts, of which the first would be done when the second faults. Host flags stay.</summary>
    internal void ProbeStore(int size)
    {
        if (!UsesWindow) return;
        point.Modifies = true;
        foreach (int at in (ReadOnlySpan<int>)[size - 1, 0])
        {
            var one = operand with { Displacement = operand.Displacement + at };
            Assembler.Windowed(0x0FB6, R8, one);
            Assembler.Windowed(0x88, R8, one);
        }
    }

    FlagRecipe Recipe()
    {
        if (deferred.IsSet)
        {
            return new FlagRecipe
            {
                Source = FlagSource.Deferred,
                Kind = (byte)deferred.Kind,
                First = deferred.First,
                Second = (sbyte)deferred.Second,
                Constant = deferred.Constant,
            };
        }
        return Known is { } kind ? new FlagRecipe { Source = FlagSource.Kept, Kind = (byte)kind } : default;
    }

    /// <summary>Says where the memory operand lies. Host flags stay, unless a register's distance from GS has to be checked.</summary>
    bool TryPoint(in Instruction instruction, Op* op, int size)
    {
        if ((op->Special & ~OpSpecial.Segmented) != 0) return false;
        var offset = HostAddress.Of(instruction, stackDelta);
        mayFault = true;
        if (op->Special == 0)
        {
            operand = offset;
            return true;
        }
        if (instruction.MemorySegment != Register.GS) return false;
        if (!offset.HasRegisters)
        {
            if ((uint)offset.Displacement > (uint)-size) return false;
            Assembler.Load(R9, R13, Context.ToGsBase);
            operand = new HostAddress(R9, -1, 0, offset.Displacement);
            return true;
        }
        offset.Load(Assembler, R8);
        if (size > 1)
        {
            HostFlags = 0;
            Assembler.AluImmediate(HostAlu.Cmp, R8, -size);
            Assembler.JumpIf(HostCondition.Above, InterpretHere());
        }
        Assembler.Load(R9, R13, Context.ToGsBase);
        operand = new HostAddress(R9, R8, 0, 0);
        return true;
    }
}
