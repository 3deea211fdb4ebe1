using System.Numerics;
using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Translator.HostAssembler;
using Context = CheckpointRestart.Core.Cpu.Translator.TranslationContext;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>MOVS STOS LODS forward, and REP MOVS and REP STOS within a page; CLD while DF is clear.</summary>
/// <remarks>They look in the tables whatever else an engine does, so that none of their accesses can fault.</remarks>
internal static unsafe class StringRewrites
{
    /// <summary>Repetitions up to which elements are moved one by one: the host's own repetition takes its time to begin.</summary>
    const int Few = 12;

    const int PageBytes = 0x1000;

    /// <summary>Repetitions up to which those in front of the end of a page are done one at a time.</summary>
    const int MostAcross = 64;

    internal static void Fill(RewriteTable table)
    {
        table.Add(new Rewrite(Move, FlagEffect.None, MayLeave: true), Code.Movsb_m8_m8, Code.Movsw_m16_m16, Code.Movsd_m32_m32);
        table.Add(new Rewrite(Store, FlagEffect.None, MayLeave: true), Code.Stosb_m8_AL, Code.Stosw_m16_AX, Code.Stosd_m32_EAX);
        table.Add(new Rewrite(Load, FlagEffect.None, MayLeave: true), Code.Lodsb_AL_m8, Code.Lodsw_AX_m16, Code.Lodsd_EAX_m32);
        table.Add(new Rewrite(ClearDirection, FlagEffect.None, MayLeave: true), Code.Cld);
    }

    /// <summary>True for a string instruction that repeats: it ends its block.</summary>
    internal static bool Repeats(Op* op) => (op->Traits & (OpTraits.Rep | OpTraits.Repne)) != 0 && HandlerTable.Instance.FindRepeated(op->Code) != null;

    static bool ClearDirection(Emission e, in Instruction instruction, Op* op)
    {
        BeForward(e);
        return true;
    }

    static bool Move(Emission e, in Instruction instruction, Op* op)
    {
        if (op->Special != 0) return false;
        int size = instruction.MemorySize.GetSize();
        BeForward(e);
        if (Repeats(op))
        {
            int done = BeginRepetition(e, size);
            int across = e.Assembler.NewLabel(), again = e.Assembler.NewLabel();
            e.Assembler.Place(again);
            BePage(e, Rsi, size, across);
            BePage(e, Rdi, size, across);
            Find(e, R8, Rsi, write: false);
            Find(e, R9, Rdi, write: true);
            Charge(e);
            e.Assembler.Add64(R8, Rsi);
            e.Assembler.Add64(R9, Rdi);
            int many = e.Assembler.NewLabel(), next = e.Assembler.NewLabel();
            e.Assembler.AluImmediate(HostAlu.Cmp, Rcx, Few);
            e.Assembler.JumpIf(HostCondition.Above, many);
            Advance(e, Rsi, Rsi, size);
            Advance(e, Rdi, Rdi, size);
            e.Assembler.Place(next);
            bool few = TryAccess(e, size, R14, R8, -1, write: false) && TryAccess(e, size, R14, R9, -1, write: true);
            e.Assembler.AluImmediate(HostAlu.Add, R8, size, wide: true);
            e.Assembler.AluImmediate(HostAlu.Add, R9, size, wide: true);
            e.Assembler.AluImmediate(HostAlu.Sub, Rcx, 1);
            e.Assembler.JumpIf(HostCondition.NotEqual, next);
            e.Assembler.Jump(done);
            BeginAcross(e, across);
            BeWhole(e, Rsi, size);
            BeWhole(e, Rdi, size);
            Find(e, R9, Rsi, write: false);
            e.Assembler.Add64(R9, Rsi);
            few &= TryAccess(e, size, R14, R9, -1, write: false);
            Find(e, R9, Rdi, write: true);
            e.Assembler.Add64(R9, Rdi);
            few &= TryAccess(e, size, R14, R9, -1, write: true);
            e.Assembler.AluImmediate(HostAlu.Add, Rsi, size);
            EndAcross(e, size, again);
            e.Assembler.Place(many);
            Advance(e, R14, Rsi, size);
            e.Assembler.Move64(Rsi, R8);
            Advance(e, R8, Rdi, size);
            e.Assembler.Move64(Rdi, R9);
            e.Assembler.Repeat(store: false, size);
            e.Assembler.Move(Rsi, R14);
            e.Assembler.Move(Rdi, R8);
            EndRepetition(e, op, done);
            return few;
        }
        e.Assembler.Move(R8, Rsi);
        e.Look(size, write: false);
        int value = e.Scratch;
        if (!TryAccess(e, size, value, R9, R8, write: false)) return false;
        e.Assembler.Move(R8, Rdi);
        e.Look(size, write: true);
        if (!TryAccess(e, size, value, R9, R8, write: true)) return false;
        e.Assembler.Lea(Rsi, Rsi, -1, 0, size);
        e.Assembler.Lea(Rdi, Rdi, -1, 0, size);
        return true;
    }

