using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>SSE4.2: string comparison: PCMPESTRI and its kin (Intel SDM 2, 4.1). CRC32 is with the integer instructions.</summary>
internal static unsafe class Sse42
{
    internal static void Register(HandlerTable table)
    {
        table.Add(Code.Pcmpestri_xmm_xmmm128_imm8, &ExplicitIndex, &ExplicitIndexMemory);
        table.Add(Code.Pcmpestrm_xmm_xmmm128_imm8, &ExplicitMask, &ExplicitMaskMemory);
        table.Add(Code.Pcmpistri_xmm_xmmm128_imm8, &ImplicitIndex, &ImplicitIndexMemory);
        table.Add(Code.Pcmpistrm_xmm_xmmm128_imm8, &ImplicitMask, &ImplicitMaskMemory);
    }

    private static void ExplicitIndex(CpuState* s, Op* op) => Index(s, op, Explicit(s, op, Simd.Xmm(s, op->B)));

    private static void ExplicitIndexMemory(CpuState* s, Op* op) => Index(s, op, Explicit(s, op, Guest.Read128(s, op, Guest.Address(s, op))));

    private static void ExplicitMask(CpuState* s, Op* op) => Mask(s, op, Explicit(s, op, Simd.Xmm(s, op->B)));

    private static void ExplicitMaskMemory(CpuState* s, Op* op) => Mask(s, op, Explicit(s, op, Guest.Read128(s, op, Guest.Address(s, op))));

    private static void ImplicitIndex(CpuState* s, Op* op) => Index(s, op, Implicit(s, op, Simd.Xmm(s, op->B)));

    private static void ImplicitIndexMemory(CpuState* s, Op* op) => Index(s, op, Implicit(s, op, Guest.Read128(s, op, Guest.Address(s, op))));

    private static void ImplicitMask(CpuState* s, Op* op) => Mask(s, op, Implicit(s, op, Simd.Xmm(s, op->B)));

    private static void ImplicitMaskMemory(CpuState* s, Op* op) => Mask(s, op, Implicit(s, op, Guest.Read128(s, op, Guest.Address(s, op))));

    // Methods with vectors among their parameters are compiled anew by each process: these become part of their callers, and give addresses on.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Explicit(CpuState* s, Op* op, Vector128<byte> second)
    {
        int count = (op->Immediate & 1) != 0 ? 8 : 16;
        var first = Simd.Xmm(s, op->A);
        return Compare(s, (byte*)&first, (byte*)&second, op->Immediate, Length((int)s->Eax, count), Length((int)s->Edx, count), count);
    }

    private static int Length(int value, int count) => value is int.MinValue ? count : Math.Min(Math.Abs(value), count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Implicit(CpuState* s, Op* op, Vector128<byte> second)
    {
        int count = (op->Immediate & 1) != 0 ? 8 : 16;
        var first = Simd.Xmm(s, op->A);
        return Compare(s, (byte*)&first, (byte*)&second, op->Immediate, End((byte*)&first, op->Immediate, count), End((byte*)&second, op->Immediate, count), count);
    }

    private static int End(byte* text, uint control, int count)
    {
        int i = 0;
        while (i < count && Element(text, i, control) != 0) i++;
        return i;
    }

    /// <summary>Bytes or words, unsigned or signed, by bits 0 and 1 of the control.</summary>
    private static int Element(byte* text, int i, uint control) => (control & 3) switch
    {
        0 => text[i],
        1 => ((ushort*)text)[i],
        2 => (sbyte)text[i],
        _ => ((short*)text)[i],
    };

    /// <summary>The intermediate result after polarity; sets the flags.</summary>
    private static uint Compare(CpuState* s, byte* first, byte* second, uint control, int firstLength, int secondLength, int count)
    {
        uint found = 0;
        for (int j = 0; j < count; j++)
        {
            if (Aggregate(first, second, control, firstLength, secondLength, count, j)) found |= 1u << j;
        }

        uint all = (1u << count) - 1;
        uint valid = (1u << secondLength) - 1;
        uint result = (control >> 4 & 3) switch { 1 => found ^ all, 3 => found ^ valid, _ => found };
        Flags.SetStatus(s, (result != 0 ? Flags.Carry : 0) | (secondLength < count ? Flags.Zero : 0) | (firstLength < count ? Flags.Sign : 0) | ((result & 1) != 0 ? Flags.Overflow : 0));
        return result;
    }

    private static bool Aggregate(byte* first, byte* second, uint control, int firstLength, int secondLength, int count, int j)
    {
        switch (control >> 2 & 3)
        {
            case 0:
                // Any: this element of the second is one of the first.
                if (j >= secondLength) return false;
                for (int i = 0; i < firstLength; i++)
                {
                    if (Element(first, i, control) == Element(second, j, control)) return true;
                }

                return false;
            case 1:
                // Ranges: pairs of the first are bounds.
                if (j >= secondLength) return false;
                for (int i = 0; i + 1 < firstLength; i += 2)
                {
                    int value = Element(second, j, control);
                    if (Element(first, i, control) <= value && value <= Element(first, i + 1, control)) return true;
                }

                return false;
            case 2:
                // Each: both valid and equal, or both beyond their ends.
                if (j >= firstLength || j >= secondLength) return j >= firstLength && j >= secondLength;
                return Element(first, j, control) == Element(second, j, control);
            default:
                // Ordered: the first as a substring of the second from here on, as far as the register reaches.
                for (int i = 0; i < firstLength && i + j < count; i++)
                {
                    if (i + j >= secondLength || Element(first, i, control) != Element(second, i + j, control)) return false;
                }

                return true;
        }
    }

    private static void Index(CpuState* s, Op* op, uint result)
    {
        int count = (op->Immediate & 1) != 0 ? 8 : 16;
        if (result == 0) s->Ecx = (uint)count;
        else s->Ecx = (uint)((op->Immediate & 0x40) != 0 ? BitOperations.Log2(result) : BitOperations.TrailingZeroCount(result));
    }

    private static void Mask(CpuState* s, Op* op, uint result)
    {
        if ((op->Immediate & 0x40) == 0)
        {
            s->Xmm0 = Vector128.CreateScalar(result).AsByte();
            return;
        }

        bool words = (op->Immediate & 1) != 0;
        Vector128<byte> mask = default;
        for (int i = 0; i < 16; i++)
        {
            if ((result >> (words ? i / 2 : i) & 1) != 0) mask = mask.WithElement(i, (byte)0xff);
        }

        s->Xmm0 = mask;
    }
}
