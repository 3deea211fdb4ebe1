using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>MUL IMUL DIV IDIV.</summary>
/// <remarks>Flags that the manual leaves undefined: multiplication leaves ZF, AF and PF alone... see <see cref="SetProduct"/>; division leaves all alone.</remarks>
internal static unsafe class MultiplyOps
{
    internal static void Register(HandlerTable table)
    {
        table.Add(Code.Mul_rm8, &Multiply8Register, &Multiply8Memory);
        table.Add(Code.Mul_rm16, &Multiply16Register, &Multiply16Memory);
        table.Add(Code.Mul_rm32, &Multiply32Register, &Multiply32Memory);
        table.Add(Code.Imul_rm8, &SignedMultiply8Register, &SignedMultiply8Memory);
        table.Add(Code.Imul_rm16, &SignedMultiply16Register, &SignedMultiply16Memory);
        table.Add(Code.Imul_rm32, &SignedMultiply32Register, &SignedMultiply32Memory);
        table.Add(Code.Imul_r16_rm16, &Two16Register, &Two16Memory);
        table.Add(Code.Imul_r32_rm32, &Two32Register, &Two32Memory);
        table.Add(Code.Imul_r16_rm16_imm16, &Three16Register, &Three16Memory);
        table.Add(Code.Imul_r32_rm32_imm32, &Three32Register, &Three32Memory);
        table.Add(Code.Imul_r16_rm16_imm8, &Three16Register, &Three16Memory);
        table.Add(Code.Imul_r32_rm32_imm8, &Three32Register, &Three32Memory);
        table.Add(Code.Div_rm8, &Divide8Register, &Divide8Memory);
        table.Add(Code.Div_rm16, &Divide16Register, &Divide16Memory);
        table.Add(Code.Div_rm32, &Divide32Register, &Divide32Memory);
        table.Add(Code.Idiv_rm8, &SignedDivide8Register, &SignedDivide8Memory);
        table.Add(Code.Idiv_rm16, &SignedDivide16Register, &SignedDivide16Memory);
        table.Add(Code.Idiv_rm32, &SignedDivide32Register, &SignedDivide32Memory);
    }

