using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Translator.HostAssembler;
using Context = CheckpointRestart.Core.Cpu.Translator.TranslationContext;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>The translation of one block under way: where host flags come from, what is still to be written, and the accesses to guest memory.</summary>
internal sealed unsafe class Emission
{
    /// <summary>Distance of the write table from the read table.</summary>
    const int ToWriteTable = 8 << 20;

    enum StubKind : byte
    {
        /// <summary>Interpret from an instruction on.</summary>
        Interpret,
        /// <summary>A direct jump whose target is not translated yet.</summary>
        Link,
        /// <summary>An operand that is not aligned: goes on unless it crosses a page.</summary>
        Unaligned,
        /// <summary>First use of XMM registers.</summary>
        Vectors,
        /// <summary>First use of x87 registers.</summary>
        X87,
        Budget,
        IndirectMiss,
        /// <summary>A group of accesses is not in one page that is plain.</summary>
        Refused,
    }

    struct Stub
    {
        public StubKind Kind;
        public int Label, Back, Index, Value;
        public uint Target;
        public X87Note Note;
    }

    /// <summary>What is known of the last x87 instruction and not yet written to the context.</summary>
    struct X87Note
    {
        public uint Instruction, Segment;
        public bool IsSet;
    }

    X87Note note;

    readonly List<Stub> stubs = [];
    readonly int[] interpretLabels = new int[80];
    Block* block;

    /// <summary>Where the operand that was found lies: at R8 + R9 when null, else at this distance from R9.</summary>
    int? place;

    /// <summary>Which accesses are checked once for all, at the start of the block.</summary>
    internal AccessGroups Groups { get; } = new();

    /// <summary>Host flags that are the guest's; a mask of EFLAGS.</summary>
    internal uint HostFlags { get; set; }

    /// <summary>What R10, R11 and the context say the flags come from, when that is known here.</summary>
    internal FlagKind? Known { get; set; }

    internal HostAssembler Assembler { get; } = new();

    /// <summary>The instruction's place in its block.</summary>
    internal int Index { get; set; }

    /// <summary>Somebody may see the flags that this instruction leaves.</summary>
    internal bool IsObserved { get; set; }

    /// <summary>XMM registers have been loaded in this block.</summary>
    internal bool HasVectors { get; private set; }

    /// <summary>x87 registers have been loaded in this block.</summary>
    internal bool HasX87 { get; private set; }

    internal List<TranslationExit> Exits { get; } = [];

    /// <summary>Where in the code each exit that can be linked has its distance, in the order of <see cref="Exits"/>; -1 for none.</summary>
    internal List<int> Sites { get; } = [];

    /// <summary>Begins a block.</summary>
    internal void Begin(Block* started)
    {
        block = started;
        Assembler.Clear();
        stubs.Clear();
        Exits.Clear();
        Sites.Clear();
        Array.Fill(interpretLabels, -1);
        HostFlags = 0;
        Known = null;
        HasVectors = HasX87 = false;
        note = default;
        int budget = Assembler.NewLabel();
        Assembler.Place(Entry = Assembler.NewLabel());
        Assembler.AluImmediate(HostAlu.Sub, R12, started->Count, wide: true);
        Assembler.JumpIf(HostCondition.Sign, budget);
        stubs.Add(new Stub { Kind = StubKind.Budget, Label = budget });
        Charged = Assembler.Length;
        CheckGroups();
    }

