using CheckpointRestart.Core.Cpu.Translator;
using CheckpointRestart.Core.Tests.Sequences;
using CheckpointRestart.Core.Tests.Vectors;
using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Cpu.Engines;

/// <summary>Makes programs: segments with loops, branches, calls, faults, and stores into their own code.</summary>
internal sealed class RandomProgramBuilder
{
    /// <summary>What programs use beside the four pages of data: counters of their loops, addresses of their segments, control words.</summary>
    internal const uint Counters = TestCpu.Data + 0x3C00, Outer = TestCpu.Data + 0x3BF0, Table = TestCpu.Data + 0x3800, Controls = TestCpu.Data + 0x3A00;

    /// <summary>A page that can only be read, in front of the data.</summary>
    internal const uint ReadOnly = TestCpu.Data - 0x1000;

    internal const uint Stack = TestCpu.StackTop - 0x1000;

    internal const int MostSegments = 24, ControlWords = 16;

    static readonly Code[] Rewritten = [.. RewriteTable.Instance.Codes.Where(IsPlain)];

    static readonly Code[] RewrittenVectors = [.. Rewritten.Where(FloatFeatures.IsSimd)];

    static readonly Code[] RewrittenX87 = [.. Rewritten.Where(FloatFeatures.IsX87)];

    static readonly Code[] RewrittenIntegers = [.. Rewritten.Where(static code => !FloatFeatures.IsSimd(code) && !FloatFeatures.IsX87(code))];

    /// <summary>What reads flags late, or all of them.</summary>
    static readonly Code[] FlagReaders =
    [
        Code.Pushfd, Code.Lahf, Code.Adc_rm32_r32, Code.Sbb_r32_rm32, Code.Adc_r8_rm8, Code.Sbb_rm16_r16, Code.Seto_rm8, Code.Setp_rm8, Code.Setbe_rm8, Code.Cmovl_r32_rm32,
        Code.Cmovp_r32_rm32, Code.Cmovo_r16_rm16, Code.Inc_r32, Code.Dec_rm8, Code.Rcl_rm32_1, Code.Rcr_rm8_CL, Code.Cmc, Code.Sete_rm8, Code.Setl_rm8, Code.Fcmovb_st0_sti, Code.Daa, Code.Into,
    ];

    static readonly Code[] Counted =
        [Code.Shl_rm32_CL, Code.Shr_rm32_CL, Code.Sar_rm32_CL, Code.Shl_rm8_CL, Code.Shr_rm16_CL, Code.Rol_rm32_CL, Code.Ror_rm8_CL, Code.Shld_rm32_r32_CL, Code.Shrd_rm32_r32_CL];

    static readonly Code[] Conditions = [.. RewriteTable.Instance.Codes.Where(static code => code.IsJccShortOrNear())];

    readonly List<ProgramItem> items = [];
    readonly List<int> segments = [];
    readonly List<int> patchable = [];
    VectorRandom random = new(0);
    int[] weights = [];
    bool changesItself;
    ulong seed;
    Instruction instruction;

    /// <summary>The program of a seed.</summary>
    internal RandomProgram Build(ulong number)
    {
        seed = number;
        random = new VectorRandom(seed);
        items.Clear();
        segments.Clear();
        patchable.Clear();
        weights = random.Of<int[]>([[6, 0, 0, 1, 2, 2], [10, 0, 0, 0, 2, 2], [3, 5, 1, 1, 1, 1], [3, 1, 5, 1, 1, 1], [3, 3, 3, 1, 2, 1], [3, 1, 1, 3, 1, 1]]);
        changesItself = random.OneIn(6);
        int main = 3 + random.Below(8), functions = random.Below(4);
        for (int i = 0; i < main + functions; i++)
        {
            segments.Add(items.Count);
            AddStart();
            int count = 1 + random.Below(random.OneIn(4) ? 20 : 8);
            bool frame = i >= main && random.OneIn(2);
            if (frame)
            {
                items.Add(new(Instruction.Create(Code.Push_r32, Register.EBP)));
                items.Add(new(Instruction.Create(Code.Mov_r32_rm32, Register.EBP, Register.ESP)));
                items.Add(new(Instruction.Create(Code.Sub_rm32_imm8, Register.ESP, 32)));
            }
            for (int j = 0; j < count; j++) AddAny();
            if (frame) items.Add(new(Instruction.Create(Code.Leaved)));
            if (i >= main) items.Add(new(random.OneIn(5) ? Instruction.Create(Code.Retnd_imm16, 4 * random.Below(3)) : Instruction.Create(Code.Retnd)));
            else AddEnd(i, main, functions);
        }
        // Targets are numbers of segments until all of these are known.
        var resolved = items.Select(item => item.Fix == ProgramFix.None || item.Target < 0 ? item : item with { Target = segments[item.Target] }).Select(Patch).ToArray();
        uint place = TestCpu.Code + (random.OneIn(2) ? 0x100u : 0x1000 - (uint)random.Below(200));
        return new RandomProgram(seed, place, resolved, [.. segments]);
    }

