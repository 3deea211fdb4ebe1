using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Tests.Vectors;
using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Sequences;

/// <summary>Whether C0, C2 and C3 of x87 are undefined while a sequence runs: then none of them may be used, and at the end they are not compared.</summary>
internal sealed class UndefinedTracker
{
    const uint MisalignedMask = 0x20000;

    /// <summary>They set C0, C2 and C3, whatever these were.</summary>
    static readonly Mnemonic[] SetsConditions = [Mnemonic.Fninit, Mnemonic.Fldenv, Mnemonic.Frstor, Mnemonic.Fxrstor];

    static readonly Mnemonic[] ReadsConditions = [Mnemonic.Fnstsw, Mnemonic.Fnstenv, Mnemonic.Fnsave, Mnemonic.Fxsave];

    internal ushort Status { get; private set; }

    /// <summary>Back to what was at another time.</summary>
    internal void Reset(ushort status = 0) => Status = status;

    internal OutcomeMask Mask => new(Status);

    /// <summary>True when the instruction uses what is undefined here.</summary>
    internal bool Uses(in Instruction instruction) => Status != 0 && ReadsConditions.Contains(instruction.Mnemonic);

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
    internal void Done(in Instruction instruction)
    {
        var mnemonic = instruction.Mnemonic;
        if (!FloatFeatures.IsX87(instruction.Code)) return;
        if (UndefinedBits.LeavesConditions(instruction.Code)) Status = UndefinedBits.Conditions;
        else if (!X87Forms.IsState(instruction.Code) || SetsConditions.Contains(mnemonic)) Status = 0;
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
