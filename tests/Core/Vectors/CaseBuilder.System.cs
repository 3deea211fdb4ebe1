using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <content>Selectors, far pointers, and flags to load.</content>
internal sealed partial class CaseBuilder
{
    /// <summary>Behind the end of the local table, and of every global one.</summary>
    static readonly ushort[] NoSelectors = [VectorLayout.Empty, 0x7FF, 0xFFFF, 0x8F3, 0x8B | 0x100];

    static readonly ushort[] CodeSelectors =
        [VectorLayout.FlatCode, VectorLayout.ExecuteOnlyCode, VectorLayout.Code16, VectorLayout.SmallCode16, VectorLayout.SmallCode, VectorLayout.AbsentCode, VectorLayout.AbsentConforming];

    static readonly ushort[] StackSelectors =
        [VectorLayout.FlatData, VectorLayout.Stack16, VectorLayout.SmallStack, VectorLayout.DownStack, VectorLayout.AbsentData, VectorLayout.ReadOnlyData];

    /// <summary>Any selector; now and then a null one, one of less privilege, one of nothing.</summary>
    ushort AnySelector() => random.Below(10) switch
    {
        0 => (ushort)random.Below(4),
        1 => random.Of<ushort>(NoSelectors),
        2 => (ushort)(VectorLayout.Descriptors[random.Below(VectorLayout.Descriptors.Count)].Selector & ~random.Below(4)),
        3 or 4 => random.Of<ushort>(StackSelectors),
        _ => VectorLayout.Descriptors[random.Below(VectorLayout.Descriptors.Count)].Selector,
    };

    ushort AnyCodeSelector() => random.OneIn(4) ? AnySelector() : random.Of<ushort>(CodeSelectors);

    /// <summary>An offset in a code segment, now and then behind its limit.</summary>
    uint FarTarget(ushort selector)
    {
        uint offset = 0x28 + (uint)random.Below(random.OneIn(6) ? 0x2000 : 0x130);
        return Bases.GetValueOrDefault(selector | 3) == VectorLayout.Code ? offset : VectorLayout.Code + (offset & 0xFC0) + 0x28;
    }

    /// <summary>Fills in what a system instruction loads. Whatever else it might find is a selector behind the end of every table.</summary>
    void SetSystem()
    {
        Span<byte> data = made.Data, low = made.DataLow, high = made.DataHigh, stack = made.Stack, stackLow = made.StackLow, stackHigh = made.StackHigh;
        SetBits(data);
        SetBits(low);
        SetBits(high);
        SetBits(stack);
        SetBits(stackLow);
        SetBits(stackHigh);
        int size = info.OperandSize == 16 ? 2 : 4;
        switch (form.Code.Mnemonic())
        {
            case Mnemonic.Lds or Mnemonic.Les or Mnemonic.Lss or Mnemonic.Lfs or Mnemonic.Lgs:
                PutData(placed + (uint)PointerSize(), AnySelector());
                break;
            case Mnemonic.Mov when instruction.Op0Kind == OpKind.Register && instruction.Op0Register.IsSegmentRegister():
            case Mnemonic.Lar or Mnemonic.Lsl:
                PutSelector(1);
                break;
            case Mnemonic.Verr or Mnemonic.Verw:
                PutSelector(0);
                break;
            case Mnemonic.Pop:
                PutStack(0, AnySelector(), 2);
                break;
            case Mnemonic.Jmp or Mnemonic.Call when instruction.Op0Kind == OpKind.Memory:
                var selector = AnyCodeSelector();
                PutData(placed, FarTarget(selector), PointerSize());
                PutData(placed + (uint)PointerSize(), selector);
                break;
            case Mnemonic.Retf or Mnemonic.Iret or Mnemonic.Iretd:
                var back = AnyCodeSelector();
                size = form.Code is Code.Retfw or Code.Retfw_imm16 or Code.Iretw ? 2 : 4;
                PutStack(0, FarTarget(back), size);
                PutStack(size, back | (random.Next() << 16), size);
                PutStack(2 * size, random.Next(), size);
                break;
            case Mnemonic.Int:
                if (instruction.Immediate8 == 0x80) useless = true;
                break;
        }
    }

    static void SetBits(Span<byte> bytes)
    {
        foreach (ref byte each in bytes) each |= 4;
    }

    int PointerSize() => OperandSize - 2;

    void SetFarBranch(int i, OpKind kind)
    {
        var selector = AnyCodeSelector();
        uint target = FarTarget(selector);
        instruction.SetOpKind(i, kind);
        if (kind == OpKind.FarBranch16) instruction.FarBranch16 = (ushort)target;
        else instruction.FarBranch32 = target;
        instruction.FarBranchSelector = selector;
    }

    /// <summary>Puts a selector into operand <paramref name="i"/>, a register or memory.</summary>
    void PutSelector(int i)
    {
        if (instruction.GetOpKind(i) == OpKind.Memory)
        {
            PutData(placed, AnySelector());
            return;
        }
        int register = instruction.GetOpRegister(i).GetNumber();
        if (register == 4) useless = true;
        made.Gpr[register] = (made.Gpr[register] & 0xFFFF0000) | AnySelector();
    }

    /// <summary>Writes into the window of data, where the address lies in it.</summary>
    void PutData(uint address, uint value, int size = 2)
    {
        long at = (long)address - VectorLayout.DataWindow;
        if (at >= 0 && at + size <= VectorState.DataSize) Put(((Span<byte>)made.Data)[(int)at..], value, size);
    }

    /// <summary>Writes above the stack pointer, where that lies in the window.</summary>
    void PutStack(int above, uint value, int size)
    {
        uint offset = made.Ss == VectorLayout.Stack16 ? made.Gpr[4] & 0xFFFF : made.Gpr[4];
        long at = (long)(Bases[made.Ss] + offset + (uint)above) - VectorLayout.StackWindow;
        if (at >= 0 && at + size <= VectorState.StackSize) Put(((Span<byte>)made.Stack)[(int)at..], value, size);
    }

    static void Put(Span<byte> at, uint value, int size)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        bytes[..size].CopyTo(at);
    }
}
