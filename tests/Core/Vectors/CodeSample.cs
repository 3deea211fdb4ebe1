using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>Makes the bytes of any code, with some operands that it may have.</summary>
internal static class CodeSample
{
    /// <summary>The bytes of a code in 32-bit mode.</summary>
    /// <returns>Null when it cannot be encoded.</returns>
    internal static byte[]? Encode(Code code)
    {
        var info = code.ToOpCode();
        var instruction = new Instruction { Code = code };
        for (int i = 0; i < info.OpCount; i++) SetOperand(ref instruction, i, info.GetOpKind(i));
        if (info.RequireOpMaskRegister) instruction.OpMask = Register.K1;
        var writer = new ListWriter();
        var encoder = Encoder.Create(32, writer);
        return encoder.TryEncode(instruction, VectorLayout.Code + VectorLayout.CodeStart, out _, out _) ? [.. writer.Bytes] : null;
    }

    static void SetOperand(ref Instruction instruction, int i, OpCodeOperandKind kind)
    {
        string name = kind.ToString();
        switch (kind)
        {
            case OpCodeOperandKind.farbr2_2:
                (instruction.FarBranch16, instruction.FarBranchSelector) = (0x1234, VectorLayout.FlatCode);
                instruction.SetOpKind(i, OpKind.FarBranch16);
                return;
            case OpCodeOperandKind.farbr4_2:
                (instruction.FarBranch32, instruction.FarBranchSelector) = (0x1234, VectorLayout.FlatCode);
                instruction.SetOpKind(i, OpKind.FarBranch32);
                return;
            case OpCodeOperandKind.br16_1 or OpCodeOperandKind.br16_2 or OpCodeOperandKind.brdisp_2:
                instruction.NearBranch16 = unchecked((ushort)VectorLayout.Code);
                instruction.SetOpKind(i, OpKind.NearBranch16);
                return;
            case OpCodeOperandKind.br32_1 or OpCodeOperandKind.br32_4 or OpCodeOperandKind.xbegin_2 or OpCodeOperandKind.xbegin_4 or OpCodeOperandKind.brdisp_4:
                instruction.NearBranch32 = VectorLayout.Code;
                instruction.SetOpKind(i, OpKind.NearBranch32);
                return;
            case OpCodeOperandKind.seg_rSI: instruction.SetOpKind(i, OpKind.MemorySegESI); return;
            case OpCodeOperandKind.es_rDI: instruction.SetOpKind(i, OpKind.MemoryESEDI); return;
            case OpCodeOperandKind.seg_rDI: instruction.SetOpKind(i, OpKind.MemorySegEDI); return;
            case OpCodeOperandKind.imm8 when i > 0 && instruction.GetOpKind(i - 1) is OpKind.Immediate8 or OpKind.Immediate16:
                instruction.SetOpKind(i, OpKind.Immediate8_2nd);
                return;
            case OpCodeOperandKind.imm8 or OpCodeOperandKind.imm8_const_1 or OpCodeOperandKind.imm4_m2z:
                instruction.SetOpKind(i, OpKind.Immediate8);
                instruction.Immediate8 = 1;
                return;
            case OpCodeOperandKind.imm8sex16: instruction.SetOpKind(i, OpKind.Immediate8to16); return;
            case OpCodeOperandKind.imm8sex32: instruction.SetOpKind(i, OpKind.Immediate8to32); return;
            case OpCodeOperandKind.imm16: instruction.SetOpKind(i, OpKind.Immediate16); return;
            case OpCodeOperandKind.imm32: instruction.SetOpKind(i, OpKind.Immediate32); return;
        }
        if (name.StartsWith("mem", StringComparison.Ordinal) || name is "sibmem" or "seg_rBX_al")
        {
            SetMemory(ref instruction, i, kind);
            return;
        }
        instruction.SetOpKind(i, OpKind.Register);
        instruction.SetOpRegister(i, FindRegister(name, i));
    }

    static void SetMemory(ref Instruction instruction, int i, OpCodeOperandKind kind)
    {
        instruction.SetOpKind(i, OpKind.Memory);
        if (kind == OpCodeOperandKind.mem_offs)
        {
            instruction.MemoryDisplSize = 4;
            instruction.MemoryDisplacement32 = VectorLayout.DataWindow;
            return;
        }
        // A register that holds a second address is as wide as the first one's.
        instruction.MemoryBase = instruction.Code.ToOpCode().Op0Kind == OpCodeOperandKind.r16_reg_mem ? Register.BX : Register.EBX;
        instruction.MemoryIndex = kind switch
        {
            OpCodeOperandKind.mem_vsib32x or OpCodeOperandKind.mem_vsib64x => Register.XMM3,
            OpCodeOperandKind.mem_vsib32y or OpCodeOperandKind.mem_vsib64y => Register.YMM3,
            OpCodeOperandKind.mem_vsib32z or OpCodeOperandKind.mem_vsib64z => Register.ZMM3,
            OpCodeOperandKind.sibmem => Register.ECX,
            OpCodeOperandKind.seg_rBX_al => Register.AL,
            _ => Register.None,
        };
    }

    /// <summary>A register of the kind that the name of an operand kind begins with; another for each operand.</summary>
    static Register FindRegister(string name, int i)
    {
        (string Start, Register First)[] kinds =
        [
            ("al", Register.AL), ("ax", Register.AX), ("eax", Register.EAX), ("cl", Register.CL), ("dx", Register.DX), ("es", Register.ES), ("cs", Register.CS), ("ss", Register.SS),
            ("ds", Register.DS), ("fs", Register.FS), ("gs", Register.GS), ("st0", Register.ST0),
        ];
        foreach (var (start, first) in kinds)
            if (name == start) return first;
        (string Start, Register First)[] several =
        [
            ("r8", Register.AL), ("r16", Register.AX), ("r32", Register.EAX), ("mm", Register.MM0), ("xmm", Register.XMM0), ("ymm", Register.YMM0), ("zmm", Register.ZMM0), ("kp1", Register.K2 - 2),
            ("k_", Register.K0), ("bnd", Register.BND0), ("tmm", Register.TMM0), ("sti", Register.ST0), ("seg", Register.ES), ("cr", Register.CR0), ("dr", Register.DR0), ("tr", Register.TR3 - 2),
        ];
        foreach (var (start, first) in several)
        {
            if (!name.StartsWith(start, StringComparison.Ordinal)) continue;
            // Of four and of two registers the first is named.
            return name.StartsWith("kp1", StringComparison.Ordinal) ? Register.K2 : name.StartsWith("xmmp3", StringComparison.Ordinal) || name.StartsWith("zmmp3", StringComparison.Ordinal) ? first + 4
                : name.StartsWith("cr", StringComparison.Ordinal) ? Register.CR0 : name.StartsWith("tr", StringComparison.Ordinal) ? Register.TR6 : first + i + 1;
        }
        throw new InvalidOperationException(name);
    }

    sealed class ListWriter : CodeWriter
    {
        internal List<byte> Bytes { get; } = [];

        public override void WriteByte(byte value) => Bytes.Add(value);
    }
}