    /// <summary>Negative: one of the instructions that may be changed.</summary>
    ProgramItem Patch(ProgramItem item) => item.Fix == ProgramFix.None || item.Target >= 0 ? item : patchable.Count == 0 ? new(Instruction.Create(Code.Nopd)) : item with { Target = patchable[-item.Target % patchable.Count] };

    /// <summary>Registers are made to point somewhere.</summary>
    void AddStart()
    {
        if (random.OneIn(3)) Set(Register.EBX, TestCpu.Data + 0x800 + (uint)(random.Below(4) * 4));
        if (random.OneIn(3)) Set(Register.ESI, TestCpu.Data + 0x1000 - (uint)(random.Below(32) * 2));
        if (random.OneIn(3)) Set(Register.EDI, TestCpu.Data + 0x2000 + (uint)random.Below(64));
        if (random.OneIn(6)) Set(Register.EBP, Stack - (uint)(random.Below(64) * 4));
        if (random.OneIn(8)) Set(Register.ESP, random.Below(8) switch { 0 => TestCpu.StackBottom + (uint)random.Below(12), 1 => TestCpu.StackTop - (uint)random.Below(12), < 5 => Stack - 2 + (uint)random.Below(5), _ => Stack - 256 });
        if (!changesItself || !random.OneIn(2)) return;
        patchable.Add(items.Count);
        items.Add(new(Instruction.Create(Code.Add_rm32_imm32, Register.EDX, random.Next() | 0x1000000)));
    }

    void Set(Register register, uint value) => items.Add(new(Instruction.Create(Code.Mov_r32_imm32, register, value)));

    void AddEnd(int segment, int main, int functions)
    {
        if (segment == main - 1)
        {
            items.Add(new(Direct(Code.Sub_rm32_imm8, Outer, 1)));
            items.Add(new(Instruction.CreateBranch(Code.Jns_rel32_32, 0), ProgramFix.Branch, 0));
            items.Add(new(Instruction.Create(Code.Int_imm8, 0x80)));
            return;
        }
        switch (random.Below(10))
        {
            case 0 or 1 or 2:
                items.Add(new(Instruction.CreateBranch(random.Of<Code>(Conditions), 0), ProgramFix.Branch, Later(segment, main)));
                break;
            case 3 or 4:
                if (random.OneIn(3)) items.Add(new(Direct(Code.Mov_rm32_imm32, Counters + (uint)(segment * 4), (uint)random.Below(6))));
                items.Add(new(Direct(Code.Sub_rm32_imm8, Counters + (uint)(segment * 4), 1)));
                items.Add(new(Instruction.CreateBranch(random.OneIn(2) ? Code.Jns_rel32_32 : Code.Jns_rel8_32, 0), ProgramFix.Branch, segment));
                break;
            case 5 when random.OneIn(2):
                Set(Register.ECX, (uint)random.Below(5));
                items.Add(new(Instruction.CreateBranch(random.OneIn(2) ? Code.Jecxz_rel8_32 : Code.Loop_rel8_32_ECX, 0), ProgramFix.Branch, Later(segment, main)));
                break;
            case 5 or 6 or 7 when functions > 0:
                AddCall(main + random.Below(functions));
                break;
            case 8:
                AddJump(Later(segment, main));
                break;
        }
    }

