using System.Runtime.CompilerServices;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>ROL ROR RCL RCR SHL SHR SAR SHLD SHRD. A masked count of 0 changes neither operand nor flags.</summary>
internal static unsafe partial class ShiftOps
{
    /// <summary>Where the count comes from.</summary>
    internal interface ICount
    {
        static abstract int Get(CpuState* s, Op* op);
    }

    internal readonly struct ByOne : ICount { [MethodImpl(MethodImplOptions.AggressiveInlining)] public static int Get(CpuState* s, Op* op) => 1; }
    internal readonly struct ByCl : ICount { [MethodImpl(MethodImplOptions.AggressiveInlining)] public static int Get(CpuState* s, Op* op) => (int)(s->Ecx & 31); }
    internal readonly struct ByImmediate : ICount { [MethodImpl(MethodImplOptions.AggressiveInlining)] public static int Get(CpuState* s, Op* op) => (int)(op->Immediate & 31); }

    internal interface IShift
    {
        /// <summary>Shifts a zero-extended value by 1 to 31.</summary>
        static abstract uint Apply<W>(CpuState* s, uint value, int count) where W : struct, IWidth;
    }

    internal interface IDoubleShift
    {
        /// <summary>Shifts a value by 1 to 31, with bits of another coming in; by more than 16 of 16, which the manual leaves undefined, the other
        /// comes in twice.</summary>
        static abstract uint Apply<W>(CpuState* s, uint value, uint filler, int count) where W : struct, IWidth;
    }

