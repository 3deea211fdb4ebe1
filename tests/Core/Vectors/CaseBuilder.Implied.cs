using System.Runtime.InteropServices;
using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <content>What an instruction uses without naming it must lie where it does no harm.</content>
internal sealed partial class CaseBuilder
{
    void SetImplied()
    {
        if (SystemForms.Contains(form.Code))
        {
            SetSystem();
            return;
        }
        switch (form.Code.Mnemonic())
        {
            case Mnemonic.Jmp or Mnemonic.Call when instruction.Op0Kind is OpKind.Register or OpKind.Memory:
                if (instruction.Op0Kind == OpKind.Register)
                    made.Gpr[instruction.Op0Register.GetNumber()] = instruction.Op0Register == Register.ESP ? made.Gpr[4] : CodeTarget();
                FillWithTargets();
                break;
            case Mnemonic.Ret:
                made.Gpr[4] &= ~3u;
                FillWithTargets();
                break;
            case Mnemonic.Ldmxcsr:
                SetControl(placed);
                break;
            case Mnemonic.Fxrstor:
                SetControl(placed + 24);
                break;
            case Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc when form.Has(FormTraits.Memory) && instruction.Op1Kind == OpKind.Register:
                int number = instruction.Op1Register.GetNumber();
                if (Addresses(number) || number == 4) useless = true;
                made.Gpr[number] = (uint)(random.Below(400) - 200);
                break;
            case Mnemonic.Enter:
                made.Gpr[5] = StackOffset(VectorLayout.StackMiddle + ((uint)random.Below(24) * 4));
                if (random.OneIn(2)) instruction.SetImmediate(0, random.Below(64));
                break;
            case Mnemonic.Leave:
                made.Gpr[5] = StackOffset(VectorLayout.StackMiddle + (uint)(random.Below(64) - 32));
                break;
            case Mnemonic.Div or Mnemonic.Idiv when !Addresses(2) && !random.OneIn(4):
                made.Gpr[2] = random.OneIn(2) ? (uint)random.Below(4) : (uint)-random.Below(4);
                break;
        }
    }

    /// <summary>A value for MXCSR. Bit 17 is AMD's own.</summary>
    void SetControl(uint address)
    {
        uint value = random.Next() & 0xFFFF;
        if (random.OneIn(8)) value |= 1u << (random.OneIn(2) ? 16 : 18 + random.Below(14));
        MemoryMarshal.Write(((Span<byte>)made.Data)[(int)(address - VectorLayout.DataWindow)..], value);
    }

    /// <summary>True when a general register is part of an address.</summary>
    bool Addresses(int register) =>
        (instruction.MemoryBase != Register.None && instruction.MemoryBase.GetNumber() == register) || (instruction.MemoryIndex != Register.None && instruction.MemoryIndex.GetNumber() == register);

    uint StackOffset(uint linear) => linear - Bases[made.Ss];

    void FillWithTargets()
    {
        FillWithTargets(made.Data);
        FillWithTargets(made.Stack);
        FillWithTargets(made.StackLow);
        FillWithTargets(made.StackHigh);
    }

    void FillWithTargets(Span<byte> bytes)
    {
        foreach (ref uint word in MemoryMarshal.Cast<byte, uint>(bytes)) word = CodeTarget();
    }
}
