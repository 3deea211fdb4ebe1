using System.Text;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Cpu.Translator;
using CheckpointRestart.Core.Tests.Vectors;
using Iced.Intel;
using Xunit;
using Decoder = Iced.Intel.Decoder;

namespace CheckpointRestart.Core.Tests.Cpu.Engines;

/// <summary>Nothing that is translated reaches memory of the host but through an operand that was looked up, changes a segment, or enters the host's kernel.</summary>
public sealed unsafe class RewriteSafetyTests
{
    const int Samples = 40;

    static bool MovesStack(Code code) => code.Mnemonic() is Mnemonic.Push or Mnemonic.Pop or Mnemonic.Call or Mnemonic.Ret or Mnemonic.Leave;

    static readonly Mnemonic[] Forbidden =
    [
        Mnemonic.Syscall, Mnemonic.Sysenter, Mnemonic.Sysexit, Mnemonic.Sysret, Mnemonic.Int, Mnemonic.Int1, Mnemonic.Int3, Mnemonic.Into, Mnemonic.In, Mnemonic.Out, Mnemonic.Insb, Mnemonic.Outsb,
        Mnemonic.Rdfsbase, Mnemonic.Rdgsbase, Mnemonic.Wrfsbase, Mnemonic.Wrgsbase, Mnemonic.Xsave, Mnemonic.Xsaveopt, Mnemonic.Xrstor, Mnemonic.Xsavec, Mnemonic.Maskmovq, Mnemonic.Maskmovdqu,
        Mnemonic.Xbegin, Mnemonic.Xend, Mnemonic.Wrpkru, Mnemonic.Clflush, Mnemonic.Fxrstor, Mnemonic.Fxsave, Mnemonic.Popf, Mnemonic.Popfd, Mnemonic.Cpuid, Mnemonic.Rdtsc, Mnemonic.Swapgs, Mnemonic.Enter,
    ];

    [Fact]
    public void WhatIsListedUsesNoMemoryButItsOperands()
    {
        var factory = new InstructionInfoFactory();
        var wrong = new StringBuilder();
        foreach (var code in RewriteTable.Instance.Codes)
        {
            var info = code.ToOpCode();
            if (info.IsPrivileged || info.IsSaveRestore || info.IsInputOutput || Forbidden.Contains(code.Mnemonic()) || !info.Mode32) wrong.AppendLine($"{code} is not to be translated");
            foreach (bool memory in (bool[])[false, true])
            {
                if (!TryMake(code, memory, new VectorRandom((ulong)code), out var instruction)) continue;
                var used = factory.GetInfo(instruction);
                int operands = Enumerable.Range(0, instruction.OpCount).Count(i => instruction.GetOpKind(i) is OpKind.Memory or OpKind.MemorySegESI or OpKind.MemoryESEDI);
                int accesses = 0;
                foreach (var access in used.GetUsedMemory())
                {
                    if (access.Segment == Register.SS && access.Base == (code == Code.Leaved ? Register.EBP : Register.ESP) && MovesStack(code)) continue;
                    accesses++;
                }
                if (accesses > operands) wrong.AppendLine($"{code} uses memory {accesses} times with {operands} operands");
                foreach (var register in used.GetUsedRegisters())
                {
                    if (register.Register.IsSegmentRegister() && register.Access is not (OpAccess.Read or OpAccess.CondRead)) wrong.AppendLine($"{code} changes {register.Register}");
                    if (register.Register is >= Register.CR0 and <= Register.DR15) wrong.AppendLine($"{code} uses {register.Register}");
                }
                if (used.GetUsedRegisters().Any(static register => register.Register == Register.ESP && register.Access is not OpAccess.Read) && !MovesStack(code)
                    && !Enumerable.Range(0, instruction.OpCount).Any(i => instruction.GetOpKind(i) == OpKind.Register && instruction.GetOpRegister(i).GetFullRegister32() == Register.ESP))
                {
                    wrong.AppendLine($"{code} moves the stack");
                }
            }
        }
        Assert.True(wrong.Length == 0, wrong.ToString());
    }