    int Later(int segment, int main) => Math.Min(segment + 1 + random.Below(3), main - 1);

    void AddCall(int target)
    {
        switch (random.Below(3))
        {
            case 0:
                items.Add(new(Instruction.CreateBranch(Code.Call_rel32_32, 0), ProgramFix.Branch, target));
                break;
            case 1:
                items.Add(new(Instruction.Create(Code.Mov_r32_imm32, Register.EAX, 0), ProgramFix.Immediate, target));
                items.Add(new(Instruction.Create(Code.Call_rm32, Register.EAX)));
                break;
            default:
                items.Add(new(Direct(Code.Call_rm32, Table + (uint)(target * 4))));
                break;
        }
    }

    void AddJump(int target)
    {
        switch (random.Below(4))
        {
            case 0:
                items.Add(new(Instruction.CreateBranch(Code.Jmp_rel32_32, 0), ProgramFix.Branch, target));
                break;
            case 1:
                items.Add(new(Instruction.Create(Code.Pushd_imm32, 0), ProgramFix.Immediate, target));
                items.Add(new(Instruction.Create(Code.Retnd)));
                break;
            case 2:
                Set(Register.ECX, (uint)target);
                instruction = new Instruction { Code = Code.Jmp_rm32, Op0Kind = OpKind.Memory, MemoryIndex = Register.ECX, MemoryIndexScale = 4, MemoryDisplSize = 4, MemoryDisplacement32 = Table };
                items.Add(new(instruction));
                break;
            default:
                items.Add(new(Direct(Code.Jmp_rm32, Table + (uint)(target * 4))));
                break;
        }
    }

    static Instruction Direct(Code code, uint address)
    {
        var made = new Instruction { Code = code, Op0Kind = OpKind.Memory, MemoryDisplSize = 4, MemoryDisplacement32 = address };
        return made;
    }

    static Instruction Direct(Code code, uint address, uint immediate)
    {
        var made = Direct(code, address);
        made.Op1Kind = code.ToOpCode().GetOpKind(1) == OpCodeOperandKind.imm8sex32 ? OpKind.Immediate8to32 : code.ToOpCode().GetOpKind(1) == OpCodeOperandKind.imm8 ? OpKind.Immediate8 : OpKind.Immediate32;
        made.SetImmediate(1, (int)immediate);
        return made;
    }

    static bool IsPlain(Code code)
    {
        var info = code.ToOpCode();
        return code is not (Code.Jmp_rm32 or Code.Call_rm32 or Code.Retnd or Code.Retnd_imm16)
            && !Enumerable.Range(0, info.OpCount).Any(i => info.GetOpKind(i) is OpCodeOperandKind.br32_1 or OpCodeOperandKind.br32_4);
    }

    void AddAny()
    {
        if (changesItself && random.OneIn(8)) AddChange();
        if (seed % 3 == 1 && random.OneIn(12)) AddRounding();
        if (random.OneIn(40)) AddGs();
        if (random.OneIn(60)) AddControl();
        if (random.OneIn(30))
        {
            items.Add(new(random.OneIn(2) ? Instruction.Create(Code.Pushfd) : Instruction.Create(Code.Pushd_imm32, (random.Next() & 0x8D5u) | 2 | (random.OneIn(6) ? 0x400u : 0) | (random.OneIn(12) ? 0x40000u : 0) | (random.OneIn(12) ? 0x100u : 0))));
            items.Add(new(random.OneIn(3) ? Instruction.Create(Code.Pop_r32, Register.EAX) : Instruction.Create(Code.Popfd)));
        }
        int left = random.Below(weights.Sum()), kind = 0;
        while (left >= weights[kind]) left -= weights[kind++];
        bool rep = false, repne = false, locked = false;
        bool? memory = null;
        Code code;
        switch (kind)
        {
            case 0: code = random.Of<Code>(RewrittenIntegers); break;
            case 1: code = random.Of<Code>(RewrittenVectors); break;
            case 2: code = random.Of<Code>(RewrittenX87); break;
            case 3:
                var form = SequenceForms.Any(random, random.Below(SequenceForms.Families.Count));
                if (!IsPlain(form.Code)) return;
                code = form.Code;
                (rep, repne, locked, memory) = (form.Has(FormTraits.Rep), form.Has(FormTraits.Repne), form.Has(FormTraits.Lock), form.Has(FormTraits.Memory));
                break;
            case 4: code = random.Of<Code>(FlagReaders); break;
            default: code = random.Of<Code>(Counted); break;
        }
        AddImplied(code, rep || repne);
        instruction = new Instruction { Code = code, HasRepPrefix = rep, HasRepnePrefix = repne, HasLockPrefix = locked };
        var info = code.ToOpCode();
        for (int i = 0; i < info.OpCount; i++) if (!TrySet(i, info, memory)) return;
        items.Add(new(instruction));
    }

