using CheckpointRestart.Core.Cpu.Floating;
using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Interpreter.X87Stack;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>F2XM1, FYL2X, FYL2XP1, FPTAN, FPATAN, FSIN, FCOS and FSINCOS.</summary>
internal static unsafe class X87Transcendental
{
    internal static void Register(HandlerTable table)
    {
        table.Add(Code.F2xm1, &Exponential);
        table.Add(Code.Fyl2x, &Logarithm);
        table.Add(Code.Fyl2xp1, &LogarithmPlusOne);
        table.Add(Code.Fpatan, &Arctangent);
        table.Add(Code.Fptan, &Tangent);
        table.Add(Code.Fsin, &Sine);
        table.Add(Code.Fcos, &Cosine);
        table.Add(Code.Fsincos, &SineAndCosine);
    }

    private static void Exponential(CpuState* s, Op* op)
    {
        Begin(s, op);
        if (Underflows(s, op)) return;
        FloatEnvironment env = Environment(s);
        Float80 result = Float80Logarithms.Exponential(Get(s, 0), ref env);
        if (Commit(s, op, env)) Set(s, 0, result);
    }

    private static void Logarithm(CpuState* s, Op* op)
    {
        if (!BeginTwo(s, op)) return;
        FloatEnvironment env = Environment(s);
        Float80 result = Float80Logarithms.Logarithm(Get(s, 1), Get(s, 0), ref env);
        FinishTwo(s, op, result, env);
    }

    private static void LogarithmPlusOne(CpuState* s, Op* op)
    {
        if (!BeginTwo(s, op)) return;
        FloatEnvironment env = Environment(s);
        Float80 result = Float80Logarithms.LogarithmPlusOne(Get(s, 1), Get(s, 0), ref env);
        FinishTwo(s, op, result, env);
    }

    private static void Arctangent(CpuState* s, Op* op)
    {
        if (!BeginTwo(s, op)) return;
        FloatEnvironment env = Environment(s);
        Float80 result = Float80Trigonometry.Arctangent(Get(s, 1), Get(s, 0), ref env);
        FinishTwo(s, op, result, env);
    }

    private static void Sine(CpuState* s, Op* op)
    {
        BeginAngle(s, op);
        if (Underflows(s, op) || OutOfRange(s)) return;
        FloatEnvironment env = Environment(s);
        Float80 result = Float80Trigonometry.Sine(Get(s, 0), ref env);
        if (Commit(s, op, env)) Set(s, 0, result);
    }

    private static void Cosine(CpuState* s, Op* op)
    {
        BeginAngle(s, op);
        if (Underflows(s, op) || OutOfRange(s)) return;
        FloatEnvironment env = Environment(s);
        Float80 result = Float80Trigonometry.Cosine(Get(s, 0), ref env);
        if (Commit(s, op, env)) Set(s, 0, result);
    }

    private static void Tangent(CpuState* s, Op* op)
    {
        BeginAngle(s, op);
        if (!HasRoom(s, op) || OutOfRange(s)) return;
        FloatEnvironment env = Environment(s);
        Float80 value = Get(s, 0);
        Float80 result = Float80Trigonometry.Tangent(value, ref env);
        if (!Commit(s, op, env)) return;
        Set(s, 0, result);
        Push(s, result.IsNaN ? result : Float80.One);
    }

    private static void SineAndCosine(CpuState* s, Op* op)
    {
        BeginAngle(s, op);
        if (!HasRoom(s, op) || OutOfRange(s)) return;
        FloatEnvironment env = Environment(s);
        Float80 value = Get(s, 0);
        Float80 sine = Float80Trigonometry.Sine(value, ref env);
        Float80 cosine = Float80Trigonometry.Cosine(value, ref env);
        if (!Commit(s, op, env)) return;
        Set(s, 0, sine);
        Push(s, cosine);
    }

    /// <summary>C2 is clear after these but for an argument out of range, also after a stack fault.</summary>
    private static void BeginAngle(CpuState* s, Op* op)
    {
        Begin(s, op);
        s->Fsw = (ushort)(s->Fsw & ~C2);
    }

    private static bool Underflows(CpuState* s, Op* op)
    {
        if (!IsEmpty(s, 0)) return false;
        if (Fault(s, op, overflow: false)) Set(s, 0, Float80.Indefinite);
        return true;
    }

    /// <summary>For the instructions that push a second result.</summary>
    private static bool HasRoom(CpuState* s, Op* op)
    {
        bool empty = IsEmpty(s, 0);
        if (!empty && IsEmpty(s, -1)) return true;
        if (Fault(s, op, overflow: !empty))
        {
            Set(s, 0, Float80.Indefinite);
            Push(s, Float80.Indefinite);
        }

        return false;
    }

    /// <summary>C2 tells that an argument of 2^63 or more stays as it is.</summary>
    private static bool OutOfRange(CpuState* s)
    {
        Float80 value = Get(s, 0);
        bool outside = !Float80Trigonometry.InRange(value) && value.Class == FloatClass.Normal;
        if (outside) s->Fsw = (ushort)((s->Fsw | C2) & ~C1);
        return outside;
    }

    private static bool BeginTwo(CpuState* s, Op* op)
    {
        Begin(s, op);
        if (!IsEmpty(s, 0) && !IsEmpty(s, 1)) return true;
        if (Fault(s, op, overflow: false))
        {
            Set(s, 1, Float80.Indefinite);
            Pop(s);
        }

        return false;
    }

    private static void FinishTwo(CpuState* s, Op* op, Float80 result, in FloatEnvironment env)
    {
        if (!Commit(s, op, env)) return;
        Set(s, 1, result);
        Pop(s);
    }
}
