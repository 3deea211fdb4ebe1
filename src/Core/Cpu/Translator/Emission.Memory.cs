using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Translator.HostAssembler;
using Context = CheckpointRestart.Core.Cpu.Translator.TranslationContext;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <content>Guest memory: finding an operand in the look-up tables.</content>
internal sealed unsafe partial class Emission
{
    /// <summary>Distance of the write table from the read table.</summary>
    internal const int ToWriteTable = 8 << 20;

    /// <summary>Where the operand that was found lies: at R8 + R9 when null, else at this distance from <see cref="placeBase"/>.</summary>
    int? place;
    int placeBase;

    /// <summary>R14 holds the address of the first group.</summary>
    bool holdsGroup;

    /// <summary>R14, for a value of the instruction's own.</summary>
    internal int Scratch
    {
        get
        {
            holdsGroup = false;
            return R14;
        }
    }

    /// <summary>The instruction uses no scratch register between finding its operand and its end.</summary>
    internal bool KeepsScratch { get; set; }

    /// <summary>Which accesses are checked once for all, at the start of the trace.</summary>
    internal AccessGroups Groups { get; } = new();

    /// <summary>Finds the memory of each group, or goes to the code that checks every access.</summary>
    void CheckGroups()
    {
        if (Groups.Count == 0) return;
        int refused = Assembler.NewLabel();
        for (int i = 0; i < Groups.Count; i++)
        {
            var group = Groups[i];
            int @base = group.Base == 4 ? R15 : group.Base;
            Assembler.Lea(R8, @base, -1, 0, group.Low);
            Assembler.Lea(R9, @base, -1, 0, group.High - 1);
            Assembler.Alu(HostAlu.Xor, R9, R8);
            Assembler.Shift(5, R9, 12);
            Assembler.JumpIf(HostCondition.NotEqual, refused);
            Assembler.Move(R9, R8);
            Assembler.Shift(5, R9, 12);
            Assembler.Load64Scaled(R9, R13, R9, group.Writes ? ToWriteTable : 0);
            Assembler.Test64(R9, R9);
            Assembler.JumpIf(HostCondition.Equal, refused);
            Assembler.Add64(R9, R8);
            Assembler.Store64(R13, Context.ToGroups + i * 8, R9);
            if (i == 0) Assembler.Move64(R14, R9);
        }
        holdsGroup = true;
        stubs.Add(new Stub { Kind = StubKind.Refused, Label = refused });
    }

    /// <summary>Puts the offset of the memory operand into R8 and checks what its segment asks.</summary>
    /// <returns>False when the operand is of a kind that is left to the interpreter.</returns>
    internal bool TryAddress(in Instruction instruction, Op* op, int size)
    {
        if ((op->Special & ~OpSpecial.Segmented) != 0) return false;
        bool segmented = op->Special != 0;
        if (segmented && instruction.MemorySegment != Register.GS) return false;
        Offset(R8, instruction);
        if (!segmented) return true;
        Assembler.CompareMemory(R13, Context.ToGsIsPlain, 0);
        Assembler.JumpIf(HostCondition.Equal, InterpretHere());
        if (size > 1)
        {
            Assembler.AluImmediate(HostAlu.Cmp, R8, -size);
            Assembler.JumpIf(HostCondition.Above, InterpretHere());
        }
        Assembler.AluMemory(HostAlu.Add, R8, R13, Context.ToGsBase);
        HostFlags = 0;
        return true;
    }

    /// <summary>Base + index * scale + displacement.</summary>
    internal void Offset(int to, in Instruction instruction) => HostAddress.Of(instruction, stackDelta).Load(Assembler, to);

    /// <summary>Finds the memory of a push or pop: 4 bytes at ESP + <paramref name="delta"/>, or from where LEAVE has put ESP.</summary>
    internal void LookStack(int delta, bool write, int pointer = R15)
    {
        if (UsesWindow)
        {
            operand = new HostAddress(pointer, -1, 0, pointer == R15 ? delta + stackDelta : delta);
            mayFault = true;
            return;
        }
        if (Groups.Stack(Index) is { Group: >= 0 } access)
        {
            UseGroup(access);
            return;
        }
        if (delta == 0) Assembler.Move(R8, pointer);
        else Assembler.Lea(R8, pointer, -1, 0, delta);
        Look(4, write);
    }

    /// <summary>The host address of the group's first byte is in the context, whatever lies in the group at a known distance from it.</summary>
    void UseGroup(GroupedAccess access)
    {
        place = access.Distance;
        placeBase = access.Group == 0 && KeepsScratch ? R14 : R9;
        if (placeBase == R14 && holdsGroup) return;
        Assembler.Load64(placeBase, R13, Context.ToGroups + access.Group * 8);
        holdsGroup |= placeBase == R14;
    }