    void AddImplied(Code code, bool repeats)
    {
        var mnemonic = code.Mnemonic();
        if (mnemonic is Mnemonic.Div or Mnemonic.Idiv && random.Chance(85)) items.Add(new(mnemonic == Mnemonic.Idiv ? Instruction.Create(Code.Cdq) : Instruction.Create(Code.Mov_r32_imm32, Register.EDX, random.Below(2))));
        if (repeats || Array.IndexOf(Counted, code) >= 0)
        {
            if (random.Chance(repeats ? 95 : 40)) Set(Register.ECX, random.OneIn(3) ? random.OneIn(2) ? 0u : 32 : (uint)random.Below(40));
        }
        if (new Instruction { Code = code }.IsStringInstruction && random.Chance(90))
        {
            Set(Register.ESI, TestCpu.Data + 0x1000 - (uint)random.Below(64));
            Set(Register.EDI, TestCpu.Data + 0x2000 - (uint)random.Below(64));
        }
    }

    /// <summary>Changes an instruction's constant, or what it does.</summary>
    void AddChange()
    {
        bool operation = random.OneIn(4);
        var change = operation ? Direct(Code.Xor_rm8_imm8, 0, 0x30)
            : random.OneIn(2) ? Direct(Code.Add_rm32_imm32, 0, random.Next() | 0x1000000) : new Instruction { Code = Code.Mov_rm8_r8, Op0Kind = OpKind.Memory, MemoryDisplSize = 4, Op1Kind = OpKind.Register, Op1Register = Register.CL };
        items.Add(new(change, ProgramFix.Displacement, -1 - random.Below(50), operation ? 1 : 2));
    }

    void AddGs()
    {
        Set(Register.EAX, random.Below(5) switch { 0 => EngineCpu.OtherTls, 1 => EngineCpu.SmallTls, 2 when random.OneIn(3) => 0, _ => EngineCpu.Tls });
        items.Add(new(Instruction.Create(Code.Mov_Sreg_rm16, Register.GS, Register.AX)));
    }

    /// <summary>As compilers round: the control word is changed for one store, among instructions whose flags are used behind it.</summary>
    void AddRounding()
    {
        var @base = random.OneIn(3) ? Register.EBX : Register.ESP;
        if (random.OneIn(2)) items.Add(new(Instruction.Create(Code.Fld1)));
        var word = new Instruction { Code = Code.Mov_rm16_imm16, Op0Kind = OpKind.Memory, MemoryBase = @base, MemoryDisplSize = 1, MemoryDisplacement32 = 8, Op1Kind = OpKind.Immediate16, Immediate16 = (ushort)(0x37F | random.Below(4) << 10) };
        items.Add(new(word));
        if (random.OneIn(2)) items.Add(new(Instruction.Create(Code.Or_rm32_r32, Register.EAX, Register.EDX)));
        items.Add(new(new Instruction { Code = Code.Fldcw_m2byte, Op0Kind = OpKind.Memory, MemoryBase = @base, MemoryDisplSize = 1, MemoryDisplacement32 = 8 }));
        if (random.OneIn(2)) items.Add(new(Instruction.Create(random.Of<Code>([Code.Setne_rm8, Code.Setb_rm8, Code.Sets_rm8, Code.Seto_rm8]), Register.CL)));
    }

