using System.Runtime.CompilerServices;
using CheckpointRestart.Core.Cpu.Floating;
using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Interpreter.X87Stack;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>FADD, FMUL, FSUB, FSUBR, FDIV, FDIVR in every operand form, and the arithmetic of one operand.</summary>
internal static unsafe class X87Arithmetic
{
    /// <summary>An operation on the destination and the source.</summary>
    private interface IOperation
    {
        static abstract Float80 Compute(Float80 destination, Float80 source, ref FloatEnvironment env);

        /// <summary>The same by <see cref="Float80Fast"/>, into the destination's register; false when that does not apply.</summary>
        static abstract bool Fast(X87Register* destination, ulong source, int exponent, out int status);
    }

    internal static void Register(HandlerTable table)
    {
        table.Add(Code.Fadd_m32fp, &Single<AddOperation>);
        table.Add(Code.Fmul_m32fp, &Single<MultiplyOperation>);
        table.Add(Code.Fsub_m32fp, &Single<SubtractOperation>);
        table.Add(Code.Fsubr_m32fp, &Single<SubtractReverse>);
        table.Add(Code.Fdiv_m32fp, &Single<DivideOperation>);
        table.Add(Code.Fdivr_m32fp, &Single<DivideReverse>);
        table.Add(Code.Fadd_m64fp, &Double<AddOperation>);
        table.Add(Code.Fmul_m64fp, &Double<MultiplyOperation>);
        table.Add(Code.Fsub_m64fp, &Double<SubtractOperation>);
        table.Add(Code.Fsubr_m64fp, &Double<SubtractReverse>);
        table.Add(Code.Fdiv_m64fp, &Double<DivideOperation>);
        table.Add(Code.Fdivr_m64fp, &Double<DivideReverse>);
        table.Add(Code.Fiadd_m16int, &Integer16<AddOperation>);
        table.Add(Code.Fimul_m16int, &Integer16<MultiplyOperation>);
        table.Add(Code.Fisub_m16int, &Integer16<SubtractOperation>);
        table.Add(Code.Fisubr_m16int, &Integer16<SubtractReverse>);
        table.Add(Code.Fidiv_m16int, &Integer16<DivideOperation>);
        table.Add(Code.Fidivr_m16int, &Integer16<DivideReverse>);
        table.Add(Code.Fiadd_m32int, &Integer32<AddOperation>);
        table.Add(Code.Fimul_m32int, &Integer32<MultiplyOperation>);
        table.Add(Code.Fisub_m32int, &Integer32<SubtractOperation>);
        table.Add(Code.Fisubr_m32int, &Integer32<SubtractReverse>);
        table.Add(Code.Fidiv_m32int, &Integer32<DivideOperation>);
        table.Add(Code.Fidivr_m32int, &Integer32<DivideReverse>);

        table.Add(Code.Fadd_st0_sti, &Registers<AddOperation>);
        table.Add(Code.Fmul_st0_sti, &Registers<MultiplyOperation>);
        table.Add(Code.Fsub_st0_sti, &Registers<SubtractOperation>);
        table.Add(Code.Fsubr_st0_sti, &Registers<SubtractReverse>);
        table.Add(Code.Fdiv_st0_sti, &Registers<DivideOperation>);
        table.Add(Code.Fdivr_st0_sti, &Registers<DivideReverse>);
        table.Add(Code.Fadd_sti_st0, &Registers<AddOperation>);
        table.Add(Code.Fmul_sti_st0, &Registers<MultiplyOperation>);
        table.Add(Code.Fsub_sti_st0, &Registers<SubtractOperation>);
        table.Add(Code.Fsubr_sti_st0, &Registers<SubtractReverse>);
        table.Add(Code.Fdiv_sti_st0, &Registers<DivideOperation>);
        table.Add(Code.Fdivr_sti_st0, &Registers<DivideReverse>);
        table.Add(Code.Faddp_sti_st0, &RegistersPop<AddOperation>);
        table.Add(Code.Fmulp_sti_st0, &RegistersPop<MultiplyOperation>);
        table.Add(Code.Fsubp_sti_st0, &RegistersPop<SubtractOperation>);
        table.Add(Code.Fsubrp_sti_st0, &RegistersPop<SubtractReverse>);
        table.Add(Code.Fdivp_sti_st0, &RegistersPop<DivideOperation>);
        table.Add(Code.Fdivrp_sti_st0, &RegistersPop<DivideReverse>);

        table.Add(Code.Fsqrt, &SquareRoot);
        table.Add(Code.Frndint, &RoundToInteger);
        table.Add(Code.Fchs, &ChangeSign);
        table.Add(Code.Fabs, &Absolute);
        table.Add(Code.Fscale, &Scale);
        table.Add(Code.Fprem, &Remainder);
        table.Add(Code.Fprem1, &RemainderNearest);
        table.Add(Code.Fxtract, &Extract);
    }