    internal readonly struct Shl : IShift
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Apply<W>(CpuState* s, uint value, int count) where W : struct, IWidth
        {
            ulong wide = (ulong)value << count;
            uint result = (uint)wide, carry = (uint)(wide >> W.Bits) & 1;
            SetResult<W>(s, result, carry, carry ^ (result >> (W.Bits - 1) & 1));
            return result;
        }
    }

    internal readonly struct Shr : IShift
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Apply<W>(CpuState* s, uint value, int count) where W : struct, IWidth
        {
            uint result = value >> count, carry = value >> (count - 1) & 1;
            SetResult<W>(s, result, carry, result >> (W.Bits - 2) & 1);
            return result;
        }
    }

    internal readonly struct Sar : IShift
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Apply<W>(CpuState* s, uint value, int count) where W : struct, IWidth
        {
            int wide = (int)W.SignExtend(value);
            uint result = (uint)(wide >> count), carry = (uint)(wide >> (count - 1)) & 1;
            SetResult<W>(s, result, carry, 0);
            return result;
        }
    }

    internal readonly struct Rol : IShift
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Apply<W>(CpuState* s, uint value, int count) where W : struct, IWidth
        {
            int turn = count & (W.Bits - 1);
            uint result = turn == 0 ? value : (value << turn) | (value >> (W.Bits - turn));
            uint carry = result & 1;
            Flags.SetCfOf(s, carry, carry ^ (result >> (W.Bits - 1) & 1));
            return result;
        }
    }

    internal readonly struct Ror : IShift
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Apply<W>(CpuState* s, uint value, int count) where W : struct, IWidth
        {
            int turn = count & (W.Bits - 1);
            uint result = turn == 0 ? value : (value >> turn) | (value << (W.Bits - turn));
            uint top = result >> (W.Bits - 1) & 1;
            Flags.SetCfOf(s, top, top ^ (result >> (W.Bits - 2) & 1));
            return result;
        }
    }

    internal readonly struct Rcl : IShift
    {
        public static uint Apply<W>(CpuState* s, uint value, int count) where W : struct, IWidth
        {
            int turn = count % (W.Bits + 1);
            if (turn == 0)
            {
                if (W.Bits < 32) Flags.SetCfOf(s, Flags.CfBit(s), Flags.CfBit(s) ^ (value >> (W.Bits - 1) & 1));
                return value;
            }
            ulong ring = value | ((ulong)Flags.CfBit(s) << W.Bits);
            ring = (ring << turn) | (ring >> (W.Bits + 1 - turn));
            uint result = (uint)ring, carry = (uint)(ring >> W.Bits) & 1;
            Flags.SetCfOf(s, carry, carry ^ (result >> (W.Bits - 1) & 1));
            return result;
        }
    }

    internal readonly struct Rcr : IShift
    {
        public static uint Apply<W>(CpuState* s, uint value, int count) where W : struct, IWidth
        {
            int turn = count % (W.Bits + 1);
            ulong ring = value | ((ulong)Flags.CfBit(s) << W.Bits);
            if (turn != 0) ring = (ring >> turn) | (ring << (W.Bits + 1 - turn));
            uint result = (uint)ring, carry = (uint)(ring >> W.Bits) & 1;
            Flags.SetCfOf(s, carry, (result >> (W.Bits - 1) ^ result >> (W.Bits - 2)) & 1);
            return result;
        }
    }

    internal readonly struct Shld : IDoubleShift
    {
        public static uint Apply<W>(CpuState* s, uint value, uint filler, int count) where W : struct, IWidth
        {
            uint result, carry;
            if (W.Bits == 32)
            {
                result = (value << count) | (filler >> (32 - count));
                carry = value >> (32 - count) & 1;
            }
            else
            {
                ulong wide = ((ulong)value << 32 | (ulong)filler << 16 | filler) << count;
                result = (uint)(wide >> 32) & 0xFFFF;
                carry = (uint)(wide >> 48) & 1;
            }
            // Undefined in the manual: from 16 on OF is CF, behind 16 CF is 0.
            uint top = count < W.Bits ? result >> (W.Bits - 1) & 1 : 0;
            if (count > W.Bits) carry = 0;
            SetResult<W>(s, result, carry, carry ^ top);
            return result;
        }
    }

    internal readonly struct Shrd : IDoubleShift
    {
        public static uint Apply<W>(CpuState* s, uint value, uint filler, int count) where W : struct, IWidth
        {
            uint result, carry;
            if (W.Bits == 32)
            {
                result = (value >> count) | (filler << (32 - count));
                carry = value >> (count - 1) & 1;
            }
            else
            {
                ulong wide = (ulong)filler << 32 | (ulong)filler << 16 | value;
                result = (uint)(wide >> count) & 0xFFFF;
                carry = (uint)(wide >> (count - 1)) & 1;
            }
            if (count > W.Bits) carry = 0;
            SetResult<W>(s, result, carry, (result >> (W.Bits - 1) ^ result >> (W.Bits - 2)) & 1);
            return result;
        }
    }

    /// <summary>AF, undefined in the manual, is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void SetResult<W>(CpuState* s, uint result, uint carry, uint overflow) where W : struct, IWidth
    {
        s->FlagResult = W.SignExtend(result);
        s->FlagCarries = (carry << 31) | ((carry ^ overflow) << 30) | 8;
    }

    static void RegisterBy<T, W, N>(CpuState* s, Op* op) where T : struct, IShift where W : struct, IWidth where N : struct, ICount
    {
        int count = N.Get(s, op);
        if (count != 0) W.Set(s, op->A, T.Apply<W>(s, W.Get(s, op->A), count));
    }

    static void MemoryBy<T, W, N>(CpuState* s, Op* op) where T : struct, IShift where W : struct, IWidth where N : struct, ICount
    {
        int count = N.Get(s, op);
        uint address = Guest.WriteAddress(s, op);
        byte* host = Guest.Modify(s, op, address, W.Bits / 8);
        if (count == 0) return;
        if (host != null) W.Store(host, T.Apply<W>(s, W.Load(host), count));
        else W.Write(s, op, address, T.Apply<W>(s, W.Read(s, op, address), count));
    }

    static void RegisterDouble<T, W, N>(CpuState* s, Op* op) where T : struct, IDoubleShift where W : struct, IWidth where N : struct, ICount
    {
        int count = N.Get(s, op);
        if (count != 0) W.Set(s, op->A, T.Apply<W>(s, W.Get(s, op->A), W.Get(s, op->B), count));
    }

    static void MemoryDouble<T, W, N>(CpuState* s, Op* op) where T : struct, IDoubleShift where W : struct, IWidth where N : struct, ICount
    {
        int count = N.Get(s, op);
        uint address = Guest.WriteAddress(s, op);
        byte* host = Guest.Modify(s, op, address, W.Bits / 8);
        if (count == 0) return;
        uint filler = W.Get(s, op->B);
        if (host != null) W.Store(host, T.Apply<W>(s, W.Load(host), filler, count));
        else W.Write(s, op, address, T.Apply<W>(s, W.Read(s, op, address), filler, count));
    }
}
