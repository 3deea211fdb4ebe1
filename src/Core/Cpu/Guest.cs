using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Cpu;

/// <summary>Operands and guest memory as handlers see them. A failed access throws <see cref="GuestFault"/>; nothing is then half written.</summary>
internal static unsafe class Guest
{
    /// <summary>A 32-bit register by byte offset.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ref uint Register(CpuState* s, int offset) => ref *(uint*)((byte*)s + offset);

    /// <summary>The offset part of the memory operand: what LEA gives.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Offset(CpuState* s, Op* op) =>
        *(uint*)((byte*)s + op->Base) + (*(uint*)((byte*)s + op->Index) << op->Scale) + op->Displacement;

    /// <summary>Linear address of the memory operand, checked for <see cref="Op.Size"/> bytes to read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Address(CpuState* s, Op* op)
    {
        uint offset = Offset(s, op);
        return op->Special == 0 ? offset : Segments.OperandAddress(s, op, offset, SegmentRights.Read);
    }

    /// <summary>Linear address of the memory operand, checked for <see cref="Op.Size"/> bytes to write, or to read and write.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint WriteAddress(CpuState* s, Op* op)
    {
        uint offset = Offset(s, op);
        return op->Special == 0 ? offset : Segments.OperandAddress(s, op, offset, SegmentRights.Write);
    }

    /// <summary>Reads a value of 1, 2, 4, 8 or 16 bytes at a linear address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static T Read<T>(CpuState* s, Op* op, uint address) where T : unmanaged
    {
        if (sizeof(T) == 1 || (address & 0xFFF) <= 0x1000 - (uint)sizeof(T))
        {
            long distance = s->ReadTable[address >> 12];
            if (distance != 0) return Unsafe.ReadUnaligned<T>((byte*)(distance + address));
        }
        return ReadSlow<T>(s, op, address);
    }

    /// <summary>Writes a value of 1, 2, 4, 8 or 16 bytes at a linear address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Write<T>(CpuState* s, Op* op, uint address, T value) where T : unmanaged
    {
        if (sizeof(T) == 1 || (address & 0xFFF) <= 0x1000 - (uint)sizeof(T))
        {
            long distance = s->WriteTable[address >> 12];
            if (distance != 0)
            {
                Unsafe.WriteUnaligned((byte*)(distance + address), value);
                return;
            }
        }
        WriteSlow(s, op, address, value);
    }

    internal static byte Read8(CpuState* s, Op* op, uint address) => Read<byte>(s, op, address);
    internal static ushort Read16(CpuState* s, Op* op, uint address) => Read<ushort>(s, op, address);
    internal static uint Read32(CpuState* s, Op* op, uint address) => Read<uint>(s, op, address);
    internal static ulong Read64(CpuState* s, Op* op, uint address) => Read<ulong>(s, op, address);
    internal static Vector128<byte> Read128(CpuState* s, Op* op, uint address) => Read<Vector128<byte>>(s, op, address);
    internal static void Write8(CpuState* s, Op* op, uint address, byte value) => Write(s, op, address, value);
    internal static void Write16(CpuState* s, Op* op, uint address, ushort value) => Write(s, op, address, value);
    internal static void Write32(CpuState* s, Op* op, uint address, uint value) => Write(s, op, address, value);
    internal static void Write64(CpuState* s, Op* op, uint address, ulong value) => Write(s, op, address, value);

    /// <summary>As <see cref="Write{T}"/>. Code that hands vectors over by value is not compiled ahead of time.</summary>
    internal static void Write128(CpuState* s, Op* op, uint address, ref readonly Vector128<byte> value)
    {
        long distance = s->WriteTable[address >> 12];
        if (distance != 0 && (address & 0xFFF) <= 0x1000 - (uint)sizeof(Vector128<byte>)) Unsafe.WriteUnaligned((byte*)(distance + address), value);
        else WriteBytes(s, op, address, MemoryMarshal.AsBytes(new ReadOnlySpan<Vector128<byte>>(in value)));
    }

    /// <summary>Where to read and then write a value of the operand's width: host memory, or null when the value crosses a page. Both pages
    /// are then known to be writable, and <see cref="Read{T}"/> followed by <see cref="Write{T}"/> cannot fault.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte* Modify(CpuState* s, Op* op, uint address, int size)
    {
        if (size == 1 || (address & 0xFFF) <= 0x1000 - (uint)size)
        {
            long distance = s->WriteTable[address >> 12];
            if (distance != 0) return (byte*)(distance + address);
        }
        return ModifySlow(s, op, address, size);
    }

    /// <summary>Makes sure that <paramref name="length"/> bytes can be written, before any is.</summary>
    internal static void CheckWrite(CpuState* s, Op* op, uint address, int length)
    {
        CheckWrap(s, op, address, length);
        for (uint done = 0; done < (uint)length; done += 0x1000 - (address + done & 0xFFF)) HostForWrite(s, op, address + done);
    }