    private static void Single<T>(CpuState* s, Op* op) where T : IOperation
    {
        uint address = BeginMemory(s, op);
        uint bits = Guest.Read32(s, op, address);
        NoteOperand(s, op, address);
        if (Float80Fast.WidenSingle(bits, out ulong significand, out int exponent) && Fast<T>(s, significand, exponent)) return;
        FloatEnvironment env = Environment(s);
        Memory<T>(s, op, Float80Convert.WidenSingle(bits, ref env), ref env);
    }

    private static void Double<T>(CpuState* s, Op* op) where T : IOperation
    {
        uint address = BeginMemory(s, op);
        ulong bits = Guest.Read64(s, op, address);
        NoteOperand(s, op, address);
        if (Float80Fast.WidenDouble(bits, out ulong significand, out int exponent) && Fast<T>(s, significand, exponent)) return;
        FloatEnvironment env = Environment(s);
        Memory<T>(s, op, Float80Convert.WidenDouble(bits, ref env), ref env);
    }

    private static void Integer16<T>(CpuState* s, Op* op) where T : IOperation
    {
        uint address = BeginMemory(s, op);
        Integer<T>(s, op, (short)Guest.Read16(s, op, address), address);
    }

    private static void Integer32<T>(CpuState* s, Op* op) where T : IOperation
    {
        uint address = BeginMemory(s, op);
        Integer<T>(s, op, (int)Guest.Read32(s, op, address), address);
    }

    private static void Integer<T>(CpuState* s, Op* op, int value, uint address) where T : IOperation
    {
        NoteOperand(s, op, address);
        Float80 source = Float80Convert.FromInteger(value);
        if (Fast<T>(s, source.Significand, source.SignExponent)) return;
        FloatEnvironment env = Environment(s);
        Memory<T>(s, op, source, ref env);
    }

    /// <summary>ST(0) with a source in the common case; false when it is another, and nothing done.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Fast<T>(CpuState* s, ulong significand, int exponent) where T : IOperation
    {
        if ((s->Fcw & Float80Fast.ControlMask) != Float80Fast.Control || IsEmpty(s, 0)
            || !T.Fast(Slot(s, 0), significand, exponent, out int status)) return false;
        s->Fsw = (ushort)((s->Fsw & ~C1) | status);
        return true;
    }

    private static void Memory<T>(CpuState* s, Op* op, Float80 source, ref FloatEnvironment env) where T : IOperation
    {
        if (IsEmpty(s, 0))
        {
            if (Fault(s, op, overflow: false)) Set(s, 0, Float80.Indefinite);
            return;
        }

        Float80 result = T.Compute(Get(s, 0), source, ref env);
        if (Commit(s, op, env)) Set(s, 0, result);
    }

    private static void Registers<T>(CpuState* s, Op* op) where T : IOperation
    {
        Begin(s, op);
        Between<T>(s, op);
    }