    static bool Store(Emission e, in Instruction instruction, Op* op)
    {
        if (op->Special != 0) return false;
        int size = instruction.MemorySize.GetSize();
        BeForward(e);
        if (Repeats(op))
        {
            int done = BeginRepetition(e, size);
            int across = e.Assembler.NewLabel(), again = e.Assembler.NewLabel();
            e.Assembler.Place(again);
            BePage(e, Rdi, size, across);
            Find(e, R9, Rdi, write: true);
            Charge(e);
            e.Assembler.Add64(R9, Rdi);
            Advance(e, R8, Rdi, size);
            int many = e.Assembler.NewLabel(), next = e.Assembler.NewLabel();
            e.Assembler.AluImmediate(HostAlu.Cmp, Rcx, Few);
            e.Assembler.JumpIf(HostCondition.Above, many);
            e.Assembler.Place(next);
            bool few = TryAccess(e, size, Rax, R9, -1, write: true);
            e.Assembler.AluImmediate(HostAlu.Add, R9, size, wide: true);
            e.Assembler.AluImmediate(HostAlu.Sub, Rcx, 1);
            e.Assembler.JumpIf(HostCondition.NotEqual, next);
            e.Assembler.Move(Rdi, R8);
            e.Assembler.Jump(done);
            BeginAcross(e, across);
            BeWhole(e, Rdi, size);
            Find(e, R9, Rdi, write: true);
            e.Assembler.Add64(R9, Rdi);
            few &= TryAccess(e, size, Rax, R9, -1, write: true);
            EndAcross(e, size, again);
            e.Assembler.Place(many);
            e.Assembler.Move64(Rdi, R9);
            e.Assembler.Repeat(store: true, size);
            e.Assembler.Move(Rdi, R8);
            EndRepetition(e, op, done);
            return few;
        }
        e.Assembler.Move(R8, Rdi);
        e.Look(size, write: true);
        if (!TryAccess(e, size, Rax, R9, R8, write: true)) return false;
        e.Assembler.Lea(Rdi, Rdi, -1, 0, size);
        return true;
    }

    static bool Load(Emission e, in Instruction instruction, Op* op)
    {
        if (op->Special != 0 || Repeats(op)) return false;
        int size = instruction.MemorySize.GetSize();
        BeForward(e);
        e.Assembler.Move(R8, Rsi);
        e.Look(size, write: false);
        if (!TryAccess(e, size, Rax, R9, R8, write: false)) return false;
        e.Assembler.Lea(Rsi, Rsi, -1, 0, size);
        return true;
    }

    static void BeForward(Emission e)
    {
        e.HostFlags = 0;
        e.Assembler.CompareMemory(R13, Context.ToBackward, 0);
        e.Assembler.JumpIf(HostCondition.NotEqual, e.InterpretHere());
    }