    static void Multiply8Register(CpuState* s, Op* op) => Multiply8(s, W8.Get(s, op->A));
    static void Multiply8Memory(CpuState* s, Op* op) => Multiply8(s, W8.Read(s, op, Guest.Address(s, op)));
    static void Multiply16Register(CpuState* s, Op* op) => Multiply16(s, W16.Get(s, op->A));
    static void Multiply16Memory(CpuState* s, Op* op) => Multiply16(s, W16.Read(s, op, Guest.Address(s, op)));
    static void Multiply32Register(CpuState* s, Op* op) => Multiply32(s, W32.Get(s, op->A));
    static void Multiply32Memory(CpuState* s, Op* op) => Multiply32(s, W32.Read(s, op, Guest.Address(s, op)));
    static void SignedMultiply8Register(CpuState* s, Op* op) => SignedMultiply8(s, W8.Get(s, op->A));
    static void SignedMultiply8Memory(CpuState* s, Op* op) => SignedMultiply8(s, W8.Read(s, op, Guest.Address(s, op)));
    static void SignedMultiply16Register(CpuState* s, Op* op) => SignedMultiply16(s, W16.Get(s, op->A));
    static void SignedMultiply16Memory(CpuState* s, Op* op) => SignedMultiply16(s, W16.Read(s, op, Guest.Address(s, op)));
    static void SignedMultiply32Register(CpuState* s, Op* op) => SignedMultiply32(s, W32.Get(s, op->A));
    static void SignedMultiply32Memory(CpuState* s, Op* op) => SignedMultiply32(s, W32.Read(s, op, Guest.Address(s, op)));
    static void Two16Register(CpuState* s, Op* op) => Low16(s, op, W16.Get(s, op->A), W16.Get(s, op->B));
    static void Two16Memory(CpuState* s, Op* op) => Low16(s, op, W16.Get(s, op->A), W16.Read(s, op, Guest.Address(s, op)));
    static void Two32Register(CpuState* s, Op* op) => Low32(s, op, W32.Get(s, op->A), W32.Get(s, op->B));
    static void Two32Memory(CpuState* s, Op* op) => Low32(s, op, W32.Get(s, op->A), W32.Read(s, op, Guest.Address(s, op)));
    static void Three16Register(CpuState* s, Op* op) => Low16(s, op, op->Immediate, W16.Get(s, op->B));
    static void Three16Memory(CpuState* s, Op* op) => Low16(s, op, op->Immediate, W16.Read(s, op, Guest.Address(s, op)));
    static void Three32Register(CpuState* s, Op* op) => Low32(s, op, op->Immediate, W32.Get(s, op->B));
    static void Three32Memory(CpuState* s, Op* op) => Low32(s, op, op->Immediate, W32.Read(s, op, Guest.Address(s, op)));
    static void Divide8Register(CpuState* s, Op* op) => Divide8(s, op, W8.Get(s, op->A));
    static void Divide8Memory(CpuState* s, Op* op) => Divide8(s, op, W8.Read(s, op, Guest.Address(s, op)));
    static void Divide16Register(CpuState* s, Op* op) => Divide16(s, op, W16.Get(s, op->A));
    static void Divide16Memory(CpuState* s, Op* op) => Divide16(s, op, W16.Read(s, op, Guest.Address(s, op)));
    static void Divide32Register(CpuState* s, Op* op) => Divide32(s, op, W32.Get(s, op->A));
    static void Divide32Memory(CpuState* s, Op* op) => Divide32(s, op, W32.Read(s, op, Guest.Address(s, op)));
    static void SignedDivide8Register(CpuState* s, Op* op) => SignedDivide8(s, op, W8.Get(s, op->A));
    static void SignedDivide8Memory(CpuState* s, Op* op) => SignedDivide8(s, op, W8.Read(s, op, Guest.Address(s, op)));
    static void SignedDivide16Register(CpuState* s, Op* op) => SignedDivide16(s, op, W16.Get(s, op->A));
    static void SignedDivide16Memory(CpuState* s, Op* op) => SignedDivide16(s, op, W16.Read(s, op, Guest.Address(s, op)));
    static void SignedDivide32Register(CpuState* s, Op* op) => SignedDivide32(s, op, W32.Get(s, op->A));
    static void SignedDivide32Memory(CpuState* s, Op* op) => SignedDivide32(s, op, W32.Read(s, op, Guest.Address(s, op)));

    static void Multiply8(CpuState* s, uint value)
    {
        uint product = (s->Eax & 0xFF) * value;
        W16.Set(s, 0, product);
        SetProduct(s, W8.SignExtend(product), product > 0xFF);
    }

    static void Multiply16(CpuState* s, uint value)
    {
        uint product = (s->Eax & 0xFFFF) * value;
        W16.Set(s, 0, product);
        W16.Set(s, 8, product >> 16);
        SetProduct(s, W16.SignExtend(product), product > 0xFFFF);
    }

    static void Multiply32(CpuState* s, uint value)
    {
        ulong product = (ulong)s->Eax * value;
        s->Eax = (uint)product;
        s->Edx = (uint)(product >> 32);
        SetProduct(s, (uint)product, s->Edx != 0);
    }

    static void SignedMultiply8(CpuState* s, uint value)
    {
        int product = (sbyte)s->Eax * (sbyte)value;
        W16.Set(s, 0, (uint)product);
        SetProduct(s, W8.SignExtend((uint)product), product != (sbyte)product);
    }

    static void SignedMultiply16(CpuState* s, uint value)
    {
        int product = (short)s->Eax * (short)value;
        W16.Set(s, 0, (uint)product);
        W16.Set(s, 8, (uint)product >> 16);
        SetProduct(s, W16.SignExtend((uint)product), product != (short)product);
    }

    static void SignedMultiply32(CpuState* s, uint value)
    {
        long product = (long)(int)s->Eax * (int)value;
        s->Eax = (uint)product;
        s->Edx = (uint)(product >> 32);
        SetProduct(s, (uint)product, product != (int)product);
    }

