using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Translator.HostAssembler;
using Context = CheckpointRestart.Core.Cpu.Translator.TranslationContext;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <content>Ways out of the trace, and what else lies outside the straight way.</content>
internal sealed unsafe partial class Emission
{
    enum StubKind : byte
    {
        /// <summary>Interpret from an instruction on.</summary>
        Interpret,
        /// <summary>A direct jump at the end of the trace whose target is not translated yet.</summary>
        Link,
        /// <summary>A branch out of the middle of the trace.</summary>
        Side,
        /// <summary>An operand that is not aligned: goes on unless it crosses a page.</summary>
        Unaligned,
        /// <summary>First use of XMM registers.</summary>
        Vectors,
        /// <summary>First use of x87 registers.</summary>
        X87,
        /// <summary>The budget does not cover the trace.</summary>
        Budget,
        /// <summary>An indirect jump whose target is not in the first entry.</summary>
        SecondLook,
        /// <summary>A group of accesses is not in one page that is plain.</summary>
        Refused,
        /// <summary>A return in the middle of the trace leads elsewhere.</summary>
        Return,
    }

    struct Stub
    {
        public StubKind Kind;
        public int Label, Back, Index, Value, Stack;
        public uint Target;
        public X87Note Note;
        public DeferredFlags Flags;
        public FlagKind? Known, Stored;
    }

    /// <summary>What is known of the last x87 instruction and not yet written to the context.</summary>
    struct X87Note
    {
        public uint Instruction, Segment;
        public bool IsSet;
        /// <summary>The offset of the last memory operand, when the context does not have it.</summary>
        public HostAddress? Pointer;
    }

    readonly Growing<Stub> stubs = new();
    readonly int[] interpretLabels = new int[Trace.Most];
    X87Note note;

    internal Growing<TranslationExit> Exits { get; } = new();

    /// <summary>Where in the code each exit that can be linked has its distance, in the order of <see cref="Exits"/>; -1 for none.</summary>
    internal Growing<int> Sites { get; } = new();

    /// <summary>A label that leaves to the interpreter at this instruction, with everything as it is now.</summary>
    internal int InterpretHere()
    {
        if (interpretLabels[Index] >= 0) return interpretLabels[Index];
        int label = interpretLabels[Index] = Assembler.NewLabel();
        stubs.Add(new Stub { Kind = StubKind.Interpret, Label = label, Index = Index, Note = note, Flags = deferred, Known = Known, Stored = stored, Stack = stackDelta });
        return label;
    }

    /// <summary>Leaves to the interpreter for some instructions and comes back behind them, unless they end the trace.</summary>
    internal void InterpretRun(int count, bool resumes)
    {
        Settle();
        // What is interpreted may move pages.
        Groups.EndAt(Index);
        int exit = AddExit(InterpretFrom(Index) with { Count = count, Resumes = resumes });
        WriteExit(exit);
        LoseTrack();
        HasVectors = HasX87 = holdsGroup = false;
        if (resumes) Sites[exit] = Assembler.Length;
    }

    /// <summary>A patchable jump at the end of the trace: an internal one when the target is its head.</summary>
    internal void JumpTo(uint target, HostCondition? condition)
    {
        Settle();
        int label = Entry;
        if (target != trace.Head->Eip)
        {
            label = Assembler.NewLabel();
            stubs.Add(new Stub { Kind = StubKind.Link, Label = label, Target = target });
        }
        if (condition is { } holds) Assembler.JumpIf(holds, label);
        else Assembler.Jump(label);
        if (label != Entry) stubs[^1] = stubs[^1] with { Value = Assembler.Length - 4 };
    }

    /// <summary>A branch out of the middle of the trace: what was charged for the rest is given back.</summary>
    internal void LeaveTo(uint target, HostCondition condition)
    {
        int label = Assembler.NewLabel();
        stubs.Add(new Stub { Kind = StubKind.Side, Label = label, Index = Index, Target = target, Note = note, Flags = deferred, Known = Known, Stored = stored, Stack = stackDelta });
        Assembler.JumpIf(condition, label);
    }

    /// <summary>Goes on where the trace does when the guest address in R14 is there, else to where it leads.</summary>
    internal void ContinueAt(uint expected)
    {
        HostFlags = 0;
        int label = Assembler.NewLabel();
        stubs.Add(new Stub { Kind = StubKind.Return, Label = label, Index = Index, Note = note, Flags = deferred, Known = Known, Stored = stored, Stack = stackDelta });
        Assembler.AluImmediate(HostAlu.Cmp, R14, (int)expected);
        Assembler.JumpIf(HostCondition.NotEqual, label);
    }

    /// <summary>Jumps to where a guest address in R14 leads.</summary>
    internal void JumpIndirect()
    {
        Settle();
        int miss = Assembler.NewLabel();
        HostStubs.WriteJumpThrough(Assembler, miss);
        stubs.Add(new Stub { Kind = StubKind.SecondLook, Label = miss });
    }

    /// <summary>An x87 instruction has been run that is not control.</summary>
    internal void NoteX87(Op* op)
    {
        note.IsSet = true;
        note.Instruction = op->Start;
        if (op->Segment != 0) note.Segment = op->Segment;
    }

    /// <summary>Its memory operand, whose offset is computed when somebody looks or a register of it changes.</summary>
    internal void NotePointer(in Instruction instruction) => note.Pointer = HostAddress.Of(instruction, stackDelta);