    /// <summary>Finds the memory at the guest address in R8: afterwards it is at R8 + R9. Leaves to the interpreter for whatever is not plain.</summary>
    /// <param name="size">Bytes.</param>
    /// <param name="write">Looks in the write table.</param>
    /// <param name="aligned">An address that is no multiple of the size faults.</param>
    internal void Look(int size, bool write, bool aligned = false)
    {
        HostFlags = 0;
        place = null;
        if (aligned)
        {
            Assembler.TestByte(R8, (byte)(size - 1));
            Assembler.JumpIf(HostCondition.NotEqual, InterpretHere());
        }
        else if (size is 2 or 4)
        {
            int cold = Assembler.NewLabel(), back = Assembler.NewLabel();
            Assembler.TestByte(R8, (byte)(size - 1));
            Assembler.JumpIf(HostCondition.NotEqual, cold);
            Assembler.Place(back);
            _ = InterpretHere();
            stubs.Add(new Stub { Kind = StubKind.Unaligned, Label = cold, Back = back, Index = Index, Value = size });
        }
        else if (size > 1)
        {
            Assembler.Lea(R9, R8, -1, 0, size - 1);
            Assembler.Alu(HostAlu.Xor, R9, R8);
            Assembler.Shift(5, R9, 12);
            Assembler.JumpIf(HostCondition.NotEqual, InterpretHere());
        }
        Assembler.Move(R9, R8);
        Assembler.Shift(5, R9, 12);
        Assembler.Load64Scaled(R9, R13, R9, write ? ToWriteTable : 0);
        Assembler.Test64(R9, R9);
        Assembler.JumpIf(HostCondition.Equal, InterpretHere());
    }

    /// <summary>Finds the memory operand of an instruction; see <see cref="Look"/>.</summary>
    internal bool TryLook(in Instruction instruction, Op* op, int size, bool write, bool aligned = false)
    {
        if (UsesWindow) return TryPoint(instruction, op, size);
        if (Groups.Operand(Index) is { Group: >= 0 } access)
        {
            UseGroup(access);
            return true;
        }
        if (!TryAddress(instruction, op, size)) return false;
        Look(size, write, aligned);
        return true;
    }

    /// <summary>The instruction with its registers renamed and its memory operand where it was found.</summary>
    internal Instruction Rewritten(in Instruction instruction)
    {
        var copy = instruction;
        for (int i = 0, count = copy.OpCount; i < count; i++)
        {
            var kind = copy.GetOpKind(i);
            if (kind == OpKind.Memory) PointToHost(ref copy);
            else if (kind == OpKind.Register && copy.GetOpRegister(i) is var register && Rename(register) is var renamed && renamed != register) copy.SetOpRegister(i, renamed);
        }
        // A prefix that means nothing to this instruction may mean another one to the host.
        copy.HasLockPrefix = copy.HasRepPrefix = copy.HasRepnePrefix = false;
        return copy;
    }

    void PointToHost(ref Instruction instruction)
    {
        if (UsesWindow)
        {
            operand.Describe(ref instruction);
            return;
        }
        instruction.SegmentPrefix = Register.None;
        instruction.MemoryBase = place != null && placeBase == R14 ? Register.R14 : Register.R9;
        instruction.MemoryIndex = place == null ? Register.R8 : Register.None;
        instruction.MemoryIndexScale = 1;
        instruction.MemoryDisplacement64 = (ulong)(place ?? 0);
        instruction.MemoryDisplSize = place is null or 0 ? 0 : 8;
    }

    /// <summary>The operand that was found is in a group: its guest address was not computed.</summary>
    internal bool IsGrouped => place != null;

    int PlaceBase => place == null ? R9 : placeBase;

    /// <summary>Loads the operand that was found, zero extended. Host flags stay.</summary>
    internal void LoadOperand(int to, int size) => AccessOperand(size == 4 ? 0x8B : size == 1 ? 0x0FB6 : 0x0FB7, to);

    /// <summary>Stores 1, 2 or 4 bytes to the operand that was found. Host flags stay.</summary>
    internal void StoreOperand(int from, int size = 4)
    {
        if (size == 2) Assembler.WriteByte(0x66);
        AccessOperand(size == 1 ? 0x88 : 0x89, from);
    }

    /// <summary>Stores a constant of 4 bytes to the operand that was found.</summary>
    internal void StoreOperandConstant(uint value)
    {
        AccessOperand(0xC7, 0);
        Assembler.Write32(value);
    }

    void AccessOperand(int opcode, int register)
    {
        if (UsesWindow) Assembler.Windowed(opcode, register, operand);
        else Assembler.Memory(opcode, register, PlaceBase, place == null ? R8 : -1, 0, place ?? 0);
    }
}
