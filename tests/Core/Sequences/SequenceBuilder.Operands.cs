using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Tests.Vectors;
using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Sequences;

/// <content>The next instruction: what it is, and operands that others use too.</content>
internal sealed partial class SequenceBuilder
{
    /// <summary>How much of each family a sequence has: mixed, or mostly one thing.</summary>
    static readonly int[][] Themes =
    [
        [4, 1, 3, 1, 2, 2, 2, 1],
        [8, 2, 0, 0, 0, 0, 0, 1],
        [2, 0, 12, 2, 0, 0, 0, 0],
        [2, 0, 0, 0, 2, 5, 5, 3],
        [2, 0, 3, 1, 8, 0, 0, 0],
        [2, 8, 0, 0, 0, 0, 0, 0],
    ];

    /// <summary>No floating point, no vectors.</summary>
    static readonly int[] Integers = [6, 1, 0, 0, 0, 0, 0, 0];

    /// <summary>Registers that this sequence uses most.</summary>
    readonly int[] general = new int[3], vector = new int[3];
    int[] theme = Themes[0];
    VectorForm form = null!;
    OpCodeInfo info = null!;
    Instruction instruction;

    void ChooseTheme()
    {
        theme = trust == Trust.Integer ? Integers : random.OneIn(2) ? Themes[0] : random.Of<int[]>(Themes);
        for (int i = 0; i < general.Length; i++) (general[i], vector[i]) = (random.Below(8), random.Below(8));
        foreach (ref int register in general.AsSpan()) if (register == 4) register = 0;
    }

    VectorForm ChooseForm()
    {
        if (trust != Trust.Integer && random.OneIn(12)) return SequenceForms.AnyControl(random);
        if (trust != Trust.Integer && random.OneIn(6)) return SequenceForms.AnyConsumer(random);
        int left = random.Below(theme.Sum()), family = 0;
        while (left >= theme[family]) left -= theme[family++];
        return SequenceForms.Any(random, family);
    }

    /// <summary>Fills the group: an instruction, and before it what makes it useful here.</summary>
    void Propose()
    {
        form = ChooseForm();
        info = form.Code.ToOpCode();
        instruction = new Instruction { Code = form.Code, HasRepPrefix = form.Has(FormTraits.Rep), HasRepnePrefix = form.Has(FormTraits.Repne), HasLockPrefix = form.Has(FormTraits.Lock) };
        int skip = -1;
        bitRegister = null;
        SetImplied();
        for (int i = 0; i < info.OpCount; i++)
        {
            if (info.GetOpKind(i) is OpCodeOperandKind.br32_1 or OpCodeOperandKind.br32_4)
            {
                instruction.SetOpKind(i, OpKind.NearBranch32);
                skip = random.OneIn(3) ? 0 : 1 + random.Below(3);
            }
            else
            {
                SetOperand(i, info.GetOpKind(i));
            }
        }
        Redefine();
        group.Add(new(instruction, skip));
    }

    /// <summary>What is undefined and used gets a value first.</summary>
    void Redefine()
    {
        if (tracker.UsesConditions(instruction)) Before(Instruction.Create(Code.Fxam));
        if (tracker.UsesFlags(instruction)) Before(Instruction.Create(Code.Cmp_r32_rm32, Register.EAX + general[0], Register.EAX + general[1]));
    }

    void Before(in Instruction helper, int skip = -1) => group.Add(new(helper, skip));

    /// <summary>What the instruction uses without naming it.</summary>
    void SetImplied()
    {
        var registers = machine.Registers;
        switch (form.Code.Mnemonic())
        {
            case Mnemonic.Div when random.Chance(90):
                Before(Instruction.Create(Code.Mov_r32_imm32, Register.EDX, (uint)random.Below(3)));
                break;
            case Mnemonic.Idiv when random.Chance(90):
                Before(Instruction.Create(Code.Cdq));
                break;
            case Mnemonic.Ret when !made.ContainsKey(Top()) || random.OneIn(2):
                Before(Instruction.Create(Code.Pushd_imm32, 0u), skip: 1);
                break;
            case Mnemonic.Leave or Mnemonic.Enter when registers.Ebp is < VectorLayout.Stack + 512 or > VectorLayout.StackEnd - 512:
                Before(Instruction.Create(Code.Mov_r32_rm32, Register.EBP, Register.ESP));
                break;
            case Mnemonic.Xlatb:
                Before(Instruction.Create(Code.Mov_r32_imm32, Register.EBX, Target(1) - (registers.Eax & 0xFF)));
                break;
        }
        if ((form.Has(FormTraits.Rep) || form.Has(FormTraits.Repne)) && registers.Ecx > 40) Before(Instruction.Create(Code.Mov_r32_imm32, Register.ECX, (uint)random.Below(20)));
    }

    uint Top()
    {
        Span<byte> word = stackalloc byte[4];
        return machine.Memory.Peek(machine.Registers.Esp, word) == 4 ? BitConverter.ToUInt32(word) : 0;
    }

