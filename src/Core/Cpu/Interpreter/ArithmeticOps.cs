using System.Runtime.CompilerServices;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>ADD OR ADC SBB AND SUB XOR CMP TEST INC DEC NEG NOT: one operator each, over every width and operand form.</summary>
internal static unsafe partial class ArithmeticOps
{
    /// <summary>An operator of two values. Upper bits of its operands are ignored, those of its result undefined.</summary>
    internal interface IBinary
    {
        /// <summary>The result goes to the first operand.</summary>
        static abstract bool Writes { get; }

        /// <summary>Gives the result and sets the flags.</summary>
        static abstract uint Apply<W>(CpuState* s, uint a, uint b) where W : struct, IWidth;
    }

    /// <summary>An operator of one value.</summary>
    internal interface IUnary
    {
        static abstract uint Apply<W>(CpuState* s, uint a) where W : struct, IWidth;
    }

    internal readonly struct Add : IBinary
    {
        public static bool Writes => true;
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Apply<W>(CpuState* s, uint a, uint b) where W : struct, IWidth => SetSum<W>(s, a, b, a + b);
    }

    internal readonly struct Adc : IBinary
    {
        public static bool Writes => true;
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Apply<W>(CpuState* s, uint a, uint b) where W : struct, IWidth => SetSum<W>(s, a, b, a + b + Flags.CfBit(s));
    }

    internal readonly struct Sub : IBinary
    {
        public static bool Writes => true;
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Apply<W>(CpuState* s, uint a, uint b) where W : struct, IWidth => SetDifference<W>(s, a, b, a - b);
    }

    internal readonly struct Sbb : IBinary
    {
        public static bool Writes => true;
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Apply<W>(CpuState* s, uint a, uint b) where W : struct, IWidth => SetDifference<W>(s, a, b, a - b - Flags.CfBit(s));
    }

    internal readonly struct Cmp : IBinary
    {
        public static bool Writes => false;
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Apply<W>(CpuState* s, uint a, uint b) where W : struct, IWidth => SetDifference<W>(s, a, b, a - b);
    }

    internal readonly struct And : IBinary
    {
        public static bool Writes => true;
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Apply<W>(CpuState* s, uint a, uint b) where W : struct, IWidth => SetLogic<W>(s, a & b);
    }

    internal readonly struct Or : IBinary
    {
        public static bool Writes => true;
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Apply<W>(CpuState* s, uint a, uint b) where W : struct, IWidth => SetLogic<W>(s, a | b);
    }

    internal readonly struct Xor : IBinary
    {
        public static bool Writes => true;
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Apply<W>(CpuState* s, uint a, uint b) where W : struct, IWidth => SetLogic<W>(s, a ^ b);
    }

    internal readonly struct Test : IBinary
    {
        public static bool Writes => false;
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Apply<W>(CpuState* s, uint a, uint b) where W : struct, IWidth => SetLogic<W>(s, a & b);
    }

