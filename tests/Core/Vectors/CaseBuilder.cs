using System.Runtime.InteropServices;
using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>Makes one case of a form: registers, flags, memory, and an instruction with operands.</summary>
internal sealed partial class CaseBuilder
{
    const int LongestInstruction = 15;
    const byte LockPrefix = 0xF0, DataPrefix = 0x3E;
    const uint Direction = 0x400, AlignmentCheck = 0x40000, Step = 0x100, StatusFlags = 0x8D5;

    readonly VectorForm form;
    readonly VectorRandom random;
    readonly OpCodeInfo info;
    readonly OperandKind kind;
    VectorState made;
    Instruction instruction;
    bool useless;

    internal CaseBuilder(VectorForm form, VectorRandom random)
    {
        (this.form, this.random) = (form, random);
        info = form.Code.ToOpCode();
        kind = FloatCases.Operand(form.Code);
    }

    /// <summary>False when the choice of operands cannot be encoded or is of no use.</summary>
    internal bool TryBuild(out VectorState result)
    {
        Fill();
        instruction.Code = form.Code;
        instruction.HasRepPrefix = form.Has(FormTraits.Rep);
        instruction.HasRepnePrefix = form.Has(FormTraits.Repne);
        instruction.HasLockPrefix = form.Has(FormTraits.Lock);
        for (int i = 0; i < info.OpCount; i++) SetOperand(i, info.GetOpKind(i));
        SetImplied();
        result = made;
        return !useless && TryEncode(ref result);
    }

    bool TryEncode(ref VectorState result)
    {
        var writer = new Writer();
        var encoder = Encoder.Create(form.Has(FormTraits.Code16) ? 16 : 32, writer);
        if (!encoder.TryEncode(instruction, made.Eip, out _, out _) || writer.Length > LongestInstruction) return false;
        Span<byte> code = result.Code;
        int lead = form.Has(FormTraits.Unlockable) ? 1 : form.Has(FormTraits.Long) ? LongestInstruction + random.Below(2) - writer.Length : 0;
        code[..lead].Fill(form.Has(FormTraits.Unlockable) ? LockPrefix : DataPrefix);
        result.Length = (uint)(lead + writer.Length);
        writer.Bytes.AsSpan(0, writer.Length).CopyTo(code[lead..]);
        if (form.Has(FormTraits.Edge))
        {
            result.Place = (ushort)(VectorLayout.PageSize - 1 - random.Below(writer.Length));
            result.Eip += (uint)result.Place - VectorLayout.CodeStart;
        }
        return true;
    }

    void Fill()
    {
        made = VectorForm.Blank();
        for (int i = 0; i < 8; i++) made.Gpr[i] = random.Value();
        made.Eflags = 0x202 | (random.Next() & StatusFlags) | (random.OneIn(3) ? Direction : 0)
            | (form.Has(FormTraits.Aligned) ? AlignmentCheck : 0) | (form.Has(FormTraits.Step) ? Step : 0);
        FillWords(made.DataLow);
        FillWords(made.DataHigh);
        FillWords(made.Stack);
        FillWords(made.StackLow);
        FillWords(made.StackHigh);
        if (kind == OperandKind.None)
        {
            FillWords(made.Data);
        }
        else
        {
            FloatCases.Fill(made.Fx, form, kind, random);
            FloatCases.FillMemory(made.Data, kind, random);
        }
        if (form.Has(FormTraits.Alike)) FillAlike();
        if (form.Has(FormTraits.Code16)) (made.Cs, made.Eip) = (VectorLayout.Code16, VectorLayout.CodeStart);
        if (form.Has(FormTraits.Segmented)) ChooseSegments();
        else if (form.Has(FormTraits.Address16) || form.Has(FormTraits.Code16)) made.Ds = made.Es = VectorLayout.Data16;
        SetStackPointer();
    }

    void FillWords(Span<byte> bytes)
    {
        foreach (ref uint word in MemoryMarshal.Cast<byte, uint>(bytes)) word = random.Value();
    }

    sealed class Writer : CodeWriter
    {
        internal readonly byte[] Bytes = new byte[32];
        internal int Length;

        public override void WriteByte(byte value) => Bytes[Length++] = value;
    }
}