    /// <summary>Each listed instruction is translated with many operands, among others, and the host's code read again.</summary>
    [Theory]
    [InlineData(CpuEngine.Tables)]
    [InlineData(CpuEngine.Window)]
    public void TheHostsCodeReachesOnlyWhatWasLookedUp(CpuEngine engine)
    {
        if (!Translated.Engines.Contains(engine)) return;
        var wrong = new StringBuilder();
        int looked = 0, refused = 0;
        var never = new List<Code>();
        foreach (var code in RewriteTable.Instance.Codes)
        {
            bool ever = false;
            for (int i = 0; i < Samples; i++)
            {
                if (!TryMake(code, i % 2 == 1, new VectorRandom(((ulong)code << 32) | (uint)i), out var instruction)) continue;
                // With a reader of flags behind it, and a neighbour that lies in the same group.
                Instruction[] all = i % 4 == 0 ? [instruction] : i % 4 == 1 ? [instruction, Instruction.Create(Code.Add_r32_rm32, Register.EAX, Register.ECX)] : [Instruction.Create(Code.Mov_rm32_r32, new MemoryOperand(instruction.MemoryBase is Register.None ? Register.ESP : instruction.MemoryBase, 16, 1), Register.EDX), instruction, instruction, Instruction.Create(Code.Adc_r32_rm32, Register.EAX, Register.ECX)];
                if (instruction.IsStringInstruction && i % 3 == 0) instruction.HasRepPrefix = true;
                if (instruction.HasRepPrefix) all = i % 2 == 0 ? [instruction] : [all[0], instruction];
                if (EndsBlock(code)) all = i % 4 < 2 ? [instruction] : [all[0], instruction];
                if (Translate(all, engine == CpuEngine.Window) is not { } host)
                {
                    refused++;
                    continue;
                }
                ever = true;
                looked++;
                if (Wrong(host, engine == CpuEngine.Window) is { Length: > 0 } text) wrong.AppendLine($"{instruction}: {text}");
            }
            if (!ever) never.Add(code);
        }
        Assert.True(wrong.Length == 0, wrong.ToString());
        Assert.True(looked > 10_000, $"{looked} samples, {refused} refused");
        Assert.True(never.Count < 8, "never translated: " + string.Join(' ', never));
    }

    static bool EndsBlock(Code code) => code.IsJccShortOrNear() || code.Mnemonic() is Mnemonic.Jmp or Mnemonic.Call or Mnemonic.Ret or Mnemonic.Loop or Mnemonic.Jecxz;

    /// <summary>What of the host's code should not be there.</summary>
    static string Wrong((byte[] Code, ulong Address) host, bool window)
    {
        var text = new StringBuilder();
        var factory = new InstructionInfoFactory();
        var found = new HashSet<Register>();
        var decoder = Decoder.Create(64, host.Code);
        decoder.IP = host.Address;
        while (decoder.IP < host.Address + (ulong)host.Code.Length)
        {
            decoder.Decode(out var instruction);
            var info = instruction.Code.ToOpCode();
            if (instruction.IsInvalid) text.Append($" invalid at {instruction.IP - host.Address:x};");
            if (info.IsPrivileged || info.IsSaveRestore || (Forbidden.Contains(instruction.Mnemonic) && instruction.Mnemonic != Mnemonic.Popf)) text.Append($" {instruction};");
            var used = factory.GetInfo(instruction);
            foreach (var register in used.GetUsedRegisters())
            {
                bool reads = register.Access is OpAccess.Read or OpAccess.CondRead or OpAccess.NoMemAccess;
                if (reads) continue;
                if (register.Register.IsSegmentRegister()) text.Append($" {instruction} changes {register.Register};");
                var whole = register.Register.GetFullRegister();
                if (whole == Register.R13) text.Append($" {instruction} changes R13;");
                if (whole == Register.RSP && instruction.Mnemonic is not (Mnemonic.Pushfq or Mnemonic.Popfq or Mnemonic.Push or Mnemonic.Pop or Mnemonic.Call)) text.Append($" {instruction} changes RSP;");
                if (whole == Register.R12 && instruction.Mnemonic is not (Mnemonic.Sub or Mnemonic.Add)) text.Append($" {instruction} changes R12;");
            }
            if (instruction.Code == Code.Mov_r64_rm64 && instruction.Op1Register is Register.R8 or Register.R9) found.Add(instruction.Op0Register);
            bool isAddress = instruction.Mnemonic is Mnemonic.Lea or Mnemonic.Nop;
            if (isAddress) continue;
            foreach (var access in used.GetUsedMemory())
            {
                // In a window: 32 bits from the base of GS, wherever that leads.
                if (instruction.SegmentPrefix == Register.GS && window && access.AddressSize == CodeSize.Code32) continue;
                bool fine = access.Base switch
                {
                    Register.RSP => access.Index == Register.None,
                    Register.R13 => IsInFront(access) || IsTable(access),
                    Register.R9 => access.Index is Register.None or Register.R8 && access.Scale is 0 or 1 && (access.Index == Register.None ? access.Displacement < 4096 : access.Displacement == 0),
                    // An entry of the table of jumps, found from R13.
                    Register.R8 => access.Index == Register.None && access.Displacement is 0 or 8,
                    // The code that loads flags.
                    Register.R14 => access.Index == Register.None && (instruction.Mnemonic == Mnemonic.Call ? access.Displacement == 0 : access.Displacement < 4096),
                    // A repetition of a page's bytes at most, whose pointers were found: a test of programs covers the counts.
                    Register.RSI or Register.RDI => instruction.IsStringInstruction && instruction.HasRepPrefix && found.Contains(access.Base),
                    _ => false,
                };
                if (!fine || instruction.SegmentPrefix != Register.None) text.Append($" {instruction} at {instruction.IP - host.Address:x};");
            }
        }
        return text.ToString();
    }

