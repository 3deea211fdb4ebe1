using System.Runtime.CompilerServices;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu;

/// <summary>Segment registers: descriptors of GDT and LDT, and the checks that a segment which is not flat needs (Intel SDM volume 3, chapter 5).</summary>
internal static unsafe class Segments
{
    internal const ushort UserCode = 0x73, UserData = 0x7B;
    const ulong FlatCode = 0x00CFFB000000FFFF, FlatData = 0x00CFF3000000FFFF;
    const int FirstTls = 6;
    const uint X87State16 = 94, X87State32 = 108;

    internal static SegmentState* At(CpuState* s, int offset) => (SegmentState*)((byte*)s + offset);

    /// <summary>The raw descriptor that a selector names; 0 when it names none.</summary>
    internal static ulong Descriptor(CpuState* s, uint selector)
    {
        uint index = (selector & 0xFFFF) >> 3;
        if ((selector & 4) != 0) return index < s->LdtCount ? s->Ldt[index] : 0;
        return index switch
        {
            UserCode >> 3 => FlatCode,
            UserData >> 3 => FlatData,
            >= FirstTls and < FirstTls + 3 => s->Tls[index - FirstTls],
            _ => 0,
        };
    }

    /// <summary>Fills a segment register from a descriptor that was found good, or makes it null.</summary>
    internal static void Fill(SegmentState* segment, ushort selector, ulong raw)
    {
        segment->Selector = selector;
        if (raw == 0)
        {
            *segment = new SegmentState { Selector = selector, Lowest = 1 };
            return;
        }
        uint limit = (uint)(raw & 0xFFFF) | (uint)(raw >> 32 & 0xF0000);
        if ((raw >> 55 & 1) != 0) limit = (limit << 12) | 0xFFF;
        bool big = (raw >> 54 & 1) != 0, code = (raw >> 43 & 1) != 0, second = (raw >> 41 & 1) != 0;
        bool expandDown = !code && (raw >> 42 & 1) != 0;
        segment->Base = (uint)(raw >> 16 & 0xFFFFFF) | ((uint)(raw >> 56) << 24);
        segment->Lowest = expandDown ? limit + 1 : 0;
        segment->Highest = !expandDown ? limit : big ? uint.MaxValue : 0xFFFF;
        if (expandDown && limit == uint.MaxValue) segment->Highest = 0;
        var rights = (big ? SegmentRights.Big : 0) | (code ? SegmentRights.Code : 0);
        if (!code || second) rights |= SegmentRights.Read;
        if (!code && second) rights |= SegmentRights.Write;
        if (segment->Base == 0 && segment->Lowest == 0 && segment->Highest == uint.MaxValue && big && second) rights |= SegmentRights.Flat;
        segment->Rights = rights;
    }

    /// <summary>Loads DS, ES, FS, GS or SS as MOV does.</summary>
    /// <returns>0, or the vector of the fault; <paramref name="code"/> is its error code.</returns>
    internal static byte Load(CpuState* s, int segmentOffset, ushort selector, out uint code)
    {
        code = selector & 0xFFFCu;
        bool stack = segmentOffset == CpuState.SegmentOffset + 0x20;
        if ((selector & 0xFFFC) == 0)
        {
            if (stack) return Vectors.GeneralProtection;
            Fill(At(s, segmentOffset), selector, 0);
            return 0;
        }
        ulong raw = Descriptor(s, selector);
        bool user = (raw >> 44 & 1) != 0, present = (raw >> 47 & 1) != 0, isCode = (raw >> 43 & 1) != 0, second = (raw >> 41 & 1) != 0;
        uint privilege = (uint)(raw >> 45) & 3;
        if (raw == 0 || !user) return Vectors.GeneralProtection;
        if (stack)
        {
            if ((selector & 3) != 3 || privilege != 3 || isCode || !second) return Vectors.GeneralProtection;
            if (!present) return Vectors.StackSegment;
        }
        else
        {
            bool conforming = isCode && (raw >> 42 & 1) != 0;
            if ((isCode && !second) || (!conforming && privilege != 3)) return Vectors.GeneralProtection;
            if (!present) return Vectors.SegmentNotPresent;
        }
        Fill(At(s, segmentOffset), selector, raw);
        return 0;
    }