    /// <summary>Before a register changes: an offset that comes from it moves the other way, or is written down. Host flags stay.</summary>
    void KeepPointer(in Instruction instruction, int written)
    {
        if (note.Pointer is not { } pointer) return;
        int used = (pointer.Base < 0 ? 0 : 1 << (pointer.Base == R15 ? Rsp : pointer.Base)) | (pointer.Index < 0 ? 0 : 1 << pointer.Index);
        if ((used & written) == 0) return;
        if (ArithmeticRewrites.Step(instruction) is { } step && instruction.Op0Register != Register.ESP)
        {
            int number = instruction.Op0Register.GetNumber();
            int moved = (number == pointer.Base ? step : 0) + (number == pointer.Index ? step << pointer.Scale : 0);
            note.Pointer = pointer with { Displacement = pointer.Displacement - moved };
            return;
        }
        WritePointer(pointer);
        note.Pointer = null;
    }

    void WritePointer(HostAddress pointer)
    {
        pointer.Load(Assembler, R8);
        Assembler.Store(R13, Context.ToOperandPointer, R8);
    }

    /// <summary>Writes what whoever comes next has to know. Host flags stay.</summary>
    void Settle()
    {
        SettleFlags();
        SettleStack();
        WriteNote(note);
        note = default;
    }

    void WriteNote(in X87Note last)
    {
        if (!last.IsSet) return;
        if (last.Pointer is { } pointer) WritePointer(pointer);
        Assembler.StoreImmediate(R13, Context.ToInstructionPointer, last.Instruction);
        Assembler.StoreImmediate(R13, Context.ToX87Noted, 1);
        if (last.Segment != 0) Assembler.StoreImmediate(R13, Context.ToOperandSegment, last.Segment);
    }

    /// <summary>Writes what lies outside the straight way.</summary>
    internal void Finish()
    {
        for (int i = 0; i < stubs.Count; i++) Write(stubs[i]);
    }

    void Write(in Stub stub)
    {
        Assembler.Place(stub.Label);
        switch (stub.Kind)
        {
            case StubKind.Interpret:
                WriteLeft(stub);
                WriteExit(AddExit(InterpretFrom(stub.Index)));
                break;
            case StubKind.Link:
                WriteLink(stub.Target, stub.Value);
                break;
            case StubKind.Side:
                WriteLeft(stub);
                Assembler.AluImmediate(HostAlu.Add, R12, trace.Count - stub.Index - 1, wide: true);
                Assembler.JumpNext();
                WriteLink(stub.Target, Assembler.Length - 4);
                break;
            case StubKind.Return:
                WriteLeft(stub);
                Assembler.AluImmediate(HostAlu.Add, R12, trace.Count - stub.Index - 1, wide: true);
                Assembler.JumpOutside(HostStubs.JumpThrough);
                break;
            case StubKind.Unaligned:
                Assembler.Lea(R9, R8, -1, 0, stub.Value - 1);
                Assembler.Alu(HostAlu.Xor, R9, R8);
                Assembler.Shift(5, R9, 12);
                Assembler.JumpIf(HostCondition.Equal, stub.Back);
                Assembler.Jump(interpretLabels[stub.Index]);
                break;
            case StubKind.Vectors:
                WriteUse(stub, Context.ToVectorsRefused, HostStubs.LoadVectors);
                break;
            case StubKind.X87:
                WriteUse(stub, Context.ToX87Refused, HostStubs.LoadX87);
                break;
            case StubKind.Refused:
                Assembler.AluImmediate(HostAlu.Add, R12, trace.Count, wide: true);
                Assembler.JumpNext();
                int plain = AddExit(new TranslationExit { Kind = ExitKind.Plain, Block = trace.Head, StubOffset = Assembler.Length });
                Sites[plain] = Assembler.Length - 4;
                WriteExit(plain);
                break;
            case StubKind.Budget:
                Assembler.AluImmediate(HostAlu.Add, R12, trace.Count, wide: true);
                WriteExit(AddExit(new TranslationExit { Kind = ExitKind.Budget, Block = trace.Head }));
                break;
            default:
                Assembler.JumpOutside(HostStubs.SecondLook);
                break;
        }
    }

    /// <summary>What was not yet written where the trace was left.</summary>
    void WriteLeft(in Stub stub)
    {
        WriteNote(stub.Note);
        if (stub.Flags.IsSet) Copy(stub.Flags);
        if ((stub.Flags.IsSet ? stub.Flags.Kind : stub.Known) is { } kind && kind != stub.Stored) Assembler.StoreImmediate(R13, Context.ToFlagKind, (uint)kind);
        if (stub.Stack != 0) Assembler.Lea(R15, R15, -1, 0, stub.Stack);
    }

    void WriteUse(in Stub stub, int refused, byte* load)
    {
        Assembler.CompareMemory(R13, refused, 0);
        Assembler.JumpIf(HostCondition.NotEqual, stub.Value);
        Assembler.CallOutside(load);
        Assembler.Jump(stub.Back);
    }

    void WriteLink(uint target, int site)
    {
        int exit = AddExit(new TranslationExit { Kind = ExitKind.Link, Block = trace.Head, Target = target, StubOffset = Assembler.Length });
        Sites[exit] = site;
        WriteExit(exit);
    }

    TranslationExit InterpretFrom(int index) =>
        new() { Kind = ExitKind.Interpret, Block = trace.Owner(index), Head = trace.Head, Index = trace.IndexOf(index), Refund = trace.Count - index };

    int AddExit(TranslationExit exit)
    {
        Exits.Add(exit);
        Sites.Add(-1);
        return Exits.Count - 1;
    }

    /// <summary>The number is relative to the trace's first exit until the code has its place.</summary>
    void WriteExit(int exit)
    {
        Assembler.StoreImmediate(R13, Context.ToExit, (uint)exit);
        Exits[exit] = Exits[exit] with { NumberOffset = Assembler.Length - 4 };
        Assembler.JumpOutside(HostStubs.Leave);
    }
}