    private static void RegistersPop<T>(CpuState* s, Op* op) where T : IOperation
    {
        Begin(s, op);
        if (Between<T>(s, op)) Pop(s);
    }

    private static bool Between<T>(CpuState* s, Op* op) where T : IOperation
    {
        X87Register* other = Slot(s, op->B);
        if ((s->Fcw & Float80Fast.ControlMask) == Float80Fast.Control && !IsEmpty(s, op->A) && !IsEmpty(s, op->B)
            && T.Fast(Slot(s, op->A), other->Mantissa, other->SignExponent, out int status))
        {
            s->Fsw = (ushort)((s->Fsw & ~C1) | status);
            return true;
        }

        if (IsEmpty(s, op->A) || IsEmpty(s, op->B))
        {
            if (!Fault(s, op, overflow: false)) return false;
            Set(s, op->A, Float80.Indefinite);
            return true;
        }

        FloatEnvironment env = Environment(s);
        Float80 result = T.Compute(Get(s, op->A), Get(s, op->B), ref env);
        if (!Commit(s, op, env)) return false;
        Set(s, op->A, result);
        return true;
    }

    private static void SquareRoot(CpuState* s, Op* op)
    {
        if (!BeginUnary(s, op)) return;
        FloatEnvironment env = Environment(s);
        Float80 result = Float80Arithmetic.SquareRoot(Get(s, 0), ref env);
        if (Commit(s, op, env)) Set(s, 0, result);
    }

    private static void RoundToInteger(CpuState* s, Op* op)
    {
        if (!BeginUnary(s, op)) return;
        FloatEnvironment env = Environment(s);
        Float80 result = Float80Arithmetic.RoundToInteger(Get(s, 0), ref env);
        if (Commit(s, op, env)) Set(s, 0, result);
    }

    private static void ChangeSign(CpuState* s, Op* op)
    {
        if (!BeginUnary(s, op)) return;
        ClearC1(s);
        Set(s, 0, Get(s, 0).Negated);
    }

    private static void Absolute(CpuState* s, Op* op)
    {
        if (!BeginUnary(s, op)) return;
        ClearC1(s);
        Set(s, 0, Get(s, 0).Magnitude);
    }

    private static void Scale(CpuState* s, Op* op)
    {
        if (!BeginBinary(s, op)) return;
        FloatEnvironment env = Environment(s);
        Float80 result = Float80Remainder.Scale(Get(s, 0), Get(s, 1), ref env);
        if (Commit(s, op, env)) Set(s, 0, result);
    }

    private static void Remainder(CpuState* s, Op* op) => Remainder(s, op, nearest: false);

    private static void RemainderNearest(CpuState* s, Op* op) => Remainder(s, op, nearest: true);

    private static void Remainder(CpuState* s, Op* op, bool nearest)
    {
        Wait(s, op);
        s->Fsw = (ushort)(s->Fsw & ~C2);
        if (!BeginBinary(s, op)) return;
        FloatEnvironment env = Environment(s);
        Float80 left = Get(s, 0);
        Float80 right = Get(s, 1);
        Float80 result = Float80Remainder.Remainder(left, right, nearest, out ulong quotient, out bool complete, ref env);
        if (!Commit(s, op, env)) return;
        Set(s, 0, result);

        // Without a quotient, after NaNs and invalid operands, C0 and C3 stay.
        if (result.IsNaN) return;
        int status = s->Fsw & ~(C0 | C1 | C3);
        if (!complete) status |= C2;
        else status |= ((quotient & 4) != 0 ? C0 : 0) | ((quotient & 2) != 0 ? C3 : 0) | ((quotient & 1) != 0 ? C1 : 0);
        s->Fsw = (ushort)status;
    }