    static void Low16(CpuState* s, Op* op, uint a, uint b)
    {
        int product = (short)a * (short)b;
        W16.Set(s, op->A, (uint)product);
        SetProduct(s, W16.SignExtend((uint)product), product != (short)product);
    }

    static void Low32(CpuState* s, Op* op, uint a, uint b)
    {
        long product = (long)(int)a * (int)b;
        W32.Set(s, op->A, (uint)product);
        SetProduct(s, (uint)product, product != (int)product);
    }

    /// <summary>CF and OF tell whether the upper half matters.</summary>
    static void SetProduct(CpuState* s, uint low, bool wide) => Flags.SetCfOf(s, wide ? 1u : 0, wide ? 1u : 0);

    static void Divide8(CpuState* s, Op* op, uint divisor)
    {
        uint dividend = s->Eax & 0xFFFF;
        if (divisor == 0 || dividend / divisor > 0xFF) GuestFault.Raise(s, op, Vectors.Divide);
        W16.Set(s, 0, dividend / divisor | (dividend % divisor << 8));
        SetQuotient(s);
    }

    static void Divide16(CpuState* s, Op* op, uint divisor)
    {
        uint dividend = (s->Eax & 0xFFFF) | (s->Edx << 16);
        if (divisor == 0 || dividend / divisor > 0xFFFF) GuestFault.Raise(s, op, Vectors.Divide);
        W16.Set(s, 0, dividend / divisor);
        W16.Set(s, 8, dividend % divisor);
        SetQuotient(s);
    }

    static void Divide32(CpuState* s, Op* op, uint divisor)
    {
        if (s->Edx >= divisor) GuestFault.Raise(s, op, Vectors.Divide);
        ulong dividend = s->Eax | ((ulong)s->Edx << 32);
        ulong quotient = dividend / divisor;
        s->Eax = (uint)quotient;
        s->Edx = (uint)(dividend - quotient * divisor);
        SetQuotient(s);
    }

    static void SignedDivide8(CpuState* s, Op* op, uint value)
    {
        int dividend = (short)s->Eax, divisor = (sbyte)value;
        if (divisor == 0) GuestFault.Raise(s, op, Vectors.Divide);
        int quotient = dividend / divisor;
        if (quotient != (sbyte)quotient) GuestFault.Raise(s, op, Vectors.Divide);
        W16.Set(s, 0, ((uint)quotient & 0xFF) | ((uint)(dividend % divisor) << 8));
        SetQuotient(s);
    }

    static void SignedDivide16(CpuState* s, Op* op, uint value)
    {
        long dividend = (int)((s->Eax & 0xFFFF) | (s->Edx << 16));
        int divisor = (short)value;
        if (divisor == 0) GuestFault.Raise(s, op, Vectors.Divide);
        long quotient = dividend / divisor;
        if (quotient != (short)quotient) GuestFault.Raise(s, op, Vectors.Divide);
        W16.Set(s, 0, (uint)quotient);
        W16.Set(s, 8, (uint)(dividend % divisor));
        SetQuotient(s);
    }

    static void SignedDivide32(CpuState* s, Op* op, uint value)
    {
        long dividend = (long)(s->Eax | ((ulong)s->Edx << 32));
        int divisor = (int)value;
        if (divisor == 0 || (dividend == long.MinValue && divisor == -1)) GuestFault.Raise(s, op, Vectors.Divide);
        long quotient = dividend / divisor;
        if (quotient != (int)quotient) GuestFault.Raise(s, op, Vectors.Divide);
        s->Eax = (uint)quotient;
        s->Edx = (uint)(dividend % divisor);
        SetQuotient(s);
    }

    /// <summary>The flags, undefined in the manual: CF and OF stay, AF is set, the others are cleared.</summary>
    static void SetQuotient(CpuState* s)
    {
        s->FlagResult = 1;
        s->FlagCarries = (s->FlagCarries & 0xC0000000) | 8;
    }
}
