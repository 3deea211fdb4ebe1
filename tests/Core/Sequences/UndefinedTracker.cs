using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Tests.Vectors;
using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Sequences;

/// <summary>Which flags makers leave differently while a sequence runs: none of them may be used, and at the end they are not compared.</summary>
internal sealed class UndefinedTracker
{
    const uint MisalignedMask = 0x20000;

    static readonly Dictionary<Mnemonic, uint> Undefined = UndefinedFlags.Table.SelectMany(row => row.Mnemonics.Select(mnemonic => (mnemonic, row.Flags))).ToDictionary();

    /// <summary>They leave the flags alone when they count to nothing.</summary>
    static readonly Mnemonic[] Conditional =
        [Mnemonic.Shl, Mnemonic.Sal, Mnemonic.Shr, Mnemonic.Sar, Mnemonic.Shld, Mnemonic.Shrd, Mnemonic.Rol, Mnemonic.Ror, Mnemonic.Rcl, Mnemonic.Rcr];

    /// <summary>They set C0, C2 and C3, whatever these were.</summary>
    static readonly Mnemonic[] SetsConditions = [Mnemonic.Fninit, Mnemonic.Fldenv, Mnemonic.Frstor, Mnemonic.Fxrstor];

    static readonly Mnemonic[] ReadsConditions = [Mnemonic.Fnstsw, Mnemonic.Fnstenv, Mnemonic.Fnsave, Mnemonic.Fxsave];

    internal uint Flags { get; private set; }

    internal ushort Status { get; private set; }

    /// <summary>Back to what was at another time.</summary>
    internal void Reset(uint flags = 0, ushort status = 0) => (Flags, Status) = (flags, status);

    internal OutcomeMask Mask => new(Flags, Status);

    /// <summary>What the instruction uses and is undefined here.</summary>
    internal (uint Flags, bool Conditions) Uses(in Instruction instruction) =>
        (Flags & Bits(instruction.RflagsRead), Status != 0 && ReadsConditions.Contains(instruction.Mnemonic));

    /// <summary>Bit 17 of MXCSR exists on one maker's processors only.</summary>
    internal static bool LoadsMakersBit(VectorMachine machine, in Instruction instruction)
    {
        int at = instruction.Mnemonic switch { Mnemonic.Ldmxcsr => 0, Mnemonic.Fxrstor => 24, _ => -1 };
        if (at < 0) return false;
        var registers = machine.Registers;
        ulong address = instruction.GetVirtualAddress(0, 0, (register, _, _) => ValueOf(registers, register));
        Span<byte> word = stackalloc byte[4];
        return machine.Memory.Peek((uint)address + (uint)at, word) == 4 && (BitConverter.ToUInt32(word) & MisalignedMask) != 0;
    }

    /// <summary>The instruction was done.</summary>
    /// <param name="instruction">It.</param>
    /// <param name="ecx">ECX before it.</param>
    internal void Done(in Instruction instruction, uint ecx)
    {
        var mnemonic = instruction.Mnemonic;
        uint undefined = Undefined.GetValueOrDefault(mnemonic);
        if (mnemonic is Mnemonic.Shld or Mnemonic.Shrd && instruction.Code.ToString().Contains("16", StringComparison.Ordinal) && Count(instruction, ecx) >= 16) undefined |= UndefinedFlags.Carry | 0x800;
        // What Iced calls undefined may just stay as it was.
        if (!Conditional.Contains(mnemonic) && !instruction.HasRepPrefix && !instruction.HasRepnePrefix) Flags &= ~Bits(instruction.RflagsWritten | instruction.RflagsCleared | instruction.RflagsSet);
        Flags |= undefined;
        if (!FloatFeatures.IsX87(instruction.Code)) return;
        if (UndefinedFlags.LeavesConditions(instruction.Code)) Status = UndefinedFlags.Conditions;
        else if (!X87Forms.IsState(instruction.Code) || SetsConditions.Contains(mnemonic)) Status = 0;
    }

    static uint Count(in Instruction instruction, uint ecx) => 31 & (instruction.Op2Kind == OpKind.Register ? ecx : instruction.Immediate8);

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

    static uint Bits(RflagsBits bits)
    {
        uint flags = 0;
        foreach (var (bit, mask) in Positions) if ((bits & bit) != 0) flags |= mask;
        return flags;
    }

    static readonly (RflagsBits Bit, uint Mask)[] Positions =
        [(RflagsBits.CF, 1), (RflagsBits.PF, 4), (RflagsBits.AF, 0x10), (RflagsBits.ZF, 0x40), (RflagsBits.SF, 0x80), (RflagsBits.OF, 0x800)];
}