    internal readonly struct Inc : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Apply<W>(CpuState* s, uint a) where W : struct, IWidth
        {
            uint carry = s->FlagCarries;
            uint result = SetSum<W>(s, a, 1, a + 1);
            KeepCarry(s, carry);
            return result;
        }
    }

    internal readonly struct Dec : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Apply<W>(CpuState* s, uint a) where W : struct, IWidth
        {
            uint carry = s->FlagCarries;
            uint result = SetDifference<W>(s, a, 1, a - 1);
            KeepCarry(s, carry);
            return result;
        }
    }

    internal readonly struct Neg : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Apply<W>(CpuState* s, uint a) where W : struct, IWidth => SetDifference<W>(s, 0, a, 0 - a);
    }

    internal readonly struct Not : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Apply<W>(CpuState* s, uint a) where W : struct, IWidth => ~a;
    }

    /// <summary>Flags of a sum, with or without a carry that came in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint SetSum<W>(CpuState* s, uint a, uint b, uint result) where W : struct, IWidth
    {
        SetCarries<W>(s, (a & b) | ((a | b) & ~result));
        s->FlagResult = W.SignExtend(result);
        return result;
    }

    /// <summary>Flags of a difference, with or without a borrow that came in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint SetDifference<W>(CpuState* s, uint a, uint b, uint result) where W : struct, IWidth
    {
        SetCarries<W>(s, (~a & b) | (~(a ^ b) & result));
        s->FlagResult = W.SignExtend(result);
        return result;
    }

    /// <summary>Flags of AND, OR, XOR: AF, undefined in the manual, is cleared.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint SetLogic<W>(CpuState* s, uint result) where W : struct, IWidth
    {
        Flags.SetLogic(s, W.SignExtend(result));
        return result;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void SetCarries<W>(CpuState* s, uint carries) where W : struct, IWidth =>
        s->FlagCarries = W.Bits == 32 ? carries & 0xC0000008 : ((carries << (32 - W.Bits)) & 0xC0000000) | (carries & 8);

    /// <summary>Puts an earlier CF back and leaves OF.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void KeepCarry(CpuState* s, uint earlier)
    {
        uint carries = s->FlagCarries;
        s->FlagCarries = carries ^ ((uint)((int)(carries ^ earlier) >> 1) & 0xC0000000);
    }

    static void RegisterRegister<T, W>(CpuState* s, Op* op) where T : struct, IBinary where W : struct, IWidth
    {
        uint result = T.Apply<W>(s, W.Get(s, op->A), W.Get(s, op->B));
        if (T.Writes) W.Set(s, op->A, result);
    }

    static void RegisterImmediate<T, W>(CpuState* s, Op* op) where T : struct, IBinary where W : struct, IWidth
    {
        uint result = T.Apply<W>(s, W.Get(s, op->A), op->Immediate);
        if (T.Writes) W.Set(s, op->A, result);
    }

    static void RegisterMemory<T, W>(CpuState* s, Op* op) where T : struct, IBinary where W : struct, IWidth
    {
        uint result = T.Apply<W>(s, W.Get(s, op->A), W.Read(s, op, Guest.Address(s, op)));
        if (T.Writes) W.Set(s, op->A, result);
    }

    static void MemoryRegister<T, W>(CpuState* s, Op* op) where T : struct, IBinary where W : struct, IWidth => ToMemory<T, W>(s, op, W.Get(s, op->B));

    static void MemoryImmediate<T, W>(CpuState* s, Op* op) where T : struct, IBinary where W : struct, IWidth => ToMemory<T, W>(s, op, op->Immediate);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void ToMemory<T, W>(CpuState* s, Op* op, uint b) where T : struct, IBinary where W : struct, IWidth
    {
        if (!T.Writes)
        {
            T.Apply<W>(s, W.Read(s, op, Guest.Address(s, op)), b);
            return;
        }
        uint address = Guest.WriteAddress(s, op);
        byte* host = Guest.Modify(s, op, address, W.Bits / 8);
        if (host != null) W.Store(host, T.Apply<W>(s, W.Load(host), b));
        else W.Write(s, op, address, T.Apply<W>(s, W.Read(s, op, address), b));
    }

    static void Register<T, W>(CpuState* s, Op* op) where T : struct, IUnary where W : struct, IWidth =>
        W.Set(s, op->A, T.Apply<W>(s, W.Get(s, op->A)));

    static void Memory<T, W>(CpuState* s, Op* op) where T : struct, IUnary where W : struct, IWidth
    {
        uint address = Guest.WriteAddress(s, op);
        byte* host = Guest.Modify(s, op, address, W.Bits / 8);
        if (host != null) W.Store(host, T.Apply<W>(s, W.Load(host)));
        else W.Write(s, op, address, T.Apply<W>(s, W.Read(s, op, address)));
    }
}