    /// <summary>Copies guest bytes out; all or nothing.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void ReadBytes(CpuState* s, Op* op, uint address, Span<byte> to)
    {
        CheckWrap(s, op, address, to.Length);
        for (int done = 0; done < to.Length;)
        {
            uint at = address + (uint)done;
            int piece = Math.Min(to.Length - done, 0x1000 - (int)(at & 0xFFF));
            new ReadOnlySpan<byte>(HostForRead(s, op, at), piece).CopyTo(to[done..]);
            done += piece;
        }
        Breakpoints.Check(s, address, to.Length, write: false);
    }

    /// <summary>Copies bytes to guest memory; all or nothing.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void WriteBytes(CpuState* s, Op* op, uint address, ReadOnlySpan<byte> from)
    {
        CheckWrite(s, op, address, from.Length);
        for (int done = 0; done < from.Length;)
        {
            uint at = address + (uint)done;
            int piece = Math.Min(from.Length - done, 0x1000 - (int)(at & 0xFFF));
            from.Slice(done, piece).CopyTo(new Span<byte>(HostForWrite(s, op, at), piece));
            done += piece;
        }
        Breakpoints.Check(s, address, from.Length, write: true);
    }

    /// <summary>Makes sure that a state of many bytes can be read or written. The address of a fault is what processors look at first:
    /// <paramref name="head"/> bytes from the start, then the last byte, then the first.</summary>
    internal static void Probe(CpuState* s, Op* op, uint address, int length, int head, bool write)
    {
        CheckWrap(s, op, address, length);
        if (head > 0)
        {
            Look(s, op, address, write);
            uint end = address + (uint)head - 1;
            if ((end ^ address) >> 12 != 0) Look(s, op, end & ~0xFFFu, write);
        }
        Look(s, op, address + (uint)length - 1, write);
        Look(s, op, address, write);
    }

    static void Look(CpuState* s, Op* op, uint address, bool write)
    {
        if (write) HostForWrite(s, op, address);
        else HostForRead(s, op, address);
    }

    /// <summary>An operand that goes on at address 0 lies beyond the limit even of a flat segment.</summary>
    static void CheckWrap(CpuState* s, Op* op, uint address, int length)
    {
        if (address <= uint.MaxValue - (uint)length + 1 || op->Special != 0) return;
        GuestFault.Raise(s, op, op->Segment is 0 or CpuState.SegmentOffset + 0x20 ? Vectors.StackSegment : Vectors.GeneralProtection);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static T ReadSlow<T>(CpuState* s, Op* op, uint address) where T : unmanaged
    {
        T value;
        ReadBytes(s, op, address, new Span<byte>(&value, sizeof(T)));
        return value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static void WriteSlow<T>(CpuState* s, Op* op, uint address, T value) where T : unmanaged =>
        WriteBytes(s, op, address, new ReadOnlySpan<byte>(&value, sizeof(T)));

    [MethodImpl(MethodImplOptions.NoInlining)]
    static byte* ModifySlow(CpuState* s, Op* op, uint address, int size)
    {
        CheckWrite(s, op, address, size);
        if ((address & 0xFFF) > 0x1000 - (uint)size) return null;
        Breakpoints.Check(s, address, size, write: true);
        return HostForWrite(s, op, address);
    }

    /// <summary>Host address of a guest byte that may be read.</summary>
    internal static byte* HostForRead(CpuState* s, Op* op, uint address)
    {
        long distance = s->ReadTable[address >> 12];
        if (distance == 0) distance = Resolve(s, op, address, write: false);
        return (byte*)(distance + address);
    }

    /// <summary>Host address of a guest byte that may be written.</summary>
    internal static byte* HostForWrite(CpuState* s, Op* op, uint address)
    {
        long distance = s->WriteTable[address >> 12];
        if (distance == 0) distance = Resolve(s, op, address, write: true);
        return (byte*)(distance + address);
    }

    /// <summary>The distance to a byte that is in no table yet; a page fault when the guest may not do that.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static long Resolve(CpuState* s, Op* op, uint address, bool write)
    {
        var processor = Owner(s);
        var memory = processor.Memory;
        processor.Resolving = op;
        long distance = write ? memory.ResolveWrite(address) : memory.ResolveRead(address);
        processor.Resolving = null;
        if (distance == 0) GuestFault.RaisePage(s, op, memory.LastFault);
        if (Breakpoints.Watching(s)) Breakpoints.Hide(s);
        return distance;
    }

    /// <summary>The processor that runs this state.</summary>
    internal static Processor Owner(CpuState* s) => (Processor)GCHandle.FromIntPtr(s->Owner).Target!;
}