    void AddControl() => items.Add(new(random.Below(4) switch
    {
        0 => Direct(Code.Ldmxcsr_m32, Controls + (uint)(random.Below(ControlWords) * 4)),
        1 => Instruction.Create(Code.Fninit),
        2 => Instruction.Create(Code.Fnclex),
        _ => Direct(Code.Fldcw_m2byte, Controls + 0x40 + (uint)(random.Below(ControlWords) * 4)),
    }));

    bool TrySet(int i, OpCodeInfo info, bool? memory)
    {
        switch (info.GetOpKind(i))
        {
            case OpCodeOperandKind.r8_or_mem: return Either(i, info, Register.AL + Byte(), memory);
            case OpCodeOperandKind.r16_or_mem: return Either(i, info, Register.AX + General(), memory);
            case OpCodeOperandKind.r32_or_mem: return Either(i, info, Register.EAX + General(), memory);
            case OpCodeOperandKind.mm_or_mem: return Either(i, info, Register.MM0 + random.Below(8), memory);
            case OpCodeOperandKind.xmm_or_mem: return Either(i, info, Register.XMM0 + random.Below(8), memory);
            case OpCodeOperandKind.r8_reg or OpCodeOperandKind.r8_opcode: return Register_(i, Register.AL + Byte());
            case OpCodeOperandKind.r16_reg or OpCodeOperandKind.r16_opcode or OpCodeOperandKind.r16_rm: return Register_(i, Register.AX + General());
            case OpCodeOperandKind.r32_reg or OpCodeOperandKind.r32_opcode or OpCodeOperandKind.r32_rm: return Register_(i, Register.EAX + General());
            case OpCodeOperandKind.mm_reg or OpCodeOperandKind.mm_rm: return Register_(i, Register.MM0 + random.Below(8));
            case OpCodeOperandKind.xmm_reg or OpCodeOperandKind.xmm_rm: return Register_(i, Register.XMM0 + random.Below(8));
            case OpCodeOperandKind.st0: return Register_(i, Register.ST0);
            case OpCodeOperandKind.sti_opcode: return Register_(i, Register.ST0 + (random.OneIn(4) ? random.Below(8) : random.Below(3)));
            case OpCodeOperandKind.al: return Register_(i, Register.AL);
            case OpCodeOperandKind.cl: return Register_(i, Register.CL);
            case OpCodeOperandKind.ax: return Register_(i, Register.AX);
            case OpCodeOperandKind.eax: return Register_(i, Register.EAX);
            case OpCodeOperandKind.imm8_const_1: return Immediate(i, OpKind.Immediate8, 1);
            case OpCodeOperandKind.imm8 when i == 0 || info.GetOpKind(i - 1) is not (OpCodeOperandKind.imm8 or OpCodeOperandKind.imm16): return Immediate(i, OpKind.Immediate8, (byte)random.Value());
            case OpCodeOperandKind.imm8sex16: return Immediate(i, OpKind.Immediate8to16, (sbyte)random.Value());
            case OpCodeOperandKind.imm8sex32: return Immediate(i, OpKind.Immediate8to32, (sbyte)random.Value());
            case OpCodeOperandKind.imm16: return Immediate(i, OpKind.Immediate16, (ushort)random.Value());
            case OpCodeOperandKind.imm32: return Immediate(i, OpKind.Immediate32, (int)random.Value());
            case OpCodeOperandKind.mem: return Memory(i, info);
            case OpCodeOperandKind.mem_offs:
                instruction.SetOpKind(i, OpKind.Memory);
                return Absolute(Address(info));
            case OpCodeOperandKind.seg_rSI: return String(i, OpKind.MemorySegESI);
            case OpCodeOperandKind.seg_rDI: return String(i, OpKind.MemorySegEDI);
            case OpCodeOperandKind.es_rDI: return String(i, OpKind.MemoryESEDI);
            default: return false;
        }
    }

