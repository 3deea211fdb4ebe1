using System.Runtime.CompilerServices;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>What depends on the flags: Jcc, SETcc, CMOVcc.</summary>
internal static unsafe partial class ConditionOps
{
    internal interface ICondition
    {
        static abstract bool Holds(CpuState* s);
    }

    internal readonly struct IfO : ICondition { [MethodImpl(MethodImplOptions.AggressiveInlining)] public static bool Holds(CpuState* s) => Flags.Of(s); }
    internal readonly struct IfNo : ICondition { [MethodImpl(MethodImplOptions.AggressiveInlining)] public static bool Holds(CpuState* s) => !Flags.Of(s); }
    internal readonly struct IfB : ICondition { [MethodImpl(MethodImplOptions.AggressiveInlining)] public static bool Holds(CpuState* s) => Flags.Cf(s); }
    internal readonly struct IfAe : ICondition { [MethodImpl(MethodImplOptions.AggressiveInlining)] public static bool Holds(CpuState* s) => !Flags.Cf(s); }
    internal readonly struct IfE : ICondition { [MethodImpl(MethodImplOptions.AggressiveInlining)] public static bool Holds(CpuState* s) => Flags.Zf(s); }
    internal readonly struct IfNe : ICondition { [MethodImpl(MethodImplOptions.AggressiveInlining)] public static bool Holds(CpuState* s) => !Flags.Zf(s); }
    internal readonly struct IfBe : ICondition { [MethodImpl(MethodImplOptions.AggressiveInlining)] public static bool Holds(CpuState* s) => Flags.Cf(s) || Flags.Zf(s); }
    internal readonly struct IfA : ICondition { [MethodImpl(MethodImplOptions.AggressiveInlining)] public static bool Holds(CpuState* s) => !Flags.Cf(s) && !Flags.Zf(s); }
    internal readonly struct IfS : ICondition { [MethodImpl(MethodImplOptions.AggressiveInlining)] public static bool Holds(CpuState* s) => Flags.Sf(s); }
    internal readonly struct IfNs : ICondition { [MethodImpl(MethodImplOptions.AggressiveInlining)] public static bool Holds(CpuState* s) => !Flags.Sf(s); }
    internal readonly struct IfP : ICondition { [MethodImpl(MethodImplOptions.AggressiveInlining)] public static bool Holds(CpuState* s) => Flags.Pf(s); }
    internal readonly struct IfNp : ICondition { [MethodImpl(MethodImplOptions.AggressiveInlining)] public static bool Holds(CpuState* s) => !Flags.Pf(s); }
    internal readonly struct IfL : ICondition { [MethodImpl(MethodImplOptions.AggressiveInlining)] public static bool Holds(CpuState* s) => Flags.Less(s); }
    internal readonly struct IfGe : ICondition { [MethodImpl(MethodImplOptions.AggressiveInlining)] public static bool Holds(CpuState* s) => !Flags.Less(s); }
    internal readonly struct IfLe : ICondition { [MethodImpl(MethodImplOptions.AggressiveInlining)] public static bool Holds(CpuState* s) => Flags.Zf(s) || Flags.Less(s); }
    internal readonly struct IfG : ICondition { [MethodImpl(MethodImplOptions.AggressiveInlining)] public static bool Holds(CpuState* s) => !Flags.Zf(s) && !Flags.Less(s); }

    static void Jump<T>(CpuState* s, Op* op) where T : struct, ICondition
    {
        if (T.Holds(s)) BranchOps.Go(s, op, op->Immediate);
        else s->Eip = op->Next;
    }

    static void SetRegister<T>(CpuState* s, Op* op) where T : struct, ICondition => W8.Set(s, op->A, T.Holds(s) ? 1u : 0);

    static void SetMemory<T>(CpuState* s, Op* op) where T : struct, ICondition => W8.Write(s, op, Guest.WriteAddress(s, op), T.Holds(s) ? 1u : 0);

    static void MoveRegister<T, W>(CpuState* s, Op* op) where T : struct, ICondition where W : struct, IWidth
    {
        if (T.Holds(s)) W.Set(s, op->A, W.Get(s, op->B));
    }

    /// <summary>The operand is read, and may fault, whether the condition holds or not.</summary>
    static void MoveMemory<T, W>(CpuState* s, Op* op) where T : struct, ICondition where W : struct, IWidth
    {
        uint value = W.Read(s, op, Guest.Address(s, op));
        if (T.Holds(s)) W.Set(s, op->A, value);
    }
}
