using System.Runtime.CompilerServices;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>An operand size: handlers are generic over it. Values are zero extended to 32 bits.</summary>
internal unsafe interface IWidth
{
    /// <summary>8, 16 or 32.</summary>
    static abstract int Bits { get; }

    /// <summary>Register by byte offset.</summary>
    static abstract uint Get(CpuState* s, int register);
    static abstract void Set(CpuState* s, int register, uint value);
    static abstract uint Read(CpuState* s, Op* op, uint address);
    static abstract void Write(CpuState* s, Op* op, uint address, uint value);
    static abstract uint Load(byte* host);
    static abstract void Store(byte* host, uint value);
    static abstract uint SignExtend(uint value);
}

internal readonly unsafe struct W8 : IWidth
{
    public static int Bits => 8;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Get(CpuState* s, int register) => *((byte*)s + register);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set(CpuState* s, int register, uint value) => *((byte*)s + register) = (byte)value;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Read(CpuState* s, Op* op, uint address) => Guest.Read<byte>(s, op, address);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(CpuState* s, Op* op, uint address, uint value) => Guest.Write(s, op, address, (byte)value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Load(byte* host) => *host;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(byte* host, uint value) => *host = (byte)value;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint SignExtend(uint value) => (uint)(sbyte)value;
}

internal readonly unsafe struct W16 : IWidth
{
    public static int Bits => 16;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Get(CpuState* s, int register) => *(ushort*)((byte*)s + register);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set(CpuState* s, int register, uint value) => *(ushort*)((byte*)s + register) = (ushort)value;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Read(CpuState* s, Op* op, uint address) => Guest.Read<ushort>(s, op, address);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(CpuState* s, Op* op, uint address, uint value) => Guest.Write(s, op, address, (ushort)value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Load(byte* host) => *(ushort*)host;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(byte* host, uint value) => *(ushort*)host = (ushort)value;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint SignExtend(uint value) => (uint)(short)value;
}

internal readonly unsafe struct W32 : IWidth
{
    public static int Bits => 32;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Get(CpuState* s, int register) => *(uint*)((byte*)s + register);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set(CpuState* s, int register, uint value) => *(uint*)((byte*)s + register) = value;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Read(CpuState* s, Op* op, uint address) => Guest.Read<uint>(s, op, address);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(CpuState* s, Op* op, uint address, uint value) => Guest.Write(s, op, address, value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Load(byte* host) => *(uint*)host;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(byte* host, uint value) => *(uint*)host = value;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint SignExtend(uint value) => value;
}