    /// <summary>EAX, ECX and EDX more often than what addresses are made of.</summary>
    int General() => random.Chance(75) ? random.Below(3) : random.Below(8) is var chosen && chosen == 4 && !random.OneIn(6) ? 0 : chosen;

    int Byte() => random.Chance(80) ? random.Below(3) | (random.OneIn(3) ? 4 : 0) : random.Below(8);

    bool Either(int i, OpCodeInfo info, Register register, bool? memory) => memory ?? random.OneIn(2) ? Memory(i, info) : Register_(i, register);

    bool Register_(int i, Register register)
    {
        instruction.SetOpKind(i, OpKind.Register);
        instruction.SetOpRegister(i, register);
        return true;
    }

    bool Immediate(int i, OpKind kind, int value)
    {
        instruction.SetOpKind(i, kind);
        instruction.SetImmediate(i, value);
        return true;
    }

    bool String(int i, OpKind kind)
    {
        instruction.SetOpKind(i, kind);
        return true;
    }

    bool Absolute(uint address)
    {
        instruction.MemoryBase = instruction.MemoryIndex = Register.None;
        instruction.MemoryDisplSize = 4;
        instruction.MemoryDisplacement32 = address;
        return true;
    }

    /// <summary>Mostly where operands are, now and then across two pages, at the end of everything, or where nothing can be written.</summary>
    uint Address(OpCodeInfo info)
    {
        uint size = (uint)Math.Max(1, info.MemorySize.GetSize());
        return random.Below(60) switch
        {
            0 => TestCpu.Data + 0x4000 - (uint)random.Below((int)size * 2),
            1 => ReadOnly + (uint)random.Below(64),
            2 => 0x1000 + (uint)random.Below(64),
            < 7 => TestCpu.Data + 0x1000 - (uint)random.Below((int)size + 1),
            < 14 => TestCpu.Data + 0x100 + (uint)random.Below(0x400),
            _ => TestCpu.Data + 0x100 + ((uint)random.Below(0x400) & ~(Math.Min(16, size) - 1)),
        };
    }

    bool Memory(int i, OpCodeInfo info)
    {
        instruction.SetOpKind(i, OpKind.Memory);
        switch (random.Below(24))
        {
            case 0 or 1:
                instruction.SegmentPrefix = Register.GS;
                return Absolute(random.OneIn(2) ? (uint)random.Below(64) * 4 : (uint)(-4 * random.Below(32)));
            case 2 when random.OneIn(10):
                instruction.MemoryBase = Register.BX;
                instruction.MemoryDisplSize = 2;
                instruction.MemoryDisplacement32 = (uint)random.Below(0x10000);
                return true;
            case < 8:
                return Absolute(Address(info));
            case < 11:
                var index = Register.EAX + random.Below(3);
                if (random.Chance(90)) items.Add(new(Instruction.Create(Code.And_rm32_imm8, index, random.OneIn(3) ? 0x3F : 0x30)));
                instruction.MemoryBase = random.OneIn(4) ? Register.None : Register.EBX;
                instruction.MemoryIndex = index;
                instruction.MemoryIndexScale = 1 << random.Below(4);
                instruction.MemoryDisplSize = 4;
                instruction.MemoryDisplacement32 = instruction.MemoryBase == Register.None ? TestCpu.Data + 0x200 : (uint)random.Below(64);
                return true;
            default:
                instruction.MemoryBase = random.Of<Register>([Register.EBX, Register.EBX, Register.ESP, Register.ESP, Register.EBP, Register.EBP, Register.ESI, Register.EDI, Register.EDX]);
                int displacement = random.OneIn(4) ? random.Below(600) - 300 : (random.Below(64) - 32) * 4;
                bool small = displacement is >= -128 and <= 127;
                instruction.MemoryDisplSize = small ? 1 : 4;
                instruction.MemoryDisplacement32 = (uint)displacement;
                return true;
        }
    }
}