    private static void Extract(CpuState* s, Op* op)
    {
        Begin(s, op);
        bool overflow = !IsEmpty(s, 0) && !IsEmpty(s, -1);
        if (IsEmpty(s, 0) || overflow)
        {
            if (!Fault(s, op, overflow)) return;
            Set(s, 0, Float80.Indefinite);
            Push(s, Float80.Indefinite);
            return;
        }

        FloatEnvironment env = Environment(s);
        Float80 exponent = Float80Remainder.Extract(Get(s, 0), out Float80 significand, ref env);
        if (!Commit(s, op, env)) return;
        Set(s, 0, exponent);
        Push(s, significand);
    }

    private static bool BeginUnary(CpuState* s, Op* op)
    {
        Begin(s, op);
        if (!IsEmpty(s, 0)) return true;
        if (Fault(s, op, overflow: false)) Set(s, 0, Float80.Indefinite);
        return false;
    }

    private static bool BeginBinary(CpuState* s, Op* op)
    {
        Begin(s, op);
        if (!IsEmpty(s, 0) && !IsEmpty(s, 1)) return true;
        if (Fault(s, op, overflow: false)) Set(s, 0, Float80.Indefinite);
        return false;
    }

    private readonly struct AddOperation : IOperation
    {
        public static bool Fast(X87Register* destination, ulong source, int exponent, out int status) =>
            Float80Fast.Add(destination->Mantissa, destination->SignExponent, source, exponent, ref destination->Mantissa, ref destination->SignExponent, out status);

        public static Float80 Compute(Float80 destination, Float80 source, ref FloatEnvironment env) => Float80Arithmetic.Add(destination, source, ref env);
    }

    private readonly struct MultiplyOperation : IOperation
    {
        public static bool Fast(X87Register* destination, ulong source, int exponent, out int status) =>
            Float80Fast.Multiply(destination->Mantissa, destination->SignExponent, source, exponent, ref destination->Mantissa, ref destination->SignExponent, out status);

        public static Float80 Compute(Float80 destination, Float80 source, ref FloatEnvironment env) => Float80Arithmetic.Multiply(destination, source, ref env);
    }

    private readonly struct SubtractOperation : IOperation
    {
        public static bool Fast(X87Register* destination, ulong source, int exponent, out int status) =>
            Float80Fast.Add(destination->Mantissa, destination->SignExponent, source, exponent ^ 0x8000, ref destination->Mantissa, ref destination->SignExponent, out status);

        public static Float80 Compute(Float80 destination, Float80 source, ref FloatEnvironment env) => Float80Arithmetic.Subtract(destination, source, ref env);
    }

    private readonly struct SubtractReverse : IOperation
    {
        public static bool Fast(X87Register* destination, ulong source, int exponent, out int status) =>
            Float80Fast.Add(destination->Mantissa, destination->SignExponent ^ 0x8000, source, exponent, ref destination->Mantissa, ref destination->SignExponent, out status);

        public static Float80 Compute(Float80 destination, Float80 source, ref FloatEnvironment env) => Float80Arithmetic.Subtract(source, destination, ref env);
    }

    private readonly struct DivideOperation : IOperation
    {
        public static bool Fast(X87Register* destination, ulong source, int exponent, out int status) =>
            Float80Fast.Divide(destination->Mantissa, destination->SignExponent, source, exponent, ref destination->Mantissa, ref destination->SignExponent, out status);

        public static Float80 Compute(Float80 destination, Float80 source, ref FloatEnvironment env) => Float80Arithmetic.Divide(destination, source, ref env);
    }

    private readonly struct DivideReverse : IOperation
    {
        public static bool Fast(X87Register* destination, ulong source, int exponent, out int status) =>
            Float80Fast.Divide(source, exponent, destination->Mantissa, destination->SignExponent, ref destination->Mantissa, ref destination->SignExponent, out status);

        public static Float80 Compute(Float80 destination, Float80 source, ref FloatEnvironment env) => Float80Arithmetic.Divide(source, destination, ref env);
    }
}