    /// <summary>The context and what lies in front of it.</summary>
    static bool IsInFront(in UsedMemory access) => access.Index == Register.None && (long)access.Displacement is >= -1024 and < 0;

    /// <summary>An entry of a table of 2^20 entries, by the number of a page.</summary>
    static bool IsTable(in UsedMemory access) => access.Index == Register.R9 && access.Scale == 8 && access.Displacement is 0 or 8 << 20;

    /// <summary>The host's code for a block of these instructions; null when it is left to the interpreter.</summary>
    static (byte[] Code, ulong Address)? Translate(Instruction[] instructions, bool window)
    {
        var encoder = new Sequences.SequenceEncoder();
        var bytes = new List<byte>();
        foreach (var instruction in instructions) bytes.AddRange(encoder.Encode(instruction, TestCpu.Code + (uint)bytes.Count));
        using var cpu = new TestCpu(new Processor { Engine = CpuEngine.Interpreter }, [.. bytes, 0xCD, 0x80]);
        // Decoded and no more.
        cpu.Run(1);
        var cache = (BlockCache)cpu.Memory.CodeObserver!;
        var block = cache.Find(TestCpu.Code, 0, 0);
        if (block == null) return null;
        cache.BeginTranslations(1 << 20, window);
        int length = 0;
        if (!new TraceTranslator().Translate(cpu.Memory, cache, block, (emission, _) => length = emission.Assembler.Length)) return null;
        return (new ReadOnlySpan<byte>(block->Code, length).ToArray(), (ulong)block->Code);
    }