    /// <summary>A count of 0 does nothing; one of more than a page is left to the interpreter, and so is every one near the end of a slice.</summary>
    /// <returns>The label behind the instruction.</returns>
    static int BeginRepetition(Emission e, int size)
    {
        // R14 is used all the way.
        _ = e.Scratch;
        int done = e.Assembler.NewLabel();
        e.Assembler.Test(Rcx, Rcx);
        e.Assembler.JumpIf(HostCondition.Equal, done);
        e.Assembler.AluImmediate(HostAlu.Cmp, Rcx, PageBytes / size);
        e.Assembler.JumpIf(HostCondition.Above, e.InterpretHere());
        e.Assembler.AluImmediate(HostAlu.Cmp, R12, PageBytes, wide: true);
        e.Assembler.JumpIf(HostCondition.Below, e.InterpretHere());
        return done;
    }

    static void EndRepetition(Emission e, Op* op, int done)
    {
        e.Assembler.Place(done);
        if (!e.Continues) e.JumpTo(op->Next, null);
    }

    /// <summary>All elements lie in one page, or else it goes on elsewhere.</summary>
    static void BePage(Emission e, int pointer, int size, int otherwise)
    {
        e.Assembler.Lea(R9, pointer, Rcx, BitOperations.Log2((uint)size), -1);
        e.Assembler.Alu(HostAlu.Xor, R9, pointer);
        e.Assembler.Shift(5, R9, 12);
        e.Assembler.JumpIf(HostCondition.NotEqual, otherwise);
    }

    /// <summary>One element of a few that do not lie in one page, until those that are left do.</summary>
    static void BeginAcross(Emission e, int label)
    {
        e.Assembler.Place(label);
        e.Assembler.AluImmediate(HostAlu.Cmp, Rcx, MostAcross);
        e.Assembler.JumpIf(HostCondition.Above, e.InterpretHere());
    }

    /// <summary>An element does not cross the end of its page.</summary>
    static void BeWhole(Emission e, int pointer, int size)
    {
        if (size == 1) return;
        e.Assembler.Lea(R9, pointer, -1, 0, size - 1);
        e.Assembler.Alu(HostAlu.Xor, R9, pointer);
        e.Assembler.Shift(5, R9, 12);
        e.Assembler.JumpIf(HostCondition.NotEqual, e.InterpretHere());
    }

    /// <summary>It is charged here: that of the trace is for the last one.</summary>
    static void EndAcross(Emission e, int size, int again)
    {
        e.Assembler.AluImmediate(HostAlu.Add, Rdi, size);
        e.Assembler.AluImmediate(HostAlu.Sub, Rcx, 1);
        e.Assembler.AluImmediate(HostAlu.Sub, R12, 1, wide: true);
        e.Assembler.Jump(again);
    }

    /// <summary>The distance of a pointer's page to a host register.</summary>
    static void Find(Emission e, int to, int pointer, bool write)
    {
        e.Assembler.Move(R9, pointer);
        e.Assembler.Shift(5, R9, 12);
        e.Assembler.Load64Scaled(to, R13, R9, write ? Emission.ToWriteTable : 0);
        e.Assembler.Test64(to, to);
        e.Assembler.JumpIf(HostCondition.Equal, e.InterpretHere());
    }

    /// <summary>The first repetition was charged with the trace.</summary>
    static void Charge(Emission e)
    {
        e.Assembler.Lea(R14, Rcx, -1, 0, -1);
        _ = e.TryEncode(Instruction.Create(Code.Sub_r64_rm64, Register.R12, Register.R14));
    }

    /// <summary>Where a pointer will be behind the last element.</summary>
    static void Advance(Emission e, int to, int pointer, int size) => e.Assembler.Lea(to, pointer, Rcx, BitOperations.Log2((uint)size), 0);

    static bool TryAccess(Emission e, int size, int register, int @base, int index, bool write)
    {
        var value = HostStubs.Sized(register, ArithmeticRewrites.WidthOf(size));
        var place = new MemoryOperand(Register.RAX + @base, index < 0 ? Register.None : Register.RAX + index, 1);
        return e.TryEncode(write
            ? Instruction.Create(size switch { 1 => Code.Mov_rm8_r8, 2 => Code.Mov_rm16_r16, _ => Code.Mov_rm32_r32 }, place, value)
            : Instruction.Create(size switch { 1 => Code.Mov_r8_rm8, 2 => Code.Mov_r16_rm16, _ => Code.Mov_r32_rm32 }, value, place));
    }
}
