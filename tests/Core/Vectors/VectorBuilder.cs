using System.Runtime.InteropServices;
using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>Makes one case of a form: operands, registers, flags, memory.</summary>
internal sealed class VectorBuilder(VectorForm form, VectorRandom random)
{
    static readonly Register[] General32 = [Register.EAX, Register.ECX, Register.EDX, Register.EBX, Register.ESP, Register.EBP, Register.ESI, Register.EDI];

    VectorRandom random = random;
    VectorCase made;
    Instruction instruction;
    bool useless;

    /// <summary>False when the choice of operands cannot be encoded or is of no use.</summary>
    internal bool TryBuild(out VectorCase result)
    {
        Fill();
        instruction.Code = form.Code;
        instruction.HasRepPrefix = form.Repeat == RepeatPrefix.Repe;
        instruction.HasRepnePrefix = form.Repeat == RepeatPrefix.Repne;
        var info = form.Code.ToOpCode();
        for (int i = 0; i < info.OpCount; i++) SetOperand(i, info.GetOpKind(i), info);
        if (form.Memory && instruction.HasLockPrefix is false && info.CanUseLockPrefix && random.OneIn(8)) instruction.HasLockPrefix = true;
        SetImplied();
        result = made;
        if (useless) return false;
        var writer = new Writer();
        var encoder = Encoder.Create(32, writer);
        if (!encoder.TryEncode(instruction, VectorCase.CodeAt, out _, out _)) return false;
        if (writer.Length > 15) return false;
        made.Length = (uint)writer.Length;
        writer.Bytes.AsSpan(0, writer.Length).CopyTo(made.Code);
        result = made;
        return true;
    }

    void Fill()
    {
        for (int i = 0; i < 8; i++) made.Gpr[i] = random.Value();
        made.Gpr[4] = VectorCase.StackAt + VectorCase.PageSize + (uint)(random.Below(32) - 16) * 4 + (random.OneIn(8) ? (uint)random.Below(4) : 0);
        made.Eip = VectorCase.CodeAt;
        made.Eflags = 0x202 | (random.Next() & 0x8D5) | (random.OneIn(3) ? 0x400u : 0);
        Words(made.Data);
        Words(made.Stack);
    }

    void Words(Span<byte> bytes)
    {
        foreach (ref uint word in MemoryMarshal.Cast<byte, uint>(bytes)) word = random.Value();
    }

