using CheckpointRestart.Core.Cpu;
using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Cpu.Vectors;

/// <summary>Makes vector forms of MMX and SSE instructions from Iced's tables.</summary>
internal static class SimdCodes
{
    /// <summary>Makers differ in these bits; they have tests of their own.</summary>
    private static readonly HashSet<Code> Approximate =
    [
        Code.Rcpps_xmm_xmmm128, Code.Rcpss_xmm_xmmm32, Code.Rsqrtps_xmm_xmmm128, Code.Rsqrtss_xmm_xmmm32,
    ];

    internal static unsafe bool IsCovered(Code code, OpCodeInfo info)
    {
        if (!info.IsInstruction || info.Encoding != EncodingKind.Legacy || !info.Mode32 || Approximate.Contains(code)) return false;
        if (HandlerTable.Instance.Find(code, memory: false) == null && HandlerTable.Instance.Find(code, memory: true) == null) return false;
        if (code is Code.Movnti_m32_r32 or Code.Emms) return true;
        for (int i = 0; i < info.OpCount; i++)
        {
            string kind = info.GetOpKind(i).ToString();
            if (kind.StartsWith("xmm_", StringComparison.Ordinal) || kind.StartsWith("mm_", StringComparison.Ordinal)) return true;
        }

        return false;
    }

    internal static unsafe VectorForm? Form(Code code, OpCodeInfo info, bool memory)
    {
        if (HandlerTable.Instance.Find(code, memory) == null) return null;
        var instruction = new Instruction { Code = code };
        bool usesMemory = false;
        for (int i = 0; i < info.OpCount; i++)
        {
            string kind = info.GetOpKind(i).ToString();
            Register register = Register.None;
            if (kind.StartsWith("xmm_", StringComparison.Ordinal)) register = Register.XMM1 + i;
            else if (kind.StartsWith("mm_", StringComparison.Ordinal)) register = Register.MM1 + i;
            else if (kind.StartsWith("r32_", StringComparison.Ordinal)) register = Register.EDX;
            if (kind.Contains("_or_mem", StringComparison.Ordinal)) register = memory ? Register.None : kind.StartsWith('x') ? Register.XMM1 + i : kind.StartsWith('m') ? Register.MM1 + i : Register.EDX;
            if (kind.StartsWith("imm8", StringComparison.Ordinal))
            {
                instruction.SetOpKind(i, OpKind.Immediate8);
                instruction.SetImmediate(i, 0);
            }
            else if (kind is "seg_rDI")
            {
                instruction.SetOpKind(i, OpKind.MemorySegEDI);
            }
            else if (register != Register.None)
            {
                instruction.SetOpKind(i, OpKind.Register);
                instruction.SetOpRegister(i, register);
            }
            else
            {
                usesMemory = true;
                instruction.SetOpKind(i, OpKind.Memory);
                instruction.MemoryBase = Register.EDI;
            }
        }

        if (usesMemory != memory && !(code is Code.Maskmovq_rDI_mm_mm or Code.Maskmovdqu_rDI_xmm_xmm or Code.Emms)) return null;
        if (memory && !usesMemory) return null;
        var writer = new Writer();
        var encoder = Encoder.Create(32, writer);
        if (!encoder.TryEncode(instruction, VectorCase.Code, out _, out _)) return null;
        bool immediate = info.OpCount > 0 && info.GetOpKind(info.OpCount - 1).ToString().StartsWith("imm8", StringComparison.Ordinal);
        return new VectorForm(code + (memory ? " memory" : " register"), [.. writer.Bytes], Operand(code))
        {
            HasImmediate = immediate,
            Count = Operand(code) == OperandKind.Integer ? 200 : 400,
        };
    }

    private static OperandKind Operand(Code code)
    {
        string name = code.ToString();
        string mnemonic = name.Split((char)95)[0];
        if (mnemonic.StartsWith("Cvtdq", StringComparison.Ordinal) || mnemonic.StartsWith("Cvtpi", StringComparison.Ordinal) || mnemonic.StartsWith("Cvtsi", StringComparison.Ordinal)) return OperandKind.Integer;
        if (mnemonic.StartsWith("Cvt", StringComparison.Ordinal)) return name.Contains("tps", StringComparison.Ordinal) || name.Contains("tss", StringComparison.Ordinal) ? OperandKind.Single : OperandKind.Double;
        if (mnemonic.StartsWith('P')) return OperandKind.Integer;
        if (mnemonic.EndsWith("ps", StringComparison.Ordinal) || mnemonic.EndsWith("ss", StringComparison.Ordinal)) return OperandKind.Single;
        if (mnemonic.EndsWith("pd", StringComparison.Ordinal) || mnemonic.EndsWith("sd", StringComparison.Ordinal)) return OperandKind.Double;
        return OperandKind.Integer;
    }

    private sealed class Writer : CodeWriter
    {
        internal List<byte> Bytes { get; } = [];

        public override void WriteByte(byte value) => Bytes.Add(value);
    }
}