    /// <summary>Loads CS for a far transfer that stays at privilege 3.</summary>
    internal static byte CheckCode(CpuState* s, ushort selector, bool fromReturn, out ulong raw, out uint code)
    {
        code = selector & 0xFFFCu;
        raw = 0;
        if ((selector & 0xFFFC) == 0) { code = 0; return Vectors.GeneralProtection; }
        raw = Descriptor(s, selector);
        bool user = (raw >> 44 & 1) != 0, present = (raw >> 47 & 1) != 0, isCode = (raw >> 43 & 1) != 0, conforming = (raw >> 42 & 1) != 0;
        uint privilege = (uint)(raw >> 45) & 3;
        if (raw == 0 || !user || !isCode) return Vectors.GeneralProtection;
        if (fromReturn && (selector & 3) != 3) return Vectors.GeneralProtection;
        if (!conforming && privilege != 3) return Vectors.GeneralProtection;
        return present ? (byte)0 : Vectors.SegmentNotPresent;
    }

    /// <summary>The address of an operand that is not plain: 16-bit addressing, a segment with a base or a limit, EFLAGS.AC.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static uint OperandAddress(CpuState* s, Op* op, uint offset, SegmentRights need)
    {
        if ((op->Special & OpSpecial.Address16) != 0) offset &= 0xFFFF;
        return Linear(s, op, op->Segment, offset, op->Size, need);
    }

    /// <summary>Linear address of <paramref name="size"/> bytes at an offset of a segment; #GP or #SS when they lie outside it.</summary>
    internal static uint Linear(CpuState* s, Op* op, int segmentOffset, uint offset, uint size, SegmentRights need)
    {
        // A state of x87 begins with its environment, which is looked at before the whole.
        if (size is X87State16 or X87State32) Linear(s, op, segmentOffset, offset, size == X87State16 ? 14u : 28u, need);
        var segment = At(s, segmentOffset);
        uint last = offset + (size == 0 ? 0 : size - 1);
        if ((segment->Rights & need) != need || offset < segment->Lowest || last > segment->Highest || last < offset)
            GuestFault.Raise(s, op, segmentOffset == CpuState.SegmentOffset + 0x20 ? Vectors.StackSegment : Vectors.GeneralProtection);
        uint linear = segment->Base + offset;
        if ((op->Special & OpSpecial.Aligned) != 0 && (s->SystemFlags & Flags.AlignmentCheck) != 0) CheckAlignment(s, op, linear, size);
        return linear;
    }

    static bool IsPair(Code code) => code is Code.Bound_r16_m1616 or Code.Bound_r32_m3232
        or Code.Les_r16_m1616 or Code.Lds_r16_m1616 or Code.Lss_r16_m1616 or Code.Lfs_r16_m1616 or Code.Lgs_r16_m1616 or Code.Call_m1616 or Code.Jmp_m1616;

    static void CheckAlignment(CpuState* s, Op* op, uint linear, uint size)
    {
        // The two parts of an operand of two are read one by one.
        if (size == op->Size && IsPair(op->Code)) size /= 2;
        // A masked store is of two halves.
        uint mask = size switch { 2 or 14 or X87State16 => 1, 4 or 6 or 28 or X87State32 or 512 => 3, 8 or 10 => 7, 16 => op->Code == Code.Maskmovdqu_rDI_xmm_xmm ? 7u : 15, _ => 0u };
        if ((linear & mask) != 0) GuestFault.Raise(s, op, Vectors.AlignmentCheck);
    }
}