    void SetOperand(int i, OpCodeOperandKind operand)
    {
        switch (operand)
        {
            case OpCodeOperandKind.r8_or_mem: SetEither(i, Register.AL + AnyByte()); break;
            case OpCodeOperandKind.r16_or_mem: SetEither(i, Register.AX + AnyGeneral()); break;
            case OpCodeOperandKind.r32_or_mem: SetEither(i, Register.EAX + AnyGeneral()); break;
            case OpCodeOperandKind.mm_or_mem: SetEither(i, Register.MM0 + AnyVector()); break;
            case OpCodeOperandKind.xmm_or_mem: SetEither(i, Register.XMM0 + AnyVector()); break;
            case OpCodeOperandKind.r8_reg or OpCodeOperandKind.r8_opcode: SetRegister(i, Register.AL + AnyByte()); break;
            case OpCodeOperandKind.r16_reg or OpCodeOperandKind.r16_opcode or OpCodeOperandKind.r16_rm: SetRegister(i, Register.AX + (bitRegister ?? AnyGeneral())); break;
            case OpCodeOperandKind.r32_reg or OpCodeOperandKind.r32_opcode or OpCodeOperandKind.r32_rm: SetRegister(i, Register.EAX + (bitRegister ?? AnyGeneral())); break;
            case OpCodeOperandKind.mm_reg or OpCodeOperandKind.mm_rm: SetRegister(i, Register.MM0 + AnyVector()); break;
            case OpCodeOperandKind.xmm_reg or OpCodeOperandKind.xmm_rm: SetRegister(i, Register.XMM0 + AnyVector()); break;
            case OpCodeOperandKind.st0: SetRegister(i, Register.ST0); break;
            case OpCodeOperandKind.sti_opcode: SetRegister(i, Register.ST0 + (random.OneIn(4) ? random.Below(8) : random.Below(3))); break;
            case OpCodeOperandKind.al: SetRegister(i, Register.AL); break;
            case OpCodeOperandKind.cl: SetRegister(i, Register.CL); break;
            case OpCodeOperandKind.ax: SetRegister(i, Register.AX); break;
            case OpCodeOperandKind.dx: SetRegister(i, Register.DX); break;
            case OpCodeOperandKind.eax: SetRegister(i, Register.EAX); break;
            case OpCodeOperandKind.imm8 when i > 0 && info.GetOpKind(i - 1) is OpCodeOperandKind.imm16 or OpCodeOperandKind.imm8:
                instruction.SetOpKind(i, OpKind.Immediate8_2nd);
                instruction.Immediate8_2nd = (byte)random.Below(4);
                break;
            case OpCodeOperandKind.imm8: SetImmediate(i, OpKind.Immediate8, (byte)random.Value()); break;
            case OpCodeOperandKind.imm8_const_1: SetImmediate(i, OpKind.Immediate8, 1); break;
            case OpCodeOperandKind.imm8sex16: SetImmediate(i, OpKind.Immediate8to16, (ulong)(sbyte)random.Value()); break;
            case OpCodeOperandKind.imm8sex32: SetImmediate(i, OpKind.Immediate8to32, (ulong)(sbyte)random.Value()); break;
            case OpCodeOperandKind.imm16: SetImmediate(i, OpKind.Immediate16, form.Code.Mnemonic() is Mnemonic.Enter or Mnemonic.Ret ? (ushort)(4 * random.Below(8)) : (ushort)random.Value()); break;
            case OpCodeOperandKind.imm32: SetImmediate(i, OpKind.Immediate32, random.Value()); break;
            default: SetMemoryOperand(i, operand); break;
        }
    }

    int AnyGeneral() => random.OneIn(4) ? random.Below(8) is var chosen && chosen == 4 && !random.OneIn(4) ? 0 : chosen : general[random.Below(general.Length)];

    /// <summary>A byte of a register that is used as a whole too.</summary>
    int AnyByte() => random.OneIn(4) ? random.Below(8) : general[random.Below(general.Length)] & 3 | (random.OneIn(3) ? 4 : 0);

    int AnyVector() => random.OneIn(4) ? random.Below(8) : vector[random.Below(vector.Length)];

    void SetEither(int i, Register register)
    {
        if (form.Has(FormTraits.Memory))
        {
            SetMemory(i);
            return;
        }
        // An address in a register is that behind the branch, and so is one on the stack.
        if (form.Code is Code.Jmp_rm32 or Code.Call_rm32)
        {
            if (register == Register.ESP) register = Register.EAX;
            Before(Instruction.Create(Code.Mov_r32_imm32, register, 0u), skip: 1);
        }
        SetRegister(i, register);
    }

    void SetRegister(int i, Register register)
    {
        instruction.SetOpKind(i, OpKind.Register);
        instruction.SetOpRegister(i, register);
    }

    void SetImmediate(int i, OpKind operand, ulong value)
    {
        instruction.SetOpKind(i, operand);
        instruction.SetImmediate(i, (long)value);
    }
}