    static bool TryMake(Code code, bool memory, VectorRandom random, out Instruction instruction)
    {
        instruction = new Instruction { Code = code, CodeSize = CodeSize.Code32 };
        var info = code.ToOpCode();
        for (int i = 0; i < info.OpCount; i++)
        {
            var kind = info.GetOpKind(i);
            Register? register = kind switch
            {
                OpCodeOperandKind.r8_or_mem when !memory => Register.AL + random.Below(8),
                OpCodeOperandKind.r16_or_mem when !memory => Register.AX + random.Below(8),
                OpCodeOperandKind.r32_or_mem when !memory => Register.EAX + random.Below(8),
                OpCodeOperandKind.xmm_or_mem when !memory => Register.XMM0 + random.Below(8),
                OpCodeOperandKind.r8_reg or OpCodeOperandKind.r8_opcode => Register.AL + random.Below(8),
                OpCodeOperandKind.r16_reg or OpCodeOperandKind.r16_opcode or OpCodeOperandKind.r16_rm => Register.AX + random.Below(8),
                OpCodeOperandKind.r32_reg or OpCodeOperandKind.r32_opcode or OpCodeOperandKind.r32_rm => Register.EAX + random.Below(8),
                OpCodeOperandKind.xmm_reg or OpCodeOperandKind.xmm_rm => Register.XMM0 + random.Below(8),
                OpCodeOperandKind.mm_or_mem when !memory => Register.MM0 + random.Below(8),
                OpCodeOperandKind.mm_reg or OpCodeOperandKind.mm_rm => Register.MM0 + random.Below(8),
                OpCodeOperandKind.st0 => Register.ST0,
                OpCodeOperandKind.sti_opcode => Register.ST0 + random.Below(8),
                OpCodeOperandKind.al => Register.AL,
                OpCodeOperandKind.cl => Register.CL,
                OpCodeOperandKind.ax => Register.AX,
                OpCodeOperandKind.eax => Register.EAX,
                _ => null,
            };
            if (register is { } chosen)
            {
                instruction.SetOpKind(i, OpKind.Register);
                instruction.SetOpRegister(i, chosen);
                continue;
            }
            switch (kind)
            {
                case OpCodeOperandKind.imm8 or OpCodeOperandKind.imm8_const_1:
                    instruction.SetOpKind(i, OpKind.Immediate8);
                    instruction.SetImmediate(i, kind == OpCodeOperandKind.imm8 ? (byte)random.Next() : 1);
                    break;
                case OpCodeOperandKind.imm8sex16 or OpCodeOperandKind.imm8sex32:
                    instruction.SetOpKind(i, kind == OpCodeOperandKind.imm8sex16 ? OpKind.Immediate8to16 : OpKind.Immediate8to32);
                    instruction.SetImmediate(i, (sbyte)random.Next());
                    break;
                case OpCodeOperandKind.imm16:
                    instruction.SetOpKind(i, OpKind.Immediate16);
                    instruction.SetImmediate(i, (ushort)random.Next());
                    break;
                case OpCodeOperandKind.imm32:
                    instruction.SetOpKind(i, OpKind.Immediate32);
                    instruction.SetImmediate(i, (int)random.Next());
                    break;
                case OpCodeOperandKind.br32_1 or OpCodeOperandKind.br32_4:
                    instruction.SetOpKind(i, OpKind.NearBranch32);
                    instruction.NearBranch32 = TestCpu.Code + 40;
                    break;
                case OpCodeOperandKind.mem_offs:
                    instruction.SetOpKind(i, OpKind.Memory);
                    instruction.MemoryDisplSize = 4;
                    instruction.MemoryDisplacement32 = random.Next();
                    break;
                case OpCodeOperandKind.seg_rSI:
                    instruction.SetOpKind(i, OpKind.MemorySegESI);
                    break;
                case OpCodeOperandKind.es_rDI:
                    instruction.SetOpKind(i, OpKind.MemoryESEDI);
                    break;
                case OpCodeOperandKind.mem or OpCodeOperandKind.r8_or_mem or OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r32_or_mem or OpCodeOperandKind.mm_or_mem or OpCodeOperandKind.xmm_or_mem:
                    SetMemory(i, random, ref instruction);
                    break;
                default:
                    throw new InvalidOperationException($"{code}: operand kind {kind}");
            }
        }
        return true;
    }

    static void SetMemory(int i, VectorRandom random, ref Instruction instruction)
    {
        instruction.SetOpKind(i, OpKind.Memory);
        instruction.MemoryBase = random.OneIn(5) ? Register.None : Register.EAX + random.Below(8);
        if (random.OneIn(3) && random.Below(8) is var index and not 4)
        {
            instruction.MemoryIndex = Register.EAX + index;
            instruction.MemoryIndexScale = 1 << random.Below(4);
        }
        uint displacement = random.OneIn(3) ? random.Value() : (uint)(random.Below(200) - 100);
        instruction.MemoryDisplSize = 4;
        instruction.MemoryDisplacement32 = displacement;
        if (random.OneIn(8)) instruction.SegmentPrefix = Register.GS;
    }
}