    /// <summary>Where the code behind the charge begins.</summary>
    internal int Charged { get; private set; }

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
        }
        stubs.Add(new Stub { Kind = StubKind.Refused, Label = refused });
    }

    /// <summary>The block's own entry.</summary>
    internal int Entry { get; private set; }

    /// <summary>The host's register for a guest register.</summary>
    internal static int HostOf(Register register)
    {
        int number = register.GetNumber();
        return number == 4 && !IsHigh(register) ? R15 : number;
    }

    internal static bool IsHigh(Register register) => register is >= Register.AH and <= Register.BH;

    /// <summary>The same register as the host names it.</summary>
    internal static Register Rename(Register register) => register switch
    {
        Register.ESP => Register.R15D,
        Register.SP => Register.R15W,
        _ => register,
    };

    /// <summary>A label that leaves to the interpreter at this instruction.</summary>
    internal int InterpretHere() => Interpret(Index);

    int Interpret(int index)
    {
        if (interpretLabels[index] >= 0) return interpretLabels[index];
        int label = interpretLabels[index] = Assembler.NewLabel();
        stubs.Add(new Stub { Kind = StubKind.Interpret, Label = label, Index = index, Note = note });
        return label;
    }

    /// <summary>Leaves to the interpreter for some instructions and comes back behind them, unless they end the block.</summary>
    internal void InterpretRun(int count, bool resumes)
    {
        WriteNote(note);
        note = default;
        // What is interpreted may move pages.
        Groups.EndAt(Index);
        int exit = AddExit(new TranslationExit { Kind = ExitKind.Interpret, Block = block, Index = Index, Count = count });
        WriteExit(exit);
        HostFlags = 0;
        Known = null;
        HasVectors = HasX87 = false;
        if (!resumes) return;
        Sites[exit] = Assembler.Length;
        Exits[exit] = Exits[exit] with { Resumes = true };
    }

    /// <summary>A patchable jump: an internal one when the target is this block.</summary>
    internal void JumpTo(uint target, HostCondition? condition)
    {
        WriteNote(note);
        note = default;
        if (target == block->Eip)
        {
            if (condition is { } holds) Assembler.JumpIf(holds, Entry);
            else Assembler.Jump(Entry);
            return;
        }
        int label = Assembler.NewLabel();
        if (condition is { } taken) Assembler.JumpIf(taken, label);
        else Assembler.Jump(label);
        stubs.Add(new Stub { Kind = StubKind.Link, Label = label, Target = target, Value = Assembler.Length - 4 });
    }

    /// <summary>Jumps to where a guest address in R14 leads.</summary>
    internal void JumpIndirect()
    {
        WriteNote(note);
        note = default;
        Assembler.Move(R8, R14);
        Assembler.Shift(5, R8, JumpTarget.Bits);
        Assembler.Alu(HostAlu.Xor, R8, R14);
        Assembler.AluImmediate(HostAlu.And, R8, (1 << JumpTarget.Bits) - 1);
        Assembler.Shift(4, R8, 4, wide: true);
        Assembler.AluMemory(HostAlu.Add, R8, R13, Context.ToTargets, wide: true);
        Assembler.AluMemory(HostAlu.Cmp, R14, R8, 0);
        int miss = Assembler.NewLabel();
        Assembler.JumpIf(HostCondition.NotEqual, miss);
        Assembler.JumpMemory(R8, 8);
        stubs.Add(new Stub { Kind = StubKind.IndirectMiss, Label = miss });
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
    internal void Offset(int to, in Instruction instruction)
    {
        int displacement = (int)(uint)instruction.MemoryDisplacement64;
        int @base = instruction.MemoryBase == Register.None ? -1 : HostOf(instruction.MemoryBase);
        int index = instruction.MemoryIndex == Register.None ? -1 : HostOf(instruction.MemoryIndex);
        int scale = System.Numerics.BitOperations.Log2((uint)instruction.MemoryIndexScale);
        if (index < 0 && @base < 0) Assembler.MoveImmediate(to, (uint)displacement);
        else if (index < 0 && displacement == 0) Assembler.Move(to, @base);
        else Assembler.Lea(to, @base, index, scale, displacement);
    }

    /// <summary>Finds the memory of a push or pop: 4 bytes at ESP + <paramref name="delta"/>.</summary>
    internal void LookStack(int delta, bool write)
    {
        if (Groups.Stack(Index) is { Group: >= 0 } access)
        {
            UseGroup(access);
            return;
        }
        if (delta == 0) Assembler.Move(R8, R15);
        else Assembler.Lea(R8, R15, -1, 0, delta);
        Look(4, write);
    }

    /// <summary>Finds the 4 bytes at EBP, which LEAVE pops.</summary>
    internal void LookFrame()
    {
        if (Groups.Stack(Index) is { Group: >= 0 } access)
        {
            UseGroup(access);
            return;
        }
        Assembler.Move(R8, Rbp);
        Look(4, write: false);
    }

    /// <summary>The host address of the group's first byte is in the context, whatever lies in the group at a known distance from it.</summary>
    void UseGroup(GroupedAccess access)
    {
        Assembler.Load64(R9, R13, Context.ToGroups + access.Group * 8);
        place = access.Distance;
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
        for (int i = 0; i < copy.OpCount; i++)
        {
            if (copy.GetOpKind(i) == OpKind.Register) copy.SetOpRegister(i, Rename(copy.GetOpRegister(i)));
            else if (copy.GetOpKind(i) == OpKind.Memory) PointToHost(ref copy);
        }
        // A prefix that means nothing to this instruction may mean another one to the host.
        copy.HasLockPrefix = copy.HasRepPrefix = copy.HasRepnePrefix = false;
        return copy;
    }

    void PointToHost(ref Instruction instruction)
    {
        instruction.SegmentPrefix = Register.None;
        instruction.MemoryBase = Register.R9;
        instruction.MemoryIndex = place == null ? Register.R8 : Register.None;
        instruction.MemoryIndexScale = 1;
        instruction.MemoryDisplacement64 = (ulong)(place ?? 0);
        instruction.MemoryDisplSize = place is null or 0 ? 0 : 8;
    }

    /// <summary>The operand that was found is in a group: its guest address was not computed.</summary>
    internal bool IsGrouped => place != null;

    /// <summary>Loads the operand that was found, zero extended. Host flags stay.</summary>
    internal void LoadOperand(int to, int size) => Assembler.Memory(size == 4 ? 0x8B : size == 1 ? 0x0FB6 : 0x0FB7, to, R9, place == null ? R8 : -1, 0, place ?? 0);

    /// <summary>Stores 4 bytes to the operand that was found.</summary>
    internal void StoreOperand(int from) => Assembler.Memory(0x89, from, R9, place == null ? R8 : -1, 0, place ?? 0);

    /// <summary>Stores a constant of 4 bytes to the operand that was found.</summary>
    internal void StoreOperandConstant(uint value) => Assembler.StoreConstant(R9, place == null ? R8 : -1, place ?? 0, value);

    /// <summary>Encodes an instruction for the host.</summary>
    internal bool TryEncode(in Instruction instruction) => Assembler.TryEncode(instruction);

    /// <summary>Makes host flags the guest's, before an instruction that reads <paramref name="mask"/> of them. Changes R14 alone.</summary>
    /// <returns>False when the flags come from something that only the interpreter can evaluate.</returns>
    internal bool TryLoadFlags(uint mask)
    {
        if ((mask & ~HostFlags) == 0) return true;
        if (Known is { } kind)
        {
            if (kind > FlagKind.LastSimple) return false;
            HostStubs.LoadFlags(Assembler, kind);
        }
        else
        {
            Assembler.Load(R14, R13, Context.ToFlagKind);
            Assembler.AluImmediate(HostAlu.Cmp, R14, (int)FlagKind.LastSimple);
            Assembler.JumpIf(HostCondition.Above, InterpretHere());
            Assembler.Shift(4, R14, 3);
            Assembler.AluMemory(HostAlu.Add, R14, R13, Context.ToFlagTable, wide: true);
            Assembler.CallMemory(R14, 0);
        }
        HostFlags = Flags.Status;
        return true;
    }

    /// <summary>The operands of the flags are in R10 and R11: says what they are.</summary>
    internal void Note(FlagKind kind, uint hostFlags)
    {
        if (Known != kind) Assembler.StoreImmediate(R13, Context.ToFlagKind, (uint)kind);
        Known = kind;
        HostFlags = hostFlags;
    }

    /// <summary>The flags, undefined for everybody until the next instruction that sets them: nobody looks.</summary>
    internal void Forget(uint hostFlags)
    {
        Known = null;
        HostFlags = hostFlags;
    }

    /// <summary>Makes sure that XMM registers are in the host's.</summary>
    internal void UseVectors()
    {
        if (HasVectors) return;
        HasVectors = true;
        HostFlags = 0;
        int cold = Assembler.NewLabel(), back = Assembler.NewLabel();
        Assembler.CompareMemory(R13, Context.ToVectorsLoaded, 0);
        Assembler.JumpIf(HostCondition.Equal, cold);
        Assembler.Place(back);
        stubs.Add(new Stub { Kind = StubKind.Vectors, Label = cold, Back = back, Value = InterpretHere() });
    }

    /// <summary>Makes sure that x87 registers are in the host's.</summary>
    internal void UseX87()
    {
        if (HasX87) return;
        HasX87 = true;
        HostFlags = 0;
        int cold = Assembler.NewLabel(), back = Assembler.NewLabel();
        Assembler.CompareMemory(R13, Context.ToX87Loaded, 0);
        Assembler.JumpIf(HostCondition.Equal, cold);
        Assembler.Place(back);
        stubs.Add(new Stub { Kind = StubKind.X87, Label = cold, Back = back, Value = InterpretHere() });
    }

    /// <summary>An x87 instruction has been run that is not control.</summary>
    internal void NoteX87(Op* op)
    {
        note.IsSet = true;
        note.Instruction = op->Start;
        if (op->Segment != 0) note.Segment = op->Segment;
    }

    /// <summary>Stores what an exit must tell of the last x87 instruction. Host flags stay.</summary>
    void WriteNote(in X87Note last)
    {
        if (!last.IsSet) return;
        Assembler.StoreImmediate(R13, Context.ToInstructionPointer, last.Instruction);
        Assembler.StoreImmediate(R13, Context.ToX87Noted, 1);
        if (last.Segment != 0) Assembler.StoreImmediate(R13, Context.ToOperandSegment, last.Segment);
    }

    /// <summary>Writes what lies outside the straight way.</summary>
    internal void Finish()
    {
        for (int i = 0; i < stubs.Count; i++)
        {
            var stub = stubs[i];
            Assembler.Place(stub.Label);
            switch (stub.Kind)
            {
                case StubKind.Interpret:
                    WriteNote(stub.Note);
                    WriteExit(AddExit(new TranslationExit { Kind = ExitKind.Interpret, Block = block, Index = stub.Index, Count = int.MaxValue }));
                    break;
                case StubKind.Link:
                    int exit = AddExit(new TranslationExit { Kind = ExitKind.Link, Block = block, Target = stub.Target, StubOffset = Assembler.Length });
                    Sites[exit] = stub.Value;
                    WriteExit(exit);
                    break;
                case StubKind.Unaligned:
                    Assembler.Lea(R9, R8, -1, 0, stub.Value - 1);
                    Assembler.Alu(HostAlu.Xor, R9, R8);
                    Assembler.Shift(5, R9, 12);
                    Assembler.JumpIf(HostCondition.Equal, stub.Back);
                    Assembler.Jump(Interpret(stub.Index));
                    break;
                case StubKind.Vectors:
                    Assembler.CompareMemory(R13, Context.ToVectorsRefused, 0);
                    Assembler.JumpIf(HostCondition.NotEqual, stub.Value);
                    Assembler.CallOutside(HostStubs.LoadVectors);
                    Assembler.Jump(stub.Back);
                    break;
                case StubKind.Refused:
                    Assembler.JumpNext();
                    int plain = AddExit(new TranslationExit { Kind = ExitKind.Plain, Block = block, StubOffset = Assembler.Length });
                    Sites[plain] = Assembler.Length - 4;
                    WriteExit(plain);
                    break;
                case StubKind.X87:
                    Assembler.CompareMemory(R13, Context.ToX87Refused, 0);
                    Assembler.JumpIf(HostCondition.NotEqual, stub.Value);
                    Assembler.CallOutside(HostStubs.LoadX87);
                    Assembler.Jump(stub.Back);
                    break;
                case StubKind.Budget:
                    Assembler.AluImmediate(HostAlu.Add, R12, block->Count, wide: true);
                    WriteExit(AddExit(new TranslationExit { Kind = ExitKind.Budget, Block = block }));
                    break;
                default:
                    Assembler.Store(R13, Context.ToTarget, R14);
                    WriteExit(AddExit(new TranslationExit { Kind = ExitKind.Indirect, Block = block }));
                    break;
            }
        }
    }

    int AddExit(TranslationExit exit)
    {
        Exits.Add(exit);
        Sites.Add(-1);
        return Exits.Count - 1;
    }

    /// <summary>The number is relative to the block's first exit until the code has its place.</summary>
    void WriteExit(int exit)
    {
        Assembler.StoreImmediate(R13, Context.ToExit, (uint)exit);
        Exits[exit] = Exits[exit] with { NumberOffset = Assembler.Length - 4 };
        Assembler.JumpOutside(HostStubs.Leave);
    }
}
