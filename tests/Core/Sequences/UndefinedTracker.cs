using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Tests.Vectors;
using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Sequences;

/// <summary>How far another processor is to be believed.</summary>
internal enum Trust
{
    /// <summary>In every bit: it is of the maker whose flags ours are.</summary>
    Whole,
    /// <summary>In what Intel defines, where no exception happens: it is of another maker.</summary>
    Defined,
    /// <summary>As <see cref="Defined"/>, and only in integer and string instructions: an emulator, of which signals do not carry x87 and SSE registers.</summary>
    Integer,
}

/// <summary>What is undefined while a sequence runs, C0, C2 and C3 of x87 or flags: then none of it may be used, and at the end it is not compared.</summary>
/// <param name="trust">Flags count as undefined unless it is <see cref="Trust.Whole"/>.</param>
internal sealed class UndefinedTracker(Trust trust)
{
    const uint MisalignedMask = 0x20000;

    /// <summary>They set C0, C2 and C3, whatever these were.</summary>
    static readonly Mnemonic[] SetsConditions = [Mnemonic.Fninit, Mnemonic.Fldenv, Mnemonic.Frstor, Mnemonic.Fxrstor];

    static readonly Mnemonic[] ReadsConditions = [Mnemonic.Fnstsw, Mnemonic.Fnstenv, Mnemonic.Fnsave, Mnemonic.Fxsave];

    /// <summary>They leave the flags alone when they count to nothing.</summary>
    static readonly Mnemonic[] Conditional =
        [Mnemonic.Shl, Mnemonic.Sal, Mnemonic.Shr, Mnemonic.Sar, Mnemonic.Shld, Mnemonic.Shrd, Mnemonic.Rol, Mnemonic.Ror, Mnemonic.Rcl, Mnemonic.Rcr];

    static readonly (RflagsBits Bit, uint Mask)[] Positions =
        [(RflagsBits.CF, 1), (RflagsBits.PF, 4), (RflagsBits.AF, 0x10), (RflagsBits.ZF, 0x40), (RflagsBits.SF, 0x80), (RflagsBits.OF, 0x800)];

    /// <summary>Bits of the x87 status word.</summary>
    internal ushort Status { get; private set; }

    /// <summary>Bits of EFLAGS.</summary>
    internal uint Flags { get; private set; }

    /// <summary>Back to what was at another time.</summary>
    internal void Reset(ushort status = 0, uint flags = 0) => (Status, Flags) = (status, flags);

    internal OutcomeMask Mask => new(Status);

    /// <summary>True when the instruction uses conditions of x87 that are undefined here.</summary>
    internal bool UsesConditions(in Instruction instruction) => Status != 0 && ReadsConditions.Contains(instruction.Mnemonic);

    /// <summary>True when the instruction uses flags that are undefined here.</summary>
    internal bool UsesFlags(in Instruction instruction) => (Flags & Bits(instruction.RflagsRead)) != 0;

    /// <summary>True when the instruction cannot be compared here. qemu-i386 pushes bits of its own with EFLAGS, and its CMPXCHG8B spoils flags.</summary>
    internal bool Forbids(VectorMachine machine, in Instruction instruction) =>
        UsesConditions(instruction) || UsesFlags(instruction) || LoadsMakersBit(machine, instruction) || (trust != Trust.Whole && MayUnderflowExactly(machine, instruction))
        || (trust == Trust.Integer && instruction.Mnemonic is (Mnemonic.Pushf or Mnemonic.Pushfd or Mnemonic.Cmpxchg8b))
        || (trust != Trust.Whole && instruction.Code is (Code.Bswap_r16 or Code.Shld_rm16_r16_imm8 or Code.Shld_rm16_r16_CL or Code.Shrd_rm16_r16_imm8 or Code.Shrd_rm16_r16_CL
            // Intel leaves open which of several NaNs each element of a dot product has.
            or Code.Dpps_xmm_xmmm128_imm8 or Code.Dppd_xmm_xmmm128_imm8));

    /// <summary>A remainder that is denormal and exact: makers differ in whether that is an underflow where it is not masked.</summary>
    static unsafe bool MayUnderflowExactly(VectorMachine machine, in Instruction instruction) =>
        instruction.Mnemonic is Mnemonic.Fprem or Mnemonic.Fprem1 && (machine.Registers.State->Fcw & 0x10) == 0;

    /// <summary>Bit 17 of MXCSR exists on one maker's processors only.</summary>
    static bool LoadsMakersBit(VectorMachine machine, in Instruction instruction)
    {
        int at = instruction.Mnemonic switch { Mnemonic.Ldmxcsr => 0, Mnemonic.Fxrstor => 24, _ => -1 };
        if (at < 0) return false;
        var registers = machine.Registers;
        ulong address = instruction.GetVirtualAddress(0, 0, (register, _, _) => ValueOf(registers, register));
        Span<byte> word = stackalloc byte[4];
        return machine.Memory.Peek((uint)address + (uint)at, word) == 4 && (BitConverter.ToUInt32(word) & MisalignedMask) != 0;
    }

    /// <summary>The instruction was done.</summary>
    internal void Done(in Instruction instruction)
    {
        var mnemonic = instruction.Mnemonic;
        if (trust != Trust.Whole)
        {
            // What Iced calls undefined may also just stay as it was.
            if (!Conditional.Contains(mnemonic) && !instruction.HasRepPrefix && !instruction.HasRepnePrefix) Flags &= ~Bits(instruction.RflagsWritten | instruction.RflagsCleared | instruction.RflagsSet);
            Flags |= Bits(instruction.RflagsUndefined);
            // A rotation all the way round, as RCL of 16 bits by 17: Iced has it change nothing, makers differ in OF.
            if (mnemonic is Mnemonic.Rcl or Mnemonic.Rcr or Mnemonic.Rol or Mnemonic.Ror && instruction.Op1Kind == OpKind.Immediate8 && (instruction.Immediate8 & 31) > 1)
                Flags |= Bits(RflagsBits.OF);
        }
        if (!FloatFeatures.IsX87(instruction.Code)) return;
        if (UndefinedBits.LeavesConditions(instruction.Code)) Status = UndefinedBits.Conditions;
        else if (!X87Forms.IsState(instruction.Code) || SetsConditions.Contains(mnemonic)) Status = 0;
    }

    static uint Bits(RflagsBits bits)
    {
        uint flags = 0;
        foreach (var (bit, mask) in Positions) if ((bits & bit) != 0) flags |= mask;
        return flags;
    }

    static uint ValueOf(Registers registers, Register register) => register switch
    {
        Register.EAX => registers.Eax,
        Register.ECX => registers.Ecx,
        Register.EDX => registers.Edx,
        Register.EBX => registers.Ebx,
        Register.ESP => registers.Esp,
        Register.EBP => registers.Ebp,
        Register.ESI => registers.Esi,
        Register.EDI => registers.Edi,
        Register.FS or Register.GS => VectorLayout.Descriptors.First(descriptor => descriptor.Selector == (register == Register.FS ? registers.Fs : registers.Gs)).Base,
        Register.ES or Register.CS or Register.SS or Register.DS => 0,
        _ => register.GetSize() == 2 ? ValueOf(registers, register - Register.AX + Register.EAX) & 0xFFFF : throw new InvalidOperationException($"{register} in an address"),
    };
}