    void SetOperand(int i, OpCodeOperandKind kind, OpCodeInfo info)
    {
        switch (kind)
        {
            case OpCodeOperandKind.r8_reg or OpCodeOperandKind.r8_opcode:
                SetRegister(i, Register.AL + random.Below(8));
                break;
            case OpCodeOperandKind.r16_reg or OpCodeOperandKind.r16_opcode or OpCodeOperandKind.r16_rm:
                SetRegister(i, Register.AX + AnyGeneral());
                break;
            case OpCodeOperandKind.r32_reg or OpCodeOperandKind.r32_opcode or OpCodeOperandKind.r32_rm:
                SetRegister(i, Register.EAX + AnyGeneral());
                break;
            case OpCodeOperandKind.r8_or_mem or OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r32_or_mem:
                if (form.Memory) SetMemory(i);
                else if (kind == OpCodeOperandKind.r8_or_mem) SetRegister(i, Register.AL + random.Below(8));
                else SetRegister(i, (kind == OpCodeOperandKind.r16_or_mem ? Register.AX : Register.EAX) + AnyGeneral());
                break;
            case OpCodeOperandKind.mem or OpCodeOperandKind.mem_offs:
                SetMemory(i);
                if (kind == OpCodeOperandKind.mem_offs) Absolute();
                break;
            case OpCodeOperandKind.al: SetRegister(i, Register.AL); break;
            case OpCodeOperandKind.cl: SetRegister(i, Register.CL); break;
            case OpCodeOperandKind.ax: SetRegister(i, Register.AX); break;
            case OpCodeOperandKind.dx: SetRegister(i, Register.DX); break;
            case OpCodeOperandKind.eax: SetRegister(i, Register.EAX); break;
            case OpCodeOperandKind.imm8 when i > 0 && info.GetOpKind(i - 1) == OpCodeOperandKind.imm16:
                instruction.SetOpKind(i, OpKind.Immediate8_2nd);
                instruction.Immediate8_2nd = (byte)random.Value();
                break;
            case OpCodeOperandKind.imm8: SetImmediate(i, OpKind.Immediate8, (byte)random.Value()); break;
            case OpCodeOperandKind.imm8_const_1: SetImmediate(i, OpKind.Immediate8, 1); break;
            case OpCodeOperandKind.imm8sex16: SetImmediate(i, OpKind.Immediate8to16, (ulong)(sbyte)random.Value()); break;
            case OpCodeOperandKind.imm8sex32: SetImmediate(i, OpKind.Immediate8to32, (ulong)(sbyte)random.Value()); break;
            case OpCodeOperandKind.imm16: SetImmediate(i, OpKind.Immediate16, (ushort)random.Value()); break;
            case OpCodeOperandKind.imm32: SetImmediate(i, OpKind.Immediate32, random.Value()); break;
            case OpCodeOperandKind.br16_1 or OpCodeOperandKind.br16_2:
                instruction.SetOpKind(i, OpKind.NearBranch16);
                instruction.NearBranch16 = (ushort)(VectorCase.CodeAt + (uint)random.Below(100) + 8);
                break;
            case OpCodeOperandKind.br32_1 or OpCodeOperandKind.br32_4:
                instruction.SetOpKind(i, OpKind.NearBranch32);
                instruction.NearBranch32 = VectorCase.CodeAt + (uint)random.Below(100) + 8;
                break;
            case OpCodeOperandKind.seg_rSI: SetString(i, OpKind.MemorySegESI, 6); break;
            case OpCodeOperandKind.es_rDI: SetString(i, OpKind.MemoryESEDI, 7); break;
            case OpCodeOperandKind.seg_rBX_al:
                instruction.SetOpKind(i, OpKind.Memory);
                instruction.MemoryBase = Register.EBX;
                instruction.MemoryIndex = Register.AL;
                made.Gpr[3] = VectorCase.DataAt + VectorCase.Window + (uint)random.Below(250) - (made.Gpr[0] & 0xFF);
                break;
            default:
                throw new InvalidOperationException($"{form.Name}: operand kind {kind}");
        }
    }

    /// <summary>Any general register; ESP less often.</summary>
    int AnyGeneral()
    {
        int chosen = random.Below(8);
        return chosen == 4 && !random.OneIn(3) ? random.Below(4) : chosen;
    }

    void SetRegister(int i, Register register)
    {
        instruction.SetOpKind(i, OpKind.Register);
        instruction.SetOpRegister(i, register);
    }

    void SetImmediate(int i, OpKind kind, ulong value)
    {
        instruction.SetOpKind(i, kind);
        instruction.SetImmediate(i, (long)value);
    }

    void SetString(int i, OpKind kind, int register)
    {
        instruction.SetOpKind(i, kind);
        if (kind == OpKind.MemorySegESI) instruction.SegmentPrefix = random.OneIn(8) ? Register.SS : Register.None;
        made.Gpr[register] = Target();
        if (form.Repeat != RepeatPrefix.None) made.Gpr[1] = (uint)random.Below(20);
    }

    /// <summary>An address inside the window that is compared, now and then across the pages or on the edge of nothing.</summary>
    uint Target() => random.Below(12) switch
    {
        0 => VectorCase.DataAt + VectorCase.PageSize - (uint)random.Below(12),
        1 when random.OneIn(3) => VectorCase.DataAt + 2 * VectorCase.PageSize - (uint)random.Below(12),
        2 when random.OneIn(3) => VectorCase.DataAt + (uint)random.Below(8) - 4,
        _ => VectorCase.DataAt + VectorCase.Window + 64 + (uint)random.Below(112),
    };

    void Absolute()
    {
        instruction.MemoryBase = instruction.MemoryIndex = Register.None;
        instruction.MemoryDisplacement32 = Target();
        instruction.MemoryDisplSize = 4;
    }

