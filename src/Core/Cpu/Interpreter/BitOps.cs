using System.Numerics;
using System.Runtime.CompilerServices;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>BT BTS BTR BTC BSF BSR POPCNT CRC32.</summary>
internal static unsafe class BitOps
{
    internal static void Register(HandlerTable table)
    {
        table.Add(Code.Bt_rm16_r16, &RegisterBit<Keep, W16, ByRegister>, &MemoryString<Keep, W16>);
        table.Add(Code.Bt_rm32_r32, &RegisterBit<Keep, W32, ByRegister>, &MemoryString<Keep, W32>);
        table.Add(Code.Bts_rm16_r16, &RegisterBit<Set, W16, ByRegister>, &MemoryString<Set, W16>);
        table.Add(Code.Bts_rm32_r32, &RegisterBit<Set, W32, ByRegister>, &MemoryString<Set, W32>);
        table.Add(Code.Btr_rm16_r16, &RegisterBit<Reset, W16, ByRegister>, &MemoryString<Reset, W16>);
        table.Add(Code.Btr_rm32_r32, &RegisterBit<Reset, W32, ByRegister>, &MemoryString<Reset, W32>);
        table.Add(Code.Btc_rm16_r16, &RegisterBit<Complement, W16, ByRegister>, &MemoryString<Complement, W16>);
        table.Add(Code.Btc_rm32_r32, &RegisterBit<Complement, W32, ByRegister>, &MemoryString<Complement, W32>);
        table.Add(Code.Bt_rm16_imm8, &RegisterBit<Keep, W16, ByImmediate>, &MemoryBit<Keep, W16>);
        table.Add(Code.Bt_rm32_imm8, &RegisterBit<Keep, W32, ByImmediate>, &MemoryBit<Keep, W32>);
        table.Add(Code.Bts_rm16_imm8, &RegisterBit<Set, W16, ByImmediate>, &MemoryBit<Set, W16>);
        table.Add(Code.Bts_rm32_imm8, &RegisterBit<Set, W32, ByImmediate>, &MemoryBit<Set, W32>);
        table.Add(Code.Btr_rm16_imm8, &RegisterBit<Reset, W16, ByImmediate>, &MemoryBit<Reset, W16>);
        table.Add(Code.Btr_rm32_imm8, &RegisterBit<Reset, W32, ByImmediate>, &MemoryBit<Reset, W32>);
        table.Add(Code.Btc_rm16_imm8, &RegisterBit<Complement, W16, ByImmediate>, &MemoryBit<Complement, W16>);
        table.Add(Code.Btc_rm32_imm8, &RegisterBit<Complement, W32, ByImmediate>, &MemoryBit<Complement, W32>);

        table.Add(Code.Bsf_r16_rm16, &ScanRegister<Forward, W16>, &ScanMemory<Forward, W16>);
        table.Add(Code.Bsf_r32_rm32, &ScanRegister<Forward, W32>, &ScanMemory<Forward, W32>);
        table.Add(Code.Bsr_r16_rm16, &ScanRegister<Backward, W16>, &ScanMemory<Backward, W16>);
        table.Add(Code.Bsr_r32_rm32, &ScanRegister<Backward, W32>, &ScanMemory<Backward, W32>);
        table.Add(Code.Popcnt_r16_rm16, &CountRegister<W16>, &CountMemory<W16>);
        table.Add(Code.Popcnt_r32_rm32, &CountRegister<W32>, &CountMemory<W32>);

        table.Add(Code.Crc32_r32_rm8, &ChecksumRegister<W8>, &ChecksumMemory<W8>);
        table.Add(Code.Crc32_r32_rm16, &ChecksumRegister<W16>, &ChecksumMemory<W16>);
        table.Add(Code.Crc32_r32_rm32, &ChecksumRegister<W32>, &ChecksumMemory<W32>);
    }

    /// <summary>What becomes of the bit.</summary>
    interface IBit
    {
        static abstract bool Writes { get; }
        static abstract uint Apply(uint value, uint mask);
    }

    readonly struct Keep : IBit { public static bool Writes => false; public static uint Apply(uint value, uint mask) => value; }
    readonly struct Set : IBit { public static bool Writes => true; public static uint Apply(uint value, uint mask) => value | mask; }
    readonly struct Reset : IBit { public static bool Writes => true; public static uint Apply(uint value, uint mask) => value & ~mask; }
    readonly struct Complement : IBit { public static bool Writes => true; public static uint Apply(uint value, uint mask) => value ^ mask; }

    interface IIndex
    {
        static abstract uint Get(CpuState* s, Op* op);
    }

    readonly struct ByRegister : IIndex { public static uint Get(CpuState* s, Op* op) => W32.Get(s, op->B); }
    readonly struct ByImmediate : IIndex { public static uint Get(CpuState* s, Op* op) => op->Immediate; }

