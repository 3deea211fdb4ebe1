using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Translator.HostAssembler;
using Context = CheckpointRestart.Core.Cpu.Translator.TranslationContext;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <content>Flags: what they come from, and who has it.</content>
internal sealed unsafe partial class Emission
{
    /// <summary>Flags of an operation whose operands are still in guest registers: nothing was copied for them yet.</summary>
    internal struct DeferredFlags
    {
        /// <summary>False when there is none.</summary>
        public bool IsSet;
        public FlagKind Kind;
        /// <summary>The first operand: base + index + displacement, host registers or -1.</summary>
        public int Base, Index, Displacement;
        /// <summary>The second: a host register, or -1 for the constant.</summary>
        public int Second;
        public uint Constant;
        /// <summary>Guest registers in use, a bit each.</summary>
        public int Registers;

        public readonly HostAddress First => new(Base, Index, 0, Displacement);
    }

    DeferredFlags deferred;

    /// <summary>The kind that stands in the context, when that is known here.</summary>
    FlagKind? stored;

    /// <summary>Host flags that are the guest's; a mask of EFLAGS.</summary>
    internal uint HostFlags { get; set; }

    /// <summary>What the operands in R10 and R11 are of, when that is known here; the context may not say so yet.</summary>
    internal FlagKind? Known { get; private set; }

    /// <summary>Somebody may see the flags that this instruction leaves.</summary>
    internal bool IsObserved { get; set; }

    /// <summary>Makes host flags the guest's, before an instruction that reads <paramref name="mask"/> of them. Changes R14 alone.</summary>
    /// <returns>False when the flags come from something that only the interpreter can evaluate.</returns>
    internal bool TryLoadFlags(uint mask)
    {
        if ((mask & ~HostFlags) == 0) return true;
        holdsGroup = false;
        CopyFlags();
        var last = (mask & (Flags.Overflow | Flags.Adjust)) == 0 ? FlagKind.LastShift : FlagKind.LastSimple;
        if (Known is { } kind)
        {
            if (kind > last) return false;
            HostStubs.LoadFlags(Assembler, kind);
            if (kind <= FlagKind.LastSimple) last = FlagKind.LastSimple;
        }
        else
        {
            Assembler.Load(R14, R13, Context.ToFlagKind);
            Assembler.AluImmediate(HostAlu.Cmp, R14, (int)last);
            Assembler.JumpIf(HostCondition.Above, InterpretHere());
            Assembler.Shift(4, R14, 3);
            Assembler.AluMemory(HostAlu.Add, R14, R13, Context.ToFlagTable, wide: true);
            Assembler.CallMemory(R14, 0);
        }
        HostFlags = last == FlagKind.LastSimple ? Flags.Status : Flags.Status & ~(Flags.Overflow | Flags.Adjust);
        return true;
    }

    /// <summary>The operands of the flags are in R10 and R11: says what they are.</summary>
    internal void Note(FlagKind kind, uint hostFlags)
    {
        Known = kind;
        HostFlags = hostFlags;
        deferred = default;
    }

    /// <summary>All host flags are the guest's, and come from nothing that could be kept instead: they are stored where somebody looks.</summary>
    internal void KeepHostFlags()
    {
        if (!IsObserved)
        {
            Forget(Flags.Status);
            return;
        }
        Assembler.PushFlags();
        Assembler.PopMemory(R13, Context.ToSlot);
        Note(FlagKind.Saved, Flags.Status);
    }

    /// <summary>The operands of the flags are in guest registers, and are copied when somebody needs them.</summary>
    internal void Defer(in DeferredFlags flags, uint hostFlags)
    {
        deferred = flags;
        Known = null;
        HostFlags = hostFlags;
    }

    /// <summary>The flags are whatever they are: nobody looks until an instruction sets them all.</summary>
    internal void Forget(uint hostFlags)
    {
        deferred = default;
        Known = null;
        HostFlags = hostFlags;
    }

    /// <summary>Flags that stand in the context in a way that is known at run time alone.</summary>
    internal void LoseTrack()
    {
        Forget(0);
        stored = null;
    }

    /// <summary>Copies operands that are still in guest registers, and says in the context what they are. Host flags stay.</summary>
    internal void SettleFlags()
    {
        CopyFlags();
        if (Known is not { } kind || stored == kind) return;
        Assembler.StoreImmediate(R13, Context.ToFlagKind, (uint)kind);
        stored = kind;
    }

    /// <summary>Copies operands that are still in guest registers. Host flags stay.</summary>
    void CopyFlags()
    {
        if (!deferred.IsSet) return;
        Copy(deferred);
        Known = deferred.Kind;
        deferred = default;
    }

    /// <summary>Before an instruction that changes guest registers: copies operands that are among them, of flags and of the last x87 instruction.</summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="written">Guest registers, a bit each.</param>
    /// <param name="staysVisible">The flags are still seen behind the instruction.</param>
    internal void BeforeWrite(in Instruction instruction, int written, bool staysVisible)
    {
        KeepPointer(instruction, written);
        if (deferred.IsSet && staysVisible && (deferred.Registers & written) != 0) CopyFlags();
    }

    void Copy(in DeferredFlags flags)
    {
        flags.First.Load(Assembler, R10);
        if (flags.Second >= 0) Assembler.Move(R11, flags.Second);
        else if (flags.Kind is < FlagKind.Logic8 or > FlagKind.Logic32) Assembler.MoveImmediate(R11, flags.Constant);
    }
}