    void SetMemory(int i)
    {
        instruction.SetOpKind(i, OpKind.Memory);
        uint target = Target();
        if (random.OneIn(8))
        {
            instruction.MemoryDisplacement32 = target;
            instruction.MemoryDisplSize = 4;
            return;
        }
        int chosen = random.Below(8);
        if (chosen == 4) target = VectorCase.StackAt + VectorCase.Window + 64 + (uint)random.Below(112);
        instruction.MemoryBase = General32[chosen];
        uint offset = 0;
        if (random.OneIn(2))
        {
            instruction.MemoryDisplSize = random.OneIn(2) ? 1 : 4;
            uint displacement = instruction.MemoryDisplSize == 1 ? (uint)(sbyte)random.Next() : random.Value();
            instruction.MemoryDisplacement32 = displacement;
            offset = displacement;
        }
        int index = random.Below(8);
        if (random.OneIn(3) && index != 4 && index != chosen)
        {
            int scale = random.Below(4);
            instruction.MemoryIndex = General32[index];
            instruction.MemoryIndexScale = 1 << scale;
            if (chosen != 4) offset += made.Gpr[index] << scale;
            else made.Gpr[index] = 0;
        }
        if (chosen == 4 && instruction.MemoryDisplSize != 0)
        {
            instruction.MemoryDisplSize = 1;
            offset = (uint)(sbyte)instruction.MemoryDisplacement32 & 0x1C;
            instruction.MemoryDisplacement32 = offset;
        }
        made.Gpr[chosen] = target - offset;
    }

    /// <summary>What an instruction uses without naming it must lie where it does no harm.</summary>
    void SetImplied()
    {
        switch (form.Code.Mnemonic())
        {
            case Mnemonic.Jmp or Mnemonic.Call when !instruction.Code.IsCallNear() || instruction.Op0Kind is OpKind.Register or OpKind.Memory:
                if (instruction.Op0Kind == OpKind.Register)
                    made.Gpr[instruction.Op0Register.GetNumber()] = instruction.Op0Register == Register.ESP ? made.Gpr[4] : CodeTarget();
                FillWithTargets();
                break;
            case Mnemonic.Ret:
                FillWithTargets();
                break;
            case Mnemonic.Popf or Mnemonic.Popfd:
                // Neither TF, which would trap later, nor NT and AC, which the oracle's kernel would meet.
                made.Gpr[4] &= ~3u;
                foreach (ref uint word in MemoryMarshal.Cast<byte, uint>((Span<byte>)made.Stack)) word &= ~0x44100u;
                break;
            case Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc when form.Memory && instruction.Op1Kind == OpKind.Register:
                uint distance = (uint)(random.Below(400) - 200);
                int number = instruction.Op1Register.GetNumber();
                if (instruction.MemoryBase != Register.None && instruction.MemoryBase.GetNumber() == number) useless = true;
                if (instruction.MemoryIndex != Register.None && instruction.MemoryIndex.GetNumber() == number) useless = true;
                made.Gpr[number] = distance;
                break;
            case Mnemonic.Enter:
                made.Gpr[5] = VectorCase.StackAt + VectorCase.PageSize + (uint)random.Below(24) * 4;
                if (random.OneIn(2)) instruction.SetImmediate(0, random.Below(64));
                break;
            case Mnemonic.Leave:
                made.Gpr[5] = VectorCase.StackAt + VectorCase.PageSize + (uint)(random.Below(64) - 32);
                break;
            case Mnemonic.Div or Mnemonic.Idiv when !random.OneIn(4):
                made.Gpr[2] = random.OneIn(2) ? (uint)random.Below(4) : (uint)-random.Below(4);
                break;
        }
    }

    uint CodeTarget() => VectorCase.CodeAt + 32 + (uint)random.Below(200);

    void FillWithTargets()
    {
        foreach (ref uint word in MemoryMarshal.Cast<byte, uint>((Span<byte>)made.Stack)) word = CodeTarget();
        foreach (ref uint word in MemoryMarshal.Cast<byte, uint>((Span<byte>)made.Data)) word = CodeTarget();
    }

    sealed class Writer : CodeWriter
    {
        internal readonly byte[] Bytes = new byte[32];
        internal int Length;

        public override void WriteByte(byte value) => Bytes[Length++] = value;
    }
}
