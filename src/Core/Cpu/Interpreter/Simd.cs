using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>An operation on whole vectors. On MMX registers only the lower half counts.</summary>
internal interface IPackedOperation
{
    static abstract Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source);
}

/// <summary>As <see cref="IPackedOperation"/> with an immediate byte.</summary>
internal interface IPackedImmediate
{
    static abstract Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source, byte immediate);
}

/// <summary>Operand access that MMX and SSE instructions share.</summary>
internal static unsafe class Simd
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ref Vector128<byte> Xmm(CpuState* s, int offset) => ref *(Vector128<byte>*)((byte*)s + offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ref ulong Low(CpuState* s, int offset) => ref *(ulong*)((byte*)s + offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ref uint Low32(CpuState* s, int offset) => ref *(uint*)((byte*)s + offset);

    /// <summary>Address of a 16-byte operand that has to be aligned.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Aligned(CpuState* s, Op* op) => Aligned(s, op, SegmentRights.Read);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint AlignedWrite(CpuState* s, Op* op) => Aligned(s, op, SegmentRights.Write);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Aligned(CpuState* s, Op* op, SegmentRights need)
    {
        uint offset = Guest.Offset(s, op);
        if (op->Special != 0) return SegmentedAligned(s, op, offset, need);
        if ((offset & 15) != 0) GuestFault.Raise(s, op, Vectors.GeneralProtection);
        return offset;
    }

    /// <summary>The alignment comes before the segment's limit, and before EFLAGS.AC.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint SegmentedAligned(CpuState* s, Op* op, uint offset, SegmentRights need)
    {
        if ((Segments.At(s, op->Segment)->Base + offset & 15) != 0) GuestFault.Raise(s, op, Vectors.GeneralProtection);
        return Segments.OperandAddress(s, op, offset, need);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<byte> ReadAligned(CpuState* s, Op* op) => Guest.Read128(s, op, Aligned(s, op));

    /// <summary>Entering an MMX instruction: pending x87 exceptions come first, then TOP is 0 and all registers are in use.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void EnterMmx(CpuState* s)
    {
        s->Top = 0;
        s->Tags = 0xff;
    }

    /// <summary>Writes an MMX register; the exponent of the x87 register under it becomes all ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void SetMmx(CpuState* s, int offset, ulong value)
    {
        var register = (X87Register*)((byte*)s + offset);
        register->Mantissa = value;
        register->SignExponent = 0xffff;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<byte> Mmx(CpuState* s, int offset) => Vector128.CreateScalar(Low(s, offset)).AsByte();

    internal static void PackedRegister<T>(CpuState* s, Op* op) where T : IPackedOperation
    {
        ref Vector128<byte> destination = ref Xmm(s, op->A);
        destination = T.Compute(destination, Xmm(s, op->B));
    }

    internal static void PackedMemory<T>(CpuState* s, Op* op) where T : IPackedOperation
    {
        Vector128<byte> source = ReadAligned(s, op);
        ref Vector128<byte> destination = ref Xmm(s, op->A);
        destination = T.Compute(destination, source);
    }

    internal static void MmxRegister<T>(CpuState* s, Op* op) where T : IPackedOperation
    {
        X87Stack.Wait(s, op);
        ulong result = T.Compute(Mmx(s, op->A), Mmx(s, op->B)).AsUInt64().ToScalar();
        EnterMmx(s);
        SetMmx(s, op->A, result);
    }

    internal static void MmxMemory<T>(CpuState* s, Op* op) where T : IPackedOperation
    {
        X87Stack.Wait(s, op);
        ulong source = Guest.Read64(s, op, Guest.Address(s, op));
        ulong result = T.Compute(Mmx(s, op->A), Vector128.CreateScalar(source).AsByte()).AsUInt64().ToScalar();
        EnterMmx(s);
        SetMmx(s, op->A, result);
    }

    internal static void PackedRegisterImmediate<T>(CpuState* s, Op* op) where T : IPackedImmediate
    {
        ref Vector128<byte> destination = ref Xmm(s, op->A);
        destination = T.Compute(destination, Xmm(s, op->B), (byte)op->Immediate);
    }

    internal static void PackedMemoryImmediate<T>(CpuState* s, Op* op) where T : IPackedImmediate
    {
        Vector128<byte> source = ReadAligned(s, op);
        ref Vector128<byte> destination = ref Xmm(s, op->A);
        destination = T.Compute(destination, source, (byte)op->Immediate);
    }

    internal static void MmxRegisterImmediate<T>(CpuState* s, Op* op) where T : IPackedImmediate
    {
        X87Stack.Wait(s, op);
        ulong result = T.Compute(Mmx(s, op->A), Mmx(s, op->B), (byte)op->Immediate).AsUInt64().ToScalar();
        EnterMmx(s);
        SetMmx(s, op->A, result);
    }

    internal static void MmxMemoryImmediate<T>(CpuState* s, Op* op) where T : IPackedImmediate
    {
        X87Stack.Wait(s, op);
        ulong source = Guest.Read64(s, op, Guest.Address(s, op));
        ulong result = T.Compute(Mmx(s, op->A), Vector128.CreateScalar(source).AsByte(), (byte)op->Immediate).AsUInt64().ToScalar();
        EnterMmx(s);
        SetMmx(s, op->A, result);
    }

    internal static void Add<T>(HandlerTable table, Code xmm) where T : IPackedOperation =>
        table.Add(xmm, &PackedRegister<T>, &PackedMemory<T>);

    internal static void Add<T>(HandlerTable table, Code mmx, Code xmm) where T : IPackedOperation
    {
        table.Add(mmx, &MmxRegister<T>, &MmxMemory<T>);
        table.Add(xmm, &PackedRegister<T>, &PackedMemory<T>);
    }

    internal static void AddImmediate<T>(HandlerTable table, Code xmm) where T : IPackedImmediate =>
        table.Add(xmm, &PackedRegisterImmediate<T>, &PackedMemoryImmediate<T>);
}