    /// <summary>Which end a scan begins at.</summary>
    interface IScan
    {
        static abstract uint Find(uint value);
    }

    readonly struct Forward : IScan { public static uint Find(uint value) => (uint)BitOperations.TrailingZeroCount(value); }
    readonly struct Backward : IScan { public static uint Find(uint value) => (uint)BitOperations.Log2(value); }

    static void RegisterBit<T, W, N>(CpuState* s, Op* op) where T : struct, IBit where W : struct, IWidth where N : struct, IIndex
    {
        int bit = (int)N.Get(s, op) & (W.Bits - 1);
        uint value = W.Get(s, op->A);
        if (T.Writes) W.Set(s, op->A, T.Apply(value, 1u << bit));
        Flags.SetCf(s, (value >> bit & 1) != 0);
    }

    static void MemoryBit<T, W>(CpuState* s, Op* op) where T : struct, IBit where W : struct, IWidth =>
        At<T, W>(s, op, T.Writes ? Guest.WriteAddress(s, op) : Guest.Address(s, op), (int)op->Immediate & (W.Bits - 1));

    /// <summary>The bit's number is signed and not limited: it leads away from the operand.</summary>
    static void MemoryString<T, W>(CpuState* s, Op* op) where T : struct, IBit where W : struct, IWidth
    {
        int number = (int)W.SignExtend(W.Get(s, op->B));
        uint offset = Guest.Offset(s, op) + (uint)((number >> (W.Bits == 16 ? 4 : 5)) * (W.Bits / 8));
        uint address = op->Special == 0 ? offset : Segments.OperandAddress(s, op, offset, T.Writes ? SegmentRights.Write : SegmentRights.Read);
        At<T, W>(s, op, address, number & (W.Bits - 1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void At<T, W>(CpuState* s, Op* op, uint address, int bit) where T : struct, IBit where W : struct, IWidth
    {
        uint value;
        if (T.Writes)
        {
            byte* host = Guest.Modify(s, op, address, W.Bits / 8);
            value = host != null ? W.Load(host) : W.Read(s, op, address);
            if (host != null) W.Store(host, T.Apply(value, 1u << bit));
            else W.Write(s, op, address, T.Apply(value, 1u << bit));
        }
        else
        {
            value = W.Read(s, op, address);
        }
        Flags.SetCf(s, (value >> bit & 1) != 0);
    }

    static void ScanRegister<T, W>(CpuState* s, Op* op) where T : struct, IScan where W : struct, IWidth => Scan<T, W>(s, op, W.Get(s, op->B));

    static void ScanMemory<T, W>(CpuState* s, Op* op) where T : struct, IScan where W : struct, IWidth => Scan<T, W>(s, op, W.Read(s, op, Guest.Address(s, op)));

    /// <summary>A value of 0 leaves the register as it is, and sets ZF. Of the flags that are undefined in the manual PF is that of the result, the others are cleared.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Scan<T, W>(CpuState* s, Op* op, uint value) where T : struct, IScan where W : struct, IWidth
    {
        const uint NotZero = 0x100;
        s->FlagCarries = 0;
        s->FlagResult = 0;
        if (value == 0) return;
        uint found = T.Find(value);
        W.Set(s, op->A, found);
        s->FlagResult = found | NotZero;
    }

    static void CountRegister<W>(CpuState* s, Op* op) where W : struct, IWidth => Count<W>(s, op, W.Get(s, op->B));

    static void CountMemory<W>(CpuState* s, Op* op) where W : struct, IWidth => Count<W>(s, op, W.Read(s, op, Guest.Address(s, op)));

    /// <summary>ZF tells of a zero operand; the other flags are cleared.</summary>
    static void Count<W>(CpuState* s, Op* op, uint value) where W : struct, IWidth
    {
        W.Set(s, op->A, (uint)BitOperations.PopCount(value));
        Flags.SetStatus(s, value == 0 ? Flags.Zero : 0);
    }

    static void ChecksumRegister<W>(CpuState* s, Op* op) where W : struct, IWidth => Checksum<W>(s, op, W.Get(s, op->B));

    static void ChecksumMemory<W>(CpuState* s, Op* op) where W : struct, IWidth => Checksum<W>(s, op, W.Read(s, op, Guest.Address(s, op)));

    static void Checksum<W>(CpuState* s, Op* op, uint value) where W : struct, IWidth
    {
        uint crc = W32.Get(s, op->A);
        crc = W.Bits switch
        {
            8 => BitOperations.Crc32C(crc, (byte)value),
            16 => BitOperations.Crc32C(crc, (ushort)value),
            _ => BitOperations.Crc32C(crc, value),
        };
        W32.Set(s, op->A, crc);
    }
}
